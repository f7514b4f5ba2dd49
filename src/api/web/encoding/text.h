// SPDX-License-Identifier: Apache-2.0
// What ops that turn bytes into text share. UTF and base64 are simdutf's work: Node's executable exports it without a
// header, so what is used is declared here.
#pragma once

#include <cstdint>
#include <memory>
#include <new>

#include "isolate/ops.h"

namespace simdutf {
enum error_code : int {};
enum base64_options : uint64_t { base64_default = 0, base64_url = 1, base64_default_or_url = 8 };
enum last_chunk_handling_options : uint64_t { loose = 0 };
struct result {
  error_code error;
  size_t count;
};
bool validate_ascii(const char* text, size_t length) noexcept;
bool validate_utf8(const char* text, size_t length) noexcept;
bool validate_utf16le(const char16_t* text, size_t length) noexcept;
size_t utf16_length_from_utf8(const char* text, size_t length) noexcept;
size_t convert_utf8_to_utf16le(const char* text, size_t length, char16_t* out) noexcept;
void to_well_formed_utf16le(const char16_t* text, size_t length, char16_t* out) noexcept;
void change_endianness_utf16(const char16_t* text, size_t length, char16_t* out) noexcept;
size_t binary_to_base64(const char* bytes, size_t length, char* out, base64_options options) noexcept;
result base64_to_binary(const char* text, size_t length, char* out, base64_options options,
                        last_chunk_handling_options lastChunk) noexcept;
}  // namespace simdutf

namespace mayfly::api {

// Memory that is refused is the program's RangeError, not this process's end.
template <typename T>
std::unique_ptr<T[]> allocate(v8::Isolate* isolate, size_t count) {
  std::unique_ptr<T[]> memory(new (std::nothrow) T[count]);
  if (memory == nullptr) isolate::throwRangeError(isolate, "Out of memory while converting text");
  return memory;
}

inline void returnString(isolate::OpArguments arguments, v8::MaybeLocal<v8::String> string) {
  v8::Local<v8::String> made;
  if (string.ToLocal(&made)) {
    arguments.GetReturnValue().Set(made);
  } else {
    isolate::throwRangeError(arguments.GetIsolate(), "The text is longer than a string can be");
  }
}

inline v8::MaybeLocal<v8::String> fromOneByte(v8::Isolate* isolate, const void* data, size_t length) {
  if (length > v8::String::kMaxLength) return {};
  return v8::String::NewFromOneByte(isolate, static_cast<const uint8_t*>(data), v8::NewStringType::kNormal,
                                    static_cast<int>(length));
}

inline v8::MaybeLocal<v8::String> fromTwoByte(v8::Isolate* isolate, const char16_t* data, size_t length) {
  if (length > v8::String::kMaxLength) return {};
  return v8::String::NewFromTwoByte(isolate, reinterpret_cast<const uint16_t*>(data), v8::NewStringType::kNormal,
                                    static_cast<int>(length));
}

// Returns the text that `bytes` are in UTF-8; what is wrong becomes U+FFFD as the Encoding Standard has it, or with
// `fatal` nothing is returned.
void returnUtf8(isolate::OpArguments arguments, std::span<const uint8_t> bytes, bool fatal);

}  // namespace mayfly::api
