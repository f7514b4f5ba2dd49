// SPDX-License-Identifier: Apache-2.0
#include "rpc/message_codec.h"

#include <fmt/format.h>

namespace mayfly::rpc {
namespace {

// Which parts a message of each type has.
struct Shape {
  uint8_t flags;
  bool head;
  bool payload;
};

Result<Shape> shapeOf(uint8_t type) {
  constexpr uint8_t kBody = kBodyInline | kBodyStream;
  switch (static_cast<MessageType>(type)) {
    case MessageType::call: return Shape{kPipelined | kNamed | kLayered, true, true};
    case MessageType::fetch: return Shape{kPipelined | kBody, true, true};
    case MessageType::response: return Shape{kBody, true, true};
    case MessageType::result:
    case MessageType::failure:
    case MessageType::abort:
    case MessageType::cancel:
    case MessageType::init: return Shape{kLayered, false, true};
    case MessageType::chunk: return Shape{0, false, true};
    case MessageType::finish:
    case MessageType::release:
    case MessageType::end:
    case MessageType::credit: return Shape{0, false, false};
  }
  return fail(ErrorCode::corrupt, fmt::format("message type {} does not exist", type));
}

Result<void> checkFlags(const Shape& shape, const Message& message) {
  uint8_t flags = message.flags;
  if ((flags & ~shape.flags) != 0)
    return fail(ErrorCode::corrupt, fmt::format("message flags {:#x} are not known", flags));
  bool isInline = (flags & kBodyInline) != 0;
  bool isStream = (flags & kBodyStream) != 0;
  if (isInline && isStream) return fail(ErrorCode::corrupt, "a message body is either inline or a stream");
  // In a call the number says which calls before it are finished.
  bool mayCount = message.type == MessageType::call;
  if (!mayCount && isStream != (message.stream != 0))
    return fail(ErrorCode::corrupt, "a stream number belongs to a streamed body");
  return {};
}

}  // namespace

Result<void> checkSize(const Message& message) {
  size_t bytes = message.payload.size();
  for (const Attachment& attachment : message.attachments) bytes += attachment.bytes.size();
  if (bytes > kMessageBytesMax) {
    return fail(ErrorCode::limit,
                fmt::format("a message of {} bytes exceeds the limit of {}", bytes, kMessageBytesMax));
  }
  if (message.attachments.size() > kAttachmentsMax) {
    return fail(ErrorCode::limit, fmt::format("a message with {} compiled modules exceeds the limit of {}",
                                              message.attachments.size(), kAttachmentsMax));
  }
  if (message.head.size() > kMessageHeadBytesMax) {
    return fail(ErrorCode::limit, fmt::format("a request or response head of {} bytes exceeds the limit of {}",
                                              message.head.size(), kMessageHeadBytesMax));
  }
  return {};
}

void encodeHead(const Message& message, protocol::Writer& out) {
  out.u8(static_cast<uint8_t>(message.type));
  bool attached = !message.attachments.empty();
  out.u8(attached ? message.flags | kAttached : message.flags);
  out.u32(message.id);
  out.u32(message.target);
  out.u32(message.stream);
  out.text(message.head);
  if (!attached) return;
  out.u32(static_cast<uint32_t>(message.attachments.size()));
  for (const Attachment& attachment : message.attachments) {
    out.text({reinterpret_cast<const char*>(attachment.bytes.data()), attachment.bytes.size()});
  }
}

Result<Message> decodeMessage(std::span<const uint8_t> frame) {
  protocol::Reader in(frame);
  uint8_t type = in.u8();
  Message message;
  message.flags = in.u8();
  message.id = in.u32();
  message.target = in.u32();
  message.stream = in.u32();
  std::string_view head = in.text();
  bool attached = (message.flags & kAttached) != 0;
  message.flags &= static_cast<uint8_t>(~kAttached);
  uint32_t attachments = attached ? in.u32() : 0;
  if (attachments > kAttachmentsMax || (attached && attachments == 0)) {
    return fail(ErrorCode::corrupt, "a message has a wrong number of attachments");
  }
  size_t attachedBytes = 0;
  for (uint32_t i = 0; i < attachments; ++i) {
    std::string_view bytes = in.text();
    attachedBytes += bytes.size();
    auto owner = std::make_shared<Bytes>(Bytes::copyOf(bytes));
    message.attachments.push_back({nullptr, owner, owner->span()});
  }
  std::span<const uint8_t> payload = in.rest();
  if (!in.ok()) return fail(ErrorCode::corrupt, "a message is shorter than its fields say");

  auto shape = shapeOf(type);
  if (!shape) return std::unexpected(shape.error());
  message.type = static_cast<MessageType>(type);
  if (auto good = checkFlags(*shape, message); !good) return std::unexpected(good.error());
  bool mayHaveHead = shape->head && (message.type != MessageType::call || (message.flags & kNamed) != 0);
  if (!mayHaveHead && !head.empty()) return fail(ErrorCode::corrupt, "a message has a head where none is meant");
  if (head.size() > kMessageHeadBytesMax) return fail(ErrorCode::corrupt, "a message head is too large");
  if (head.find('\r') != head.npos || head.find('\0') != head.npos) {
    return fail(ErrorCode::corrupt, "a message head holds a forbidden character");
  }
  bool hasBody = (shape->flags & kBodyInline) != 0;
  bool mayCarry = shape->payload && (!hasBody || (message.flags & kBodyInline) != 0);
  if (attached && !carriesValue(message.type)) {
    return fail(ErrorCode::corrupt, "a message has attachments where none are meant");
  }
  if (!mayCarry && !payload.empty()) return fail(ErrorCode::corrupt, "a message has a payload where none is meant");
  if (payload.size() + attachedBytes > kMessageBytesMax)
    return fail(ErrorCode::corrupt, "a message payload is too large");

  message.head = head;
  message.payload = Bytes::copyOf(payload);
  return message;
}

}  // namespace mayfly::rpc
