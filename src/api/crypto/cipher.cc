// SPDX-License-Identifier: Apache-2.0
#include "api/crypto/cipher.h"

#include <algorithm>
#include <array>

namespace mayfly::api::crypto {

namespace {

constexpr size_t kBlockBytes = 16;
constexpr size_t kPartBytes = size_t{1} << 30;  // OpenSSL counts in int

const EVP_CIPHER* bySize(ByteView key, const EVP_CIPHER* of16, const EVP_CIPHER* of24, const EVP_CIPHER* of32) {
  return key.size() == 16 ? of16 : key.size() == 24 ? of24 : key.size() == 32 ? of32 : nullptr;
}

// What is added to `output`, which must have the room; false when OpenSSL refuses.
bool update(EVP_CIPHER_CTX* context, uint8_t* output, ByteView data, size_t& written) {
  while (!data.empty()) {
    auto part = data.first(std::min(data.size(), kPartBytes));
    int size = 0;
    if (EVP_CipherUpdate(context, output == nullptr ? nullptr : output + written, &size, part.data(),
                         static_cast<int>(part.size())) != 1) {
      return false;
    }
    written += static_cast<size_t>(size);
    data = data.subspan(part.size());
  }
  return true;
}

const char* failed(Direction direction) {
  return direction == Direction::encrypt ? "Encryption failed" : "Decryption failed";
}

// The last `bits` bits of the counter as a number, if it is below 2^32 blocks from wrapping; how many blocks until then.
uint64_t blocksUntilWrap(ByteView counter, unsigned bits) {
  // All bits above the lower 40 of the counting part must be ones for it to wrap soon.
  uint64_t low = 0;
  unsigned lowBits = std::min(bits, 40u);
  for (size_t i = 11; i < kBlockBytes; ++i) low = low << 8 | counter[i];
  low &= (uint64_t{1} << lowBits) - 1;
  for (unsigned bit = lowBits; bit < bits; ++bit) {
    if ((counter[kBlockBytes - 1 - bit / 8] >> (bit % 8) & 1) == 0) return UINT64_MAX;
  }
  return (uint64_t{1} << lowBits) - low;
}

}  // namespace

Result<Bytes> aesCbc(Direction direction, ByteView key, ByteView iv, ByteView data) {
  const EVP_CIPHER* cipher = bySize(key, EVP_aes_128_cbc(), EVP_aes_192_cbc(), EVP_aes_256_cbc());
  CipherContext context(EVP_CIPHER_CTX_new());
  Bytes output(data.size() + kBlockBytes);
  size_t written = 0;
  int last = 0;
  if (cipher == nullptr || iv.size() != kBlockBytes ||
      EVP_CipherInit_ex2(context.get(), cipher, key.data(), iv.data(), direction == Direction::encrypt, nullptr) != 1 ||
      !update(context.get(), output.data(), data, written) ||
      EVP_CipherFinal_ex(context.get(), output.data() + written, &last) != 1) {
    ERR_clear_error();  // nothing about the padding may be told
    return fail(ErrorCode::invalid, failed(direction));
  }
  output.resize(written + static_cast<size_t>(last));
  return output;
}

Result<Bytes> aesCtr(ByteView key, ByteView counter, unsigned counterBits, ByteView data) {
  const EVP_CIPHER* cipher = bySize(key, EVP_aes_128_ctr(), EVP_aes_192_ctr(), EVP_aes_256_ctr());
  if (cipher == nullptr || counter.size() != kBlockBytes || counterBits < 1 || counterBits > 128) {
    return fail(ErrorCode::invalid, "AES-CTR needs a counter of 16 bytes");
  }
  uint64_t blocks = (data.size() + kBlockBytes - 1) / kBlockBytes;
  if (counterBits < 64 && blocks > uint64_t{1} << counterBits) {
    return fail(ErrorCode::invalid, "The counter is too short for so much data: it would come to the same value twice");
  }
  // OpenSSL counts with all 128 bits, so what comes after the counting part wraps is done with a counter of its own.
  std::array<uint8_t, kBlockBytes> start;
  std::copy(counter.begin(), counter.end(), start.begin());
  uint64_t untilWrap = blocksUntilWrap(counter, counterBits);
  size_t head = blocks > untilWrap ? static_cast<size_t>(untilWrap) * kBlockBytes : data.size();
  Bytes output(data.size());
  for (ByteView part : {data.first(head), data.subspan(head)}) {
    CipherContext context(EVP_CIPHER_CTX_new());
    size_t written = 0;
    uint8_t* at = output.data() + (part.data() - data.data());
    if (EVP_EncryptInit_ex2(context.get(), cipher, key.data(), start.data(), nullptr) != 1 ||
        !update(context.get(), at, part, written)) {
      return opensslError("AES-CTR failed");
    }
    for (unsigned bit = 0; bit < counterBits; ++bit) {
      start[kBlockBytes - 1 - bit / 8] &= static_cast<uint8_t>(~(1u << (bit % 8)));
    }
  }
  return output;
}

Result<Bytes> aesGcm(Direction direction, ByteView key, ByteView iv, ByteView additional, size_t tagBytes,
                     ByteView data) {
  const EVP_CIPHER* cipher = bySize(key, EVP_aes_128_gcm(), EVP_aes_192_gcm(), EVP_aes_256_gcm());
  CipherContext context(EVP_CIPHER_CTX_new());
  bool encrypts = direction == Direction::encrypt;
  if (!encrypts && data.size() < tagBytes) return fail(ErrorCode::invalid, "The data is shorter than its tag");
  ByteView text = encrypts ? data : data.first(data.size() - tagBytes);
  Bytes output(encrypts ? data.size() + tagBytes : text.size() + kBlockBytes);
  size_t written = 0;
  size_t ignored = 0;
  int last = 0;
  bool good = cipher != nullptr && !iv.empty() &&
              EVP_CipherInit_ex2(context.get(), cipher, nullptr, nullptr, encrypts, nullptr) == 1 &&
              EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_IVLEN, static_cast<int>(iv.size()), nullptr) == 1 &&
              EVP_CipherInit_ex2(context.get(), nullptr, key.data(), iv.data(), encrypts, nullptr) == 1;
  if (good && !encrypts) {
    Bytes tag(data.end() - static_cast<ptrdiff_t>(tagBytes), data.end());
    good = EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, static_cast<int>(tagBytes), tag.data()) == 1;
  }
  good = good && update(context.get(), nullptr, additional, ignored) &&
         update(context.get(), output.data(), text, written) &&
         EVP_CipherFinal_ex(context.get(), output.data() + written, &last) == 1;
  if (good && encrypts) {
    good = EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, static_cast<int>(tagBytes),
                               output.data() + written) == 1;
    written += tagBytes;
  }
  if (!good) {
    ERR_clear_error();
    return fail(ErrorCode::invalid, failed(direction));
  }
  output.resize(written);
  return output;
}

Result<Bytes> aesKw(Direction direction, ByteView key, ByteView data) {
  const EVP_CIPHER* cipher = bySize(key, EVP_aes_128_wrap(), EVP_aes_192_wrap(), EVP_aes_256_wrap());
  size_t smallest = direction == Direction::encrypt ? 16 : 24;
  if (data.size() % 8 != 0 || data.size() < smallest || data.size() > kPartBytes) {
    return fail(ErrorCode::invalid, "AES-KW takes whole blocks of 8 bytes, " + std::to_string(smallest) +
                                        " or more, not " + std::to_string(data.size()) + " bytes");
  }
  CipherContext context(EVP_CIPHER_CTX_new());
  EVP_CIPHER_CTX_set_flags(context.get(), EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
  Bytes output(data.size() + 16);
  size_t written = 0;
  int last = 0;
  if (cipher == nullptr ||
      EVP_CipherInit_ex2(context.get(), cipher, key.data(), nullptr, direction == Direction::encrypt, nullptr) != 1 ||
      !update(context.get(), output.data(), data, written) ||
      EVP_CipherFinal_ex(context.get(), output.data() + written, &last) != 1) {
    ERR_clear_error();
    return fail(ErrorCode::invalid, failed(direction));
  }
  output.resize(written + static_cast<size_t>(last));
  return output;
}

}  // namespace mayfly::api::crypto
