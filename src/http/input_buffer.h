// SPDX-License-Identifier: Apache-2.0
// Bytes read from a socket and not yet taken. Memory moves only in prepare(), never while a read is pending.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

namespace mayfly::http {

class InputBuffer {
 public:
  bool empty() const { return begin_ == end_; }
  size_t size() const { return end_ - begin_; }
  std::span<char> bytes() { return {memory_.get() + begin_, size()}; }
  std::string_view view() const { return {memory_.get() + begin_, size()}; }

  // Room for `atLeast` bytes behind the others; may be more.
  std::span<char> prepare(size_t atLeast) {
    if (empty()) {
      begin_ = end_ = 0;
      if (capacity_ > kKeptBytesMax && atLeast <= kSmallest) capacity_ = 0;  // shrinks below
    }
    if (capacity_ - end_ < atLeast) {
      size_t needed = size() + atLeast;
      if (needed > capacity_) {
        size_t grown = std::max({needed, std::min(capacity_ * 2, capacity_ + kGrowthMax), kSmallest});
        auto larger = std::make_unique_for_overwrite<char[]>(grown);
        if (!empty()) std::memcpy(larger.get(), memory_.get() + begin_, size());
        memory_ = std::move(larger);
        capacity_ = grown;
      } else {
        std::memmove(memory_.get(), memory_.get() + begin_, size());
      }
      end_ -= begin_;
      begin_ = 0;
    }
    return {memory_.get() + end_, capacity_ - end_};
  }
  void commit(size_t bytes) { end_ += bytes; }
  void consume(size_t bytes) { begin_ += bytes; }

 private:
  static constexpr size_t kSmallest = 4096;
  static constexpr size_t kKeptBytesMax = size_t{16} * 1024;
  static constexpr size_t kGrowthMax = size_t{64} * 1024;

  std::unique_ptr<char[]> memory_;
  size_t capacity_ = 0;
  size_t begin_ = 0;
  size_t end_ = 0;
};

}  // namespace mayfly::http
