// SPDX-License-Identifier: Apache-2.0
// Writes the head of an HTTP/1 response by hand into a buffer, and decides how the body is framed. The server owns
// framing: hop-by-hop headers of whoever answers are dropped. What would let a body or a header be read as something
// else (control characters, two lengths) is refused, because the answer may come from a compromised peer.
#pragma once

#include <cstdint>
#include <ctime>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace mayfly::http {

struct ResponseHead {
  uint16_t status = 200;
  std::string_view text;  // "REASON\nname\nvalue\nname\nvalue..."
};

// How the exchange stands when its response begins.
struct ResponseContext {
  bool isHead = false;  // the request was a HEAD
  uint8_t minorVersion = 1;
  bool keepAlive = true;
  std::optional<size_t> wholeBytes = {};  // size of a body that is all there; empty: it comes as a stream
  std::string_view date = {};
};

struct ResponseFraming {
  enum class Body : uint8_t { none, length, chunked, untilClose };
  Body body = Body::none;
  uint64_t length = 0;  // for Body::length
  bool keepAlive = true;
};

// Appends to `out`, or leaves it as it was and says why the head is refused.
std::expected<ResponseFraming, std::string_view> appendResponseHead(std::string& out, const ResponseHead& head,
                                                                    const ResponseContext& context);

// "Not Found" for 404; empty for a status without a registered phrase.
std::string_view reasonPhrase(uint16_t status);

// The Date header's text, made once per second.
class DateText {
 public:
  std::string_view now();

 private:
  time_t second_ = -1;
  char text_[32] = {};
};

}  // namespace mayfly::http
