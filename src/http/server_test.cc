// SPDX-License-Identifier: Apache-2.0
#include "http/server.h"

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <future>
#include <map>
#include <thread>

#include "http/raw_client.h"

namespace mayfly::http {
namespace {

using namespace std::chrono_literals;

// Answers by the path of the request; lives on the server's thread.
class Program final : public Handler {
 public:
  struct Open final : ExchangeEvents {
    Open(Program& program, std::shared_ptr<Exchange> exchange) : program(program), exchange(std::move(exchange)) {}
    void bodyArrived(Bytes bytes) override {
      program.bodyBytes += bytes.size();
      body.append(bytes.view());
      if (streamsBack && !exchange->write(std::move(bytes))) return program.forget(this);
      if (allows) exchange->allowBody(body.size()), body.clear();
    }
    void bodyEnded() override {
      program.bodiesEnded++;
      if (streamsBack) {
        (void)exchange->end();
        return program.forget(this);
      }
      if (!answersAtTheEnd) return;
      (void)exchange->respond({200, "OK"}, Bytes::copyOf(body));
      program.forget(this);
    }
    void written(size_t bytes) override {
      program.bytesWritten += bytes;
      if (endless) {
        if (!exchange->write(Bytes::copyOf(std::string(bytes, 'x')))) program.forget(this);
      }
    }
    void gone() override {
      program.gone++;
      program.forget(this);
    }
    Program& program;
    std::shared_ptr<Exchange> exchange;
    std::string body;
    bool streamsBack = false, allows = false, endless = false, answersAtTheEnd = false;
  };

  ExchangeEvents* request(const std::shared_ptr<Exchange>& exchange, const Request& request) override {
    requests++;
    std::string_view path = request.head.path;
    auto open = [&] { return opened.emplace_back(std::make_unique<Open>(*this, exchange)).get(); };
    if (path == "/whole") {  // echoes a body that came whole
      EXPECT_EQ(request.bodyForm, BodyForm::whole);
      (void)exchange->respond({200, "OK"}, Bytes::copyOf(request.body));
      return nullptr;
    }
    if (path == "/large") {
      (void)exchange->respond({200, "OK"}, Bytes::copyOf(std::string(2'000'000, 'x')));
      return nullptr;
    }
    if (path == "/gather") {  // echoes a streamed body when it is complete
      EXPECT_EQ(request.bodyForm, BodyForm::stream);
      exchange->allowBody(UINT64_MAX);
      Open* opened = open();
      opened->answersAtTheEnd = true;
      return opened;
    }
    if (path == "/echo") {  // echoes a streamed body as it comes
      EXPECT_TRUE(exchange->respondStream({200, "OK"}).value());
      exchange->allowBody(1000);
      Open* opened = open();
      opened->streamsBack = opened->allows = true;
      return opened;
    }
    if (path == "/socket") {  // echoes what comes after an upgrade
      EXPECT_EQ(request.bodyForm, BodyForm::upgrade);
      EXPECT_TRUE(exchange->upgrade({101, "Switching Protocols"}).has_value());
      exchange->allowBody(1000);
      Open* opened = open();
      opened->streamsBack = opened->allows = true;
      return opened;
    }
    if (path == "/take-1000") {  // allows a part of the body and does not answer
      exchange->allowBody(1000);
      return open();
    }
    if (path == "/never") return open();
    if (path == "/early") {  // answers without a look at the body
      (void)exchange->respond({200, "OK"}, Bytes::copyOf("early"));
      return nullptr;
    }
    if (path == "/endless" || path == "/cut" || path == "/short" || path == "/over") {
      std::string_view head = path == "/short" || path == "/over" ? "OK\ncontent-length\n10" : "OK";
      EXPECT_TRUE(exchange->respondStream({200, head}).value());
      if (path == "/endless") {
        EXPECT_TRUE(exchange->write(Bytes::copyOf(std::string(256 * 1024, 'x'))));
        Open* opened = open();
        opened->endless = true;
        return opened;
      }
      EXPECT_TRUE(exchange->write(Bytes::copyOf("12345")));
      if (path == "/cut") exchange->abort();
      if (path == "/short") EXPECT_FALSE(exchange->end());
      if (path == "/over") EXPECT_FALSE(exchange->write(Bytes::copyOf("1234567")));
      return nullptr;
    }
    if (path == "/bad-head") {
      auto refused = exchange->respond({200, "OK\nx\na\rb"}, {});
      EXPECT_FALSE(refused.has_value());
      exchange->respondText(502, refused.error());
      return nullptr;
    }
    std::string text(request.head.method);
    text.append(" http://").append(request.authority).append(path).append(" from ").append(request.peerAddress);
    (void)exchange->respond({200, "OK\ncontent-type\ntext/plain"}, Bytes::copyOf(text));
    return nullptr;
  }
  void forget(Open* open) {
    std::erase_if(opened, [&](auto& each) { return each.get() == open; });
  }

  std::atomic<int> requests = 0, gone = 0, bodiesEnded = 0;
  std::atomic<size_t> bodyBytes = 0, bytesWritten = 0;
  std::vector<std::unique_ptr<Open>> opened;
};

class HttpServer : public testing::Test {
 protected:
  void start(Limits limits = {}) {
    server_ = std::make_unique<Server>(context_, limits, program_);
    ASSERT_TRUE(server_->listen(socket_.fd()).has_value());
    thread_ = std::thread([this] { context_.run(); });
  }
  template <typename Do>
  auto onServer(Do action) {
    std::packaged_task<decltype(action())()> task(action);
    auto result = task.get_future();
    boost::asio::post(context_, [&] { task(); });
    return result.get();
  }
  void TearDown() override {
    if (!thread_.joinable()) return;
    onServer([&] { server_.reset(); });
    guard_.reset();
    thread_.join();
  }
  template <typename Condition>
  bool soon(Condition condition) {
    for (int i = 0; i < kPatienceMs / 5; i++) {
      if (condition()) return true;
      std::this_thread::sleep_for(5ms);
    }
    return false;
  }
  // Sends everything on a connection of its own, and reads to the connection's end.
  std::string exchange(std::string_view bytes) {
    RawClient client(socket_.port());
    client.send(bytes);
    return client.receiveAll();
  }
  int statusOf(std::string_view answer) { return answer.size() > 12 ? std::atoi(answer.data() + 9) : 0; }
  size_t countOf(std::string_view needle, std::string_view text) {
    size_t count = 0;
    for (size_t at = text.find(needle); at != std::string_view::npos; at = text.find(needle, at + 1)) count++;
    return count;
  }

  ListeningSocket socket_;
  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_{context_.get_executor()};
  Program program_;
  std::unique_ptr<Server> server_;
  std::thread thread_;
};

TEST_F(HttpServer, AnswersSeveralRequestsOnOneConnection) {
  start();
  RawClient client(socket_.port());
  for (int i = 0; i < 3; i++) {
    auto response = client.request("GET /a?b HTTP/1.1\r\nHost: x.example\r\n\r\n");
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, "GET http://x.example/a?b from 127.0.0.1");
    EXPECT_EQ(response.head.find("connection:"), std::string::npos);
    EXPECT_NE(response.head.find("\r\ndate: "), std::string::npos);
  }
}

TEST_F(HttpServer, AnswersPipelinedRequestsInOrder) {
  start();
  RawClient client(socket_.port());
  std::string requests;
  for (int i = 0; i < 500; i++) {
    requests += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: x\r\n\r\n";
    requests += "POST /whole HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc";
    requests += "POST /gather HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n";
  }
  std::thread sender([&] { client.send(requests); });
  for (int i = 0; i < 500; i++) {
    EXPECT_EQ(client.receiveResponse().body, "GET http://x/" + std::to_string(i) + " from 127.0.0.1");
    EXPECT_EQ(client.receiveResponse().body, "abc");
    EXPECT_EQ(client.receiveResponse().body, "ab");
  }
  sender.join();
}

TEST_F(HttpServer, HoldsBackPipelinedRequestsWhoseAnswersAreNotRead) {
  start();
  RawClient client(socket_.port(), 4096);
  std::string requests;
  for (int i = 0; i < 50; i++) requests += "GET /large HTTP/1.1\r\nHost: x\r\n\r\n";
  client.send(requests);
  std::this_thread::sleep_for(100ms);
  EXPECT_LT(program_.requests, 10);
  for (int i = 0; i < 50; i++) EXPECT_EQ(client.receiveResponse().body.size(), 2'000'000u);
}

TEST_F(HttpServer, AnswersHeadWithoutABody) {
  start();
  RawClient client(socket_.port());
  auto head = client.request("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_NE(head.head.find("content-length: 29\r\n"), std::string::npos) << head.head;
  EXPECT_EQ(client.request("GET / HTTP/1.1\r\nHost: x\r\n\r\n").body, "GET http://x/ from 127.0.0.1");
}

TEST_F(HttpServer, ServesHttp10) {
  start();
  std::string answer = exchange("GET / HTTP/1.0\r\n\r\n");
  EXPECT_NE(answer.find("connection: close\r\n"), std::string::npos);
  EXPECT_NE(answer.find("http://127.0.0.1:" + std::to_string(socket_.port()) + "/"), std::string::npos) << answer;

  RawClient client(socket_.port());
  for (int i = 0; i < 2; i++) {
    auto response = client.request("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_NE(response.head.find("connection: keep-alive\r\n"), std::string::npos);
  }
}

TEST_F(HttpServer, EndsAnUnframedHttp10BodyWithTheConnectionAndAnAbortedOneWithAReset) {
  start();
  std::string answer = exchange("POST /echo HTTP/1.0\r\nContent-Length: 100000\r\n\r\n" + std::string(100'000, 'a'));
  EXPECT_EQ(answer.find("transfer-encoding"), std::string::npos);
  EXPECT_TRUE(answer.ends_with("\r\n\r\n" + std::string(100'000, 'a')));

  RawClient client(socket_.port());
  client.send("GET /cut HTTP/1.0\r\n\r\n");
  while (!client.receive().empty()) {
  }
  EXPECT_TRUE(client.wasReset());
}

TEST_F(HttpServer, ClosesWhenAsked) {
  start();
  std::string answer =
      exchange("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_NE(answer.find("connection: close\r\n"), std::string::npos);
  EXPECT_EQ(countOf("HTTP/1.1 200", answer), 1u);
}

TEST_F(HttpServer, RefusesMalformedRequestsAndTakesNothingAfterThem) {
  start();
  struct Case {
    const char* what;
    std::string bytes;
    int status;
  };
  const std::string post = "POST / HTTP/1.1\r\nHost: x\r\n";
  const Case cases[] = {
      {"garbage", "\x01\x02\x03\r\n\r\n", 400},
      {"CL and TE", post + "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"two CL", post + "Content-Length: 0\r\nContent-Length: 30\r\n\r\n", 400},
      {"TE list", post + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", 400},
      {"space before colon", post + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", 400},
      {"folded", post + "X: a\r\n Transfer-Encoding: chunked\r\n\r\n", 400},
      {"bare LF", "GET / HTTP/1.1\nHost: x\n\n", 400},
      {"bad chunk of a body that somebody waits for",
       "POST /gather HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", 400},
      {"CONNECT", "CONNECT x:1 HTTP/1.1\r\nHost: x:1\r\n\r\n", 501},
      {"URL", "GET /" + std::string(20'000, 'a') + " HTTP/1.1\r\nHost: x\r\n\r\n", 414},
      {"headers", "GET / HTTP/1.1\r\nHost: x\r\nA: " + std::string(200'000, 'a') + "\r\n\r\n", 431},
      {"body", post + "Content-Length: 104857601\r\n\r\n", 413},
      {"chunk", "POST /gather HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n6400001\r\n", 413},
      {"expectation", post + "Expect: miracles\r\n\r\n", 417},
      {"HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
  };
  std::string many = "GET / HTTP/1.1\r\nHost: x\r\n";
  for (int i = 0; i < 10'001; i++) many += "a:b\r\n";
  EXPECT_EQ(statusOf(exchange(many + "\r\n")), 431);
  for (const Case& each : cases) {
    std::string answer = exchange(each.bytes + "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(statusOf(answer), each.status) << each.what << "\n" << answer;
    EXPECT_EQ(countOf("\r\ndate: ", answer), 1u) << each.what;
    EXPECT_NE(answer.find("connection: close\r\n"), std::string::npos) << each.what;
    EXPECT_NE(answer.find("\r\n\r\n"), std::string::npos) << each.what;
    EXPECT_TRUE(answer.ends_with("\n")) << each.what;
  }
  EXPECT_TRUE(soon([&] { return onServer([&] { return program_.opened.empty(); }); }));
}

TEST_F(HttpServer, RefusesABrokenAnswerOfTheProgram) {
  start();
  RawClient client(socket_.port());
  EXPECT_EQ(client.request("GET /bad-head HTTP/1.1\r\nHost: x\r\n\r\n").status, 502);
  EXPECT_EQ(client.request("GET / HTTP/1.1\r\nHost: x\r\n\r\n").status, 200);
}

TEST_F(HttpServer, HandsOverSmallBodiesWholeHoweverTheyArrive) {
  start();
  RawClient client(socket_.port());
  std::string body(60'000, 'b');
  EXPECT_EQ(client.request("POST /whole HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n" + body).body, body);
  std::string slow = "POST /whole HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello";
  for (char c : slow) {
    client.send(std::string_view(&c, 1));
    std::this_thread::sleep_for(1ms);
  }
  EXPECT_EQ(client.receiveResponse().body, "hello");
}

TEST_F(HttpServer, AsksForABodyThatIsExpectedToBeAskedFor) {
  start();
  RawClient client(socket_.port());
  client.send("POST /whole HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
  EXPECT_EQ(client.receiveUntil("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_EQ(client.request("hello").body, "hello");
  client.send("POST /gather HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n");
  EXPECT_EQ(client.receiveUntil("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_EQ(client.request("1\r\na\r\n0\r\n\r\n").body, "a");
  // Not for one that is refused, nor for one that is there already.
  EXPECT_EQ(
      client.request("POST /whole HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nok").status,
      200);
  EXPECT_EQ(
      client.request("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 999999999\r\n\r\n").status,
      413);
}

TEST_F(HttpServer, StreamsBothWaysAtOnce) {
  start();
  RawClient client(socket_.port());
  client.send("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
  EXPECT_NE(client.receiveUntil("\r\n\r\n").find("transfer-encoding: chunked"), std::string::npos);
  for (int i = 0; i < 3; i++) {
    client.send("5\r\nhello\r\n");
    EXPECT_EQ(client.receiveUntil("hello\r\n"), "5\r\nhello\r\n");
  }
  client.send("0\r\nTrailer: dropped\r\n\r\n");
  EXPECT_EQ(client.receiveUntil("0\r\n\r\n"), "0\r\n\r\n");
  EXPECT_EQ(client.request("GET / HTTP/1.1\r\nHost: x\r\n\r\n").status, 200);
}

TEST_F(HttpServer, EchoesALargeBodyUnchanged) {
  start();
  RawClient client(socket_.port());
  std::string body(3'000'000, '\0');
  for (size_t i = 0; i < body.size(); i++) body[i] = char(i * 7 + i / 251);
  std::thread sender([&] { client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3000000\r\n\r\n" + body); });
  auto response = client.receiveResponse();
  sender.join();
  EXPECT_EQ(response.body == body, true);
}

constexpr std::string_view kUpgrade =
    "GET /socket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

TEST_F(HttpServer, PassesBytesBothWaysAfterAnUpgrade) {
  start();
  RawClient client(socket_.port());
  std::string bytes(300'000, 'w');
  std::thread sender([&] { client.send(std::string(kUpgrade) + bytes); });
  std::string head = client.receiveUntil("\r\n\r\n");
  EXPECT_TRUE(head.starts_with("HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n")) << head;
  EXPECT_NE(head.find("\r\nsec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"), std::string::npos) << head;
  EXPECT_EQ(head.find("content-length"), std::string::npos);
  std::thread closer([&] {
    sender.join();
    client.closeSending();
  });
  EXPECT_TRUE(client.receiveAll() == bytes);
  closer.join();
  EXPECT_TRUE(soon([&] { return program_.bodiesEnded == 1; }));
}

TEST_F(HttpServer, TellsTheEndOfAClientThatSendsItBeforeTheUpgrade) {
  start();
  RawClient client(socket_.port());
  client.send(std::string(kUpgrade) + "last words");
  client.closeSending();
  EXPECT_TRUE(client.receiveAll().ends_with("\r\n\r\nlast words"));
  EXPECT_EQ(program_.bodiesEnded, 1);
}

TEST_F(HttpServer, TellsTheProgramThatAnUpgradedClientIsGone) {
  start();
  {
    RawClient client(socket_.port());
    client.send(std::string(kUpgrade) + "never read");
    EXPECT_TRUE(soon([&] { return program_.bytesWritten > 0; }));
    // Closed with something to read: a reset.
  }
  EXPECT_TRUE(soon([&] { return program_.gone == 1; }));
}

TEST_F(HttpServer, ReadsNoFurtherThanTheProgramAllows) {
  start();
  RawClient client(socket_.port());
  client.send("POST /take-1000 HTTP/1.1\r\nHost: x\r\nContent-Length: 50000000\r\n\r\n");
  std::string some(100'000, 'a');
  size_t sent = 0;
  for (int quiet = 0; quiet < 20 && sent < 50'000'000;) {
    size_t now = client.sendNow(some);
    sent += now;
    quiet = now == 0 ? quiet + 1 : 0;
    if (now == 0) std::this_thread::sleep_for(10ms);
  }
  EXPECT_LT(sent, 20'000'000u);  // what the kernel buffers
  EXPECT_EQ(program_.bodyBytes, 1000u);
}

TEST_F(HttpServer, DropsTheRestOfABodyThatWasAnsweredEarly) {
  start();
  RawClient client(socket_.port());
  EXPECT_EQ(client.request("POST /early HTTP/1.1\r\nHost: x\r\nContent-Length: 300000\r\n\r\n").body, "early");
  client.send(std::string(300'000, 'a'));
  EXPECT_EQ(client.request("GET / HTTP/1.1\r\nHost: x\r\n\r\n").body, "GET http://x/ from 127.0.0.1");
}

TEST_F(HttpServer, WritesNoFasterThanTheClientReads) {
  start();
  RawClient client(socket_.port(), 4096);
  client.send("GET /endless HTTP/1.1\r\nHost: x\r\n\r\n");
  client.receive(100);
  size_t before = 0;
  EXPECT_TRUE(soon([&] {
    std::this_thread::sleep_for(100ms);
    return std::exchange(before, program_.bytesWritten.load()) == program_.bytesWritten;
  }));
  EXPECT_LT(before, 20'000'000u);  // what the kernel buffers
  client.close();
  EXPECT_TRUE(soon([&] { return program_.gone == 1; }));
}

TEST_F(HttpServer, CutsABodyThatIsNotWhatItsHeadPromised) {
  start();
  std::string cut = exchange("GET /cut HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_TRUE(cut.ends_with("5\r\n12345\r\n")) << cut;
  EXPECT_TRUE(exchange("GET /short HTTP/1.1\r\nHost: x\r\n\r\n").ends_with("\r\n\r\n12345"));
  EXPECT_TRUE(exchange("GET /over HTTP/1.1\r\nHost: x\r\n\r\n").ends_with("\r\n\r\n12345"));
}

TEST_F(HttpServer, TellsTheProgramThatTheClientIsGone) {
  start();
  for (const char* request : {"GET /never HTTP/1.1\r\nHost: x\r\n\r\n",
                              "POST /take-1000 HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nabc"}) {
    int before = program_.requests;
    RawClient client(socket_.port());
    client.send(request);
    EXPECT_TRUE(soon([&] { return program_.requests > before; }));
    client.close();
    EXPECT_TRUE(soon([&] { return program_.gone == before + 1; }));
  }
}

TEST_F(HttpServer, AnswersAClientThatHasClosedItsSendingSide) {
  start();
  RawClient client(socket_.port());
  client.send("GET /large HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\n\r\n");
  client.closeSending();
  std::string answer = client.receiveAll();
  EXPECT_EQ(countOf("HTTP/1.1 200", answer), 2u);
  EXPECT_TRUE(answer.ends_with("GET http://x/2 from 127.0.0.1"));
}

TEST_F(HttpServer, CutsAClientThatHasClosedItsSendingSideWhenNoAnswerComes) {
  start();
  RawClient client(socket_.port());
  client.send("GET /never HTTP/1.1\r\nHost: x\r\n\r\n");
  client.closeSending();
  EXPECT_EQ(client.receiveAll(), "");
  EXPECT_TRUE(soon([&] { return program_.gone == 1; }));
}

TEST_F(HttpServer, GivesUpOnSlowClients) {
  Limits limits;
  limits.headerTimeoutMs = limits.bodyTimeoutMs = 200;
  limits.idleTimeoutMs = 400;
  start(limits);
  EXPECT_EQ(exchange(""), "");                                   // said nothing
  EXPECT_EQ(statusOf(exchange("GET / HTTP/1.1\r\nHost")), 408);  // did not end its head
  EXPECT_EQ(statusOf(exchange("POST /whole HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab")), 408);
  EXPECT_EQ(statusOf(exchange("POST /gather HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nab")), 408);
  std::string idle = exchange("GET / HTTP/1.1\r\nHost: x\r\n\r\n");  // keep-alive, then nothing
  EXPECT_EQ(countOf("HTTP/1.1", idle), 1u);

  // One byte at a time does not help with the head.
  RawClient drip(socket_.port());
  for (int i = 0; i < 100 && !drip.ended(); i++) {
    drip.send("a");
    if (!drip.receive(1000, 20).empty()) break;
  }
  EXPECT_EQ(program_.requests, 2);

  // Nobody waits for a body that the program does not want yet.
  RawClient patient(socket_.port());
  patient.send("POST /take-1000 HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n" + std::string(2000, 'a'));
  EXPECT_EQ(patient.receive(1000, 600), "");
  EXPECT_FALSE(patient.ended());
}

TEST_F(HttpServer, CutsAClientThatDoesNotRead) {
  Limits limits;
  limits.writeTimeoutMs = 200;
  start(limits);
  RawClient client(socket_.port(), 4096);
  client.send("GET /endless HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_TRUE(soon([&] { return program_.gone == 1; }));
}

TEST_F(HttpServer, AcceptsNoMoreThanItsLimitAtOnce) {
  Limits limits;
  limits.connectionsMax = 2;
  start(limits);
  auto first = std::make_unique<RawClient>(socket_.port());
  RawClient second(socket_.port());
  first->request("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  second.request("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  RawClient third(socket_.port());
  third.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(third.receive(1000, 200), "");
  first->close();
  EXPECT_EQ(third.receiveResponse().status, 200);
}

TEST_F(HttpServer, DrainsByEndingWhatIsInFlight) {
  start();
  RawClient idle(socket_.port());
  idle.request("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  RawClient busy(socket_.port());
  busy.send("POST /gather HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
  EXPECT_TRUE(soon([&] { return program_.requests == 2; }));

  std::promise<void> drained;
  onServer([&] { server_->drain([&] { drained.set_value(); }); });
  EXPECT_EQ(idle.receiveAll(), "");
  auto done = drained.get_future();
  EXPECT_EQ(done.wait_for(50ms), std::future_status::timeout);
  busy.send("2\r\nok\r\n0\r\n\r\n");
  std::string answer = busy.receiveAll();
  EXPECT_NE(answer.find("connection: close\r\n"), std::string::npos);
  EXPECT_TRUE(answer.ends_with("ok"));
  EXPECT_EQ(done.wait_for(std::chrono::milliseconds(kPatienceMs)), std::future_status::ready);
}

TEST_F(HttpServer, CutsEverythingWhenItIsDestroyed) {
  start();
  RawClient client(socket_.port());
  client.send("GET /never HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_TRUE(soon([&] { return program_.requests == 1; }));
  onServer([&] { server_.reset(); });
  EXPECT_EQ(client.receiveAll(), "");
  EXPECT_EQ(program_.gone, 1);
}

TEST_F(HttpServer, RefusesWhatIsNotAListeningSocket) {
  start();
  EXPECT_FALSE(onServer([&] { return server_->listen(-1).has_value(); }));
  EXPECT_FALSE(onServer([&] { return server_->listen(0).has_value(); }));
}

}  // namespace
}  // namespace mayfly::http
