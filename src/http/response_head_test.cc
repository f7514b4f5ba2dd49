// SPDX-License-Identifier: Apache-2.0
#include "http/response_head.h"

#include <gtest/gtest.h>

namespace mayfly::http {
namespace {

using Body = ResponseFraming::Body;

struct Written {
  std::string text;
  std::expected<ResponseFraming, std::string_view> framing;
};

Written write(uint16_t status, std::string_view head, ResponseContext context) {
  context.date = "D";
  std::string out = "before";
  auto framing = appendResponseHead(out, {status, head}, context);
  EXPECT_TRUE(out.starts_with("before"));
  return {out.substr(6), framing};
}

TEST(ResponseHead, WritesAWholeResponse) {
  Written written = write(200, "OK\nContent-Type\ntext/plain\nset-cookie\na\nset-cookie\nb", {.wholeBytes = 5});
  EXPECT_EQ(written.text,
            "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\nset-cookie: a\r\nset-cookie: b\r\ncontent-length: "
            "5\r\ndate: D\r\n\r\n");
  EXPECT_EQ(written.framing->body, Body::length);
  EXPECT_TRUE(written.framing->keepAlive);
}

TEST(ResponseHead, FillsInAKnownReasonAndKeepsAGivenDate) {
  EXPECT_EQ(write(404, "", {.wholeBytes = 0}).text, "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\ndate: D\r\n\r\n");
  EXPECT_EQ(write(299, "\ndate\nE", {.wholeBytes = 0}).text, "HTTP/1.1 299 \r\ndate: E\r\ncontent-length: 0\r\n\r\n");
  EXPECT_EQ(write(200, "OK\nx-empty\n", {.wholeBytes = 0}).text,
            "HTTP/1.1 200 OK\r\nx-empty: \r\ncontent-length: 0\r\ndate: D\r\n\r\n");
}

TEST(ResponseHead, OwnsTheFraming) {
  Written written =
      write(200,
            "OK\nconnection\nkeep-alive, x\nTransfer-Encoding\ngzip\nkeep-alive\n5\nupgrade\nh2\nte\nx\ntrailer\ny\n"
            "proxy-connection\nz\ncontent-length\n99",
            {.wholeBytes = 5});
  EXPECT_EQ(written.text, "HTTP/1.1 200 OK\r\ncontent-length: 5\r\ndate: D\r\n\r\n");
}

TEST(ResponseHead, FramesStreams) {
  Written chunked = write(200, "OK", {});
  EXPECT_EQ(chunked.text, "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ndate: D\r\n\r\n");
  EXPECT_EQ(chunked.framing->body, Body::chunked);

  Written length = write(200, "OK\ncontent-length\n7", {});
  EXPECT_EQ(length.text, "HTTP/1.1 200 OK\r\ncontent-length: 7\r\ndate: D\r\n\r\n");
  EXPECT_EQ(length.framing->body, Body::length);
  EXPECT_EQ(length.framing->length, 7u);

  Written untilClose = write(200, "OK", {.minorVersion = 0, .keepAlive = true});
  EXPECT_EQ(untilClose.text, "HTTP/1.1 200 OK\r\ndate: D\r\nconnection: close\r\n\r\n");
  EXPECT_EQ(untilClose.framing->body, Body::untilClose);
  EXPECT_FALSE(untilClose.framing->keepAlive);

  EXPECT_EQ(write(200, "OK\ncontent-length\n7", {.minorVersion = 0}).text,
            "HTTP/1.1 200 OK\r\ncontent-length: 7\r\ndate: D\r\nconnection: keep-alive\r\n\r\n");
}

TEST(ResponseHead, GivesNoBodyToResponsesThatHaveNone) {
  EXPECT_EQ(write(204, "No Content\ncontent-length\n5", {.wholeBytes = 5}).text,
            "HTTP/1.1 204 No Content\r\ndate: D\r\n\r\n");
  EXPECT_EQ(write(304, "\ncontent-length\n5", {.wholeBytes = 0}).text,
            "HTTP/1.1 304 Not Modified\r\ncontent-length: 5\r\ndate: D\r\n\r\n");
  EXPECT_EQ(write(200, "OK", {.isHead = true, .wholeBytes = 5}).text,
            "HTTP/1.1 200 OK\r\ncontent-length: 5\r\ndate: D\r\n\r\n");
  for (auto& written : {write(204, "", {}), write(304, "", {}), write(200, "OK", {.isHead = true})}) {
    EXPECT_EQ(written.framing->body, Body::none);
  }
}

TEST(ResponseHead, RefusesWhatWouldSplitTheResponse) {
  struct Case {
    const char* what;
    uint16_t status;
    std::string head;
  };
  const Case cases[] = {
      {"status 101", 101, "Switching Protocols"},
      {"status 999", 999, ""},
      {"CR in the reason", 200, "OK\rX"},
      {"CR in a value", 200, "OK\nx\na\rSet-Cookie: b"},
      {"NUL in a value", 200, std::string("OK\nx\na\0b", 8)},
      {"colon in a name", 200, "OK\nx: y\na"},
      {"space in a name", 200, "OK\nx y\na"},
      {"CR in a name", 200, "OK\nx\r\na"},
      {"empty name", 200, "OK\n\na"},
      {"name without a value", 200, "OK\nx"},
      {"bad length", 200, "OK\ncontent-length\n+5"},
      {"two lengths", 200, "OK\ncontent-length\n5\ncontent-length\n6"},
  };
  for (const Case& each : cases) {
    Written written = write(each.status, each.head, {});
    EXPECT_FALSE(written.framing.has_value()) << each.what;
    EXPECT_EQ(written.text, "") << each.what;
  }
}

TEST(ResponseHead, WritesTheDateInItsFixedForm) {
  DateText date;
  std::string text(date.now());
  EXPECT_EQ(text.size(), std::string("Sun, 06 Nov 1994 08:49:37 GMT").size());
  EXPECT_TRUE(text.ends_with(" GMT"));
}

}  // namespace
}  // namespace mayfly::http
