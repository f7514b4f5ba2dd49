// SPDX-License-Identifier: Apache-2.0
// A framed body comes to the same end whole and in pieces, and is never longer than was allowed.
#include <algorithm>
#include <string>

#include "fuzz/target.h"
#include "http/body_decoder.h"

namespace {

using mayfly::fuzz::require;
using mayfly::http::BodyDecoder;
using mayfly::http::Framing;

struct Outcome {
  std::string data;
  size_t consumed = 0;
  bool complete = false;
  bool failed = false;
  bool operator==(const Outcome&) const = default;
};

Outcome decode(std::string_view input, Framing framing, uint64_t length, const mayfly::http::Limits& limits,
               size_t step, size_t dataMax) {
  BodyDecoder decoder;
  decoder.begin(framing, length, limits);
  Outcome outcome;
  size_t given = 0;
  while (!decoder.complete() && !decoder.failed()) {
    if (outcome.consumed == given) {
      if (given == input.size()) break;
      given = std::min(given + step, input.size());
    }
    auto available = input.substr(outcome.consumed, given - outcome.consumed);
    auto result = decoder.decode(available, dataMax);
    require(result.consumed <= available.size() && result.data.size() <= dataMax, "a step keeps to what it was given");
    require(result.consumed > 0 || decoder.complete() || decoder.failed(), "a step goes on");
    require(result.data.empty() || (result.data.data() >= available.data() &&
                                    result.data.data() + result.data.size() <= available.data() + available.size()),
            "data are bytes of the input");
    outcome.data += result.data;
    outcome.consumed += result.consumed;
  }
  require(outcome.data.size() <= limits.bodyBytesMax, "a body is not larger than allowed");
  outcome.complete = decoder.complete();
  outcome.failed = decoder.failed();
  if (outcome.failed) require(decoder.rejection().status >= 400, "a rejection has a status");
  return outcome;
}

}  // namespace

MAYFLY_FUZZ_TARGET(http_body) {
  mayfly::fuzz::Input in(input);
  auto framing = in.byte() % 3 == 0 ? Framing::length : Framing::chunked;
  uint64_t length = in.byte();
  size_t step = in.byte() + 1u;
  size_t dataMax = in.byte() + 1u;
  mayfly::http::Limits limits;
  limits.bodyBytesMax = 256;
  limits.headerBytesMax = 100;
  Outcome whole = decode(in.text(), framing, length, limits, std::max<size_t>(in.text().size(), 1), 1 << 20);
  Outcome pieces = decode(in.text(), framing, length, limits, step, dataMax);
  require(whole.failed == pieces.failed && whole.complete == pieces.complete, "pieces make no difference");
  require(whole.failed || whole == pieces, "pieces make no difference to the data");
}
