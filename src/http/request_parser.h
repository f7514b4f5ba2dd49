// SPDX-License-Identifier: Apache-2.0
// Reads the head of an HTTP/1 request, strictly: whatever two parsers could understand differently (request smuggling)
// is refused. docs/decisions/0004-http-server.md says why this is not Beast's parser.
//
// The parser takes whole lines as they arrive and keeps offsets, so the buffer may move between two calls. It writes
// header names in lower case into the buffer. It allocates nothing but the list of fields, which the next head reuses.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "http/limits.h"

namespace mayfly::http {

struct Field {
  std::string_view name;  // lower case
  std::string_view value;
};

enum class Framing : uint8_t { none, length, chunked };

// The views stand in the buffer that was parsed.
struct RequestHead {
  std::string_view method;
  std::string_view target;     // as sent
  std::string_view authority;  // host[:port], valid in a URL; empty only in HTTP/1.0 without Host
  std::string_view path;       // from the first '/' or '?' on; "*" for the asterisk form; may be empty (absolute form)
  std::span<const Field> fields;
  uint8_t minorVersion = 1;
  Framing framing = Framing::none;
  uint64_t length = 0;
  bool keepAlive = true;
  bool expectContinue = false;
};

// Why a request is refused. The text is a constant, fit for the client.
struct Rejection {
  uint16_t status = 400;
  std::string_view text;
};

class RequestParser {
 public:
  enum class Progress : uint8_t { more, done, rejected };

  // `bytes` is everything from the first byte of this request on. After `done` or `rejected` call reset().
  Progress parse(std::span<char> bytes, const Limits& limits);
  void reset();
  // The bytes of a head that was parsed stand somewhere else now.
  void moved(std::span<char> bytes) { place(bytes); }

  const RequestHead& head() const { return head_; }
  size_t headBytes() const { return position_; }
  const Rejection& rejection() const { return rejection_; }

 private:
  struct Run {
    uint32_t start = 0;
    uint32_t size = 0;
    std::string_view in(std::span<char> bytes) const { return {bytes.data() + start, size}; }
  };
  struct FieldRun {
    Run name;
    Run value;
  };

  Progress reject(uint16_t status, std::string_view text);
  bool requestLine(std::span<char> bytes, size_t end, const Limits& limits);
  bool fieldLine(std::span<char> bytes, size_t end);
  bool knownField(std::string_view name, Run value, std::string_view text);
  bool finish(std::span<char> bytes);
  bool place(std::span<char> bytes);
  bool resolveTarget();

  size_t position_ = 0;  // start of the first line that was not taken yet
  size_t scanned_ = 0;   // no '\n' before this
  bool sawRequestLine_ = false;
  int emptyLines_ = 0;
  Run method_, target_, host_;
  std::vector<FieldRun> runs_;
  std::vector<Field> fields_;
  bool sawHost_ = false, sawLength_ = false, sawTransferEncoding_ = false;
  bool close_ = false, keepAlive_ = false;
  RequestHead head_;
  Rejection rejection_;
};

// Whether `text` is host[:port] with a host that the URL parser accepts.
bool isAuthority(std::string_view text);

}  // namespace mayfly::http
