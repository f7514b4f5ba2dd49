// SPDX-License-Identifier: Apache-2.0
#include "isolate/inbox.h"

#include <gtest/gtest.h>

namespace mayfly::isolate {
namespace {

rpc::Message numbered(uint8_t number) {
  rpc::Message message;
  message.payload = Bytes::copyOf(std::string_view(reinterpret_cast<char*>(&number), 1));
  return message;
}

// "1:0 1:1 open 2:0": pipe and number of each message, in the order in which they were taken.
std::string take(Inbox& inbox, size_t max) {
  std::vector<InboxEvent> events;
  inbox.take(events, max);
  std::string seen;
  for (const InboxEvent& event : events) {
    if (!seen.empty()) seen += " ";
    if (auto* arrived = std::get_if<MessageArrived>(&event)) {
      seen +=
          std::to_string(arrived->pipe) + ":" + std::to_string(static_cast<int>(arrived->message.payload.data()[0]));
    } else if (auto* lost = std::get_if<PipeLost>(&event)) {
      seen += std::to_string(lost->pipe) + ":lost";
    } else {
      seen += "open";
    }
  }
  return seen;
}

TEST(InboxTest, GivesFewEventsInTheOrderInWhichTheyCame) {
  Inbox inbox([] {});
  inbox.deliver(1, numbered(0));
  inbox.deliver(2, numbered(0));
  inbox.deliver(1, numbered(1));
  EXPECT_EQ(take(inbox, 3), "1:0 2:0 1:1");
  EXPECT_TRUE(inbox.empty());
}

TEST(InboxTest, AFloodOnOnePipeDelaysTheOthersByItsShareOnly) {
  Inbox inbox([] {});
  for (uint8_t i = 0; i < 200; ++i) inbox.deliver(1, numbered(i));
  inbox.deliver(2, numbered(0));
  inbox.closed(2, {ErrorCode::unavailable, "gone"});
  EXPECT_EQ(take(inbox, 4), "1:0 1:1 2:0 2:lost");
  EXPECT_FALSE(inbox.empty());
  EXPECT_EQ(take(inbox, 4), "1:2 1:3 1:4 1:5");
}

TEST(InboxTest, NothingOvertakesTheOpeningOfAPipe) {
  Inbox inbox([] {});
  for (uint8_t i = 0; i < 8; ++i) inbox.deliver(1, numbered(i));
  inbox.push(PipeOpened{{}, "worker"});
  inbox.deliver(2, numbered(0));
  EXPECT_EQ(take(inbox, 4), "1:0 1:1 open 2:0");
}

TEST(InboxTest, WakesForWhatItLeavesBehind) {
  int woken = 0;
  Inbox inbox([&] { ++woken; });
  for (uint8_t i = 0; i < 6; ++i) inbox.deliver(1, numbered(i));
  EXPECT_EQ(woken, 1);
  EXPECT_EQ(take(inbox, 4), "1:0 1:1 1:2 1:3");
  EXPECT_EQ(woken, 2);
  EXPECT_EQ(take(inbox, 4), "1:4 1:5");
  EXPECT_EQ(woken, 2);
  inbox.deliver(1, numbered(9));
  EXPECT_EQ(woken, 3);
}

}  // namespace
}  // namespace mayfly::isolate
