// SPDX-License-Identifier: Apache-2.0
// What the ops of cryptography share: arguments, and results. What fails returns the reason as a text, of which
// TypeScript makes the error of its specification.
#pragma once

#include "api/crypto/keys.h"
#include "isolate/held.h"
#include "isolate/isolate.h"
#include "isolate/ops.h"

namespace mayfly::api {

inline std::string text(isolate::OpArguments arguments, int index) {
  return isolate::toUtf8(arguments.GetIsolate(), arguments[index]);
}
inline crypto::ByteView bytes(isolate::OpArguments arguments, int index) { return isolate::bytesOf(arguments[index]); }
inline uint32_t number(isolate::OpArguments arguments, int index) {
  return arguments[index]->IsUint32() ? arguments[index].As<v8::Uint32>()->Value() : 0;
}

// Null, with an exception, for what is no key: a mistake of the built-ins.
inline EVP_PKEY* key(isolate::OpArguments arguments, int index) {
  auto* found = isolate::heldBy<EVP_PKEY>(arguments[index]);
  if (found == nullptr) isolate::throwTypeError(arguments.GetIsolate(), "This is no key");
  return found;
}

inline void answer(isolate::OpArguments arguments, const Error& error) {
  arguments.GetReturnValue().Set(isolate::makeString(arguments.GetIsolate(), error.message));
}

inline void answer(isolate::OpArguments arguments, const Result<crypto::Bytes>& result) {
  if (!result) return answer(arguments, result.error());
  v8::Local<v8::ArrayBuffer> buffer;
  if (isolate::makeArrayBuffer(arguments.GetIsolate(), *result).ToLocal(&buffer))
    arguments.GetReturnValue().Set(buffer);
}

inline void answer(isolate::OpArguments arguments, Result<crypto::Key> result) {
  if (!result) return answer(arguments, result.error());
  EVP_PKEY* made = result->release();
  v8::Local<v8::ArrayBuffer> held;
  if (isolate::hold<EVP_PKEY>(arguments.GetIsolate(), made, EVP_PKEY_free, crypto::memoryBytes(*made)).ToLocal(&held)) {
    arguments.GetReturnValue().Set(held);
  }
}

inline crypto::Stopped stoppedWith(isolate::OpArguments arguments) {
  return [&isolate = isolate::isolateOf(arguments)] { return isolate.condemned(); };
}

}  // namespace mayfly::api
