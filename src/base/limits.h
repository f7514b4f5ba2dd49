// SPDX-License-Identifier: Apache-2.0
// What a worker may use, in one table: the configuration, the code of a dynamic worker, the messages between processes
// and the isolate all go by it, so that a new limit is a line here and the place that holds it. docs/operating/limits.md
// explains each.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace mayfly {

enum class Limit : uint8_t {
  cpuMs,         // processor time of an event
  memoryMb,      // heap, array buffers and memories of WebAssembly
  wallMs,        // time on the clock of an event
  startupMs,     // processor time until the main module is evaluated
  subRequests,   // of an event
  timers,        // set at once
  stubs,         // that one other worker may hold
  streams,       // of bytes, open at once to other workers, clients and the network
  pendingCalls,  // unfinished calls of one other worker
  waitUntil,     // promises that an event waits for
  messageBytes,  // the arguments or the result of a call
  bodyBytes,     // a body or stream of bytes that is sent or received
  logBytes,      // a second
};

inline constexpr uint32_t kUnlimited = UINT32_MAX;

struct LimitDetails {
  std::string_view name;  // as it is written in configuration and code
  uint32_t least;         // that may be set
  // Unless set:
  uint32_t own;               // of the operator's workers
  uint32_t dynamic;           // of dynamic workers
  bool ofEntrypoint = false;  // can be lowered at getEntrypoint()
};

inline constexpr LimitDetails kLimits[] = {
    {"cpuMs", 1, kUnlimited, 5'000, true},
    {"memoryMb", 8, 128, 128},
    {"wallMs", 1, kUnlimited, kUnlimited, true},
    {"startupMs", 1, 10'000, 1'000},
    {"subRequests", 0, kUnlimited, kUnlimited, true},
    {"timers", 1, 100'000, 10'000},
    {"stubs", 1, 262'144, 262'144},
    {"streams", 1, 65'536, 4'096},
    {"pendingCalls", 1, 65'536, 16'384},
    {"waitUntil", 1, 10'000, 10'000},
    {"messageBytes", 1'024, 32u << 20, 32u << 20},
    {"bodyBytes", 1, kUnlimited, kUnlimited},
    {"logBytes", 1'024, kUnlimited, 1u << 20},
};

class Limits {
 public:
  // None.
  constexpr Limits() { values_.fill(kUnlimited); }
  static constexpr Limits ofOwnWorker() { return defaults(&LimitDetails::own); }
  static constexpr Limits ofDynamicWorker() { return defaults(&LimitDetails::dynamic); }

  constexpr uint32_t& operator[](Limit limit) { return values_[static_cast<size_t>(limit)]; }
  constexpr uint32_t operator[](Limit limit) const { return values_[static_cast<size_t>(limit)]; }
  constexpr bool has(Limit limit) const { return (*this)[limit] != kUnlimited; }
  size_t memoryBytes() const { return size_t{(*this)[Limit::memoryMb]} << 20; }
  auto& values() { return values_; }
  const auto& values() const { return values_; }

  // What is not set here is as in `other`.
  Limits orElse(const Limits& other) const {
    return combine(other, [](uint32_t own, uint32_t theirs) { return own == kUnlimited ? theirs : own; });
  }
  // Of each the lower.
  Limits within(const Limits& other) const {
    return combine(other, [](uint32_t own, uint32_t theirs) { return std::min(own, theirs); });
  }
  bool operator==(const Limits&) const = default;

 private:
  static constexpr Limits defaults(uint32_t LimitDetails::* of) {
    Limits limits;
    for (size_t i = 0; i < std::size(kLimits); ++i) limits.values_[i] = kLimits[i].*of;
    return limits;
  }
  Limits combine(const Limits& other, uint32_t (*choose)(uint32_t, uint32_t)) const {
    Limits limits;
    for (size_t i = 0; i < values_.size(); ++i) limits.values_[i] = choose(values_[i], other.values_[i]);
    return limits;
  }

  std::array<uint32_t, std::size(kLimits)> values_;
};

// How long a start may take on the clock. A busy machine must not fail it, and a top-level await may wait for something.
constexpr uint64_t startupClockMs(uint32_t startupMs) {
  return std::max<uint64_t>(startupMs, std::min<uint64_t>(uint64_t{10} * startupMs, 10'000));
}

// Why a worker was ended, or an event of it: one of cpuMs, memoryMb, wallMs and startupMs, which was `value`.
Error limitExceeded(Limit limit, uint32_t value);

}  // namespace mayfly
