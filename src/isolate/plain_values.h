// SPDX-License-Identifier: Apache-2.0
// Primitives and stubs as bytes, and calls whose arguments are such. Most messages are no more than that, and making a
// serializer of V8 for each costs several times as much as the rest of the message. V8's own format begins with 0xff, this
// one with a lower byte; who reads a value accepts both.
//
// A stub stands in no value. It is listed beside, as three numbers: its place (among the arguments; 0 for the value
// itself), what it is (StubForm in api/core/values.ts), and its number in the session.
#pragma once

#include <v8.h>

#include <optional>
#include <span>

#include "base/bytes.h"

namespace mayfly::isolate {

// Nothing if `value` is not a primitive of these, or, of a call, not [array of strings, array of such primitives or
// undefined]. `stubs` is the list of stubs or undefined; where one stands there may be anything.
std::optional<Bytes> writePlain(v8::Local<v8::Context> context, v8::Local<v8::Value> value, bool isCall,
                                v8::Local<v8::Value> stubs);

struct PlainValue {
  v8::Local<v8::Value> value;
  v8::Local<v8::Value> stubs;  // the list, or undefined
};

bool isPlain(std::span<const uint8_t> bytes);
// Nothing, with no exception thrown, if `bytes` are malformed.
std::optional<PlainValue> readPlain(v8::Isolate* v8, std::span<const uint8_t> bytes);

}  // namespace mayfly::isolate
