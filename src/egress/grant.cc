// SPDX-License-Identifier: Apache-2.0
// AES-256-GCM with a random nonce: nonce, tag, ciphertext, in base64. A key lives as long as one supervisor, which is
// far from the 2^32 grants up to which random nonces are safe.
#include "egress/grant.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <memory>
#include <stdexcept>

#include "protocol/codec.h"

namespace mayfly::egress {
namespace {

constexpr size_t kNonceBytes = 12;
constexpr size_t kTagBytes = 16;

struct FreeContext {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

const uint8_t* bytesOf(std::string_view text) { return reinterpret_cast<const uint8_t*>(text.data()); }
uint8_t* bytesOf(std::string& text) { return reinterpret_cast<uint8_t*>(text.data()); }

void writeTexts(protocol::Writer& out, const std::vector<std::string>& texts) {
  out.u32(static_cast<uint32_t>(texts.size()));
  for (const std::string& text : texts) out.text(text);
}

std::vector<std::string> readTexts(protocol::Reader& in) {
  std::vector<std::string> texts;
  for (uint32_t left = in.u32(); left > 0 && in.ok(); --left) texts.emplace_back(in.text());
  return texts;
}

std::string encode(const Grant& grant) {
  protocol::Writer out;
  out.u32(grant.generation);
  out.text(grant.loader);
  out.text(grant.worker);
  out.text(grant.tenant);
  out.flag(grant.policy.has_value());
  if (grant.policy) {
    out.flag(grant.policy->allowByDefault);
    writeTexts(out, grant.policy->allow);
    writeTexts(out, grant.policy->deny);
  }
  out.u32(static_cast<uint32_t>(grant.secrets.size()));
  for (const SecretText& secret : grant.secrets) {
    out.text(secret.name);
    out.text(secret.placeholder);
    out.text(secret.value);
    writeTexts(out, secret.hosts);
  }
  auto bytes = out.span();
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::optional<Grant> decode(std::string_view text) {
  protocol::Reader in({bytesOf(text), text.size()});
  Grant grant;
  grant.generation = in.u32();
  grant.loader = in.text();
  grant.worker = in.text();
  grant.tenant = in.text();
  if (in.flag()) {
    PolicyText policy;
    policy.allowByDefault = in.flag();
    policy.allow = readTexts(in);
    policy.deny = readTexts(in);
    grant.policy = std::move(policy);
  }
  for (uint32_t left = in.u32(); left > 0 && in.ok(); --left) {
    SecretText secret;
    secret.name = in.text();
    secret.placeholder = in.text();
    secret.value = in.text();
    secret.hosts = readTexts(in);
    grant.secrets.push_back(std::move(secret));
  }
  if (!in.finished()) return std::nullopt;
  return grant;
}

std::unexpected<Error> notSealed() { return fail(ErrorCode::denied, "this is no grant of this server"); }

}  // namespace

std::string makeGrantKey() {
  std::string key(kGrantKeyBytes, '\0');
  if (RAND_bytes(bytesOf(key), kGrantKeyBytes) != 1) throw std::runtime_error("the system's random numbers failed");
  return key;
}

Result<std::string> sealGrant(std::string_view key, const Grant& grant) {
  std::string plain = encode(grant);
  std::string sealed(kNonceBytes + kTagBytes + plain.size(), '\0');
  uint8_t* nonce = bytesOf(sealed);
  uint8_t* tag = nonce + kNonceBytes;
  uint8_t* out = tag + kTagBytes;
  int size = 0;
  Context context(EVP_CIPHER_CTX_new());
  bool done = key.size() == kGrantKeyBytes && RAND_bytes(nonce, kNonceBytes) == 1 &&
              EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, bytesOf(key), nonce) == 1 &&
              EVP_EncryptUpdate(context.get(), out, &size, bytesOf(plain), static_cast<int>(plain.size())) == 1 &&
              EVP_EncryptFinal_ex(context.get(), out + size, &size) == 1 &&
              EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes, tag) == 1;
  if (!done) return fail(ErrorCode::internal, "the network policy of a dynamic worker could not be sealed");
  std::string text((sealed.size() + 2) / 3 * 4 + 1, '\0');  // EVP_EncodeBlock() ends with a NUL
  EVP_EncodeBlock(bytesOf(text), bytesOf(sealed), static_cast<int>(sealed.size()));
  text.pop_back();
  if (text.size() > kGrantTextBytesMax) {
    return fail(ErrorCode::limit,
                fmt::format("\"network\" and \"secrets\" of a dynamic worker may take {} bytes; these "
                            "take {}",
                            kGrantTextBytesMax, text.size()));
  }
  return text;
}

Result<Grant> openGrant(std::string_view key, std::string_view text) {
  if (text.size() > kGrantTextBytesMax || text.size() % 4 != 0) return notSealed();
  std::string sealed(text.size() / 4 * 3, '\0');
  int decoded = EVP_DecodeBlock(bytesOf(sealed), bytesOf(text), static_cast<int>(text.size()));
  if (decoded < 0) return notSealed();
  for (; decoded > 0 && text.ends_with('='); text.remove_suffix(1)) --decoded;
  sealed.resize(static_cast<size_t>(decoded));
  if (sealed.size() < kNonceBytes + kTagBytes) return notSealed();
  uint8_t* nonce = bytesOf(sealed);
  uint8_t* tag = nonce + kNonceBytes;
  std::string plain(sealed.size() - kNonceBytes - kTagBytes, '\0');
  int size = 0;
  Context context(EVP_CIPHER_CTX_new());
  bool done =
      EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, bytesOf(key), nonce) == 1 &&
      EVP_DecryptUpdate(context.get(), bytesOf(plain), &size, tag + kTagBytes, static_cast<int>(plain.size())) == 1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes, tag) == 1 &&
      EVP_DecryptFinal_ex(context.get(), bytesOf(plain) + size, &size) == 1;
  if (!done) return notSealed();
  auto grant = decode(plain);
  if (!grant) return notSealed();
  return std::move(*grant);
}

}  // namespace mayfly::egress
