// SPDX-License-Identifier: Apache-2.0
// A message is what two peers of a pipe exchange, and all that they exchange. The same set serves isolate to isolate,
// HTTP server to isolate, and isolate to supervisor; docs/design/messages.md tells the protocol.
//
// Numbering. Each peer numbers its own calls, its own exports and its own outgoing streams. `result`, `response` and
// `failure` name a call of their receiver; `finish` names a call of its sender; `release` names an export of its
// receiver; `chunk`, `end` and `abort` name a stream of their sender; `credit` and `cancel` a stream of their receiver.
// A peer is not trusted: whoever receives a message validates every number in it.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "rpc/account.h"

namespace mayfly::rpc {

enum class MessageType : uint8_t {
  call = 1,      // id: call, target: export or (pipelined) call; payload: value [path, args]; args undefined: a get;
                 // stream: every call up to this number is finished
  fetch = 2,     // id: call, target as above; head: method, url, headers; body
  result = 3,    // id: call; payload: value
  response = 4,  // id: call; target: status; head: status text, headers; body
  failure = 5,   // id: call; payload: value (an error record)
  finish = 6,    // id: call: its answer is wanted no longer; target 1: nor are those of all calls before it
  release = 7,   // id: export, target: how many references are given back
  chunk = 8,     // id: stream; payload: bytes
  end = 9,       // id: stream
  abort = 10,    // id: stream; payload: value (an error record)
  credit = 11,   // id: stream, target: how many more bytes may be sent
  cancel = 12,   // id: stream; payload: value (an error record): the reader wants no more
  init = 13,     // first message to a dynamic worker from its creator; payload: value
};

enum MessageFlag : uint8_t {
  kPipelined = 1,   // target is a call of the sender, whose answer is meant
  kBodyInline = 2,  // payload is the whole body
  kBodyStream = 4,  // `stream` is the sender's stream that carries the body
  kNamed = 16,      // of a call: head is the name of an entrypoint of the worker ("": the default one)
  kLayered = 32,    // of a value: host objects stand apart (isolate/serializer.h)
  kAttached = 64,   // attachments stand before the payload; only in encoded messages
  kCorrupt = 8,     // set on delivery: the payload could not be decoded; never sent
};

// How many bytes a stream's writer may send before the first credit.
inline constexpr uint32_t kInitialStreamCredit = 256 * 1024;
// An upper bound of one message's payload.
inline constexpr size_t kMessageBytesMax = 32 * 1024 * 1024;

// An engine object that crosses with a message: compiled wasm. Between isolates of one process it is handed over as it
// is, between processes as the bytes that it is made of.
struct Attachment {
  std::shared_ptr<void> engine;  // null when it came from another process
  std::shared_ptr<void> owner;   // of the bytes, when there is no engine object
  std::span<const uint8_t> bytes;
};

struct Message {
  MessageType type = MessageType::call;
  uint8_t flags = 0;
  uint32_t id = 0;
  uint32_t target = 0;
  uint32_t stream = 0;
  // Latin-1, fields separated by '\n': "GET\nhttp://host/\nname\nvalue..." or "OK\nname\nvalue...". No field holds
  // '\n', '\r' or NUL.
  std::string head;
  Bytes payload;
  std::vector<Attachment> attachments;
  // What its sender, or the link that it came from, has under way with it.
  Charge charge;
};

// What a message counts for while it is under way.
inline size_t chargedBytes(const Message& message) {
  size_t bytes = sizeof(Message) + message.head.size() + message.payload.size();
  for (const Attachment& attachment : message.attachments) {
    if (!attachment.engine) bytes += attachment.bytes.size();
  }
  return bytes;
}

// Whether the payload of this type is a serialized JavaScript value (else raw bytes or nothing).
constexpr bool carriesValue(MessageType type) {
  switch (type) {
    case MessageType::call:
    case MessageType::result:
    case MessageType::failure:
    case MessageType::abort:
    case MessageType::cancel:
    case MessageType::init: return true;
    default: return false;
  }
}

}  // namespace mayfly::rpc
