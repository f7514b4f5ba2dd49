// SPDX-License-Identifier: Apache-2.0
// Randomness and digests for mayfly:web/crypto, by the OpenSSL inside of Node's executable.
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <array>
#include <climits>
#include <span>
#include <string>

#include "isolate/ops.h"

namespace mayfly::api {
namespace {

using isolate::OpArguments;

bool fillRandom(v8::Isolate* isolate, std::span<uint8_t> bytes) {
  if (bytes.size() <= INT_MAX && RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) == 1) return true;
  isolate::throwError(isolate, "The system's random number generator failed");
  return false;
}

void randomBytes(OpArguments arguments) { fillRandom(arguments.GetIsolate(), isolate::bytesOf(arguments[0])); }

void randomUuid(OpArguments arguments) {
  std::array<uint8_t, 16> bytes;
  if (!fillRandom(arguments.GetIsolate(), bytes)) return;
  bytes[6] = (bytes[6] & 0x0f) | 0x40;  // version 4
  bytes[8] = (bytes[8] & 0x3f) | 0x80;  // variant of RFC 9562
  static constexpr char kDigits[] = "0123456789abcdef";
  std::array<char, 36> text;
  size_t at = 0;
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text[at++] = '-';
    text[at++] = kDigits[bytes[i] >> 4];
    text[at++] = kDigits[bytes[i] & 15];
  }
  arguments.GetReturnValue().Set(isolate::makeLatin1(arguments.GetIsolate(), {text.data(), text.size()}));
}

void digest(OpArguments arguments) {
  v8::Isolate* isolate = arguments.GetIsolate();
  std::string algorithm = isolate::toUtf8(isolate, arguments[0]);
  const EVP_MD* method = EVP_get_digestbyname(algorithm.c_str());
  std::array<uint8_t, EVP_MAX_MD_SIZE> result;
  unsigned size = 0;
  std::span<uint8_t> data = isolate::bytesOf(arguments[1]);
  if (method == nullptr || EVP_Digest(data.data(), data.size(), result.data(), &size, method, nullptr) != 1) {
    return isolate::throwError(isolate, "The digest " + algorithm + " failed");
  }
  v8::Local<v8::ArrayBuffer> buffer;
  if (isolate::makeArrayBuffer(isolate, {result.data(), size}).ToLocal(&buffer)) arguments.GetReturnValue().Set(buffer);
}

void timingSafeEqual(OpArguments arguments) {
  std::span<uint8_t> left = isolate::bytesOf(arguments[0]);
  std::span<uint8_t> right = isolate::bytesOf(arguments[1]);
  if (left.size() != right.size()) {
    return isolate::throwRangeError(arguments.GetIsolate(), "timingSafeEqual needs two buffers of the same length");
  }
  arguments.GetReturnValue().Set(CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0);
}

}  // namespace

std::span<const isolate::Op> cryptoOps() {
  static constexpr isolate::Op kOps[] = {
      {"randomBytes", randomBytes},
      {"randomUuid", randomUuid},
      {"digest", digest},
      {"timingSafeEqual", timingSafeEqual},
  };
  return kOps;
}

}  // namespace mayfly::api
