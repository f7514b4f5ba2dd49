// SPDX-License-Identifier: Apache-2.0
#include "api/crypto/derive.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <algorithm>
#include <climits>
#include <cstring>

#include "api/crypto/digest.h"

namespace mayfly::api::crypto {

namespace {

constexpr uint64_t kIterationsBetweenLooks = 1024;

using Mac = std::unique_ptr<EVP_MAC, Freed<EVP_MAC_free>>;
using MacContext = std::unique_ptr<EVP_MAC_CTX, Freed<EVP_MAC_CTX_free>>;

}  // namespace

Result<Bytes> hkdf(const std::string& hash, ByteView secret, ByteView salt, ByteView info, size_t bytes) {
  const EVP_MD* method = EVP_get_digestbyname(hash.c_str());
  if (method == nullptr) return fail(ErrorCode::invalid, "There is no digest " + hash);
  auto size = static_cast<size_t>(EVP_MD_get_size(method));
  if (bytes > 255 * size) {
    return fail(ErrorCode::invalid, "HKDF gives at most 255 digests: " + std::to_string(255 * size) + " bytes");
  }
  Bytes zeros(size);
  auto extracted = hmac(hash, salt.empty() ? ByteView(zeros) : salt, secret);
  if (!extracted) return extracted;
  Bytes output;
  Bytes block;
  for (uint8_t count = 1; output.size() < bytes; ++count) {
    block.insert(block.end(), info.begin(), info.end());
    block.push_back(count);
    auto next = hmac(hash, *extracted, block);
    if (!next) return next;
    block = std::move(*next);
    output.insert(output.end(), block.begin(), block.end());
  }
  output.resize(bytes);
  return output;
}

Result<Bytes> pbkdf2(const std::string& hash, ByteView password, ByteView salt, uint64_t iterations, size_t bytes,
                     const Stopped& stopped) {
  const EVP_MD* method = EVP_get_digestbyname(hash.c_str());
  Mac mac(EVP_MAC_fetch(nullptr, "HMAC", nullptr));
  MacContext context(mac == nullptr ? nullptr : EVP_MAC_CTX_new(mac.get()));
  OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, const_cast<char*>(hash.c_str()), 0),
      OSSL_PARAM_construct_end(),
  };
  static constexpr uint8_t kNone = 0;  // a null key would be that of before
  if (method == nullptr || context == nullptr ||
      EVP_MAC_init(context.get(), password.empty() ? &kNone : password.data(), password.size(), parameters) != 1) {
    return opensslError("PBKDF2 with " + hash + " failed");
  }
  auto size = static_cast<size_t>(EVP_MD_get_size(method));
  Bytes output(bytes);
  uint64_t untilLook = kIterationsBetweenLooks;
  for (size_t at = 0, block = 1; at < bytes; at += size, ++block) {
    uint8_t number[4] = {static_cast<uint8_t>(block >> 24), static_cast<uint8_t>(block >> 16),
                         static_cast<uint8_t>(block >> 8), static_cast<uint8_t>(block)};
    uint8_t sum[EVP_MAX_MD_SIZE];
    uint8_t step[EVP_MAX_MD_SIZE];
    for (uint64_t i = 0; i < iterations; ++i) {
      if (--untilLook == 0) {
        if (stopped()) return fail(ErrorCode::limit, "PBKDF2 was stopped");
        untilLook = kIterationsBetweenLooks;
      }
      bool good = EVP_MAC_init(context.get(), nullptr, 0, nullptr) == 1;  // with the same key
      if (i == 0) {
        good = good && EVP_MAC_update(context.get(), salt.data(), salt.size()) == 1 &&
               EVP_MAC_update(context.get(), number, sizeof number) == 1;
      } else {
        good = good && EVP_MAC_update(context.get(), step, size) == 1;
      }
      size_t written = 0;
      if (!good || EVP_MAC_final(context.get(), step, &written, sizeof step) != 1) return opensslError("PBKDF2 failed");
      if (i == 0) {
        std::memcpy(sum, step, size);
      } else {
        for (size_t byte = 0; byte < size; ++byte) sum[byte] ^= step[byte];
      }
    }
    std::memcpy(output.data() + at, sum, std::min(size, bytes - at));
  }
  return output;
}

Result<Bytes> agree(EVP_PKEY& own, EVP_PKEY& theirs) {
  KeyContext context(EVP_PKEY_CTX_new(&own, nullptr));
  size_t size = 0;
  if (context == nullptr || EVP_PKEY_derive_init(context.get()) != 1 ||
      EVP_PKEY_derive_set_peer(context.get(), &theirs) != 1 || EVP_PKEY_derive(context.get(), nullptr, &size) != 1) {
    return opensslError("The keys do not agree");
  }
  Bytes secret(size);
  // Refuses a secret of zeros, which X25519 gives with a point of small order.
  if (EVP_PKEY_derive(context.get(), secret.data(), &size) != 1) return opensslError("The keys do not agree");
  secret.resize(size);
  return secret;
}

}  // namespace mayfly::api::crypto
