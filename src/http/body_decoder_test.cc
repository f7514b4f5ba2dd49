// SPDX-License-Identifier: Apache-2.0
#include "http/body_decoder.h"

#include <gtest/gtest.h>

#include <string>

namespace mayfly::http {
namespace {

struct Decoded {
  std::string body;
  std::string rest;  // what belongs to the next request
  uint16_t status = 0;
  bool complete = false;
};

// Feeds `input` in pieces of `pieceBytes`, taking at most `dataMax` bytes of body at a time.
Decoded decode(std::string_view input, size_t pieceBytes, size_t dataMax, Framing framing = Framing::chunked,
               uint64_t length = 0, const Limits& limits = {}) {
  BodyDecoder decoder;
  decoder.begin(framing, length, limits);
  Decoded decoded;
  std::string buffer;
  while (true) {
    size_t piece = std::min(pieceBytes, input.size());
    buffer.append(input.substr(0, piece));
    input.remove_prefix(piece);
    for (;;) {
      BodyDecoder::Step step = decoder.decode(buffer, dataMax);
      decoded.body.append(step.data);
      buffer.erase(0, step.consumed);
      if (step.consumed == 0) break;
    }
    if (decoder.complete() || decoder.failed() || input.empty()) break;
  }
  decoded.rest = buffer + std::string(input);
  decoded.complete = decoder.complete();
  if (decoder.failed()) decoded.status = decoder.rejection().status;
  return decoded;
}

TEST(BodyDecoder, TakesALengthAndNoMore) {
  for (size_t piece : {1, 3, 100}) {
    Decoded decoded = decode("hello worldGET", piece, 4, Framing::length, 11);
    EXPECT_TRUE(decoded.complete);
    EXPECT_EQ(decoded.body, "hello world");
    EXPECT_EQ(decoded.rest, "GET");
  }
  EXPECT_FALSE(decode("hell", 100, 100, Framing::length, 5).complete);
  EXPECT_TRUE(decode("", 1, 1, Framing::none).complete);
}

TEST(BodyDecoder, TakesChunksHoweverTheyAreCut) {
  std::string input =
      "5\r\nhello\r\n00006;a=b;c=\"d\"\r\n world\r\nA\r\n0123456789\r\n0\r\nHost: evil\r\nX: y\r\n\r\nGET";
  for (size_t piece : {1, 2, 7, 1000}) {
    for (size_t dataMax : {1, 3, 1000}) {
      Decoded decoded = decode(input, piece, dataMax);
      EXPECT_TRUE(decoded.complete);
      EXPECT_EQ(decoded.body, "hello world0123456789");
      EXPECT_EQ(decoded.rest, "GET");
    }
  }
  EXPECT_TRUE(decode("0\r\n\r\n", 1, 1).complete);
}

TEST(BodyDecoder, TakesOnlyFramingWhileNothingIsAllowed) {
  BodyDecoder decoder;
  decoder.begin(Framing::chunked, 0, {});
  EXPECT_EQ(decoder.decode("2\r\nab", 0).consumed, 3u);
  EXPECT_EQ(decoder.decode("ab\r\n0\r\n\r\n", 0).consumed, 0u);
  EXPECT_EQ(decoder.decode("ab\r\n0\r\n\r\n", 2).consumed, 2u);
  EXPECT_EQ(decoder.decode("\r\n0\r\n\r\n", 0).consumed, 7u);
  EXPECT_TRUE(decoder.complete());
}

TEST(BodyDecoder, RefusesMalformedChunks) {
  Limits limits;
  limits.bodyBytesMax = 1000;
  limits.headerBytesMax = 100;
  struct Case {
    const char* what;
    std::string input;
    uint16_t status;
  };
  const Case cases[] = {
      {"no size", "\r\nhello", 400},
      {"size with a sign", "+5\r\nhello\r\n", 400},
      {"size with 0x", "0x5\r\nhello\r\n", 400},
      {"size with a space", "5 \r\nhello\r\n", 400},
      {"space before the size", " 5\r\nhello\r\n", 400},
      {"size of 2^64", "10000000000000000\r\n", 400},
      {"size of 2^64-1", "ffffffffffffffff\r\n", 413},
      {"endless size", std::string(10000, '0'), 400},
      {"size line ends in LF", "5\nhello\r\n", 400},
      {"size line with a bare CR", "5\rhello\r\n", 400},
      {"extension with LF", "5;a\nhello\r\n", 400},
      {"extension with NUL", std::string("5;\0\r\nhello\r\n", 12), 400},
      {"endless extension", "5;" + std::string(1 << 20, 'a'), 400},
      {"chunk longer than its size", "5\r\nhello!\r\n", 400},
      {"chunk ends in LF", "5\r\nhello\n0\r\n\r\n", 400},
      {"chunk ends in CR", "5\r\nhello\rx", 400},
      {"body too large in one", "3e9\r\n", 413},
      {"body too large in sum", "1f4\r\n" + std::string(500, 'a') + "\r\n1f5\r\n", 413},
      {"last chunk ends in LF", "0\r\n\n", 400},
      {"folded trailer", "0\r\nA: b\r\n c\r\n\r\n", 400},
      {"trailer with LF", "0\r\nA: b\nc\r\n\r\n", 400},
      {"trailer with NUL", std::string("0\r\nA: \0\r\n\r\n", 11), 400},
      {"trailers too large", "0\r\nA: " + std::string(200, 'b') + "\r\n\r\n", 431},
  };
  for (const Case& each : cases) {
    for (size_t piece : {size_t(1), each.input.size()}) {
      EXPECT_EQ(decode(each.input, piece, 64, Framing::chunked, 0, limits).status, each.status) << each.what;
    }
  }
}

}  // namespace
}  // namespace mayfly::http
