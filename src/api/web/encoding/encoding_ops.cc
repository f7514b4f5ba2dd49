// SPDX-License-Identifier: Apache-2.0
// Text to bytes and back for mayfly:web/encoding. UTF and base64 are simdutf's work, the other encodings ICU's: Node's
// executable exports both without headers, so what is used is declared here. ICU's symbols carry its version, which
// changes with Node's: kept in one place, MAYFLY_ICU.
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <string>

#include "isolate/ops.h"

namespace simdutf {
enum error_code : int {};
enum base64_options : uint64_t { base64_default = 0 };
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

#define MAYFLY_ICU(name) name##_78
extern "C" {
struct UConverter;
using UErrorCode = int;  // 0: success, below: warnings, above: errors
using ToUCallback = void (*)(const void*, void*, const char*, int32_t, int, UErrorCode*);
UConverter* MAYFLY_ICU(ucnv_open)(const char* name, UErrorCode* status);
void MAYFLY_ICU(ucnv_close)(UConverter* converter);
void MAYFLY_ICU(ucnv_setToUCallBack)(UConverter* converter, ToUCallback callback, const void* context,
                                     ToUCallback* oldCallback, const void** oldContext, UErrorCode* status);
void MAYFLY_ICU(UCNV_TO_U_CALLBACK_STOP)(const void*, void*, const char*, int32_t, int, UErrorCode*);
void MAYFLY_ICU(ucnv_toUnicode)(UConverter* converter, char16_t** target, const char16_t* targetLimit,
                                const char** source, const char* sourceLimit, int32_t* offsets, int8_t flush,
                                UErrorCode* status);
int32_t MAYFLY_ICU(ucnv_toUCountPending)(const UConverter* converter, UErrorCode* status);
}

namespace mayfly::api {
namespace {

using isolate::OpArguments;

// Memory that is refused is the program's RangeError, not this process's end.
template <typename T>
std::unique_ptr<T[]> allocate(v8::Isolate* isolate, size_t count) {
  std::unique_ptr<T[]> memory(new (std::nothrow) T[count]);
  if (memory == nullptr) isolate::throwRangeError(isolate, "Out of memory while converting text");
  return memory;
}

void returnString(OpArguments arguments, v8::MaybeLocal<v8::String> string) {
  v8::Local<v8::String> made;
  if (string.ToLocal(&made)) {
    arguments.GetReturnValue().Set(made);
  } else {
    isolate::throwRangeError(arguments.GetIsolate(), "The text is longer than a string can be");
  }
}

v8::MaybeLocal<v8::String> fromOneByte(v8::Isolate* isolate, const void* data, size_t length) {
  if (length > v8::String::kMaxLength) return {};
  return v8::String::NewFromOneByte(isolate, static_cast<const uint8_t*>(data), v8::NewStringType::kNormal,
                                    static_cast<int>(length));
}

v8::MaybeLocal<v8::String> fromTwoByte(v8::Isolate* isolate, const char16_t* data, size_t length) {
  if (length > v8::String::kMaxLength) return {};
  return v8::String::NewFromTwoByte(isolate, reinterpret_cast<const uint16_t*>(data), v8::NewStringType::kNormal,
                                    static_cast<int>(length));
}

void utf8Encode(OpArguments arguments) {
  v8::Isolate* isolate = arguments.GetIsolate();
  v8::Local<v8::String> text = arguments[0].As<v8::String>();
  size_t size = text->Utf8LengthV2(isolate);
  v8::Local<v8::ArrayBuffer> buffer;
  if (!v8::ArrayBuffer::MaybeNew(isolate, size, v8::BackingStoreInitializationMode::kUninitialized).ToLocal(&buffer)) {
    return isolate::throwRangeError(isolate, "Out of memory while encoding text");
  }
  if (size > 0) {
    text->WriteUtf8V2(isolate, static_cast<char*>(buffer->Data()), size, v8::String::WriteFlags::kReplaceInvalidUtf8);
  }
  arguments.GetReturnValue().Set(v8::Uint8Array::New(buffer, 0, size));
}

void utf8EncodeInto(OpArguments arguments) {
  v8::Isolate* isolate = arguments.GetIsolate();
  std::span<uint8_t> into = isolate::bytesOf(arguments[1]);
  size_t read = 0;
  size_t written = 0;
  if (!into.empty()) {
    written = arguments[0].As<v8::String>()->WriteUtf8V2(isolate, reinterpret_cast<char*>(into.data()), into.size(),
                                                         v8::String::WriteFlags::kReplaceInvalidUtf8, &read);
  }
  std::span<uint8_t> counts = isolate::bytesOf(arguments[2]);
  auto* numbers = reinterpret_cast<uint32_t*>(counts.data());
  numbers[0] = static_cast<uint32_t>(read);
  numbers[1] = static_cast<uint32_t>(written);
}

void utf8Decode(OpArguments arguments) {
  v8::Isolate* isolate = arguments.GetIsolate();
  std::span<uint8_t> bytes = isolate::bytesOf(arguments[0]);
  auto* text = reinterpret_cast<const char*>(bytes.data());
  if (simdutf::validate_ascii(text, bytes.size())) {
    return returnString(arguments, fromOneByte(isolate, text, bytes.size()));
  }
  if (bytes.size() > 4 * static_cast<size_t>(v8::String::kMaxLength)) return returnString(arguments, {});
  size_t length = simdutf::utf16_length_from_utf8(text, bytes.size());
  auto units = allocate<char16_t>(isolate, length + 1);
  if (units == nullptr) return;
  size_t converted = simdutf::convert_utf8_to_utf16le(text, bytes.size(), units.get());
  if (converted > 0) return returnString(arguments, fromTwoByte(isolate, units.get(), converted));
  if (arguments[1]->IsTrue()) return;  // not UTF-8
  if (bytes.size() > v8::String::kMaxLength) return returnString(arguments, {});
  // V8 puts U+FFFD for what is wrong as the Encoding Standard has it.
  auto size = static_cast<int>(bytes.size());
  returnString(arguments, v8::String::NewFromUtf8(isolate, text, v8::NewStringType::kNormal, size));
}

void utf16Decode(OpArguments arguments) {
  v8::Isolate* isolate = arguments.GetIsolate();
  std::span<uint8_t> bytes = isolate::bytesOf(arguments[0]);
  size_t length = bytes.size() / 2;
  auto units = allocate<char16_t>(isolate, length + 1);
  if (units == nullptr) return;
  std::memcpy(units.get(), bytes.data(), length * 2);
  if (arguments[1]->IsTrue()) simdutf::change_endianness_utf16(units.get(), length, units.get());
  if (!simdutf::validate_utf16le(units.get(), length)) {
    if (arguments[2]->IsTrue()) return;
    simdutf::to_well_formed_utf16le(units.get(), length, units.get());
  }
  returnString(arguments, fromTwoByte(isolate, units.get(), length));
}

struct ConverterClose {
  void operator()(UConverter* converter) const { MAYFLY_ICU(ucnv_close)(converter); }
};

void icuDecode(OpArguments arguments) {
  v8::Isolate* isolate = arguments.GetIsolate();
  UErrorCode status = 0;
  std::string encoding = isolate::toUtf8(isolate, arguments[0]);
  std::unique_ptr<UConverter, ConverterClose> converter(MAYFLY_ICU(ucnv_open)(encoding.c_str(), &status));
  if (status > 0) return isolate::throwRangeError(isolate, "ICU has no converter for " + encoding);
  if (arguments[2]->IsTrue()) {
    MAYFLY_ICU(ucnv_setToUCallBack)(converter.get(), MAYFLY_ICU(UCNV_TO_U_CALLBACK_STOP), nullptr, nullptr, nullptr,
                                    &status);
  }
  std::span<uint8_t> bytes = isolate::bytesOf(arguments[1]);
  bool flush = arguments[3]->IsTrue();
  // No encoding makes more code units than bytes, but for the last character of GB18030 and Big5, of two.
  auto units = allocate<char16_t>(isolate, bytes.size() * 2 + 4);
  if (units == nullptr) return;
  char16_t* end = units.get();
  auto* source = reinterpret_cast<const char*>(bytes.data());
  MAYFLY_ICU(ucnv_toUnicode)(converter.get(), &end, units.get() + bytes.size() * 2 + 4, &source, source + bytes.size(),
                             nullptr, flush, &status);
  if (status > 0) return;  // fatal
  int32_t pending = MAYFLY_ICU(ucnv_toUCountPending)(converter.get(), &status);
  *reinterpret_cast<uint32_t*>(isolate::bytesOf(arguments[4]).data()) =
      flush || status > 0 || pending < 0 ? 0 : static_cast<uint32_t>(pending);
  returnString(arguments, fromTwoByte(isolate, units.get(), end - units.get()));
}

// The string's characters as bytes; null when one does not fit. `length` is the number of bytes.
std::unique_ptr<char[]> oneByteOf(v8::Isolate* isolate, v8::Local<v8::String> text, size_t& length) {
  if (!text->ContainsOnlyOneByte()) return nullptr;
  length = text->Length();
  auto bytes = allocate<char>(isolate, length + 1);
  if (bytes != nullptr) {
    text->WriteOneByteV2(isolate, 0, static_cast<uint32_t>(length), reinterpret_cast<uint8_t*>(bytes.get()));
  }
  return bytes;
}

void base64Encode(OpArguments arguments) {
  v8::Isolate* isolate = arguments.GetIsolate();
  size_t length = 0;
  auto bytes = oneByteOf(isolate, arguments[0].As<v8::String>(), length);
  if (bytes == nullptr) return;
  auto base64 = allocate<char>(isolate, (length + 2) / 3 * 4 + 1);
  if (base64 == nullptr) return;
  size_t size = simdutf::binary_to_base64(bytes.get(), length, base64.get(), simdutf::base64_default);
  returnString(arguments, fromOneByte(isolate, base64.get(), size));
}

void base64Decode(OpArguments arguments) {
  v8::Isolate* isolate = arguments.GetIsolate();
  size_t length = 0;
  auto base64 = oneByteOf(isolate, arguments[0].As<v8::String>(), length);
  if (base64 == nullptr) return;
  auto bytes = allocate<char>(isolate, length / 4 * 3 + 4);
  if (bytes == nullptr) return;
  auto [error, size] =
      simdutf::base64_to_binary(base64.get(), length, bytes.get(), simdutf::base64_default, simdutf::loose);
  if (error == 0) returnString(arguments, fromOneByte(isolate, bytes.get(), size));
}

}  // namespace

std::span<const isolate::Op> encodingOps() {
  static constexpr isolate::Op kOps[] = {
      {"utf8Encode", utf8Encode},     {"utf8EncodeInto", utf8EncodeInto}, {"utf8Decode", utf8Decode},
      {"utf16Decode", utf16Decode},   {"icuDecode", icuDecode},           {"base64Encode", base64Encode},
      {"base64Decode", base64Decode},
  };
  return kOps;
}

}  // namespace mayfly::api
