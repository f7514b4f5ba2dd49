// SPDX-License-Identifier: Apache-2.0
// Digests and HMAC. `hash` is a name as OpenSSL has it: SHA1, SHA256, SHA384, SHA512, MD5...
#pragma once

#include "api/crypto/openssl.h"

namespace mayfly::api::crypto {

Result<Bytes> digest(const std::string& hash, ByteView data);
Result<DigestContext> openDigest(const std::string& hash);
bool updateDigest(EVP_MD_CTX& context, ByteView data);
Result<Bytes> finishDigest(EVP_MD_CTX& context);

Result<Bytes> hmac(const std::string& hash, ByteView key, ByteView data);
// In constant time.
bool sameBytes(ByteView left, ByteView right);

}  // namespace mayfly::api::crypto
