// SPDX-License-Identifier: Apache-2.0
#include "http/request_parser.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace mayfly::http {
namespace {

using Progress = RequestParser::Progress;

struct Parsed {
  Progress progress;
  std::string bytes;
  RequestParser parser;
  const RequestHead& head() const { return parser.head(); }
  uint16_t status() const { return progress == Progress::rejected ? parser.rejection().status : 0; }
};

std::unique_ptr<Parsed> parse(std::string bytes, const Limits& limits = {}) {
  auto parsed = std::make_unique<Parsed>();
  parsed->bytes = std::move(bytes);
  parsed->progress = parsed->parser.parse(parsed->bytes, limits);
  return parsed;
}

std::string withHeader(std::string header) { return "POST / HTTP/1.1\r\nHost: a\r\n" + header + "\r\n\r\n"; }

TEST(RequestParser, ReadsARequestWithItsHeaders) {
  auto parsed = parse(
      "POST /a/b?c=d HTTP/1.1\r\nHost: Example.com:8080\r\nX-Two:  a b\t \r\nX-Empty:\r\nContent-Length: "
      "5\r\n\r\nhello");
  ASSERT_EQ(parsed->progress, Progress::done);
  const RequestHead& head = parsed->head();
  EXPECT_EQ(head.method, "POST");
  EXPECT_EQ(head.target, "/a/b?c=d");
  EXPECT_EQ(head.path, "/a/b?c=d");
  EXPECT_EQ(head.authority, "Example.com:8080");
  EXPECT_EQ(head.framing, Framing::length);
  EXPECT_EQ(head.length, 5u);
  EXPECT_TRUE(head.keepAlive);
  ASSERT_EQ(head.fields.size(), 4u);
  EXPECT_EQ(head.fields[0].name, "host");
  EXPECT_EQ(head.fields[1].name, "x-two");
  EXPECT_EQ(head.fields[1].value, "a b");
  EXPECT_EQ(head.fields[2].value, "");
  EXPECT_EQ(parsed->bytes.substr(parsed->parser.headBytes()), "hello");
}

TEST(RequestParser, ReadsTheSameByteByByteInABufferThatMoves) {
  std::string whole = "\r\nGET /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\nExpect: 100-Continue\r\n\r\n";
  RequestParser parser;
  for (size_t size = 1; size < whole.size(); size++) {
    std::string part = whole.substr(0, size);
    ASSERT_EQ(parser.parse(part, {}), Progress::more) << size;
  }
  ASSERT_EQ(parser.parse(whole, {}), Progress::done);
  EXPECT_EQ(parser.head().method, "GET");
  EXPECT_EQ(parser.head().framing, Framing::chunked);
  EXPECT_TRUE(parser.head().expectContinue);
  EXPECT_EQ(parser.head().fields[0].value, "a");

  std::string elsewhere = whole;
  parser.moved(elsewhere);
  EXPECT_EQ(parser.head().method.data(), elsewhere.data() + 2);
}

TEST(RequestParser, KnowsWhichConnectionsStayOpen) {
  EXPECT_TRUE(parse("GET / HTTP/1.1\r\nHost: a\r\n\r\n")->head().keepAlive);
  EXPECT_FALSE(parse("GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade , Close\r\n\r\n")->head().keepAlive);
  EXPECT_FALSE(parse("GET / HTTP/1.0\r\n\r\n")->head().keepAlive);
  EXPECT_TRUE(parse("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n")->head().keepAlive);
}

TEST(RequestParser, TakesTheAuthorityOfAnAbsoluteForm) {
  auto parsed = parse("GET http://A.example/x?y HTTP/1.1\r\nHost: a.example\r\n\r\n");
  ASSERT_EQ(parsed->progress, Progress::done);
  EXPECT_EQ(parsed->head().authority, "A.example");
  EXPECT_EQ(parsed->head().path, "/x?y");
  EXPECT_EQ(parse("GET http://a.example HTTP/1.0\r\n\r\n")->head().path, "");
  EXPECT_EQ(parse("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n")->head().path, "*");
}

TEST(RequestParser, RefusesMalformedRequests) {
  struct Case {
    const char* what;
    std::string bytes;
    uint16_t status;
  };
  const std::string get = "GET / HTTP/1.1\r\nHost: a\r\n";
  const Case cases[] = {
      {"TLS", std::string("\x16\x03\x01\x02\x00", 5), 400},
      {"binary", std::string("\x00\x01", 2), 400},
      {"five empty lines first", "\r\n\r\n\r\n\r\n\r\n" + get + "\r\n", 400},
      {"no version", "GET /\r\n\r\n", 400},
      {"HTTP/0.9 with a space", "GET / \r\n\r\n", 400},
      {"no URL", "GET  HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"space in the URL", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"tab between the parts", "GET\t/\tHTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"two spaces", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"space at the start", " GET / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"fragment", "GET /#a HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"NUL in the URL", std::string("GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n", 28), 400},
      {"lower-case protocol", "GET / http/1.1\r\nHost: a\r\n\r\n", 400},
      {"long version", "GET / HTTP/1.10\r\nHost: a\r\n\r\n", 400},
      {"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
      {"HTTP/0.9 by number", "GET / HTTP/0.9\r\nHost: a\r\n\r\n", 505},
      {"method is not a token", "G@T / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"endless method", std::string(40, 'A') + " / HTTP/1.1\r\nHost: a\r\n\r\n", 501},
      {"CONNECT", "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", 501},
      {"TRACE", "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", 501},
      {"relative URL", "GET x HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"asterisk for GET", "GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"other scheme", "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"user in the URL", "GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"URL and Host differ", "GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"bare LF", "GET / HTTP/1.1\nHost: a\n\n", 400},
      {"bare LF after a header", "GET / HTTP/1.1\r\nHost: a\n\r\n", 400},
      {"bare CR in a header", get + "X: a\rb\r\n\r\n", 400},
      {"bare CR for a line end", "GET / HTTP/1.1\rHost: a\r\n\r\n", 400},
      {"NUL in a name", get + std::string("X\0Y: a\r\n\r\n", 11), 400},
      {"NUL in a value", get + std::string("X: a\0b\r\n\r\n", 10), 400},
      {"DEL in a value", get + "X: a\x7f\r\n\r\n", 400},
      {"escape in a value", get + "X: a\x1b[0m\r\n\r\n", 400},
      {"space before the colon", get + "X : a\r\n\r\n", 400},
      {"tab before the colon", get + "X\t: a\r\n\r\n", 400},
      {"space in a name", get + "X Y: a\r\n\r\n", 400},
      {"non-ASCII name", get + "X\xc3\xa9: a\r\n\r\n", 400},
      {"no colon", get + "X\r\n\r\n", 400},
      {"no name", get + ": a\r\n\r\n", 400},
      {"folded header", get + "X: a\r\n b\r\n\r\n", 400},
      {"folded first header", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400},
      {"two Hosts", get + "Host: a\r\n\r\n", 400},
      {"no Host", "GET / HTTP/1.1\r\n\r\n", 400},
      {"empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", 400},
      {"Host with a user", "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", 400},
      {"Host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
      {"Host list", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400},
      {"CL and TE", withHeader("Content-Length: 5\r\nTransfer-Encoding: chunked"), 400},
      {"TE and CL", withHeader("Transfer-Encoding: chunked\r\nContent-Length: 5"), 400},
      {"two CL, different", withHeader("Content-Length: 5\r\nContent-Length: 6"), 400},
      {"two CL, equal", withHeader("Content-Length: 5\r\nContent-Length: 5"), 400},
      {"CL list", withHeader("Content-Length: 5, 5"), 400},
      {"CL with a sign", withHeader("Content-Length: +5"), 400},
      {"CL negative", withHeader("Content-Length: -5"), 400},
      {"CL hexadecimal", withHeader("Content-Length: 0x5"), 400},
      {"CL empty", withHeader("Content-Length:"), 400},
      {"CL with a fraction", withHeader("Content-Length: 5.0"), 400},
      {"CL of 2^64", withHeader("Content-Length: 18446744073709551616"), 400},
      {"CL with inner space", withHeader("Content-Length: 1 2"), 400},
      {"TE twice", withHeader("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"), 400},
      {"TE list", withHeader("Transfer-Encoding: chunked, identity"), 400},
      {"TE identity", withHeader("Transfer-Encoding: identity"), 400},
      {"TE gzip, chunked", withHeader("Transfer-Encoding: gzip, chunked"), 400},
      {"TE xchunked", withHeader("Transfer-Encoding: xchunked"), 400},
      {"TE quoted", withHeader("Transfer-Encoding: \"chunked\""), 400},
      {"TE with VT",
       withHeader("Transfer-Encoding:\x0b"
                  "chunked"),
       400},
      {"TE space before the colon", withHeader("Transfer-Encoding : chunked"), 400},
      {"TE empty", withHeader("Transfer-Encoding:"), 400},
      {"TE in HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
      {"other expectation", withHeader("Expect: 200-ok"), 417},
  };
  for (const Case& each : cases) EXPECT_EQ(parse(each.bytes)->status(), each.status) << each.what;
}

TEST(RequestParser, HoldsItsLimits) {
  Limits limits;
  limits.urlBytesMax = 100;
  limits.headerBytesMax = 1000;
  limits.fieldsMax = 3;
  auto status = [&](std::string bytes) { return parse(std::move(bytes), limits)->status(); };
  EXPECT_EQ(status("GET /" + std::string(99, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n"), 0);
  EXPECT_EQ(status("GET /" + std::string(100, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n"), 414);
  EXPECT_EQ(status("GET /" + std::string(200, 'a')), 414);
  EXPECT_EQ(status("GET /" + std::string(5000, 'a') + " HTTP/1.1\r\n\r\n"), 414);
  EXPECT_EQ(status("GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(1000, 'a')), 431);
  EXPECT_EQ(status("GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(1000, 'a') + "\r\n\r\n"), 431);
  EXPECT_EQ(status("GET / HTTP/1.1\r\nHost: a\r\nA:\r\nB:\r\n\r\n"), 0);
  EXPECT_EQ(status("GET / HTTP/1.1\r\nHost: a\r\nA:\r\nB:\r\nC:\r\n\r\n"), 431);
}

TEST(RequestParser, KnowsWhatAHostIs) {
  for (const char* good :
       {"a", "a.example:80", "a:", "localhost", "127.0.0.1:8787", "[::1]", "[2001:db8::1]:443", "a_b", "a."}) {
    EXPECT_TRUE(isAuthority(good)) << good;
  }
  for (const char* bad : {"",          ":80",    "a:x",        "a:65536", "a:-1",        "a b",     "a/b",
                          "a\\b",      "a%20b",  "[::1",       "[::1]x",  "[g]",         "1.2.3",   "1.2.3.4.5",
                          "256.1.1.1", "0x7f.1", "2130706433", "a.1",     "h\xc3\xb6st", "a,b:c:d", "<a>"}) {
    EXPECT_FALSE(isAuthority(bad)) << bad;
  }
}

}  // namespace
}  // namespace mayfly::http
