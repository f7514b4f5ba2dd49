// SPDX-License-Identifier: Apache-2.0
#include "supervisor/control_request.h"

#include <gtest/gtest.h>

#include <deque>
#include <optional>

namespace mayfly::supervisor {
namespace {

using rpc::Message;
using rpc::MessageType;

class ControlRequestTest : public testing::Test {
 protected:
  struct Worker : rpc::Receiver {
    void deliver(rpc::PipeId, Message message) override { messages.push_back(std::move(message)); }
    void closed(rpc::PipeId, Error) override {}
    std::deque<Message> messages;
  };

  void SetUp() override {
    auto [near, far] = rpc::makePipe();
    far_ = std::move(far);
    far_.attach(worker_, 0);
    request_.emplace(context_, std::move(near), "POST", "/test", "{}",
                     [this](Result<std::string> body) { body_ = std::move(body); });
  }
  void send(MessageType type, uint32_t id, uint32_t target, std::string_view payload, uint8_t flags = 0,
            uint32_t stream = 0) {
    Message message;
    message.type = type;
    message.id = id;
    message.target = target;
    message.flags = flags;
    message.stream = stream;
    message.payload = Bytes::copyOf(payload);
    far_.send(std::move(message));
    context_.restart();
    context_.poll();
  }

  boost::asio::io_context context_{1};
  std::shared_ptr<Worker> worker_ = std::make_shared<Worker>();
  rpc::PipeEnd far_;
  std::optional<ControlRequest> request_;
  std::optional<Result<std::string>> body_;
};

TEST_F(ControlRequestTest, SendsAFetchAndTakesAnInlineBody) {
  ASSERT_EQ(worker_->messages.size(), 1u);
  EXPECT_EQ(worker_->messages[0].head, "POST\nhttp://control/test\ncontent-type\napplication/json");
  EXPECT_EQ(worker_->messages[0].payload.view(), "{}");
  send(MessageType::response, 1, 200, "[]", rpc::kBodyInline);
  EXPECT_EQ(body_->value(), "[]");
}

TEST_F(ControlRequestTest, TakesAStreamedBodyAndGivesCredit) {
  send(MessageType::response, 1, 200, "", rpc::kBodyStream, 4);
  send(MessageType::chunk, 4, 0, "[1,");
  EXPECT_EQ(worker_->messages.back().type, MessageType::credit);
  EXPECT_EQ(worker_->messages.back().target, 3u);
  send(MessageType::chunk, 4, 0, "2]");
  EXPECT_FALSE(body_);
  send(MessageType::end, 4, 0, "");
  EXPECT_EQ(body_->value(), "[1,2]");
}

TEST_F(ControlRequestTest, FailsWithTheStatusOrTheReasonOfTheClose) {
  send(MessageType::response, 1, 404, "nothing here", rpc::kBodyInline);
  EXPECT_EQ(body_->error().message, "the worker answered with status 404: nothing here");
  SetUp();
  far_.close({ErrorCode::limit, "too much memory"});
  context_.restart();
  context_.poll();
  EXPECT_EQ(body_->error().code, ErrorCode::limit);
}

}  // namespace
}  // namespace mayfly::supervisor
