// SPDX-License-Identifier: Apache-2.0
// Pairs of keys: made, read and written. A Key is the private key, with the public one in it, or the public key alone.
//
// Kinds by their names: "RSA", "P-256", "P-384", "P-521", "secp256k1", "Ed25519", "X25519", "Ed448", "X448". A key from outside may be of any size and
// form that OpenSSL reads, so importing refuses what would take unbounded time to use (a modulus of more than
// kModulusBitsMax bits, parts larger than the modulus) and curves that are given by parameters.
#pragma once

#include <map>
#include <optional>
#include <string_view>

#include "api/crypto/openssl.h"

namespace mayfly::api::crypto {

inline constexpr int kModulusBitsMax = 16384;

// https://www.rfc-editor.org/rfc/rfc7517: the parts of a JSON Web Key by their names there, big-endian and of full length.
// RSA: n, e, and d, p, q, dp, dq, qi. Curves: x, y, d. Ed25519 and X25519: x, d.
using KeyParts = std::map<std::string, Bytes, std::less<>>;

enum class KeyFormat : uint8_t { pkcs8, spki };

// Refuses an RSA key whose parts are larger than they must be: using it takes time that nothing bounds.
Result<void> checkRsa(EVP_PKEY& key);

Result<Key> generateRsa(unsigned modulusBits, ByteView publicExponent, const Stopped& stopped);
Result<Key> generateKey(std::string_view kind);

// DER. What stands behind the key is refused.
Result<Key> importDer(KeyFormat format, std::string_view kind, ByteView der);
Result<Key> importParts(std::string_view kind, const KeyParts& parts);
// A point: uncompressed or compressed on a curve, the bytes of the others as they are.
Result<Key> importPoint(std::string_view kind, ByteView point);

Result<Bytes> exportDer(KeyFormat format, EVP_PKEY& key);
// With the private parts if `withPrivate`.
Result<KeyParts> exportParts(std::string_view kind, EVP_PKEY& key, bool withPrivate);
// Uncompressed.
Result<Bytes> exportPoint(std::string_view kind, EVP_PKEY& key);

// The public key alone.
Result<Key> publicKeyOf(std::string_view kind, EVP_PKEY& key);
// Bytes of a coordinate; 0 for what is no curve.
size_t coordinateBytes(std::string_view kind);
// What an isolate is charged for one.
size_t memoryBytes(EVP_PKEY& key);

}  // namespace mayfly::api::crypto
