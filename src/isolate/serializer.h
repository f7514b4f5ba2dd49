// SPDX-License-Identifier: Apache-2.0
// JavaScript values to bytes and back, by V8's own format, with host objects (stubs, Headers, streams...) described by
// the hooks writeHost and readHost.
//
// No JavaScript may run while V8 reads a value, so host objects are made before: in the value each stands as an index into
// a list, and the list, of what writeHost returned for them, is written apart, as the next layer. A layer may need a further
// one. A value without host objects is V8's format as it is; a layered one is, deepest layer last, `u32 size, bytes` for each.
// What is simple enough is written otherwise (plain_values.h).
#pragma once

#include <v8.h>

#include <memory>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "rpc/pipe.h"

namespace mayfly::isolate {

class Isolate;

struct SerializedValue {
  Bytes bytes;
  bool layered = false;
  std::vector<rpc::Attachment> attachments;  // compiled wasm modules
};

// Empty with an exception thrown when the value cannot be cloned. `pipe` 0: structuredClone within the isolate.
std::optional<SerializedValue> serialize(Isolate& isolate, rpc::PipeId pipe, v8::Local<v8::Value> value,
                                         std::span<v8::Local<v8::ArrayBuffer>> transfer = {});
v8::MaybeLocal<v8::Value> deserialize(Isolate& isolate, rpc::PipeId pipe, std::span<const uint8_t> bytes, bool layered,
                                      std::span<const rpc::Attachment> attachments,
                                      std::span<v8::Local<v8::ArrayBuffer>> transferred = {});

// The error for a value that is larger than a message may be.
size_t messageBytesMax(const Isolate& isolate);
void throwMessageTooLarge(v8::Isolate* v8, size_t bytes, size_t bytesMax);

}  // namespace mayfly::isolate
