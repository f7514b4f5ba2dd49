// SPDX-License-Identifier: Apache-2.0
#include "rpc/pipe.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace mayfly::rpc {
namespace {

class Recorder final : public Receiver {
 public:
  void deliver(PipeId pipe, Message message) override {
    std::lock_guard lock(mutex_);
    pipes_.push_back(pipe);
    ids_.push_back(message.id);
  }
  void closed(PipeId pipe, Error reason) override {
    std::lock_guard lock(mutex_);
    closes_.push_back(std::move(reason));
  }

  std::mutex mutex_;
  std::vector<PipeId> pipes_;
  std::vector<uint32_t> ids_;
  std::vector<Error> closes_;
};

Message numbered(uint32_t id) {
  Message message;
  message.id = id;
  return message;
}

TEST(Pipe, KeepsWhatCameBeforeItsPeerAttached) {
  auto [near, far] = makePipe();
  near.send(numbered(1));
  near.send(numbered(2));
  auto recorder = std::make_shared<Recorder>();
  far.attach(recorder, 7);
  near.send(numbered(3));
  EXPECT_EQ(recorder->ids_, (std::vector<uint32_t>{1, 2, 3}));
  EXPECT_EQ(recorder->pipes_, (std::vector<PipeId>{7, 7, 7}));
}

TEST(Pipe, TellsTheOtherPeerOnceThatItIsClosedAndWhy) {
  auto [near, far] = makePipe();
  auto recorder = std::make_shared<Recorder>();
  far.attach(recorder, 1);
  near.send(numbered(1));
  near.close({ErrorCode::limit, "too much", "CpuLimitExceeded"});
  near.close({ErrorCode::internal, "again"});
  near.send(numbered(2));
  EXPECT_EQ(recorder->ids_, std::vector<uint32_t>{1});
  ASSERT_EQ(recorder->closes_.size(), 1u);
  EXPECT_EQ(recorder->closes_[0].message, "too much");
  EXPECT_EQ(recorder->closes_[0].name, "CpuLimitExceeded");
}

TEST(Pipe, DeliversWhatWasSentBeforeTheCloseToAPeerThatAttachesLate) {
  auto [near, far] = makePipe();
  near.send(numbered(1));
  near.close({ErrorCode::unavailable, "gone"});
  auto recorder = std::make_shared<Recorder>();
  far.attach(recorder, 1);
  EXPECT_EQ(recorder->ids_, std::vector<uint32_t>{1});
  EXPECT_EQ(recorder->closes_.size(), 1u);
}

TEST(Pipe, ClosesWhenAnEndIsDropped) {
  auto recorder = std::make_shared<Recorder>();
  auto [near, far] = makePipe();
  far.attach(recorder, 1);
  {
    PipeEnd dropped = std::move(near);
  }
  EXPECT_EQ(recorder->closes_.size(), 1u);
}

TEST(Pipe, DoesNotTellAPeerOfItsOwnClose) {
  auto recorder = std::make_shared<Recorder>();
  auto [near, far] = makePipe();
  near.attach(recorder, 1);
  near.close({ErrorCode::unavailable, "done"});
  EXPECT_TRUE(recorder->closes_.empty());
  far.send(numbered(1));
  EXPECT_TRUE(recorder->ids_.empty());
}

TEST(Pipe, KeepsTheOrderOfOneSenderAmongSeveral) {
  constexpr uint32_t kEach = 20'000;
  auto [near, far] = makePipe();
  auto recorder = std::make_shared<Recorder>();
  std::thread first([&end = near] {
    for (uint32_t i = 0; i < kEach; ++i) end.send(numbered(i));
  });
  std::thread second([&end = near] {
    for (uint32_t i = 0; i < kEach; ++i) end.send(numbered(1'000'000 + i));
  });
  far.attach(recorder, 1);
  first.join();
  second.join();
  ASSERT_EQ(recorder->ids_.size(), 2 * kEach);
  uint32_t nextLow = 0;
  uint32_t nextHigh = 1'000'000;
  for (uint32_t id : recorder->ids_) EXPECT_EQ(id, id < 1'000'000 ? nextLow++ : nextHigh++);
}

}  // namespace
}  // namespace mayfly::rpc
