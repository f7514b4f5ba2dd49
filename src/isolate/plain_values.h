// SPDX-License-Identifier: Apache-2.0
// Primitives as bytes, and calls whose arguments are primitives. Most messages are no more than that, and making a
// serializer of V8 for each costs several times as much as the rest of the message. V8's own format begins with 0xff, this
// one with a lower byte; who reads a value accepts both.
#pragma once

#include <v8.h>

#include <optional>
#include <span>

#include "base/bytes.h"

namespace mayfly::isolate {

// Nothing if `value` is not a primitive of these, or, of a call, not [array of strings, array of such primitives or
// undefined].
std::optional<Bytes> writePlain(v8::Local<v8::Context> context, v8::Local<v8::Value> value, bool isCall);

bool isPlain(std::span<const uint8_t> bytes);
// Empty, with no exception thrown, if `bytes` are malformed.
v8::MaybeLocal<v8::Value> readPlain(v8::Isolate* v8, std::span<const uint8_t> bytes);

}  // namespace mayfly::isolate
