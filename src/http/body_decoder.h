// SPDX-License-Identifier: Apache-2.0
// Takes the framing off a request body: a length, or chunks (RFC 9112, 7.1). As strict as the head's parser: sizes are
// plain hexadecimal numbers, lines end in CR LF, extensions and trailers are bounded and dropped.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "http/request_parser.h"

namespace mayfly::http {

class BodyDecoder {
 public:
  void begin(Framing framing, uint64_t length, const Limits& limits);

  struct Step {
    size_t consumed = 0;    // bytes of the input that are done with
    std::string_view data;  // bytes of the body among them; consecutive
  };
  // Goes on until a run of at most `dataMax` bytes of body was found, the input is used up, the body is complete, or it
  // turns out malformed. With dataMax 0 only framing is taken.
  Step decode(std::string_view input, size_t dataMax);

  bool complete() const { return state_ == State::complete; }
  bool failed() const { return state_ == State::failed; }
  const Rejection& rejection() const { return rejection_; }

 private:
  enum class State : uint8_t {
    fixed,
    size,
    extension,
    sizeLf,
    data,
    dataCr,
    dataLf,
    trailerStart,
    trailer,
    trailerLf,
    lastLf,
    complete,
    failed
  };

  void fail(uint16_t status, std::string_view text);
  void frame(char c);
  void sizeEnded();

  State state_ = State::complete;
  uint64_t left_ = 0;   // of the body (fixed) or of the chunk
  uint64_t total_ = 0;  // body bytes announced so far
  uint64_t bodyBytesMax_ = 0;
  size_t lineBytes_ = 0;  // of the chunk's size line
  size_t trailerBytes_ = 0;
  size_t trailerBytesMax_ = 0;
  Rejection rejection_;
};

}  // namespace mayfly::http
