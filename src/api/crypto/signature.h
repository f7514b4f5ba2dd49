// SPDX-License-Identifier: Apache-2.0
// Signatures, and RSA-OAEP.
#pragma once

#include <optional>

#include "api/crypto/openssl.h"

namespace mayfly::api::crypto {

enum class Scheme : uint8_t {
  rsaPkcs1,  // RSASSA-PKCS1-v1_5
  rsaPss,    // with `saltBytes`
  ecdsa,     // r and s, each as long as a coordinate of the curve, as IEEE P1363 has it
  eddsa,     // without `hash`
};

Result<Bytes> sign(EVP_PKEY& key, Scheme scheme, const std::string& hash, unsigned saltBytes, ByteView data);
bool verify(EVP_PKEY& key, Scheme scheme, const std::string& hash, unsigned saltBytes, ByteView signature,
            ByteView data);

// A signature of ECDSA, from DER to the form of IEEE P1363 and back.
Result<Bytes> ecdsaToFixed(EVP_PKEY& key, ByteView der);
Result<Bytes> ecdsaToDer(EVP_PKEY& key, ByteView fixed);

Result<Bytes> rsaOaepEncrypt(EVP_PKEY& key, const std::string& hash, ByteView label, ByteView data);
Result<Bytes> rsaOaepDecrypt(EVP_PKEY& key, const std::string& hash, ByteView label, ByteView data);

}  // namespace mayfly::api::crypto
