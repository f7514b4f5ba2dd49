// SPDX-License-Identifier: Apache-2.0
// Text to bytes and back for mayfly:web/encoding. UTF and base64 are simdutf's work (text.h), the other encodings ICU's,
// which Node's executable exports without a header as well. ICU's symbols carry its version, which changes with Node's:
// kept in one place, MAYFLY_ICU.
#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "api/web/encoding/text.h"

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
  returnUtf8(arguments, isolate::bytesOf(arguments[0]), arguments[1]->IsTrue());
}

void utf16Decode(OpArguments arguments) {
  v8::Isolate* isolate = arguments.GetIsolate();
  std::span<uint8_t> bytes = isolate::bytesOf(arguments[0]);
  size_t length = bytes.size() / 2;
  auto units = allocate<char16_t>(isolate, length + 1);
  if (units == nullptr) return;
  std::ranges::copy(bytes.first(length * 2), reinterpret_cast<uint8_t*>(units.get()));
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

void returnUtf8(OpArguments arguments, std::span<const uint8_t> bytes, bool fatal) {
  v8::Isolate* isolate = arguments.GetIsolate();
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
  if (fatal) return;
  if (bytes.size() > v8::String::kMaxLength) return returnString(arguments, {});
  auto size = static_cast<int>(bytes.size());
  returnString(arguments, v8::String::NewFromUtf8(isolate, text, v8::NewStringType::kNormal, size));
}

std::span<const isolate::Op> encodingOps() {
  static constexpr isolate::Op kOps[] = {
      {"utf8Encode", utf8Encode},     {"utf8EncodeInto", utf8EncodeInto}, {"utf8Decode", utf8Decode},
      {"utf16Decode", utf16Decode},   {"icuDecode", icuDecode},           {"base64Encode", base64Encode},
      {"base64Decode", base64Decode},
  };
  return kOps;
}

}  // namespace mayfly::api
