// SPDX-License-Identifier: Apache-2.0
// Diffie and Hellman's agreement by its numbers, as the classes DiffieHellman and ECDH of node:crypto have it, and prime
// numbers. All numbers are big-endian.
#pragma once

#include <optional>

#include "api/crypto/openssl.h"

namespace mayfly::api::crypto {

// Larger ones take time that cannot be interrupted.
inline constexpr size_t kPrimeBitsMax = 8192;

// A prime p with p % add == rem, where they are not empty; if `safe`, (p - 1) / 2 is prime too.
Result<Bytes> generatePrime(size_t bits, bool safe, ByteView add, ByteView rem, const Stopped& stopped);
// Error: too large, or stopped.
Result<bool> isPrime(ByteView candidate, const Stopped& stopped);

// "modp14" and the like; none by another name.
std::optional<Bytes> groupPrime(std::string_view name);

struct Agreement {
  Bytes prime;
  Bytes generator;
};
// A private number, and the public one that belongs to it.
Result<Bytes> dhPrivate(const Agreement& group);
Result<Bytes> dhPublic(const Agreement& group, ByteView own);
// As long as the prime.
Result<Bytes> dhSecret(const Agreement& group, ByteView own, ByteView theirs);

enum class PointForm : uint8_t { compressed = 2, uncompressed = 4, hybrid = 6 };
// `curve` as OpenSSL names it.
std::vector<std::string> curveNames();
bool isCurve(const std::string& curve);
Result<Bytes> ecdhPrivate(const std::string& curve);
Result<Bytes> ecdhPublic(const std::string& curve, ByteView own);
Result<Bytes> ecdhConvert(const std::string& curve, ByteView point, PointForm form);
Result<Bytes> ecdhSecret(const std::string& curve, ByteView own, ByteView theirs);

}  // namespace mayfly::api::crypto
