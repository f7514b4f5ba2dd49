// SPDX-License-Identifier: Apache-2.0
// A message as bytes, for links between processes: `u8 type, u8 flags, u32 id, u32 target, u32 stream, u32 length of
// the head, head`, with kAttached `u32 count` and each attachment's bytes behind a u32 length, then the payload up to the
// end of the frame.
//
// What decodeMessage() returns obeys the rules of message.h that can be seen without a session: a known type, flags
// that belong to it, a head only where one is meant and without '\r' or NUL, no payload where none is meant, sizes in
// bounds.
#pragma once

#include <span>

#include "base/result.h"
#include "protocol/codec.h"
#include "rpc/message.h"

namespace mayfly::rpc {

inline constexpr size_t kAttachmentsMax = 256;
// An upper bound of a message's head: URL and headers.
inline constexpr size_t kMessageHeadBytesMax = 1024 * 1024;
// Bytes of an encoded message before its head.
inline constexpr size_t kMessageFixedBytes = 18;

// How many bytes the message takes, payload included.
inline size_t encodedSize(const Message& message) {
  size_t size = kMessageFixedBytes + message.head.size() + message.payload.size();
  if (!message.attachments.empty()) size += 4;
  for (const Attachment& attachment : message.attachments) size += 4 + attachment.bytes.size();
  return size;
}
// Whether the far side would accept it; fails with ErrorCode::limit.
Result<void> checkSize(const Message& message);
// Writes all but the payload, which must follow.
void encodeHead(const Message& message, protocol::Writer& out);

Result<Message> decodeMessage(std::span<const uint8_t> frame);

}  // namespace mayfly::rpc
