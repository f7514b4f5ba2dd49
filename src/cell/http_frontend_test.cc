// SPDX-License-Identifier: Apache-2.0
#include "cell/http_frontend.h"

#include <gtest/gtest.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <optional>
#include <thread>

#include "http/raw_client.h"
#include "rpc/error_record.h"

namespace mayfly::cell {
namespace {

using http::kPatienceMs;
using http::RawClient;
using rpc::Message;
using rpc::MessageType;

Message make(MessageType type, uint32_t id = 0, uint32_t target = 0) {
  Message message;
  message.type = type;
  message.id = id;
  message.target = target;
  return message;
}

// The worker on the other end of the pipe, played by the test: what arrives waits to be looked at.
class Worker final : public rpc::Receiver {
 public:
  void deliver(rpc::PipeId, Message message) override {
    std::lock_guard lock(mutex_);
    messages_.push_back(std::move(message));
    arrived_.notify_all();
  }
  void closed(rpc::PipeId, Error) override {
    std::lock_guard lock(mutex_);
    closed_ = true;
    arrived_.notify_all();
  }
  // The next message; one of type 0 when none comes.
  Message next(int waitMs = kPatienceMs) {
    std::unique_lock lock(mutex_);
    arrived_.wait_for(lock, std::chrono::milliseconds(waitMs), [&] { return !messages_.empty(); });
    if (messages_.empty()) return make(MessageType(0));
    Message message = std::move(messages_.front());
    messages_.pop_front();
    return message;
  }
  Message expect(MessageType type) {
    Message message = next();
    EXPECT_EQ(int(message.type), int(type));
    return message;
  }
  bool waitUntilClosed() {
    std::unique_lock lock(mutex_);
    return arrived_.wait_for(lock, std::chrono::milliseconds(kPatienceMs), [&] { return closed_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<Message> messages_;
  bool closed_ = false;
};

Message response(uint32_t call, uint32_t status, std::string head, std::string_view body) {
  Message message = make(MessageType::response, call, status);
  message.flags = rpc::kBodyInline;
  message.head = std::move(head);
  message.payload = Bytes::copyOf(body);
  return message;
}
Message streamResponse(uint32_t call, std::string head, uint32_t stream) {
  Message message = make(MessageType::response, call, 200);
  message.flags = rpc::kBodyStream;
  message.stream = stream;
  message.head = std::move(head);
  return message;
}
Message onStream(MessageType type, uint32_t stream, std::string_view bytes = {}) {
  Message message = make(type, stream);
  message.payload = Bytes::copyOf(bytes);
  return message;
}
Message credit(uint32_t stream, uint32_t bytes) { return make(MessageType::credit, stream, bytes); }

class HttpFrontendTest : public testing::Test {
 protected:
  void SetUp() override {
    frontend_ = std::make_unique<HttpFrontend>(context_, std::vector<int>{socket_.fd()}, http::Limits{});
    ASSERT_TRUE(frontend_->start().has_value());
    thread_ = std::thread([this] { context_.run(); });
    serve();
  }
  template <typename Do>
  auto onShard(Do action) {
    std::packaged_task<decltype(action())()> task(action);
    auto result = task.get_future();
    boost::asio::post(context_, [&] { task(); });
    return result.get();
  }
  void TearDown() override {
    onShard([&] { frontend_.reset(); });
    guard_.reset();
    thread_.join();
  }
  // Puts a new worker in place of worker_ and pipe_.
  void serve() {
    auto [near, far] = rpc::makePipe();
    worker_ = std::make_shared<Worker>();
    pipe_ = std::move(far);
    pipe_.attach(worker_, 0);
    onShard([&] { frontend_->setTarget(std::move(near)); });
  }
  size_t inFlight() {
    return onShard([&] { return frontend_->inFlight(); });
  }

  http::ListeningSocket socket_;
  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_{context_.get_executor()};
  std::unique_ptr<HttpFrontend> frontend_;
  std::thread thread_;
  std::shared_ptr<Worker> worker_;
  rpc::PipeEnd pipe_;
};

const std::string kGet = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

TEST_F(HttpFrontendTest, MakesARequestAFetchAndAResponseAnAnswer) {
  RawClient client(socket_.port());
  client.send(
      "GET /a?b=\xc3\xbc HTTP/1.1\r\nHost: x.example:81\r\nCF-Connecting-IP: 6.6.6.6\r\nConnection: keep-alive\r\n"
      "X-Two: 1\r\nX-Two: 2\r\nUpgrade: websocket\r\n\r\n");
  Message fetch = worker_->expect(MessageType::fetch);
  EXPECT_EQ(fetch.id, 1u);
  EXPECT_EQ(fetch.target, 0u);
  EXPECT_EQ(fetch.flags, 0);
  EXPECT_EQ(fetch.head,
            "GET\nhttp://x.example:81/a?b=%C3%BC\nhost\nx.example:81\nx-two\n1\nx-two\n2\nupgrade\nwebsocket\n"
            "cf-connecting-ip\n127.0.0.1");
  EXPECT_EQ(inFlight(), 1u);
  pipe_.send(response(fetch.id, 201, "Made\nx-a\nb", "body"));
  auto answer = client.receiveResponse();
  EXPECT_TRUE(answer.head.starts_with("HTTP/1.1 201 Made\r\nx-a: b\r\ncontent-length: 4\r\n"));
  EXPECT_EQ(answer.body, "body");
  EXPECT_EQ(inFlight(), 0u);

  client.send(kGet);
  EXPECT_EQ(worker_->expect(MessageType::fetch).id, 2u);
}

TEST_F(HttpFrontendTest, SendsASmallBodyInline) {
  RawClient client(socket_.port());
  client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello");
  Message fetch = worker_->expect(MessageType::fetch);
  EXPECT_EQ(fetch.flags, rpc::kBodyInline);
  EXPECT_EQ(fetch.payload.view(), "hello");
}

TEST_F(HttpFrontendTest, StreamsALargeBodyUnderCredit) {
  RawClient client(socket_.port());
  const size_t size = 1'000'000;
  std::thread sender([&] {
    client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n" +
                std::string(size, 'a'));
  });
  Message fetch = worker_->expect(MessageType::fetch);
  EXPECT_EQ(fetch.flags, rpc::kBodyStream);
  EXPECT_EQ(fetch.stream, 1u);
  size_t got = 0;
  auto take = [&](size_t upTo) {
    while (got < upTo) {
      Message chunk = worker_->expect(MessageType::chunk);
      if (chunk.type != MessageType::chunk) return;
      EXPECT_EQ(chunk.id, 1u);
      EXPECT_LE(chunk.payload.size(), 64u * 1024);
      got += chunk.payload.size();
    }
  };
  take(rpc::kInitialStreamCredit);
  EXPECT_EQ(got, rpc::kInitialStreamCredit);
  EXPECT_EQ(int(worker_->next(50).type), 0);
  pipe_.send(credit(1, 100));
  take(got + 100);
  EXPECT_EQ(got, rpc::kInitialStreamCredit + 100);
  EXPECT_EQ(int(worker_->next(50).type), 0);
  pipe_.send(credit(1, size));
  take(size);
  worker_->expect(MessageType::end);
  sender.join();
  pipe_.send(response(fetch.id, 200, "OK", "done"));
  EXPECT_EQ(client.receiveResponse().body, "done");
}

TEST_F(HttpFrontendTest, DropsABodyThatTheWorkerCancels) {
  RawClient client(socket_.port());
  std::thread sender([&] {
    client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5000000\r\n\r\n" + std::string(5'000'000, 'a') + kGet);
  });
  Message fetch = worker_->expect(MessageType::fetch);
  pipe_.send(onStream(MessageType::cancel, fetch.stream));
  sender.join();
  pipe_.send(response(fetch.id, 200, "OK", "1"));
  EXPECT_EQ(client.receiveResponse().body, "1");
  Message next = worker_->next();
  while (next.type == MessageType::chunk) next = worker_->next();
  ASSERT_EQ(int(next.type), int(MessageType::fetch));
  pipe_.send(response(next.id, 200, "OK", "2"));
  EXPECT_EQ(client.receiveResponse().body, "2");
}

TEST_F(HttpFrontendTest, StreamsAResponseAndGivesCreditAsTheClientReads) {
  RawClient client(socket_.port(), 4096);
  client.send(kGet);
  Message fetch = worker_->expect(MessageType::fetch);
  pipe_.send(streamResponse(fetch.id, "OK", 7));
  EXPECT_NE(client.receiveUntil("\r\n\r\n").find("transfer-encoding: chunked"), std::string::npos);

  // As much as there is credit for, while the client does not read.
  const std::string piece(64 * 1024, 'x');
  size_t window = rpc::kInitialStreamCredit, sent = 0;
  for (;;) {
    while (window >= piece.size()) {
      pipe_.send(onStream(MessageType::chunk, 7, piece));
      window -= piece.size();
      sent += piece.size();
    }
    Message message = worker_->next(300);
    if (message.type != MessageType::credit) break;
    EXPECT_EQ(message.id, 7u);
    window += message.target;
  }
  EXPECT_LT(sent, 20'000'000u);  // what the kernel buffers

  pipe_.send(onStream(MessageType::end, 7));
  size_t received = 0;
  for (;;) {
    std::string line = client.receiveUntil("\r\n");
    size_t size = std::strtoull(line.c_str(), nullptr, 16);
    received += client.receiveBytes(size + 2).size() - 2;
    if (size == 0) break;
  }
  EXPECT_EQ(received, sent);
  EXPECT_EQ(inFlight(), 0u);
}

TEST_F(HttpFrontendTest, CutsTheConnectionWhenTheResponseBreaksOff) {
  RawClient client(socket_.port());
  client.send(kGet);
  Message fetch = worker_->expect(MessageType::fetch);
  pipe_.send(streamResponse(fetch.id, "OK", 1));
  pipe_.send(onStream(MessageType::chunk, 1, "some"));
  Message abort = make(MessageType::abort, 1);
  abort.payload = rpc::encodeErrorRecord("Error", "broken");
  pipe_.send(std::move(abort));
  std::string all = client.receiveAll();
  EXPECT_TRUE(all.ends_with("\r\n\r\n4\r\nsome\r\n")) << all;
  EXPECT_EQ(inFlight(), 0u);
}

TEST_F(HttpFrontendTest, CutsAWorkerOffThatSendsMoreThanItsCredit) {
  RawClient client(socket_.port());
  client.send(kGet);
  Message fetch = worker_->expect(MessageType::fetch);
  pipe_.send(streamResponse(fetch.id, "OK", 1));
  pipe_.send(onStream(MessageType::chunk, 1, std::string(rpc::kInitialStreamCredit + 1, 'x')));
  EXPECT_EQ(worker_->expect(MessageType::cancel).id, 1u);
  EXPECT_FALSE(client.receiveAll().ends_with("0\r\n\r\n"));
}

TEST_F(HttpFrontendTest, GivesNoBodyToHead) {
  RawClient client(socket_.port());
  client.send("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n");
  Message fetch = worker_->expect(MessageType::fetch);
  pipe_.send(streamResponse(fetch.id, "OK\ncontent-length\n1000", 1));
  EXPECT_EQ(worker_->expect(MessageType::cancel).id, 1u);
  EXPECT_NE(client.receiveResponse(true).head.find("content-length: 1000"), std::string::npos);
  client.send(kGet);
  pipe_.send(response(worker_->expect(MessageType::fetch).id, 200, "OK", "body"));
  EXPECT_EQ(client.receiveResponse().body, "body");
}

TEST_F(HttpFrontendTest, TellsTheWorkerThatTheClientIsGone) {
  RawClient client(socket_.port());
  client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n");
  Message fetch = worker_->expect(MessageType::fetch);
  pipe_.send(streamResponse(fetch.id, "OK", 9));
  client.receiveUntil("\r\n\r\n");
  client.close();
  EXPECT_EQ(worker_->expect(MessageType::abort).id, fetch.stream);
  EXPECT_EQ(worker_->expect(MessageType::cancel).id, 9u);
  EXPECT_EQ(worker_->expect(MessageType::finish).id, fetch.id);
  EXPECT_EQ(inFlight(), 0u);
  // What was on its way is dropped; a late stream is told that nobody reads it.
  pipe_.send(onStream(MessageType::chunk, 9, "late"));
  pipe_.send(streamResponse(fetch.id, "OK", 10));
  EXPECT_EQ(worker_->expect(MessageType::cancel).id, 10u);
}

TEST_F(HttpFrontendTest, AnswersForAWorkerThatFails) {
  RawClient client(socket_.port());
  struct Case {
    Message message;
    int status;
    std::string_view says;
  };
  auto failure = make(MessageType::failure, 0);
  failure.payload = rpc::encodeErrorRecord("Error", "secret");
  auto corrupt = response(0, 200, "OK", "");
  corrupt.flags |= rpc::kCorrupt;
  std::vector<Case> cases;
  cases.push_back({std::move(failure), 500, "Internal Server Error\n"});
  cases.push_back({std::move(corrupt), 502, "Bad Gateway: the worker's response could not be read\n"});
  cases.push_back({response(0, 101, "Switching Protocols", ""), 502,
                   "Bad Gateway: the response is a WebSocket, which nobody asked for\n"});
  cases.push_back({response(0, 65736, "OK", ""), 502, "Bad Gateway: the response status is not between 200 and 599\n"});
  cases.push_back({response(0, 200, "OK\na b\nc", ""), 502,
                   "Bad Gateway: a response header name holds a character that is not allowed\n"});
  for (Case& each : cases) {
    client.send(kGet);
    each.message.id = worker_->expect(MessageType::fetch).id;
    pipe_.send(std::move(each.message));
    auto answer = client.receiveResponse();
    EXPECT_EQ(answer.status, each.status);
    EXPECT_EQ(answer.body, each.says);
  }
}

TEST_F(HttpFrontendTest, AnswersWith503WhenTheWorkerIsLost) {
  RawClient waiting(socket_.port()), streaming(socket_.port());
  waiting.send(kGet);
  worker_->expect(MessageType::fetch);
  streaming.send(kGet);
  pipe_.send(streamResponse(worker_->expect(MessageType::fetch).id, "OK", 1));
  streaming.receiveUntil("\r\n\r\n");
  pipe_.close({ErrorCode::limit, "it used more than 128 MB"});

  auto answer = waiting.receiveResponse();
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.body, "Service Unavailable: the worker is gone: it used more than 128 MB\n");
  EXPECT_EQ(streaming.receiveAll(), "");
  EXPECT_EQ(waiting.request(kGet).body, "Service Unavailable: it used more than 128 MB\n");
  serve();
  waiting.send(kGet);
  pipe_.send(response(worker_->expect(MessageType::fetch).id, 200, "OK", "again"));
  EXPECT_EQ(waiting.receiveResponse().body, "again");
}

TEST_F(HttpFrontendTest, EndsRequestsInFlightOnTheWorkerThatTheyBeganOn) {
  RawClient first(socket_.port()), second(socket_.port());
  first.send(kGet);
  Message begun = worker_->expect(MessageType::fetch);
  auto oldWorker = worker_;
  rpc::PipeEnd oldPipe = std::move(pipe_);
  serve();
  second.send(kGet);
  pipe_.send(response(worker_->expect(MessageType::fetch).id, 200, "OK", "new"));
  EXPECT_EQ(second.receiveResponse().body, "new");
  oldPipe.send(response(begun.id, 200, "OK", "old"));
  EXPECT_EQ(first.receiveResponse().body, "old");
  EXPECT_TRUE(oldWorker->waitUntilClosed());
  EXPECT_EQ(onShard([&] { return frontend_->inFlight(); }), 0u);
}

TEST_F(HttpFrontendTest, TakesANewPipeToTheSameWorkerBeforeTheNumbersEnd) {
  auto [near, far] = rpc::makePipe();
  far.attach(worker_, 0);
  rpc::PipeEnd next;
  PipeRenewal renewal;
  renewal.callsMax = 2;
  renewal.open = [&, worker = worker_] {
    auto [near, far] = rpc::makePipe();
    next = std::move(far);
    next.attach(worker, 0);
    return std::move(near);
  };
  onShard([&] { frontend_->setTarget(std::move(near), renewal); });
  RawClient client(socket_.port());
  for (uint32_t id : {1, 2, 1, 2}) {
    client.send(kGet);
    Message fetch = worker_->expect(MessageType::fetch);
    EXPECT_EQ(fetch.id, id);
    (next ? next : far).send(response(fetch.id, 200, "OK", "body"));
    EXPECT_EQ(client.receiveResponse().body, "body");
  }
}

TEST_F(HttpFrontendTest, DropsAReplacedWorkerWithoutRequestsAtOnce) {
  auto oldWorker = worker_;
  rpc::PipeEnd oldPipe = std::move(pipe_);
  serve();
  EXPECT_TRUE(oldWorker->waitUntilClosed());
}

TEST_F(HttpFrontendTest, EndsWhatIsInFlightWhenItDrains) {
  RawClient client(socket_.port());
  client.send(kGet);
  Message fetch = worker_->expect(MessageType::fetch);
  std::promise<void> drained;
  onShard([&] { frontend_->drain([&] { drained.set_value(); }); });
  pipe_.send(response(fetch.id, 200, "OK", "last"));
  std::string answer = client.receiveAll();
  EXPECT_NE(answer.find("connection: close"), std::string::npos);
  EXPECT_EQ(drained.get_future().wait_for(std::chrono::milliseconds(kPatienceMs)), std::future_status::ready);
}

TEST_F(HttpFrontendTest, IgnoresNumbersThatMeanNothing) {
  RawClient client(socket_.port());
  client.send(kGet);
  Message fetch = worker_->expect(MessageType::fetch);
  for (uint32_t id : {0u, 2u, 4294967295u}) {
    pipe_.send(response(id, 200, "OK", "wrong"));
    pipe_.send(onStream(MessageType::chunk, id, "wrong"));
    pipe_.send(onStream(MessageType::end, id));
    pipe_.send(onStream(MessageType::abort, id));
    pipe_.send(credit(id, 5));
    pipe_.send(onStream(MessageType::cancel, id));
    pipe_.send(onStream(MessageType::failure, id));
    pipe_.send(onStream(MessageType::finish, id));
    pipe_.send(onStream(MessageType::release, id));
  }
  pipe_.send(make(MessageType::call, 3));
  EXPECT_EQ(worker_->expect(MessageType::failure).id, 3u);
  pipe_.send(response(fetch.id, 200, "OK", "right"));
  EXPECT_EQ(client.receiveResponse().body, "right");
}

}  // namespace
}  // namespace mayfly::cell
