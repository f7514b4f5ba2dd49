// SPDX-License-Identifier: Apache-2.0
#include "isolate/ops.h"

#include "isolate/errors.h"
#include "isolate/isolate.h"

namespace mayfly::isolate {

Isolate& isolateOf(v8::Isolate* isolate) { return *static_cast<Isolate*>(isolate->GetData(0)); }

std::string toUtf8(v8::Isolate* isolate, v8::Local<v8::Value> value) {
  // Of an object this runs the program's own code, and takes its end by a limit for an ordinary failure.
  v8::String::Utf8Value text(isolate, value);
  if (!value->IsString()) keepTermination(isolate);
  return *text == nullptr ? std::string() : std::string(*text, text.length());
}

void keepTermination(v8::Isolate* isolate) {
  auto* own = static_cast<Isolate*>(isolate->GetData(0));  // none while the snapshot is made
  if (own != nullptr && own->condemned()) isolate->TerminateExecution();
}

std::string toLatin1(v8::Isolate* isolate, v8::Local<v8::String> value) {
  std::string text(static_cast<size_t>(value->Length()), '\0');
  value->WriteOneByteV2(isolate, 0, static_cast<uint32_t>(text.size()), reinterpret_cast<uint8_t*>(text.data()));
  return text;
}

std::span<uint8_t> bytesOf(v8::Local<v8::Value> value) {
  if (value->IsArrayBufferView()) {
    auto view = value.As<v8::ArrayBufferView>();
    auto* data = static_cast<uint8_t*>(view->Buffer()->Data());
    return data == nullptr ? std::span<uint8_t>() : std::span(data + view->ByteOffset(), view->ByteLength());
  }
  if (value->IsArrayBuffer()) {
    auto buffer = value.As<v8::ArrayBuffer>();
    return {static_cast<uint8_t*>(buffer->Data()), buffer->ByteLength()};
  }
  return {};
}

v8::MaybeLocal<v8::ArrayBuffer> makeArrayBuffer(v8::Isolate* isolate, std::span<const uint8_t> bytes) {
  v8::Local<v8::ArrayBuffer> buffer;
  if (!v8::ArrayBuffer::MaybeNew(isolate, bytes.size(), v8::BackingStoreInitializationMode::kUninitialized)
           .ToLocal(&buffer)) {
    throwRangeError(isolate, "Array buffer allocation failed");
    return {};
  }
  if (!bytes.empty()) std::memcpy(buffer->Data(), bytes.data(), bytes.size());
  return buffer;
}

void throwTypeError(v8::Isolate* isolate, std::string_view message) {
  isolate->ThrowException(v8::Exception::TypeError(makeString(isolate, message)));
}
void throwRangeError(v8::Isolate* isolate, std::string_view message) {
  isolate->ThrowException(v8::Exception::RangeError(makeString(isolate, message)));
}
void throwError(v8::Isolate* isolate, std::string_view message) {
  isolate->ThrowException(v8::Exception::Error(makeString(isolate, message)));
}

void throwError(v8::Isolate* isolate, std::string_view message, std::string_view code) {
  auto exception = v8::Exception::Error(makeString(isolate, message));
  (void)exception.As<v8::Object>()->DefineOwnProperty(isolate->GetCurrentContext(), makeName(isolate, "code"),
                                                      makeString(isolate, code));
  isolate->ThrowException(exception);
}

void throwError(v8::Isolate* isolate, const Error& error) { isolate->ThrowException(makeError(isolate, error)); }

}  // namespace mayfly::isolate
