// SPDX-License-Identifier: Apache-2.0
// Keys from secrets. Memory is refused by the caller; time by `stopped`.
#pragma once

#include "api/crypto/openssl.h"

namespace mayfly::api::crypto {

// https://www.rfc-editor.org/rfc/rfc5869; at most 255 digests long.
Result<Bytes> hkdf(const std::string& hash, ByteView secret, ByteView salt, ByteView info, size_t bytes);
// https://www.rfc-editor.org/rfc/rfc8018#section-5.2. Asks `stopped` every thousand or so iterations.
Result<Bytes> pbkdf2(const std::string& hash, ByteView password, ByteView salt, uint64_t iterations, size_t bytes,
                     const Stopped& stopped);
// Diffie and Hellman's, with elliptic curves: the shared secret whole.
Result<Bytes> agree(EVP_PKEY& own, EVP_PKEY& theirs);

}  // namespace mayfly::api::crypto
