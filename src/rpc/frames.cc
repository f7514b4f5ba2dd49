// SPDX-License-Identifier: Apache-2.0
#include "rpc/frames.h"

#include <fmt/format.h>

#include <algorithm>

namespace mayfly::rpc {
namespace {

constexpr size_t kReadBytes = 64 * 1024;        // the read buffer, but for a frame that is larger
constexpr size_t kReadBytesKept = 1024 * 1024;  // a read buffer above this is given back after its frame
constexpr size_t kOwnPieceBytes = 16 * 1024;    // payloads from here on are written from where they are

uint32_t lengthAt(const uint8_t* bytes) {
  uint32_t length = 0;
  std::memcpy(&length, bytes, sizeof length);
  return length;
}

}  // namespace

protocol::Writer& FrameQueue::begin(FrameKind kind, PipeId pipe, size_t bodySize) {
  if (pieces_.empty() || !pieces_.back().payload.empty()) pieces_.emplace_back();
  protocol::Writer& to = pieces_.back().gathered;
  to.u32(static_cast<uint32_t>(kFrameHeadBytes - sizeof(uint32_t) + bodySize));
  to.u8(static_cast<uint8_t>(kind));
  to.u32(pipe);
  return to;
}

void FrameQueue::addPayload(Bytes payload, Charge charge) {
  if (charge) pieces_.back().charges.push_back(std::move(charge));
  if (payload.size() >= kOwnPieceBytes) {
    pieces_.back().payload = std::move(payload);
  } else {
    pieces_.back().gathered.raw(payload.data(), payload.size());
  }
}

std::vector<boost::asio::const_buffer> FrameQueue::buffers() const {
  std::vector<boost::asio::const_buffer> buffers;
  for (const Piece& piece : pieces_) {
    buffers.emplace_back(piece.gathered.span().data(), piece.gathered.size());
    if (!piece.payload.empty()) buffers.emplace_back(piece.payload.data(), piece.payload.size());
  }
  return buffers;
}

FrameReader::FrameReader(size_t frameLengthMax)
    : frameLengthMax_(frameLengthMax),
      bytes_(std::make_unique_for_overwrite<uint8_t[]>(kReadBytes)),
      capacity_(kReadBytes) {}

Result<std::optional<Frame>> FrameReader::next() {
  const uint8_t* at = bytes_.get() + taken_;
  size_t left = size_ - taken_;
  if (left < sizeof(uint32_t)) return std::nullopt;
  uint32_t length = lengthAt(at);
  if (length < kFrameHeadBytes - sizeof length || length > frameLengthMax_) {
    return fail(ErrorCode::corrupt, fmt::format("link: a frame of {} bytes", length));
  }
  if (left < sizeof length + length) return std::nullopt;
  taken_ += sizeof length + length;

  protocol::Reader in({at + sizeof length, length});
  uint8_t kind = in.u8();
  PipeId pipe = in.u32();
  if (kind < static_cast<uint8_t>(FrameKind::open) || kind > static_cast<uint8_t>(FrameKind::control)) {
    return fail(ErrorCode::corrupt, fmt::format("link: frame kind {} does not exist", kind));
  }
  return Frame{static_cast<FrameKind>(kind), pipe, in.rest()};
}

void FrameReader::prepare() {
  size_ -= taken_;
  if (taken_ > 0) std::memmove(bytes_.get(), bytes_.get() + taken_, size_);
  taken_ = 0;
  size_t wanted = kReadBytes;
  if (size_ >= sizeof(uint32_t)) wanted = std::max(wanted, sizeof(uint32_t) + lengthAt(bytes_.get()));
  bool tooLarge = capacity_ > kReadBytesKept && wanted < capacity_;
  if (wanted <= capacity_ && !tooLarge) return;
  auto other = std::make_unique_for_overwrite<uint8_t[]>(wanted);
  std::memcpy(other.get(), bytes_.get(), size_);
  bytes_ = std::move(other);
  capacity_ = wanted;
}

}  // namespace mayfly::rpc
