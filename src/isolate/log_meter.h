// SPDX-License-Identifier: Apache-2.0
// How much a worker logs: so many bytes a second, and as many at once. What is beyond that is dropped and counted, until
// half of a second's worth is free again, so that a worker that floods the log loses its own lines and nobody else's.
// Belongs to the thread that is in its isolate.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <utility>

namespace mayfly::isolate {

class LogMeter {
 public:
  using Clock = std::chrono::steady_clock;

  // Whether a line of so many bytes may be written.
  bool take(size_t bytes, uint32_t bytesPerSecond, Clock::time_point now) {
    auto seconds = std::chrono::duration<double>(now - since_).count();
    since_ = now;
    left_ = std::min(left_ + seconds * bytesPerSecond, double{1} * bytesPerSecond);
    // A line that is longer than a second's worth waits for a whole one.
    double wanted = std::min(static_cast<double>(bytes), double{1} * bytesPerSecond);
    if (left_ >= (dropped_ == 0 ? wanted : std::max(wanted, bytesPerSecond / 2.0))) {
      left_ -= wanted;
      return true;
    }
    ++dropped_;
    return false;
  }
  uint64_t dropped() const { return dropped_; }
  uint64_t takeDropped() { return std::exchange(dropped_, 0); }

 private:
  Clock::time_point since_{};  // long ago: the first line finds it full
  double left_ = 0;
  uint64_t dropped_ = 0;
};

}  // namespace mayfly::isolate
