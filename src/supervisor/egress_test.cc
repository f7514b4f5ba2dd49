// SPDX-License-Identifier: Apache-2.0
// Egress against a server on loopback whose every byte the test decides.
#include "supervisor/egress.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace mayfly::supervisor {
namespace {

using namespace std::chrono_literals;
using rpc::Message;
using rpc::MessageType;

// One accepted connection, on the server's thread. Reads give up after two seconds, so that no test hangs.
class Connection {
 public:
  explicit Connection(int fd) : fd_(fd) {
    timeval limit{.tv_sec = 2, .tv_usec = 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  }
  ~Connection() { ::close(fd_); }
  // What comes up to and with `end`; empty when the client went away.
  std::string readTo(std::string_view end) {
    for (;;) {
      if (size_t at = buffer_.find(end); at != std::string::npos) {
        std::string text = buffer_.substr(0, at + end.size());
        buffer_.erase(0, text.size());
        return text;
      }
      char bytes[4096];
      ssize_t size = recv(fd_, bytes, sizeof bytes, 0);
      if (size <= 0) return {};
      buffer_.append(bytes, size);
    }
  }
  std::string readHead() { return readTo("\r\n\r\n"); }
  bool write(std::string_view text) {
    while (!text.empty()) {
      ssize_t size = send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
      if (size <= 0) return false;
      text.remove_prefix(size);
    }
    return true;
  }

 private:
  int fd_;
  std::string buffer_;
};

class EgressTest : public testing::Test {
 protected:
  void SetUp() override { open({true, {"loopback"}, {}}); }
  // A new pipe for a worker with this policy.
  void open(egress::PolicyText policy, std::vector<egress::SecretText> secrets = {}, std::string tenant = "tenant") {
    auto [near, far] = rpc::makePipe();
    pipe_ = std::move(near);
    pipe_.attach(inbox_, 0);
    EgressAccess access{"api:agent", std::move(tenant), true, {}, {}};
    access.layers = {std::make_shared<egress::Policy>(*egress::parsePolicy(policy, "the policy"))};
    access.secrets = {std::make_shared<egress::Secrets>(*egress::parseSecrets(std::move(secrets)))};
    egress_.serve(std::move(far), std::move(access));
  }
  void TearDown() override {
    pipe_.close({ErrorCode::unavailable, ""});
    run(5ms);
    if (server_.joinable()) server_.join();
  }

  // Accepts `connections` connections, one after the other, each handled by `script`.
  void serve(std::function<void(Connection&)> script, int connections = 1) {
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    socklen_t size = sizeof address;
    getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
    ASSERT_EQ(listen(listener, 8), 0);
    timeval limit{.tv_sec = 2, .tv_usec = 0};
    setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    port_ = ntohs(address.sin_port);
    server_ = std::thread([listener, script, connections] {
      for (int i = 0; i < connections; ++i) {
        int fd = accept(listener, nullptr, nullptr);
        if (fd < 0) break;
        Connection connection(fd);
        script(connection);
      }
      ::close(listener);
    });
  }
  void answer(std::string response) {
    serve([this, response](Connection& connection) {
      requestHead_ = connection.readHead();
      connection.write(response);
    });
  }

  std::string url(std::string_view path = "/") { return fmt::format("http://127.0.0.1:{}{}", port_, path); }
  void fetch(std::string head, std::function<void(Message&)> change = [](Message&) {}) {
    Message message;
    message.type = MessageType::fetch;
    message.id = ++lastCall_;
    message.head = std::move(head);
    change(message);
    pipe_.send(std::move(message));
  }
  void sendStream(MessageType type, uint32_t stream, std::string_view bytes = {}, uint32_t target = 0) {
    Message message;
    message.type = type;
    message.id = stream;
    message.target = target;
    message.payload = Bytes::copyOf(bytes);
    pipe_.send(std::move(message));
  }
  void run(std::chrono::milliseconds time) {
    context_.restart();
    context_.run_for(time);
  }
  // The next message that arrives.
  Message next() {
    for (int turn = 0; turn < 400 && inbox_->messages.empty(); ++turn) run(10ms);
    if (inbox_->messages.empty()) {
      ADD_FAILURE() << "nothing came";
      return {};
    }
    Message message = std::move(inbox_->messages.front());
    inbox_->messages.pop_front();
    return message;
  }
  // The chunks of a response's body, up to its end, with credit for each.
  std::string body() {
    std::string text;
    for (;;) {
      Message message = next();
      if (message.type != MessageType::chunk) {
        EXPECT_EQ(message.type, MessageType::end);
        return text;
      }
      text += message.payload.view();
      sendStream(MessageType::credit, message.id, {}, message.payload.size());
    }
  }

  struct Inbox : rpc::Receiver {
    void deliver(rpc::PipeId, Message message) override { messages.push_back(std::move(message)); }
    void closed(rpc::PipeId, Error reason) override { closedWith = std::move(reason); }
    std::deque<Message> messages;
    std::optional<Error> closedWith;
  };

  boost::asio::io_context context_{1};
  // What the next lookups answer, the last for good; empty: the name is not known.
  std::deque<Addresses> answers_;
  std::vector<std::string> lookedUp_;
  std::vector<std::string> log_;
  std::mutex mutex_;
  EgressOptions options() {
    EgressOptions options;
    options.listenPorts = {1234};
    options.logAllowed = true;
    options.namesKeptMs = 0;
    options.lookup = [this](const std::string& name) -> Result<Addresses> {
      std::lock_guard lock(mutex_);
      lookedUp_.push_back(name);
      if (answers_.empty()) return fail(ErrorCode::notFound, "Name or service not known");
      Addresses answer = answers_.front();
      if (answers_.size() > 1) answers_.pop_front();
      return answer;
    };
    return options;
  }
  static Addresses addresses(std::vector<std::string_view> texts) {
    Addresses parsed;
    for (auto text : texts) parsed.push_back(*egress::parseAddress(text));
    return parsed;
  }
  // Fetches and gets no response: what the head says.
  std::string refusal(std::string_view url, std::string_view headers = "") {
    fetch(fmt::format("GET\n{}{}", url, headers));
    Message response = next();
    EXPECT_EQ(response.type, MessageType::response);
    EXPECT_EQ(response.target, 0u) << url;
    return response.head;
  }

  Egress egress_{
      context_, options(), [this](protocol::LogLevel level, const std::string& worker, std::string text) {
        log_.push_back(fmt::format("{} {}: {}", level == protocol::LogLevel::warn ? "warn" : "debug", worker, text));
      }};
  std::shared_ptr<Inbox> inbox_ = std::make_shared<Inbox>();
  rpc::PipeEnd pipe_;
  uint32_t lastCall_ = 0;
  std::thread server_;
  uint16_t port_ = 0;
  std::string requestHead_;
};

TEST_F(EgressTest, SendsARequestAndStreamsItsResponse) {
  answer(
      "HTTP/1.1 201 Made\r\nContent-Type: text/plain\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: "
      "5\r\n\r\nhello");
  fetch("GET\n" + url("/a/../b?q=1") + "\nx-one\nvalue\nhost\nevil.example\nconnection\nclose\nempty\n");
  Message response = next();
  EXPECT_EQ(response.type, MessageType::response);
  EXPECT_EQ(response.id, 1u);
  EXPECT_EQ(response.target, 201u);
  EXPECT_EQ(response.head, "Made\ncontent-type\ntext/plain\nset-cookie\na=1\nset-cookie\nb=2\ncontent-length\n5");
  EXPECT_EQ(response.flags, rpc::kBodyStream);
  EXPECT_EQ(body(), "hello");
  server_.join();
  EXPECT_EQ(requestHead_, fmt::format("GET /a/../b?q=1 HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nx-one: value\r\nempty:\r\n"
                                      "accept-encoding: gzip, deflate\r\n\r\n",
                                      port_));
}

TEST_F(EgressTest, KeepsConnectionsAndFollowsNoRedirect) {
  serve([](Connection& connection) {
    for (int i = 0; i < 2; ++i) {
      connection.readHead();
      connection.write("HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n");
    }
  });
  for (int i = 0; i < 2; ++i) {
    fetch("GET\n" + url());
    Message response = next();
    EXPECT_EQ(response.target, 302u);
    EXPECT_EQ(response.flags, rpc::kBodyInline);
    EXPECT_TRUE(response.payload.empty());
  }
}

TEST_F(EgressTest, SendsInlineBodiesAndTheLengthOfNone) {
  std::string second;
  serve([&](Connection& connection) {
    requestHead_ = connection.readHead() + connection.readTo("body!");
    connection.write("HTTP/1.1 204 No Content\r\n\r\n");
    second = connection.readHead();
    connection.write("HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n");
  });
  fetch("PATCH\n" + url() + "\ncontent-type\ntext/plain", [](Message& message) {
    message.flags = rpc::kBodyInline;
    message.payload = Bytes::copyOf("a whole body!");
  });
  Message response = next();
  EXPECT_EQ(response.target, 204u);
  EXPECT_EQ(response.flags, 0);
  fetch("POST\n" + url());
  EXPECT_EQ(next().head, "Not Modified\ncontent-length\n7");
  server_.join();
  EXPECT_TRUE(requestHead_.starts_with("PATCH / HTTP/1.1\r\n")) << requestHead_;
  EXPECT_NE(requestHead_.find("Content-Length: 13\r\n"), std::string::npos) << requestHead_;
  EXPECT_NE(requestHead_.find("content-type: text/plain\r\n"), std::string::npos);
  EXPECT_TRUE(requestHead_.ends_with("\r\n\r\na whole body!"));
  EXPECT_EQ(requestHead_.find("xpect"), std::string::npos);
  EXPECT_NE(second.find("Content-Length: 0\r\n"), std::string::npos) << second;
}

TEST_F(EgressTest, StreamsARequestBodyUnderCredit) {
  serve([&](Connection& connection) {
    requestHead_ = connection.readHead() + connection.readTo("0\r\n\r\n");
    connection.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  });
  fetch("POST\n" + url(), [](Message& message) {
    message.flags = rpc::kBodyStream;
    message.stream = 9;
  });
  run(30ms);
  sendStream(MessageType::chunk, 9, "first ");
  Message credit = next();
  EXPECT_EQ(credit.type, MessageType::credit);
  EXPECT_EQ(credit.id, 9u);
  EXPECT_EQ(credit.target, 6u);
  run(30ms);
  sendStream(MessageType::chunk, 9, "second");
  EXPECT_EQ(next().target, 6u);
  sendStream(MessageType::end, 9);
  EXPECT_EQ(next().target, 200u);
  EXPECT_EQ(body(), "ok");
  server_.join();
  EXPECT_NE(requestHead_.find("Transfer-Encoding: chunked\r\n"), std::string::npos);
  EXPECT_TRUE(requestHead_.ends_with("\r\n\r\n6\r\nfirst \r\n6\r\nsecond\r\n0\r\n\r\n")) << requestHead_;
}

TEST_F(EgressTest, RefusesABodyThatBreaksItsAnnouncedLength) {
  serve([&](Connection& connection) { connection.readTo("never"); });
  fetch("POST\n" + url() + "\ncontent-length\n10", [](Message& message) {
    message.flags = rpc::kBodyStream;
    message.stream = 1;
  });
  sendStream(MessageType::chunk, 1, "short");
  sendStream(MessageType::end, 1);
  Message answer = next();
  while (answer.type == MessageType::credit) answer = next();
  EXPECT_EQ(answer.target, 0u);
  EXPECT_NE(answer.head.find("does not have the 10 bytes"), std::string::npos) << answer.head;
}

TEST_F(EgressTest, ClosesThePipeOfAPeerThatSendsMoreThanItMay) {
  serve([&](Connection& connection) { connection.readTo("never"); });
  fetch("POST\n" + url(), [](Message& message) {
    message.flags = rpc::kBodyStream;
    message.stream = 1;
  });
  run(20ms);
  std::string chunk(64 * 1024, 'x');
  for (int i = 0; i < 5; ++i) sendStream(MessageType::chunk, 1, chunk);
  run(20ms);
  ASSERT_TRUE(inbox_->closedWith);
  EXPECT_EQ(inbox_->closedWith->code, ErrorCode::corrupt);
}

TEST_F(EgressTest, HoldsBackWhatTheReaderHasNoCreditFor) {
  constexpr size_t kSize = 8 * 1024 * 1024;
  serve([&](Connection& connection) {
    connection.readHead();
    connection.write(fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", kSize));
    connection.write(std::string(kSize, 'x'));
  });
  fetch("GET\n" + url());
  uint32_t stream = next().stream;
  run(200ms);
  size_t received = 0;
  for (const Message& message : inbox_->messages) received += message.payload.size();
  EXPECT_EQ(received, rpc::kInitialStreamCredit);
  sendStream(MessageType::credit, stream, {}, rpc::kInitialStreamCredit);
  EXPECT_EQ(body().size(), kSize);
}

TEST_F(EgressTest, LeavesCompressedBodiesAsTheyAre) {
  constexpr std::string_view kGzip(
      "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xcb\x48\xcd\xc9\xc9\x07\x00\x86\xa6\x10\x36\x05\x00\x00\x00", 25);
  answer(fmt::format("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nVary: *\r\nContent-Length: {}\r\n\r\n{}",
                     kGzip.size(), kGzip));
  fetch("GET\n" + url());
  EXPECT_EQ(next().head, "OK\ncontent-encoding\ngzip\nvary\n*\ncontent-length\n25");
  EXPECT_EQ(body(), kGzip);
  EXPECT_NE(requestHead_.find("accept-encoding: gzip, deflate\r\n"), std::string::npos) << requestHead_;
}

TEST_F(EgressTest, ForgetsInformationalResponsesAndTrailers) {
  answer(
      "HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nA: b\r\n c\r\n"
      "\r\n5\r\nhello\r\n0\r\nTrailer: x\r\n\r\n");
  fetch("GET\n" + url());
  EXPECT_EQ(next().head, "OK\na\nb c");
  EXPECT_EQ(body(), "hello");
}

TEST_F(EgressTest, AnswersHeadWithoutABody) {
  answer("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 500\r\n\r\n");
  fetch("HEAD\n" + url());
  Message response = next();
  EXPECT_EQ(response.head, "OK\ncontent-encoding\ngzip\ncontent-length\n500");
  EXPECT_EQ(response.flags, 0);
}

TEST_F(EgressTest, AnswersStatusZeroAndTheReasonWhenItCannotSend) {
  const std::pair<std::string, std::string_view> cases[] = {
      {"GET\nhttp://127.0.0.1:2/", "fetch from http://127.0.0.1:2 failed: Failed to connect to 127.0.0.1 port 2"},
      {"GET\nftp://127.0.0.1/", "\"ftp:\" is not supported, only http and https"},
      {"GET\nfile:///etc/passwd", "\"file:\" is not supported, only http and https"},
      {"GET\nhttp://user:secret@127.0.0.1/", "the URL cannot be fetched"},
      {"GET\nnothing", "the URL cannot be fetched: Bad scheme"},
      {"GET\nhttp://127.0.0.1:2/\nna me\nx", "\"na me\" is not a header name"},
      {"GET\nhttp://127.0.0.1:2/\nx", "lacks a field"},
      {"G T\nhttp://127.0.0.1:2/", "\"G T\" is not an HTTP method"},
      {"TRACE\nhttp://127.0.0.1:2/", "\"TRACE\" is not allowed"},
      {"CONNECT\nhttp://127.0.0.1:2/", "a CONNECT head lacks a field"},
      {"CONNECT\n127.0.0.1:2\ntransport\nsecret", "\"plain\" or \"tls\""},
      {"STARTTLS\n127.0.0.1\nconnection\n1", "closed before TLS could be started"},
      {"GET\nhttp://127.0.0.1:2/\nupgrade\nwebsocket", "fetch from http://127.0.0.1:2 failed: Connection refused"},
      {"POST\nhttp://127.0.0.1:2/\nupgrade\nWebSocket", "a WebSocket is asked for with the method GET"},
      {"GET\nftp://127.0.0.1/\nupgrade\nwebsocket", "there are no WebSockets by the scheme \"ftp\""},
      {"POST\nhttp://127.0.0.1:2/\ncontent-length\n-4", "is not a number"},
  };
  for (const auto& [head, text] : cases) {
    fetch(head);
    Message response = next();
    EXPECT_EQ(response.type, MessageType::response);
    EXPECT_EQ(response.target, 0u);
    EXPECT_NE(response.head.find(text), std::string::npos) << head << " -> " << response.head;
  }
}

TEST_F(EgressTest, AbortsAStreamWhoseServerGoesAwayInTheMiddle) {
  answer("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello");
  fetch("GET\n" + url());
  EXPECT_EQ(next().target, 200u);
  EXPECT_EQ(next().payload.view(), "hello");
  Message abort = next();
  EXPECT_EQ(abort.type, MessageType::abort);
  EXPECT_NE(abort.payload.view().find("transfer closed with 45 bytes remaining"), std::string_view::npos);
}

TEST_F(EgressTest, RefusesAResponseHeadWithoutEnd) {
  serve([](Connection& connection) {
    connection.readHead();
    connection.write("HTTP/1.1 200 OK\r\n");
    for (int i = 0; i < 10'000; ++i) {
      if (!connection.write(fmt::format("x-{}: {}\r\n", i, std::string(100, 'x')))) break;
    }
  });
  fetch("GET\n" + url());
  Message response = next();
  EXPECT_EQ(response.target, 0u);
  EXPECT_NE(response.head.find("headers exceed 131072 bytes"), std::string::npos) << response.head;
}

TEST_F(EgressTest, EndsTheTransferWhenItIsWantedNoLonger) {
  std::string afterwards = "unset";
  serve([&](Connection& connection) {
    connection.readHead();
    connection.write("HTTP/1.1 200 OK\r\n\r\nfirst");
    afterwards = connection.readTo("never");
  });
  fetch("GET\n" + url());
  uint32_t stream = next().stream;
  EXPECT_EQ(next().payload.view(), "first");
  sendStream(MessageType::cancel, stream);
  run(20ms);
  auto begin = std::chrono::steady_clock::now();
  server_.join();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 1s);
  EXPECT_EQ(afterwards, "");
  sendStream(MessageType::credit, stream, {}, 5);  // late, and no fault
  sendStream(MessageType::finish, 1);
  run(20ms);
  EXPECT_FALSE(inbox_->closedWith);
}

TEST_F(EgressTest, EndsARequestWhoseAnswerIsWantedNoLonger) {
  serve([&](Connection& connection) {
    connection.readHead();
    connection.readTo("never");
  });
  fetch("GET\n" + url());
  run(30ms);
  sendStream(MessageType::finish, 1);
  run(20ms);
  auto begin = std::chrono::steady_clock::now();
  server_.join();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 1s);
  EXPECT_TRUE(inbox_->messages.empty());
}

TEST_F(EgressTest, RefusesWhatThePolicyDoesNotAllowAndSaysWhy) {
  open({});
  EXPECT_EQ(
      refusal("http://127.0.0.1:8080/x?y"),
      "fetch to http://127.0.0.1:8080 was refused: 127.0.0.1 is a loopback address, which the policy does not allow "
      "(rule: a loopback address)\nEgressDenied");
  ASSERT_EQ(log_.size(), 1u);
  EXPECT_EQ(log_[0],
            "warn api:agent: egress denied: GET http://127.0.0.1:8080: 127.0.0.1 is a loopback address, which the "
            "policy does "
            "not allow (rule: a loopback address)");
  EXPECT_EQ(egress_.counts().denied, 1u);
  EXPECT_EQ(egress_.counts().allowed, 0u);
  EXPECT_TRUE(lookedUp_.empty());
}

// What a compromised cell may send: URLs that no URL parser has seen before.
TEST_F(EgressTest, RefusesThisMachineInEverySpelling) {
  open({});
  for (std::string_view url : {"http://127.0.0.1/",
                               "http://localhost/",
                               "http://LOCALHOST./",
                               "http://a.localhost/",
                               "http://[::1]/",
                               "http://0.0.0.0/",
                               "http://0/",
                               "http://[::]/",
                               "http://2130706433/",
                               "http://0177.0.0.1/",
                               "http://0x7f.1/",
                               "http://0x7f000001/",
                               "http://127.1/",
                               "http://127.0.0.1./",
                               "http://[::ffff:127.0.0.1]/",
                               "http://[::ffff:7f00:1]/",
                               "http://[::127.0.0.1]/",
                               "http://[64:ff9b::7f00:1]/",
                               "http://[2002:7f00:1::]/",
                               "http://[::1%25lo]/",
                               "http://[fe80::1%251]/",
                               "http://169.254.169.254/latest/meta-data/",
                               "http://0xa9fea9fe/",
                               "http://2852039166/",
                               "http://[fd00:ec2::254]/",
                               "http://metadata.google.internal/",
                               "http://10.0.0.1/",
                               "http://192.168.1.1/",
                               "http://172.16.0.1/",
                               "http://100.64.0.1/",
                               "http://198.18.0.1/",
                               "http://224.0.0.1/",
                               "http://255.255.255.255/",
                               "http://168.63.129.16/",
                               "http://public@127.0.0.1/",
                               "http://8.8.8.8:80@127.0.0.1/",
                               "http://127.0.0.1\\@8.8.8.8/",
                               "http:\\\\127.0.0.1/",
                               "http://127.0.0.1\t/",
                               "http://127%2e0%2e0%2e1/",
                               "http://127.0.0.1%00.example.com/",
                               "http://127\xe3\x80\x82"
                               "0.0.1/",
                               "http://\xef\xbc\x91"
                               "27.0.0.1/",
                               "http:///127.0.0.1/",
                               "http:127.0.0.1/",
                               "//127.0.0.1/",
                               "ftp://127.0.0.1/",
                               "gopher://127.0.0.1/",
                               "file:///etc/passwd",
                               "unix:/run/x",
                               "dict://127.0.0.1:11211/",
                               "data:text/plain,x",
                               "javascript:1"}) {
    refusal(url);
  }
  EXPECT_TRUE(lookedUp_.empty());
  EXPECT_EQ(egress_.counts().allowed, 0u);
}

TEST_F(EgressTest, JudgesANameByEveryAddressAndConnectsToNoOther) {
  answers_ = {addresses({"8.8.8.8", "127.0.0.1"}), addresses({"10.0.0.1"}), addresses({"64:ff9b::7f00:1"}), {}};
  open({});
  EXPECT_NE(refusal("http://mixed.example/").find("mixed.example leads to a loopback address"), std::string::npos);
  EXPECT_NE(refusal("http://private.example/").find("leads to a private address"), std::string::npos);
  EXPECT_NE(refusal("http://nat64.example/").find("leads to a loopback address"), std::string::npos);
  EXPECT_NE(refusal("http://none.example/").find("has no address"), std::string::npos);
}

TEST_F(EgressTest, ConnectsToTheAddressThatWasJudgedWhateverTheNameSaysLater) {
  serve([&](Connection& connection) {
    requestHead_ = connection.readHead();
    connection.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  });
  answers_ = {addresses({"127.0.0.1"}), addresses({"10.0.0.1"})};
  fetch(fmt::format("GET\nhttp://rebinding.example:{}/", port_));
  EXPECT_EQ(next().target, 200u);
  server_.join();
  EXPECT_EQ(lookedUp_, std::vector<std::string>{"rebinding.example"});
  EXPECT_NE(requestHead_.find(fmt::format("Host: rebinding.example:{}\r\n", port_)), std::string::npos) << requestHead_;
  EXPECT_NE(refusal(fmt::format("http://rebinding.example:{}/", port_)).find("leads to a private address"),
            std::string::npos);
}

TEST_F(EgressTest, TakesNoKeptConnectionToAnotherAddress) {
  int requests = 0;
  serve([&](Connection& connection) {
    for (; !connection.readHead().empty(); ++requests) connection.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  });
  answers_ = {addresses({"127.0.0.1"}), addresses({"127.0.0.1"}), addresses({"127.0.0.2"})};
  for (int i = 0; i < 2; ++i) {
    fetch(fmt::format("GET\nhttp://moving.example:{}/", port_));
    EXPECT_EQ(next().target, 200u);
  }
  EXPECT_EQ(requests, 2);
  // The connection to 127.0.0.1 is still there, and the name has moved.
  EXPECT_NE(refusal(fmt::format("http://moving.example:{}/", port_)).find("Failed to connect"), std::string::npos);
  EXPECT_EQ(requests, 2);
}

TEST_F(EgressTest, TriesTheNextAddressWhenOneDoesNotAnswer) {
  answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  answers_ = {addresses({"127.0.0.3", "::1", "127.0.0.1"})};
  fetch(fmt::format("GET\nhttp://several.example:{}/", port_));
  EXPECT_EQ(next().target, 200u);
  fetch("GET\nhttp://several.example:2/");
  EXPECT_NE(next().head.find("Failed to connect"), std::string::npos);
}

TEST_F(EgressTest, SharesConnectionsWithinATenantAlone) {
  int connections = 0;
  serve(
      [&](Connection& connection) {
        ++connections;
        while (!connection.readHead().empty()) connection.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
      },
      2);
  auto get = [this] {
    fetch("GET\n" + url());
    EXPECT_EQ(next().target, 200u);
  };
  get();
  open({true, {"loopback"}, {}});
  get();
  EXPECT_EQ(connections, 1);
  // The server serves one connection at a time: the first must go for the second to be accepted.
  auto other = std::move(pipe_);
  open({true, {"loopback"}, {}}, {}, "another tenant");
  fetch("GET\n" + url());
  EXPECT_EQ(next().target, 200u);
  EXPECT_EQ(connections, 2);
}

TEST_F(EgressTest, AsksNobodyForANameThatNoRuleAllows) {
  open({false, {"https://api.example.com"}, {}});
  EXPECT_NE(refusal("https://c2VjcmV0.attacker.example/").find("not among what the policy allows"), std::string::npos);
  EXPECT_NE(refusal("http://api.example.com/").find("not among what the policy allows"), std::string::npos);
  EXPECT_TRUE(lookedUp_.empty());
  EXPECT_EQ(refusal("https://api.example.com/"),
            "fetch from https://api.example.com failed: the name cannot be resolved: Name or service not known\n"
            "EgressDnsFailed");
  EXPECT_EQ(lookedUp_, std::vector<std::string>{"api.example.com"});
}

TEST_F(EgressTest, ClosesTheServersOwnListenersToDynamicWorkers) {
  for (std::string_view url : {"http://127.0.0.1:1234/", "http://localhost:1234/", "http://[::1]:1234/"}) {
    EXPECT_NE(refusal(url).find("port 1234 of this machine is this server's own"), std::string::npos);
  }
}

TEST_F(EgressTest, PutsSecretsIntoHeadersTowardsTheirHosts) {
  answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  std::string placeholder = egress::makePlaceholder();
  open({true, {"loopback"}, {}}, {{"KEY", placeholder, "sk-live", {fmt::format("http://127.0.0.1:{}", port_)}}});
  fetch(fmt::format("GET\n{}\nauthorization\nBearer {}", url(), placeholder));
  EXPECT_EQ(next().target, 200u);
  server_.join();
  EXPECT_NE(requestHead_.find("authorization: Bearer sk-live\r\n"), std::string::npos) << requestHead_;
  EXPECT_NE(refusal("http://127.0.0.1:4000/", "\nx-key\n" + placeholder)
                .find(fmt::format("the secret \"KEY\" may go to http://127.0.0.1:{} only", port_)),
            std::string::npos);
  EXPECT_NE(refusal(url("/?key=" + placeholder)).find("secrets are put into headers only"), std::string::npos);
  for (const std::string& line : log_) EXPECT_EQ(line.find("sk-live"), std::string::npos) << line;
}

TEST_F(EgressTest, IgnoresProxiesOfTheEnvironment) {
  setenv("http_proxy", "http://127.0.0.1:3", 1);
  setenv("all_proxy", "socks5h://127.0.0.1:3", 1);
  answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  fetch("GET\n" + url());
  EXPECT_EQ(next().target, 200u);
  unsetenv("http_proxy");
  unsetenv("all_proxy");
}

TEST_F(EgressTest, LogsNoMoreDenialsThanAPersonCanRead) {
  open({});
  for (int i = 0; i < 200; ++i) refusal("http://127.0.0.1/");
  EXPECT_LT(log_.size(), 80u);
  EXPECT_EQ(egress_.counts().denied, 200u);
}

TEST_F(EgressTest, AnswersCallsWithAFailure) {
  sendStream(MessageType::call, 5);
  Message failure = next();
  EXPECT_EQ(failure.type, MessageType::failure);
  EXPECT_EQ(failure.id, 5u);
}

}  // namespace
}  // namespace mayfly::supervisor
