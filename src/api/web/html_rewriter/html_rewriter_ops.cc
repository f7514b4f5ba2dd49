// SPDX-License-Identifier: Apache-2.0
// Bytes as strings of as many characters, for mayfly:web/html_rewriter.
#include <span>

#include "isolate/ops.h"

namespace mayfly::api {
namespace {

using isolate::OpArguments;

void latin1Decode(OpArguments arguments) {
  v8::Isolate* isolate = arguments.GetIsolate();
  std::span<uint8_t> bytes = isolate::bytesOf(arguments[0]);
  v8::Local<v8::String> text;
  if (bytes.size() > static_cast<size_t>(v8::String::kMaxLength) ||
      !v8::String::NewFromOneByte(isolate, bytes.data(), v8::NewStringType::kNormal, static_cast<int>(bytes.size()))
           .ToLocal(&text)) {
    return isolate::throwRangeError(isolate, "Invalid string length");
  }
  arguments.GetReturnValue().Set(text);
}

void latin1Encode(OpArguments arguments) {
  v8::Isolate* isolate = arguments.GetIsolate();
  auto text = arguments[0].As<v8::String>();
  auto size = static_cast<size_t>(text->Length());
  v8::Local<v8::ArrayBuffer> buffer;
  if (!v8::ArrayBuffer::MaybeNew(isolate, size, v8::BackingStoreInitializationMode::kUninitialized).ToLocal(&buffer)) {
    return isolate::throwRangeError(isolate, "Array buffer allocation failed");
  }
  text->WriteOneByteV2(isolate, 0, static_cast<uint32_t>(size), static_cast<uint8_t*>(buffer->Data()));
  arguments.GetReturnValue().Set(v8::Uint8Array::New(buffer, 0, size));
}

}  // namespace

std::span<const isolate::Op> htmlRewriterOps() {
  static constexpr isolate::Op kOps[] = {{"latin1Decode", latin1Decode}, {"latin1Encode", latin1Encode}};
  return kOps;
}

}  // namespace mayfly::api
