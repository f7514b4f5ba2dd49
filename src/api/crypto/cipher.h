// SPDX-License-Identifier: Apache-2.0
// AES in the modes of Web Crypto. Keys have 16, 24 or 32 bytes.
#pragma once

#include "api/crypto/openssl.h"

namespace mayfly::api::crypto {

enum class Direction : uint8_t { encrypt, decrypt };

// With PKCS #7 padding; `iv` of 16 bytes.
Result<Bytes> aesCbc(Direction direction, ByteView key, ByteView iv, ByteView data);
// `counter` of 16 bytes, of which the last `counterBits` (1 to 128) count and wrap around.
Result<Bytes> aesCtr(ByteView key, ByteView counter, unsigned counterBits, ByteView data);
// The tag stands behind the text; decrypting with a wrong one is an error.
Result<Bytes> aesGcm(Direction direction, ByteView key, ByteView iv, ByteView additional, size_t tagBytes,
                     ByteView data);
// https://www.rfc-editor.org/rfc/rfc3394
Result<Bytes> aesKw(Direction direction, ByteView key, ByteView data);

}  // namespace mayfly::api::crypto
