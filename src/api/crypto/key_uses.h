// SPDX-License-Identifier: Apache-2.0
// What node:crypto does with keys of pairs beyond Web Crypto: keys of more types, signatures of a digest, RSA in both
// directions with any padding.
#pragma once

#include <optional>

#include "api/crypto/openssl.h"

namespace mayfly::api::crypto {

// How signatures of an RSA-PSS key are made; empty and negative parts are left open.
struct PssLimits {
  std::string hash;
  std::string mgf1Hash;
  int saltBytes = -1;
};
Result<Key> generateRsaPss(unsigned modulusBits, ByteView publicExponent, const PssLimits& limits,
                           const Stopped& stopped);
// `type` as in keyType(); `group` is the name of a curve ("prime256v1", "P-256") for "ec", of a group ("modp_2048") for
// "dh".
Result<Key> generateOfType(std::string_view type, const std::string& group);
Result<Key> generateDh(ByteView prime, unsigned generator);

struct KeyDetails {
  int bits = 0;
  Bytes publicExponent;  // of RSA
  std::string group;     // of a curve, as OpenSSL names it
  PssLimits limits;
};
KeyDetails detailsOf(EVP_PKEY& key);

// OpenSSL's numbers: RSA_PKCS1_PADDING and the like; RSA_PSS_SALTLEN_DIGEST and the like, or bytes.
struct SignatureOptions {
  std::string hash;
  int padding = 0;
  std::optional<int> saltBytes;
  bool fixed = false;  // of ECDSA: r and s as IEEE P1363 has them, rather than DER
};
Result<Bytes> signDigest(EVP_PKEY& key, const SignatureOptions& options, ByteView digest);
bool verifyDigest(EVP_PKEY& key, const SignatureOptions& options, ByteView signature, ByteView digest);

enum class RsaUse : uint8_t { publicEncrypt, privateDecrypt, privateEncrypt, publicDecrypt };
struct RsaOptions {
  int padding = 0;
  std::string oaepHash;
  ByteView oaepLabel;
};
Result<Bytes> useRsa(RsaUse use, EVP_PKEY& key, const RsaOptions& options, ByteView data);

}  // namespace mayfly::api::crypto
