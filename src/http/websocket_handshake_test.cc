// SPDX-License-Identifier: Apache-2.0
#include "http/websocket_handshake.h"

#include <gtest/gtest.h>

namespace mayfly::http {
namespace {

constexpr std::string_view kKey = "dGhlIHNhbXBsZSBub25jZQ==";

std::string keyOf(std::string text) {
  RequestParser parser;
  EXPECT_EQ(parser.parse(text, Limits{}), RequestParser::Progress::done);
  return std::string(webSocketKey(parser.head()));
}

std::string request(std::string_view line, std::string_view fields) {
  return std::string(line) + "\r\nHost: x\r\n" + std::string(fields) + "\r\n";
}

TEST(WebSocketHandshake, KnowsARequestThatAsksForOne) {
  constexpr std::string_view kGood =
      "Upgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  EXPECT_EQ(keyOf(request("GET / HTTP/1.1", kGood)), kKey);
  EXPECT_EQ(keyOf(request("GET / HTTP/1.0", kGood)), "");
  EXPECT_EQ(keyOf(request("POST / HTTP/1.1", kGood)), "");
  EXPECT_EQ(keyOf(request("GET / HTTP/1.1", std::string(kGood) + "Upgrade: h2c\r\n")), "");
  EXPECT_EQ(keyOf(request("GET / HTTP/1.1", std::string(kGood) + "Content-Length: 3\r\n") + "abc"), "");
  for (std::string_view left : {"Upgrade: WebSocket\r\n", "Connection: keep-alive, Upgrade\r\n",
                                "Sec-WebSocket-Version: 13\r\n", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"}) {
    std::string fields(kGood);
    fields.erase(fields.find(left), left.size());
    EXPECT_EQ(keyOf(request("GET / HTTP/1.1", fields)), "") << left;
  }
  for (std::string_view key :
       {"", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZQ===", "dGhlIHNhbXBsZSBub25j!Q=="}) {
    std::string fields(kGood);
    fields.replace(fields.find(kKey), kKey.size(), key);
    EXPECT_EQ(keyOf(request("GET / HTTP/1.1", fields)), "") << key;
  }
}

TEST(WebSocketHandshake, AnswersAsTheRfcDoes) {
  EXPECT_EQ(webSocketAccept(kKey), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  std::string out = "before";
  ASSERT_TRUE(appendUpgradeHead(
      out, {101, "Switching Protocols\nsec-websocket-protocol\nchat\ncontent-length\n5\nset-cookie\na=1"}, kKey,
      "now"));
  EXPECT_EQ(out,
            "beforeHTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\n"
            "sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nsec-websocket-protocol: chat\r\nset-cookie: a=1\r\n"
            "date: now\r\n\r\n");
}

TEST(WebSocketHandshake, RefusesAHeadThatIsNone) {
  std::string out = "before";
  EXPECT_FALSE(appendUpgradeHead(out, {101, "OK\nx\na\rb"}, kKey, "now"));
  EXPECT_EQ(out, "before");
}

}  // namespace
}  // namespace mayfly::http
