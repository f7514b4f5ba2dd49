// SPDX-License-Identifier: Apache-2.0
#include "supervisor/websocket_request.h"

#include <gtest/gtest.h>

#include "http/websocket_handshake.h"

namespace mayfly::supervisor {
namespace {

std::string textOf(const WebSocketRequest& request) {
  return *request.text([](const std::string&, const std::string& value) -> Result<std::string> { return value; });
}

// The value of the header `name` in a request.
std::string valueIn(const std::string& text, const std::string& name) {
  size_t at = text.find("\r\n" + name + ": ");
  if (at == text.npos) return {};
  at += name.size() + 4;
  return text.substr(at, text.find("\r\n", at) - at);
}

class WebSocketRequestTest : public testing::Test {
 protected:
  WebSocketRequest request_ = *WebSocketRequest::make("GET\nhttp://x.example/\nupgrade\nwebsocket");
  std::string accept_ = http::webSocketAccept(valueIn(textOf(request_), "sec-websocket-key"));

  // Takes an answer in pieces of `size` bytes; what follows its head.
  std::string take(std::string_view answer, size_t size) {
    while (!request_.complete() && !answer.empty()) {
      std::string_view piece = answer.substr(0, size);
      auto taken = request_.take(piece);
      if (!taken) return taken.error().message;
      if (*taken < piece.size()) return std::string(answer.substr(*taken));
      answer.remove_prefix(*taken);
    }
    return std::string(answer);
  }
  std::string switching(std::string_view more = "") {
    return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
           accept_ + "\r\n" + std::string(more) + "\r\n";
  }
};

TEST(WebSocketHead, IsKnownByItsUpgradeAlone) {
  EXPECT_TRUE(isWebSocketHead("GET\nhttp://x/\nupgrade\nWebSocket"));
  EXPECT_TRUE(isWebSocketHead("GET\nhttp://x/\na\nb\nupgrade\nwebsocket\nc\nd"));
  for (std::string_view head : {"", "GET", "GET\nhttp://x/", "GET\nhttp://x/\nupgrade", "GET\nhttp://x/\nupgrade\nh2c",
                                "GET\nhttp://x/\na\nupgrade\nwebsocket\nb", "upgrade\nwebsocket"}) {
    EXPECT_FALSE(isWebSocketHead(head)) << head;
  }
}

TEST_F(WebSocketRequestTest, AsksAsTheRfcWants) {
  auto request = *WebSocketRequest::make(
      "GET\nhttps://x.example:8443/a/../"
      "b?c=d#e\nupgrade\nwebsocket\nsec-websocket-key\nmine\nsec-websocket-extensions\n"
      "permessage-deflate\nsec-websocket-protocol\none, two\nhost\nother\nconnection\nclose\nx\ny");
  std::string text = textOf(request);
  EXPECT_TRUE(
      text.starts_with("GET /a/../b?c=d HTTP/1.1\r\nhost: x.example:8443\r\nupgrade: websocket\r\n"
                       "connection: Upgrade\r\nsec-websocket-version: 13\r\nsec-websocket-key: "))
      << text;
  EXPECT_TRUE(text.ends_with("==\r\nsec-websocket-protocol: one, two\r\nx: y\r\n\r\n")) << text;
  EXPECT_EQ(valueIn(text, "sec-websocket-key").size(), 24u);
  EXPECT_EQ(request.scheme(), "https");
  EXPECT_EQ(request.port(), 8443);
  EXPECT_NE(valueIn(text, "sec-websocket-key"), valueIn(textOf(request_), "sec-websocket-key"));
}

TEST_F(WebSocketRequestTest, RefusesWhatCannotBeAsked) {
  for (std::string_view head :
       {"POST\nhttp://x/\nupgrade\nwebsocket", "GET\nftp://x/\nupgrade\nwebsocket", "GET\nnothing\nupgrade\nwebsocket",
        "GET\nhttp://a:b@x/\nupgrade\nwebsocket", "GET\nhttp://x/a b\nupgrade\nwebsocket",
        "GET\nhttp://x/\nupgrade\nwebsocket\na\nb\rc", "GET\nhttp://x/\nupgrade"}) {
    EXPECT_FALSE(WebSocketRequest::make(head).has_value()) << head;
  }
}

TEST_F(WebSocketRequestTest, TakesAnUpgradeByteByByteAndLeavesWhatFollows) {
  EXPECT_EQ(take("HTTP/1.1 100 Continue\r\n\r\n" + switching("x: y\r\n") + "frames", 1), "frames");
  EXPECT_TRUE(*request_.upgraded());
  EXPECT_EQ(request_.response().value("x"), "y");
}

TEST_F(WebSocketRequestTest, TakesAnUpgradeAtOnceAndLeavesWhatFollows) {
  EXPECT_EQ(take(switching() + "frames", 10'000), "frames");
  EXPECT_TRUE(*request_.upgraded());
}

TEST_F(WebSocketRequestTest, RefusesAnUpgradeToSomethingElse) {
  accept_ = "AAAA";
  EXPECT_EQ(take(switching(), 100), "");
  EXPECT_FALSE(request_.upgraded().has_value());
}

TEST_F(WebSocketRequestTest, RefusesAnExtensionThatWasNotAskedFor) {
  take(switching("Sec-WebSocket-Extensions: permessage-deflate\r\n"), 100);
  EXPECT_FALSE(request_.upgraded().has_value());
}

TEST_F(WebSocketRequestTest, RefusesWhatIsNotHttp) {
  EXPECT_EQ(take("220 mail.example\r\n", 100), "the answer is not HTTP");
}

TEST_F(WebSocketRequestTest, RefusesAHeadWithoutEnd) {
  EXPECT_NE(take("HTTP/1.1 101 " + std::string(200'000, 'x'), 1000).find("too long"), std::string::npos);
}

TEST_F(WebSocketRequestTest, ReadsTheBodyOfARefusal) {
  EXPECT_EQ(take("HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n", 5),
            "2\r\nno\r\n0\r\n\r\n");
  EXPECT_FALSE(*request_.upgraded());
  request_.beginBody();
  std::string body;
  EXPECT_FALSE(*request_.takeBody("2\r\nn", body));
  EXPECT_TRUE(*request_.takeBody("o\r\n0\r\n\r\n", body));
  EXPECT_EQ(body, "no");
}

TEST_F(WebSocketRequestTest, KnowsARefusalWithoutABody) {
  for (std::string_view head :
       {"HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"}) {
    WebSocketRequest request = *WebSocketRequest::make("GET\nhttp://x/\nupgrade\nwebsocket");
    EXPECT_EQ(*request.take(head), head.size());
    request.beginBody();
    std::string body;
    EXPECT_TRUE(*request.takeBody("", body)) << head;
    EXPECT_FALSE(request.endsWithConnection());
  }
}

}  // namespace
}  // namespace mayfly::supervisor
