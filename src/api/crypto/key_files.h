// SPDX-License-Identifier: Apache-2.0
// Keys of pairs in the forms that files have: PEM and DER, PKCS #1, PKCS #8, SEC 1, SPKI and certificates, with and
// without a passphrase. What node:crypto takes and gives; Web Crypto has its own few forms (keys.h).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "api/crypto/openssl.h"

namespace mayfly::api::crypto {

enum class KeyPart : uint8_t { publicKey, privateKey };
enum class KeyText : uint8_t { pem, der };

// "rsa", "rsa-pss", "ec", "ed25519", "ed448", "x25519", "x448", "dh"; empty for a key of another type.
std::string_view keyType(EVP_PKEY& key);

struct KeySource {
  KeyPart part;
  KeyText text;
  std::string_view encoding;  // of DER: "pkcs1", "pkcs8", "sec1" or "spki"
  std::optional<std::string> passphrase;
};

inline constexpr std::string_view kPassphraseMissing = "Passphrase required for encrypted key";

// Refuses what would take unbounded time to use or to decrypt, as keys.h does. A public key is also found in a private
// one, and in a certificate.
Result<Key> readKey(const KeySource& source, ByteView data);

struct KeyTarget {
  KeyPart part;
  KeyText text;
  std::string_view encoding;  // "pkcs1", "pkcs8", "sec1" or "spki"
  std::string cipher;         // empty: not encrypted
  std::string passphrase;
};
Result<Bytes> writeKey(const KeyTarget& target, EVP_PKEY& key);

// Refuses types that are none of keyType(), and parts that are too large or do not belong to each other.
Result<Key> acceptAnyKey(Key key, bool isPrivate);
// The public key alone, of any type.
Result<Key> publicKeyOf(EVP_PKEY& key);

}  // namespace mayfly::api::crypto
