// SPDX-License-Identifier: Apache-2.0
#include "rpc/link.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <optional>
#include <thread>

#include "rpc/frames.h"

namespace mayfly::rpc {
namespace {

using namespace std::chrono_literals;

// Keeps what a pipe delivers.
class Inbox : public Receiver {
 public:
  void deliver(PipeId, Message message) override { messages.push_back(std::move(message)); }
  void closed(PipeId, Error reason) override { closedWith = std::move(reason); }
  std::deque<Message> messages;
  std::optional<Error> closedWith;
};

// A link at one end of a socket pair or at both.
class LinkTest : public testing::Test {
 protected:
  struct Peer {
    std::shared_ptr<Link> link;
    std::deque<std::pair<std::string, PipeEnd>> opened;
    std::deque<Bytes> controls;
    std::optional<Error> lost;
  };

  void SetUp() override { ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets_), 0); }
  void TearDown() override {
    for (Peer* peer : {&supervisor_, &cell_}) {
      if (peer->link) peer->link->close();
    }
    run(2ms);
    if (rawOpen_) ::close(sockets_[1]);
  }

  void start(Peer& peer, int socket, LinkSide side) {
    Link::Handlers handlers;
    handlers.opened = [&peer](std::string_view what, PipeEnd end) { peer.opened.emplace_back(what, std::move(end)); };
    handlers.control = [&peer](Bytes frame) { peer.controls.push_back(std::move(frame)); };
    handlers.lost = [&peer](Error reason) { peer.lost = std::move(reason); };
    peer.link = Link::create(context_, socket, side, std::move(handlers));
    peer.link->start();
  }
  void startBoth() {
    start(supervisor_, sockets_[0], LinkSide::supervisor);
    start(cell_, sockets_[1], LinkSide::cell);
  }
  // The far end of the supervisor's link stays a plain socket: what we write to it is what a broken cell would.
  void startOne() {
    start(supervisor_, sockets_[0], LinkSide::supervisor);
    rawOpen_ = true;
  }
  void writeRaw(std::span<const uint8_t> bytes) {
    ASSERT_EQ(::send(sockets_[1], bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
  }
  void run(std::chrono::milliseconds time = 20ms) {
    context_.restart();
    context_.run_for(time);
  }
  template <typename Done>
  void runUntil(Done done) {
    for (int turn = 0; turn < 500 && !done(); ++turn) run(10ms);
    ASSERT_TRUE(done());
  }

  static std::vector<uint8_t> frame(uint8_t kind, PipeId pipe, std::span<const uint8_t> body) {
    protocol::Writer out;
    out.u32(static_cast<uint32_t>(5 + body.size()));
    out.u8(kind);
    out.u32(pipe);
    out.raw(body.data(), body.size());
    return {out.span().begin(), out.span().end()};
  }
  static std::vector<uint8_t> frame(uint8_t kind, PipeId pipe, std::string_view body) {
    return frame(kind, pipe, std::span(reinterpret_cast<const uint8_t*>(body.data()), body.size()));
  }
  static std::vector<uint8_t> messageFrame(PipeId pipe, const Message& message) {
    protocol::Writer out;
    encodeHead(message, out);
    out.raw(message.payload.data(), message.payload.size());
    return frame(2, pipe, out.span());
  }
  void expectCorrupt(std::string_view part) {
    run();
    ASSERT_TRUE(supervisor_.lost);
    EXPECT_EQ(supervisor_.lost->code, ErrorCode::corrupt);
    EXPECT_NE(supervisor_.lost->message.find(part), std::string::npos) << supervisor_.lost->message;
  }

  boost::asio::io_context context_{1};
  int sockets_[2];
  bool rawOpen_ = false;
  Peer supervisor_;
  Peer cell_;
};

Message fetchOf(std::string head, std::string_view body) {
  Message message;
  message.type = MessageType::fetch;
  message.flags = kBodyInline;
  message.id = 1;
  message.head = std::move(head);
  message.payload = Bytes::copyOf(body);
  return message;
}

TEST_F(LinkTest, StopsReadingWhileTooMuchWaitsToBeReceived) {
  startBoth();
  PipeEnd sender = cell_.link->open("x");
  runUntil([&] { return !supervisor_.opened.empty(); });
  constexpr size_t kCount = 200;
  for (size_t n = 0; n < kCount; ++n) {
    Message message;
    message.type = MessageType::chunk;
    message.id = static_cast<uint32_t>(n);
    message.payload = Bytes::ofSize(1 << 20);
    sender.send(std::move(message));
  }
  auto inbox = std::make_shared<Inbox>();
  supervisor_.opened[0].second.attach(inbox, 1);
  runUntil([&] { return inbox->messages.size() >= 60; });
  run(100ms);
  EXPECT_LE(inbox->messages.size(), 66u);
  EXPECT_GE(cell_.link->queuedBytes(), 120u << 20);
  // What is received makes room for the rest, in order.
  uint32_t next = 0;
  runUntil([&] {
    for (; !inbox->messages.empty(); inbox->messages.pop_front()) EXPECT_EQ(inbox->messages.front().id, next++);
    return next == kCount;
  });
}

TEST_F(LinkTest, CarriesMessagesOfManyPipesBothWaysInOrder) {
  startBoth();
  std::vector<PipeEnd> near;
  std::vector<std::shared_ptr<Inbox>> answers;
  for (int i = 0; i < 10; ++i) {
    near.push_back((i % 2 ? supervisor_ : cell_).link->open("pipe " + std::to_string(i)));
    answers.push_back(std::make_shared<Inbox>());
    near.back().attach(answers.back(), 0);
    for (int k = 0; k < 3; ++k) near.back().send(fetchOf("GET\nhttp://a/" + std::to_string(k), "body"));
  }
  runUntil([&] { return supervisor_.opened.size() == 5 && cell_.opened.size() == 5; });
  EXPECT_EQ(cell_.opened[0].first, "pipe 1");
  auto far = std::make_shared<Inbox>();
  cell_.opened[0].second.attach(far, 0);
  ASSERT_EQ(far->messages.size(), 3u);
  EXPECT_EQ(far->messages[2].head, "GET\nhttp://a/2");
  EXPECT_EQ(far->messages[2].payload.view(), "body");

  Message answer;
  answer.type = MessageType::response;
  answer.id = 1;
  answer.target = 200;
  answer.head = "OK";
  cell_.opened[0].second.send(std::move(answer));
  runUntil([&] { return !answers[1]->messages.empty(); });
  EXPECT_EQ(answers[1]->messages[0].target, 200u);
}

TEST_F(LinkTest, CarriesTheLargestPayloadAndCountsWhatWaits) {
  startBoth();
  PipeEnd end = supervisor_.link->open("big");
  end.send(fetchOf("POST\nhttp://a/", std::string(kMessageBytesMax, 'x')));
  EXPECT_GT(supervisor_.link->queuedBytes(), kMessageBytesMax);
  runUntil([&] { return !cell_.opened.empty(); });
  auto inbox = std::make_shared<Inbox>();
  cell_.opened[0].second.attach(inbox, 0);
  runUntil([&] { return !inbox->messages.empty(); });
  EXPECT_EQ(inbox->messages[0].payload.size(), kMessageBytesMax);
  EXPECT_EQ(supervisor_.link->queuedBytes(), 0u);
}

TEST_F(LinkTest, ClosesThePipeOfAMessageThatIsTooLargeAndNoOther) {
  startBoth();
  PipeEnd big = supervisor_.link->open("big");
  PipeEnd other = supervisor_.link->open("other");
  auto inbox = std::make_shared<Inbox>();
  big.attach(inbox, 0);
  big.send(fetchOf("POST\nhttp://a/", std::string(kMessageBytesMax + 1, 'x')));
  other.send(fetchOf("GET\nhttp://a/", ""));
  run();
  ASSERT_TRUE(inbox->closedWith);
  EXPECT_EQ(inbox->closedWith->code, ErrorCode::limit);
  EXPECT_EQ(cell_.opened.size(), 2u);
  EXPECT_FALSE(supervisor_.lost);
}

TEST_F(LinkTest, PassesACloseOnWithItsReason) {
  startBoth();
  PipeEnd end = cell_.link->open("egress api");
  run();
  auto inbox = std::make_shared<Inbox>();
  supervisor_.opened[0].second.attach(inbox, 0);
  end.close({ErrorCode::denied, "no more"});
  end.send(fetchOf("GET\nhttp://a/", ""));
  run();
  ASSERT_TRUE(inbox->closedWith);
  EXPECT_EQ(inbox->closedWith->code, ErrorCode::denied);
  EXPECT_EQ(inbox->closedWith->message, "no more");
}

TEST_F(LinkTest, ToleratesFramesThatCrossedAClose) {
  startBoth();
  PipeEnd end = cell_.link->open("x");
  run();
  supervisor_.opened.clear();               // closes its end
  end.send(fetchOf("GET\nhttp://a/", ""));  // under way at the same time
  end.close({ErrorCode::unavailable, ""});
  run();
  EXPECT_FALSE(supervisor_.lost);
  EXPECT_FALSE(cell_.lost);
}

TEST_F(LinkTest, ClosesEveryPipeWhenTheFarEndGoes) {
  startOne();
  PipeEnd end = supervisor_.link->open("x");
  auto inbox = std::make_shared<Inbox>();
  end.attach(inbox, 0);
  run();
  ::close(sockets_[1]);
  rawOpen_ = false;
  run();
  ASSERT_TRUE(supervisor_.lost);
  EXPECT_EQ(supervisor_.lost->code, ErrorCode::unavailable);
  ASSERT_TRUE(inbox->closedWith);
  auto late = std::make_shared<Inbox>();
  PipeEnd lateEnd = supervisor_.link->open("late");
  lateEnd.attach(late, 0);
  EXPECT_TRUE(late->closedWith);
}

TEST_F(LinkTest, WritesWhatWasSentBeforeAClose) {
  startBoth();
  run(1ms);
  cell_.link->sendControl(Bytes::copyOf("drained"));
  cell_.link->close();
  run();
  ASSERT_EQ(supervisor_.controls.size(), 1u);
  EXPECT_EQ(supervisor_.controls[0].view(), "drained");
  EXPECT_TRUE(supervisor_.lost);
  EXPECT_FALSE(cell_.lost);
}

TEST_F(LinkTest, TakesFramesThatArriveByteByByte) {
  startOne();
  std::vector<uint8_t> bytes = frame(1, 1, "egress api");
  auto message = messageFrame(1, fetchOf("GET\nhttp://a/", "hello"));
  auto control = frame(4, 0, "hi");
  bytes.insert(bytes.end(), message.begin(), message.end());
  bytes.insert(bytes.end(), control.begin(), control.end());
  for (uint8_t byte : bytes) {
    writeRaw({&byte, 1});
    context_.restart();
    context_.poll();
  }
  run();
  ASSERT_FALSE(supervisor_.lost) << supervisor_.lost->message;
  ASSERT_EQ(supervisor_.opened.size(), 1u);
  auto inbox = std::make_shared<Inbox>();
  supervisor_.opened[0].second.attach(inbox, 0);
  ASSERT_EQ(inbox->messages.size(), 1u);
  EXPECT_EQ(inbox->messages[0].payload.view(), "hello");
  EXPECT_EQ(supervisor_.controls[0].view(), "hi");
}

TEST_F(LinkTest, CarriesCallsWithTheNameOfAnEntrypoint) {
  startBoth();
  PipeEnd end = supervisor_.link->open("x");
  Message call;
  call.type = MessageType::call;
  call.flags = kNamed;
  call.id = 1;
  call.head = "Tool";
  call.payload = Bytes::copyOf("value");
  end.send(std::move(call));
  runUntil([&] { return !cell_.opened.empty(); });
  auto inbox = std::make_shared<Inbox>();
  cell_.opened[0].second.attach(inbox, 0);
  runUntil([&] { return !inbox->messages.empty(); });
  EXPECT_EQ(inbox->messages[0].head, "Tool");
  EXPECT_EQ(inbox->messages[0].payload.view(), "value");
  EXPECT_FALSE(cell_.lost);
}

TEST_F(LinkTest, EndsOnGarbage) {
  startOne();
  writeRaw(std::vector<uint8_t>(64, 0xff));
  expectCorrupt("frame of 4294967295 bytes");
}

TEST_F(LinkTest, EndsOnAFrameTooShortForItsHead) {
  startOne();
  writeRaw(std::vector<uint8_t>{4, 0, 0, 0, 1, 0, 0, 0, 0});
  expectCorrupt("frame of 4 bytes");
}

TEST_F(LinkTest, EndsOnAFrameAboveTheBoundBeforeItArrives) {
  startOne();
  protocol::Writer out;
  out.u32(kFrameLengthMax + 1);
  out.u8(4);
  out.u32(0);
  writeRaw(out.span());
  expectCorrupt("frame of");
}

TEST_F(LinkTest, TakesALargerFrameFromTheSideThatACellTrusts) {
  startBoth();
  std::vector<uint8_t> code(kFrameLengthMax + 1000, 7);
  supervisor_.link->sendControl(Bytes::copyOf(code));
  runUntil([&] { return !cell_.controls.empty(); });
  EXPECT_EQ(cell_.controls.front().size(), code.size());
  cell_.link->sendControl(Bytes::copyOf(code));
  runUntil([&] { return supervisor_.lost.has_value(); });
  EXPECT_EQ(supervisor_.lost->code, ErrorCode::corrupt);
}

TEST_F(LinkTest, EndsOnUnknownKindsAndPipes) {
  startOne();
  writeRaw(frame(9, 0, ""));
  expectCorrupt("frame kind 9");
}

TEST_F(LinkTest, EndsOnAPipeOpenedUnderOurNumbers) {
  startOne();
  writeRaw(frame(1, 2, "x"));
  expectCorrupt("wrong number");
}

TEST_F(LinkTest, EndsOnAMessageForAPipeThatNeverWas) {
  startOne();
  writeRaw(messageFrame(7, fetchOf("GET\nhttp://a/", "")));
  expectCorrupt("never opened");
}

TEST_F(LinkTest, EndsOnAPipeOpenedTwice) {
  startOne();
  writeRaw(frame(1, 1, "x"));
  writeRaw(frame(1, 1, "x"));
  expectCorrupt("opened twice");
}

TEST_F(LinkTest, EndsOnMalformedMessages) {
  auto body = [](auto change) {
    Message message = fetchOf("GET\nhttp://a/", "");
    change(message);
    return message;
  };
  const std::pair<Message, std::string_view> cases[] = {
      {body([](Message& m) { m.flags = kCorrupt; }), "flags"},
      {body([](Message& m) { m.flags = kBodyInline | kBodyStream; }), "either inline or a stream"},
      {body([](Message& m) { m.flags = kBodyStream; }), "stream number"},
      {body([](Message& m) { m.type = static_cast<MessageType>(77); }), "type 77"},
      {body([](Message& m) { m.head = "GET\r\nx"; }), "forbidden character"},
      {body([](Message& m) { m.type = MessageType::chunk, m.flags = 0; }), "head where none"},
      {body([](Message& m) { m.type = MessageType::call, m.flags = 0; }), "head where none"},
      {body([](Message& m) { m.flags = 0, m.payload = Bytes::copyOf("x"); }), "payload where none"},
  };
  for (const auto& [message, text] : cases) {
    supervisor_.lost.reset();
    if (!rawOpen_) startOne();
    writeRaw(frame(1, 1, "x"));
    writeRaw(messageFrame(1, message));
    expectCorrupt(text);
    ::close(sockets_[1]);
    rawOpen_ = false;
    SetUp();
  }
  startOne();
}

TEST_F(LinkTest, ReadsNoMoreFromACellThatAsksAndDoesNotReadTheAnswers) {
  startOne();
  PipeEnd answers = supervisor_.link->open("answers");
  auto opens = [](PipeId pipe) { return frame(1, pipe, ""); };
  for (int i = 0; i < 3; ++i) {
    Message chunk;
    chunk.type = MessageType::chunk;
    chunk.payload = Bytes::ofSize(30 << 20);
    std::memset(chunk.payload.data(), 0, chunk.payload.size());
    answers.send(std::move(chunk));
  }
  writeRaw(opens(1));
  run();  // one read was under way
  writeRaw(opens(3));
  run();
  EXPECT_LE(supervisor_.opened.size(), 1u);
  EXPECT_GT(supervisor_.link->queuedBytes(), size_t{64} << 20);

  std::vector<char> taken(1 << 20);
  runUntil([&] {
    while (::recv(sockets_[1], taken.data(), taken.size(), MSG_DONTWAIT) > 0) context_.poll();
    return supervisor_.opened.size() == 2;
  });
  EXPECT_FALSE(supervisor_.lost);
}

TEST_F(LinkTest, CarriesTheLargestMessageThatMayBeSent) {
  startBoth();
  Message call;
  call.type = MessageType::call;
  call.flags = kNamed;
  call.id = 1;
  call.head = std::string(kMessageHeadBytesMax, 'n');
  for (size_t i = 0; i < kAttachmentsMax; ++i) {
    auto owner = std::make_shared<Bytes>(Bytes::copyOf(std::string_view("wasm")));
    call.attachments.push_back({nullptr, owner, owner->span()});
  }
  size_t size = kMessageBytesMax - 4 * kAttachmentsMax;
  call.payload = Bytes::ofSize(size);
  std::memset(call.payload.data(), 0, size);
  PipeEnd end = supervisor_.link->open("x");
  end.send(std::move(call));
  runUntil([&] { return !cell_.opened.empty() || cell_.lost; });
  ASSERT_FALSE(cell_.lost) << cell_.lost->message;
  auto inbox = std::make_shared<Inbox>();
  cell_.opened[0].second.attach(inbox, 0);
  runUntil([&] { return !inbox->messages.empty() || cell_.lost; });
  ASSERT_FALSE(cell_.lost) << cell_.lost->message;
  EXPECT_EQ(inbox->messages[0].payload.size(), size);
}

TEST_F(LinkTest, MayBeUsedFromManyThreads) {
  startBoth();
  constexpr int kThreads = 4;
  constexpr int kPipes = 200;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([this] {
      for (int i = 0; i < kPipes; ++i) {
        PipeEnd end = supervisor_.link->open("x");
        end.send(fetchOf("GET\nhttp://a/", "body"));
      }
    });
  }
  runUntil([&] { return cell_.opened.size() == kThreads * kPipes; });
  for (auto& thread : threads) thread.join();
  run();
  EXPECT_FALSE(supervisor_.lost);
  EXPECT_FALSE(cell_.lost);
  auto inbox = std::make_shared<Inbox>();
  cell_.opened[5].second.attach(inbox, 0);
  EXPECT_EQ(inbox->messages.size(), 1u);
  EXPECT_TRUE(inbox->closedWith);
}

}  // namespace
}  // namespace mayfly::rpc
