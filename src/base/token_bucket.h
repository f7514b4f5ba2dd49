// SPDX-License-Identifier: Apache-2.0
// How much of something may be had: so much per second, and what was not taken before, up to a bound. Not safe from
// several threads.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace mayfly {

class TokenBucket {
 public:
  using Time = std::chrono::steady_clock::time_point;

  TokenBucket(uint64_t perSecond, uint64_t most) : perSecond_(perSecond), most_(most), left_(most) {}

  bool take(uint64_t amount, Time now) {
    // Time that makes less than one is kept for the next call.
    auto passed = std::chrono::duration_cast<std::chrono::microseconds>(now - filledAt_).count();
    if (uint64_t more =
            passed <= 0 ? 0 : static_cast<uint64_t>(std::min<int64_t>(passed, 1'000'000'000)) * perSecond_ / 1'000'000;
        more > 0) {
      left_ = std::min(most_, left_ + more);
      filledAt_ = now;
    }
    if (amount > left_) return false;
    left_ -= amount;
    return true;
  }

 private:
  const uint64_t perSecond_;
  const uint64_t most_;
  uint64_t left_;
  Time filledAt_{};
};

}  // namespace mayfly
