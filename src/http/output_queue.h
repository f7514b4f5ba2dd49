// SPDX-License-Identifier: Apache-2.0
// Bytes that wait to be written to a socket. Small things are gathered into one buffer, so that a head and its body
// leave with one write; large runs are kept as they came and written beside it.
#pragma once

#include <sys/uio.h>

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"

namespace mayfly::http {

class OutputQueue {
 public:
  // The buffer to append to. Call added() afterwards.
  std::string& text() {
    if (segments_.empty() || !segments_.back().bytes.empty()) segments_.emplace_back(Segment{std::move(spare_), {}});
    return segments_.back().text;
  }
  void add(Bytes bytes) {
    if (bytes.empty()) return;
    size_ += bytes.size();
    if (bytes.size() <= kCopiedBytesMax) {
      text().append(bytes.view());
    } else {
      text();
      segments_.back().bytes = std::move(bytes);
    }
  }
  void added(size_t bytes) { size_ += bytes; }
  void add(std::string_view bytes) {
    text().append(bytes);
    size_ += bytes.size();
  }

  bool empty() const { return size_ == 0; }
  size_t size() const { return size_; }

  // Fills in what to write next; returns how many entries were used.
  size_t gather(std::span<iovec> out) const {
    size_t count = 0;
    size_t skip = written_;
    auto put = [&](const void* data, size_t size) {
      if (size <= skip) {
        skip -= size;
      } else if (count < out.size()) {
        out[count++] = {static_cast<char*>(const_cast<void*>(data)) + skip, size - skip};
        skip = 0;
      }
    };
    for (const Segment& segment : segments_) {
      if (count == out.size()) break;
      put(segment.text.data(), segment.text.size());
      put(segment.bytes.data(), segment.bytes.size());
    }
    return count;
  }

  // The first `bytes` bytes were written.
  void consume(size_t bytes) {
    size_ -= bytes;
    written_ += bytes;
    size_t done = 0;
    while (done < segments_.size() && written_ >= segments_[done].size()) written_ -= segments_[done++].size();
    if (done == 0) return;
    // One buffer is kept for the next response, unless it grew large.
    if (segments_[0].text.capacity() <= kSpareBytesMax) {
      spare_ = std::move(segments_[0].text);
      spare_.clear();
    }
    segments_.erase(segments_.begin(), segments_.begin() + static_cast<ptrdiff_t>(done));
  }

  void clear() {
    segments_.clear();
    size_ = written_ = 0;
  }

 private:
  static constexpr size_t kCopiedBytesMax = size_t{16} * 1024;
  static constexpr size_t kSpareBytesMax = size_t{64} * 1024;

  struct Segment {
    std::string text;
    Bytes bytes;  // after the text
    size_t size() const { return text.size() + bytes.size(); }
  };

  std::vector<Segment> segments_;
  std::string spare_;
  size_t size_ = 0;
  size_t written_ = 0;  // of the first segment
};

}  // namespace mayfly::http
