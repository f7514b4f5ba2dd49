// SPDX-License-Identifier: Apache-2.0
#include "supervisor/request_body.h"

#include <fmt/format.h>

#include <algorithm>

#include "rpc/message.h"

namespace mayfly::supervisor {

RequestBody RequestBody::whole(Bytes bytes) {
  RequestBody body;
  body.exists_ = true;
  body.length_ = bytes.size();
  body.chunks_.push_back(std::move(bytes));
  return body;
}

RequestBody RequestBody::stream(std::optional<uint64_t> length) {
  RequestBody body;
  body.exists_ = body.streams_ = true;
  body.ended_ = false;
  body.length_ = length;
  body.allowed_ = rpc::kInitialStreamCredit;
  return body;
}

Result<RequestBody::Read> RequestBody::read(std::span<uint8_t> to) {
  size_t filled = 0;
  while (filled < to.size() && !chunks_.empty()) {
    const Bytes& front = chunks_.front();
    size_t part = std::min(to.size() - filled, front.size() - at_);
    std::memcpy(to.data() + filled, front.data() + at_, part);
    filled += part;
    at_ += part;
    if (at_ < front.size() || !streams_) break;  // a whole body is kept: it may have to be sent again
    chunks_.pop_front();
    at_ = 0;
  }
  read_ += filled;
  if (streams_) allowed_ += filled;
  bool atEnd = filled == 0 && ended_;
  if (length_ && (read_ > *length_ || (atEnd && read_ < *length_))) {
    return fail(ErrorCode::invalid,
                fmt::format("the request's body does not have the {} bytes that content-length says", *length_));
  }
  return Read{filled, filled == 0 && !ended_};
}

bool RequestBody::seek(uint64_t offset) {
  if (offset == read_) return true;
  if (streams_ || offset > length_.value_or(0)) return false;
  at_ = read_ = offset;
  return true;
}

Result<void> RequestBody::add(Bytes chunk) {
  if (ended_ || chunk.size() > allowed_) {
    return fail(ErrorCode::corrupt, "a request body exceeds the credit that was given for it");
  }
  allowed_ -= chunk.size();
  if (!chunk.empty()) chunks_.push_back(std::move(chunk));
  return {};
}

}  // namespace mayfly::supervisor
