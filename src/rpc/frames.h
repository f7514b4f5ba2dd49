// SPDX-License-Identifier: Apache-2.0
// The frames of a link as bytes: FrameQueue gathers what is to be written, FrameReader takes apart what was read. A
// frame is `u32 length` (little-endian, of what follows), `u8 kind`, `u32 pipe`, body. Neither is synchronized.
#pragma once

#include <boost/asio/buffer.hpp>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "protocol/codec.h"
#include "rpc/message_codec.h"
#include "rpc/pipe.h"

namespace mayfly::rpc {

enum class FrameKind : uint8_t { open = 1, message = 2, close = 3, control = 4 };

struct Frame {
  FrameKind kind;
  PipeId pipe;
  std::span<const uint8_t> body;
};

inline constexpr size_t kFrameHeadBytes = 9;
// Of what follows the length: the largest message, with the lengths of its attachments.
inline constexpr size_t kFrameLengthMax =
    5 + kMessageFixedBytes + kMessageHeadBytesMax + 4 + 4 * kAttachmentsMax + kMessageBytesMax;
// The same towards a cell, from the process that it trusts and that sends it code.
inline constexpr size_t kFrameLengthMaxOfTrusted = 128 * 1024 * 1024;

class FrameQueue {
 public:
  // The head of a frame. `bodySize` bytes of body follow: written to what is returned, the last of them perhaps by
  // addPayload().
  protocol::Writer& begin(FrameKind kind, PipeId pipe, size_t bodySize);
  // Ends a frame with bytes that are not copied if they are many. `charge` goes when the frame does.
  void addPayload(Bytes payload, Charge charge = {});
  bool empty() const { return pieces_.empty(); }
  void clear() { pieces_.clear(); }
  void swap(FrameQueue& other) { pieces_.swap(other.pieces_); }
  // What to write, in order; valid while the queue stays as it is.
  std::vector<boost::asio::const_buffer> buffers() const;

 private:
  // Written one after the other: what was gathered, then one large payload.
  struct Piece {
    protocol::Writer gathered;
    Bytes payload;
    std::vector<Charge> charges;
  };
  std::vector<Piece> pieces_;
};

class FrameReader {
 public:
  explicit FrameReader(size_t frameLengthMax);
  // Where the next bytes are to be read to; never empty.
  boost::asio::mutable_buffer room() { return boost::asio::buffer(bytes_.get() + size_, capacity_ - size_); }
  void added(size_t size) { size_ += size; }
  // The next whole frame, valid until prepare(); none when more bytes are needed. Fails with ErrorCode::corrupt.
  Result<std::optional<Frame>> next();
  // Drops the frames that next() gave and makes room for the one that has begun.
  void prepare();

 private:
  const size_t frameLengthMax_;
  std::unique_ptr<uint8_t[]> bytes_;
  size_t capacity_;
  size_t size_ = 0;
  size_t taken_ = 0;
};

}  // namespace mayfly::rpc
