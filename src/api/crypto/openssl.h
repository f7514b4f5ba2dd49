// SPDX-License-Identifier: Apache-2.0
// What the files of this folder share: owners of OpenSSL's objects, and its errors as values.
//
// src/api/crypto is cryptography without V8, by the OpenSSL inside of Node's executable, for web/crypto and for what
// else is built on it. Bytes in, bytes out; nothing here is kept between calls. Every function clears what it leaves in
// OpenSSL's queue of errors, which belongs to the thread.
#pragma once

#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"

namespace mayfly::api::crypto {

template <auto kFree>
struct Freed {
  void operator()(auto* object) const { kFree(object); }
};
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Freed<EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>>;
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, Freed<EVP_CIPHER_CTX_free>>;
using Number = std::unique_ptr<BIGNUM, Freed<BN_clear_free>>;

using Bytes = std::vector<uint8_t>;
using ByteView = std::span<const uint8_t>;

// Asked now and then by what may take long: true ends it, with the error `limit`.
using Stopped = std::function<bool()>;

// `what` and OpenSSL's reason, if it has given one.
inline std::unexpected<Error> opensslError(std::string what, ErrorCode code = ErrorCode::invalid) {
  unsigned long error = ERR_peek_last_error();
  const char* reason = error == 0 ? nullptr : ERR_reason_error_string(error);
  if (reason != nullptr) what += std::string(": ") + reason;
  ERR_clear_error();
  return fail(code, std::move(what));
}

}  // namespace mayfly::api::crypto
