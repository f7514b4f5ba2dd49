// SPDX-License-Identifier: Apache-2.0
// The body of an outbound request, between the messages that bring it and the HTTP client that reads it: none, whole,
// or a stream of which never more is held than the credit allows.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <span>

#include "base/bytes.h"
#include "base/result.h"

namespace mayfly::supervisor {

class RequestBody {
 public:
  RequestBody() = default;
  static RequestBody whole(Bytes bytes);
  // `length`: what was announced, which the stream must then keep to.
  static RequestBody stream(std::optional<uint64_t> length);

  bool exists() const { return exists_; }
  bool streams() const { return streams_; }
  std::optional<uint64_t> length() const { return length_; }

  // Copies what is there to `to`. `waits`: nothing is there yet. Nothing read and not waiting: the end.
  struct Read {
    size_t bytes = 0;
    bool waits = false;
  };
  // Fails when the stream ended before or goes on after the announced length.
  Result<Read> read(std::span<uint8_t> to);
  // Goes to `offset`, to be read again from there. A stream cannot go back.
  bool seek(uint64_t offset);

  // Fails with ErrorCode::corrupt when more is sent than was allowed.
  Result<void> add(Bytes chunk);
  void end() { ended_ = true; }

 private:
  bool exists_ = false;
  bool streams_ = false;
  bool ended_ = true;
  std::optional<uint64_t> length_;
  std::deque<Bytes> chunks_;
  size_t at_ = 0;  // in the first chunk
  uint64_t read_ = 0;
  uint64_t allowed_ = 0;  // that may still be added
};

}  // namespace mayfly::supervisor
