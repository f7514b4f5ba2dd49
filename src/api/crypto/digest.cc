// SPDX-License-Identifier: Apache-2.0
#include "api/crypto/digest.h"

#include <openssl/crypto.h>
#include <openssl/hmac.h>

#include <climits>

namespace mayfly::api::crypto {

Result<Bytes> digest(const std::string& hash, ByteView data) {
  const EVP_MD* method = EVP_get_digestbyname(hash.c_str());
  Bytes result(EVP_MAX_MD_SIZE);
  unsigned size = 0;
  if (method == nullptr || EVP_Digest(data.data(), data.size(), result.data(), &size, method, nullptr) != 1) {
    return opensslError("The digest " + hash + " failed");
  }
  result.resize(size);
  return result;
}

Result<DigestContext> openDigest(const std::string& hash) {
  DigestContext context(EVP_MD_CTX_new());
  const EVP_MD* method = EVP_get_digestbyname(hash.c_str());
  if (method == nullptr || context == nullptr || EVP_DigestInit_ex(context.get(), method, nullptr) != 1) {
    return opensslError("The digest " + hash + " failed");
  }
  return context;
}

bool updateDigest(EVP_MD_CTX& context, ByteView data) {
  return EVP_DigestUpdate(&context, data.data(), data.size()) == 1;
}

Result<Bytes> finishDigest(EVP_MD_CTX& context) {
  Bytes result(EVP_MAX_MD_SIZE);
  unsigned size = 0;
  if (EVP_DigestFinal_ex(&context, result.data(), &size) != 1) return opensslError("The digest failed");
  result.resize(size);
  return result;
}

Result<Bytes> hmac(const std::string& hash, ByteView key, ByteView data) {
  const EVP_MD* method = EVP_get_digestbyname(hash.c_str());
  Bytes result(EVP_MAX_MD_SIZE);
  unsigned size = 0;
  static constexpr uint8_t kNone = 0;  // OpenSSL takes a null key for the key of before
  if (method == nullptr || key.size() > INT_MAX ||
      HMAC(method, key.empty() ? &kNone : key.data(), static_cast<int>(key.size()), data.data(), data.size(),
           result.data(), &size) == nullptr) {
    return opensslError("HMAC with " + hash + " failed");
  }
  result.resize(size);
  return result;
}

bool sameBytes(ByteView left, ByteView right) {
  return left.size() == right.size() && CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

}  // namespace mayfly::api::crypto
