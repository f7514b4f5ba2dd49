// SPDX-License-Identifier: Apache-2.0
#include "http/body_decoder.h"

#include <algorithm>

#include "http/characters.h"

namespace mayfly::http {
namespace {

// Size and extensions of one chunk.
constexpr size_t kChunkLineBytesMax = 512;

int hexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = lower(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

}  // namespace

void BodyDecoder::begin(Framing framing, uint64_t length, const Limits& limits) {
  left_ = total_ = 0;
  lineBytes_ = trailerBytes_ = 0;
  bodyBytesMax_ = limits.bodyBytesMax;
  trailerBytesMax_ = limits.headerBytesMax;
  if (framing == Framing::chunked) {
    state_ = State::size;
  } else {
    left_ = framing == Framing::length ? length : 0;
    state_ = left_ == 0 ? State::complete : State::fixed;
  }
}

void BodyDecoder::fail(uint16_t status, std::string_view text) {
  state_ = State::failed;
  rejection_ = {status, text};
}

BodyDecoder::Step BodyDecoder::decode(std::string_view input, size_t dataMax) {
  Step step;
  while (step.consumed < input.size() && state_ != State::complete && state_ != State::failed) {
    if (state_ != State::fixed && state_ != State::data) {
      frame(input[step.consumed]);
      step.consumed++;
      continue;
    }
    size_t run = size_t(std::min<uint64_t>({left_, input.size() - step.consumed, dataMax}));
    step.data = input.substr(step.consumed, run);
    step.consumed += run;
    left_ -= run;
    if (left_ == 0) state_ = state_ == State::fixed ? State::complete : State::dataCr;
    break;
  }
  return step;
}

// One byte of what is not body.
void BodyDecoder::frame(char c) {
  switch (state_) {
    case State::size: {
      int digit = hexDigit(c);
      if (digit >= 0) {
        if (left_ >> 60 != 0) return fail(400, "a chunk's size is too large a number");
        left_ = left_ * 16 + uint64_t(digit);
        if (++lineBytes_ > kChunkLineBytesMax) fail(400, "a chunk's size line is too long");
        return;
      }
      if (lineBytes_ == 0) return fail(400, "a chunk does not begin with its size");
      if (c == ';') {
        state_ = State::extension;
      } else if (c == '\r') {
        state_ = State::sizeLf;
      } else {
        fail(400, "a chunk's size is not a hexadecimal number");
      }
      return;
    }
    case State::extension:
      if (c == '\r') {
        state_ = State::sizeLf;
      } else if (!kFieldByte[uint8_t(c)]) {
        fail(400, "a chunk extension holds a control character");
      } else if (++lineBytes_ > kChunkLineBytesMax) {
        fail(400, "a chunk extension is too long");
      }
      return;
    case State::sizeLf:
      if (c != '\n') return fail(400, "a chunk's size does not end in CR LF");
      return sizeEnded();
    case State::dataCr:
      if (c != '\r') return fail(400, "a chunk does not end where its size says");
      state_ = State::dataLf;
      return;
    case State::dataLf:
      if (c != '\n') return fail(400, "a chunk does not end where its size says");
      state_ = State::size;
      lineBytes_ = 0;
      return;
    case State::trailerStart:
      if (c == '\r') {
        state_ = State::lastLf;
        return;
      }
      if (kTokenLower[uint8_t(c)] == 0) return fail(400, "malformed trailer");
      state_ = State::trailer;
      [[fallthrough]];
    case State::trailer:
      if (++trailerBytes_ > trailerBytesMax_) return fail(431, "the trailers are too large");
      if (c == '\r') {
        state_ = State::trailerLf;
      } else if (!kFieldByte[uint8_t(c)]) {
        fail(400, "a trailer holds a control character");
      }
      return;
    case State::trailerLf:
      if (c != '\n') return fail(400, "a trailer does not end in CR LF");
      state_ = State::trailerStart;
      return;
    case State::lastLf:
      if (c != '\n') return fail(400, "the last chunk does not end in CR LF");
      state_ = State::complete;
      return;
    case State::fixed:
    case State::data:
    case State::complete:
    case State::failed: return;
  }
}

void BodyDecoder::sizeEnded() {
  if (left_ == 0) {
    state_ = State::trailerStart;
    return;
  }
  if (left_ > bodyBytesMax_ - total_) return fail(413, "the body is too large");
  total_ += left_;
  state_ = State::data;
}

}  // namespace mayfly::http
