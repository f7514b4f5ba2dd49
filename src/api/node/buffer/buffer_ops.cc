// SPDX-License-Identifier: Apache-2.0
// What of node:buffer is worth doing natively: encodings, comparing, searching, filling. Offsets come checked from
// buffer.ts, and are checked again against the memory as it is now: user code may have detached or shrunk it since.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>

#include "api/web/encoding/text.h"

namespace mayfly::api {
namespace {

using isolate::OpArguments;

enum class Encoding : uint32_t { ascii, latin1, utf8, utf16le, base64, base64url, hex };

Encoding encodingOf(OpArguments arguments, int index) {
  return static_cast<Encoding>(arguments[index].As<v8::Uint32>()->Value());
}

size_t sizeOf(OpArguments arguments, int index) {
  double value = arguments[index]->IsNumber() ? arguments[index].As<v8::Number>()->Value() : 0;
  return value > 0 && value < 9e15 ? static_cast<size_t>(value) : 0;
}

// The bytes of argument `index` from argument `from` to argument `to`, cut to what there is.
std::span<uint8_t> rangeOf(OpArguments arguments, int index, int from, int to) {
  auto bytes = isolate::bytesOf(arguments[index]);
  size_t end = std::min(sizeOf(arguments, to), bytes.size());
  size_t start = std::min(sizeOf(arguments, from), end);
  return bytes.subspan(start, end - start);
}

constexpr int8_t base64Value(unsigned c) {
  if (c >= 'A' && c <= 'Z') return static_cast<int8_t>(c - 'A');
  if (c >= 'a' && c <= 'z') return static_cast<int8_t>(c - 'a' + 26);
  if (c >= '0' && c <= '9') return static_cast<int8_t>(c - '0' + 52);
  if (c == '+' || c == '-') return 62;
  if (c == '/' || c == '_') return 63;
  return -1;
}

// As Node: both alphabets, other characters skipped, the first "=" ends it.
size_t decodeBase64(std::span<const uint8_t> text, std::span<uint8_t> out) {
  uint32_t group = 0;
  int bits = 0;
  size_t written = 0;
  for (uint8_t c : text) {
    if (c == '=' || written == out.size()) break;
    int8_t value = base64Value(c);
    if (value < 0) continue;
    group = group << 6 | static_cast<uint32_t>(value);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    out[written++] = static_cast<uint8_t>(group >> bits);
  }
  return written;
}

size_t writeBase64(v8::Isolate* isolate, v8::Local<v8::String> text, std::span<uint8_t> out) {
  auto length = static_cast<size_t>(text->Length());
  auto characters = allocate<uint8_t>(isolate, length + 1);
  if (characters == nullptr) return 0;
  if (text->ContainsOnlyOneByte()) {
    text->WriteOneByteV2(isolate, 0, static_cast<uint32_t>(length), characters.get());
  } else {
    auto units = allocate<uint16_t>(isolate, length + 1);
    if (units == nullptr) return 0;
    text->WriteV2(isolate, 0, static_cast<uint32_t>(length), units.get());
    for (size_t i = 0; i < length; ++i) characters[i] = units[i] < 256 ? static_cast<uint8_t>(units[i]) : ' ';
  }
  auto whole = allocate<char>(isolate, length / 4 * 3 + 4);
  if (whole == nullptr) return 0;
  auto [error, size] = simdutf::base64_to_binary(reinterpret_cast<char*>(characters.get()), length, whole.get(),
                                                 simdutf::base64_default_or_url, simdutf::loose);
  if (error != 0) return decodeBase64({characters.get(), length}, out);
  size = std::min(size, out.size());
  if (size > 0) std::memcpy(out.data(), whole.get(), size);
  return size;
}

int hexValue(uint16_t c) {
  if (c >= '0' && c <= '9') return c - '0';
  unsigned lower = c | 0x20u;
  return lower >= 'a' && lower <= 'f' ? static_cast<int>(lower - 'a' + 10) : -1;
}

size_t writeHex(v8::Isolate* isolate, v8::Local<v8::String> text, std::span<uint8_t> out) {
  auto length = std::min(static_cast<size_t>(text->Length()), out.size() * 2);
  auto units = allocate<uint16_t>(isolate, length + 1);
  if (units == nullptr) return 0;
  text->WriteV2(isolate, 0, static_cast<uint32_t>(length), units.get());
  size_t written = 0;
  for (; written < length / 2; ++written) {
    int high = hexValue(units[written * 2]);
    int low = hexValue(units[written * 2 + 1]);
    if (high < 0 || low < 0) break;
    out[written] = static_cast<uint8_t>(high << 4 | low);
  }
  return written;
}

// Two-byte strings to one byte each: the low one, as Node does for latin1 and ascii.
size_t writeOneByte(v8::Isolate* isolate, v8::Local<v8::String> text, std::span<uint8_t> out) {
  size_t length = std::min(static_cast<size_t>(text->Length()), out.size());
  if (length > 0) text->WriteOneByteV2(isolate, 0, static_cast<uint32_t>(length), out.data());
  return length;
}

size_t writeUtf16(v8::Isolate* isolate, v8::Local<v8::String> text, std::span<uint8_t> out) {
  size_t length = std::min(static_cast<size_t>(text->Length()), out.size() / 2);
  if (length == 0) return 0;
  if (reinterpret_cast<uintptr_t>(out.data()) % 2 == 0) {
    text->WriteV2(isolate, 0, static_cast<uint32_t>(length), reinterpret_cast<uint16_t*>(out.data()));
    return length * 2;
  }
  auto units = allocate<uint16_t>(isolate, length);
  if (units == nullptr) return 0;
  text->WriteV2(isolate, 0, static_cast<uint32_t>(length), units.get());
  std::memcpy(out.data(), units.get(), length * 2);
  return length * 2;
}

// bufferWrite(target, text, start, end, encoding): bytes written
void bufferWrite(OpArguments arguments) {
  auto* isolate = arguments.GetIsolate();
  auto text = arguments[1].As<v8::String>();
  auto out = rangeOf(arguments, 0, 2, 3);
  size_t written = 0;
  switch (encodingOf(arguments, 4)) {
    case Encoding::ascii:
    case Encoding::latin1: written = writeOneByte(isolate, text, out); break;
    case Encoding::utf8:
      if (!out.empty()) {
        written = text->WriteUtf8V2(isolate, reinterpret_cast<char*>(out.data()), out.size(),
                                    v8::String::WriteFlags::kReplaceInvalidUtf8);
      }
      break;
    case Encoding::utf16le: written = writeUtf16(isolate, text, out); break;
    case Encoding::base64:
    case Encoding::base64url: written = writeBase64(isolate, text, out); break;
    case Encoding::hex: written = writeHex(isolate, text, out); break;
  }
  arguments.GetReturnValue().Set(static_cast<double>(written));
}

void returnHex(OpArguments arguments, std::span<const uint8_t> bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  auto* isolate = arguments.GetIsolate();
  auto text = allocate<char>(isolate, bytes.size() * 2 + 1);
  if (text == nullptr) return;
  for (size_t i = 0; i < bytes.size(); ++i) {
    text[i * 2] = kDigits[bytes[i] >> 4];
    text[i * 2 + 1] = kDigits[bytes[i] & 15];
  }
  returnString(arguments, fromOneByte(isolate, text.get(), bytes.size() * 2));
}

void returnBase64(OpArguments arguments, std::span<const uint8_t> bytes, simdutf::base64_options options) {
  auto* isolate = arguments.GetIsolate();
  auto text = allocate<char>(isolate, (bytes.size() + 2) / 3 * 4 + 1);
  if (text == nullptr) return;
  size_t size =
      simdutf::binary_to_base64(reinterpret_cast<const char*>(bytes.data()), bytes.size(), text.get(), options);
  returnString(arguments, fromOneByte(isolate, text.get(), size));
}

void returnAscii(OpArguments arguments, std::span<const uint8_t> bytes) {
  auto* isolate = arguments.GetIsolate();
  if (simdutf::validate_ascii(reinterpret_cast<const char*>(bytes.data()), bytes.size())) {
    return returnString(arguments, fromOneByte(isolate, bytes.data(), bytes.size()));
  }
  auto text = allocate<uint8_t>(isolate, bytes.size());
  if (text == nullptr) return;
  std::ranges::transform(bytes, text.get(), [](uint8_t byte) { return static_cast<uint8_t>(byte & 0x7f); });
  returnString(arguments, fromOneByte(isolate, text.get(), bytes.size()));
}

void returnUtf16(OpArguments arguments, std::span<const uint8_t> bytes) {
  auto* isolate = arguments.GetIsolate();
  size_t length = bytes.size() / 2;
  auto units = allocate<char16_t>(isolate, length + 1);
  if (units == nullptr) return;
  if (length > 0) std::memcpy(units.get(), bytes.data(), length * 2);
  returnString(arguments, fromTwoByte(isolate, units.get(), length));
}

// bufferToString(source, start, end, encoding)
void bufferToString(OpArguments arguments) {
  auto bytes = rangeOf(arguments, 0, 1, 2);
  switch (encodingOf(arguments, 3)) {
    case Encoding::ascii: return returnAscii(arguments, bytes);
    case Encoding::latin1:
      return returnString(arguments, fromOneByte(arguments.GetIsolate(), bytes.data(), bytes.size()));
    case Encoding::utf8: return returnUtf8(arguments, bytes, /*fatal=*/false);
    case Encoding::utf16le: return returnUtf16(arguments, bytes);
    case Encoding::base64: return returnBase64(arguments, bytes, simdutf::base64_default);
    case Encoding::base64url: return returnBase64(arguments, bytes, simdutf::base64_url);
    case Encoding::hex: return returnHex(arguments, bytes);
  }
}

void bufferUtf8Length(OpArguments arguments) {
  size_t length = arguments[0].As<v8::String>()->Utf8LengthV2(arguments.GetIsolate());
  arguments.GetReturnValue().Set(static_cast<double>(length));
}

// bufferCompare(a, aStart, aEnd, b, bStart, bEnd): -1, 0, 1
void bufferCompare(OpArguments arguments) {
  auto a = rangeOf(arguments, 0, 1, 2);
  auto b = rangeOf(arguments, 3, 4, 5);
  size_t common = std::min(a.size(), b.size());
  int order = common == 0 ? 0 : std::memcmp(a.data(), b.data(), common);
  if (order == 0) order = a.size() < b.size() ? -1 : a.size() > b.size() ? 1 : 0;
  arguments.GetReturnValue().Set(order < 0 ? -1 : order > 0 ? 1 : 0);
}

// bufferIndexOf(haystack, needle, start, forward, step): place, or -1. `step` 2: of UTF-16, only even places.
void bufferIndexOf(OpArguments arguments) {
  auto haystack = isolate::bytesOf(arguments[0]);
  auto needle = isolate::bytesOf(arguments[1]);
  size_t start = sizeOf(arguments, 2);
  bool forward = arguments[3]->IsTrue();
  size_t step = sizeOf(arguments, 4) == 2 ? 2 : 1;
  arguments.GetReturnValue().Set(-1);
  if (needle.empty() || needle.size() > haystack.size()) return;
  size_t last = haystack.size() - needle.size();
  if (forward) {
    for (size_t at = start; at <= last;) {
      auto* found =
          static_cast<const uint8_t*>(memmem(haystack.data() + at, haystack.size() - at, needle.data(), needle.size()));
      if (found == nullptr) return;
      auto place = static_cast<size_t>(found - haystack.data());
      if (place % step == 0) return arguments.GetReturnValue().Set(static_cast<double>(place));
      at = place + 1;
    }
    return;
  }
  // From behind, by the needle's first byte.
  for (size_t end = std::min(start, last) + 1; end > 0;) {
    auto* found = static_cast<const uint8_t*>(memrchr(haystack.data(), needle[0], end));
    if (found == nullptr) return;
    auto place = static_cast<size_t>(found - haystack.data());
    if (place % step == 0 && std::memcmp(found, needle.data(), needle.size()) == 0) {
      return arguments.GetReturnValue().Set(static_cast<double>(place));
    }
    end = place;
  }
}

// bufferFill(target, pattern, start, end)
void bufferFill(OpArguments arguments) {
  auto pattern = isolate::bytesOf(arguments[1]);
  auto target = rangeOf(arguments, 0, 2, 3);
  if (target.empty() || pattern.empty()) return;
  size_t filled = std::min(pattern.size(), target.size());
  std::memmove(target.data(), pattern.data(), filled);
  while (filled < target.size()) {
    size_t more = std::min(filled, target.size() - filled);
    std::memcpy(target.data() + filled, target.data(), more);
    filled += more;
  }
}

// bufferCopy(source, start, end, target, targetStart): bytes copied
void bufferCopy(OpArguments arguments) {
  auto source = rangeOf(arguments, 0, 1, 2);
  auto target = isolate::bytesOf(arguments[3]);
  size_t at = std::min(sizeOf(arguments, 4), target.size());
  size_t count = std::min(source.size(), target.size() - at);
  if (count > 0) std::memmove(target.data() + at, source.data(), count);
  arguments.GetReturnValue().Set(static_cast<double>(count));
}

// bufferSwap(target, size): the bytes of each group of 2, 4 or 8 in reverse order
void bufferSwap(OpArguments arguments) {
  auto bytes = isolate::bytesOf(arguments[0]);
  size_t size = sizeOf(arguments, 1);
  if (size == 0) return;
  for (size_t at = 0; at + size <= bytes.size(); at += size) std::reverse(&bytes[at], &bytes[at] + size);
}

void bufferIsAscii(OpArguments arguments) {
  auto bytes = isolate::bytesOf(arguments[0]);
  arguments.GetReturnValue().Set(simdutf::validate_ascii(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

void bufferIsUtf8(OpArguments arguments) {
  auto bytes = isolate::bytesOf(arguments[0]);
  arguments.GetReturnValue().Set(simdutf::validate_utf8(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

}  // namespace

std::span<const isolate::Op> bufferOps() {
  static constexpr isolate::Op kOps[] = {
      {"bufferWrite", bufferWrite},     {"bufferToString", bufferToString}, {"bufferUtf8Length", bufferUtf8Length},
      {"bufferCompare", bufferCompare}, {"bufferIndexOf", bufferIndexOf},   {"bufferFill", bufferFill},
      {"bufferCopy", bufferCopy},       {"bufferSwap", bufferSwap},         {"bufferIsAscii", bufferIsAscii},
      {"bufferIsUtf8", bufferIsUtf8},
  };
  return kOps;
}

}  // namespace mayfly::api
