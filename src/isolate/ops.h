// SPDX-License-Identifier: Apache-2.0
// How native functions are offered to the built-ins. A folder's `*_ops.cc` defines a table of ops; src/api/registry.cc
// lists the tables; snapshot and isolates are made with the same list. An op gets its isolate from its arguments:
// nothing is ambient. Ops run on the thread that is inside the isolate and touch nothing but the isolate's own state.
#pragma once

#include <v8.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace mayfly::isolate {

class Isolate;

using OpArguments = const v8::FunctionCallbackInfo<v8::Value>&;

struct Op {
  const char* name;  // as TypeScript spells it
  v8::FunctionCallback callback;
};

// Ops that one group of built-ins uses alone: made when the group is first required, so that they cost an isolate that
// does not use it nothing.
struct GroupOps {
  std::string_view group;  // "mayfly:web/crypto"
  std::span<const Op> ops;
};

// Our isolate behind V8's.
Isolate& isolateOf(v8::Isolate* isolate);
inline Isolate& isolateOf(OpArguments arguments) { return isolateOf(arguments.GetIsolate()); }

inline v8::Local<v8::String> makeString(v8::Isolate* isolate, std::string_view utf8) {
  return v8::String::NewFromUtf8(isolate, utf8.data(), v8::NewStringType::kNormal, static_cast<int>(utf8.size()))
      .FromMaybe(v8::String::Empty(isolate));
}
inline v8::Local<v8::String> makeLatin1(v8::Isolate* isolate, std::string_view latin1) {
  return v8::String::NewFromOneByte(isolate, reinterpret_cast<const uint8_t*>(latin1.data()),
                                    v8::NewStringType::kNormal, static_cast<int>(latin1.size()))
      .FromMaybe(v8::String::Empty(isolate));
}
// A property name or other constant that recurs.
inline v8::Local<v8::String> makeName(v8::Isolate* isolate, std::string_view ascii) {
  return v8::String::NewFromOneByte(isolate, reinterpret_cast<const uint8_t*>(ascii.data()),
                                    v8::NewStringType::kInternalized, static_cast<int>(ascii.size()))
      .FromMaybe(v8::String::Empty(isolate));
}
// After a TryCatch that does not rethrow: has a condemned isolate's program stop at its next step all the same.
void keepTermination(v8::Isolate* isolate);
// UTF-8; lone surrogates become U+FFFD.
std::string toUtf8(v8::Isolate* isolate, v8::Local<v8::Value> value);
// For head strings, which built-ins have checked to be Latin-1.
std::string toLatin1(v8::Isolate* isolate, v8::Local<v8::String> value);

// The bytes of an ArrayBuffer or view, valid until JavaScript runs again; empty for anything else.
std::span<uint8_t> bytesOf(v8::Local<v8::Value> value);
// An ArrayBuffer with a copy of `bytes`; throws RangeError into JavaScript and returns empty when memory is refused.
v8::MaybeLocal<v8::ArrayBuffer> makeArrayBuffer(v8::Isolate* isolate, std::span<const uint8_t> bytes);

void throwTypeError(v8::Isolate* isolate, std::string_view message);
void throwRangeError(v8::Isolate* isolate, std::string_view message);
void throwError(v8::Isolate* isolate, std::string_view message);
void throwError(v8::Isolate* isolate, std::string_view message, std::string_view code);
// With the name that programs match on, where it has one.
void throwError(v8::Isolate* isolate, const Error& error);

}  // namespace mayfly::isolate
