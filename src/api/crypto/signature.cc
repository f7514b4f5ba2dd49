// SPDX-License-Identifier: Apache-2.0
#include "api/crypto/signature.h"

#include <openssl/rsa.h>

#include <climits>

namespace mayfly::api::crypto {

namespace {

using EcdsaSignature = std::unique_ptr<ECDSA_SIG, Freed<ECDSA_SIG_free>>;

// Bytes of r, and of s: those of the group's order, which on these curves has the size of a coordinate.
size_t halfBytes(EVP_PKEY& key) { return (static_cast<size_t>(EVP_PKEY_get_bits(&key)) + 7) / 8; }

bool prepare(EVP_PKEY_CTX* context, Scheme scheme, unsigned saltBytes) {
  if (scheme == Scheme::rsaPkcs1) return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1;
  if (scheme == Scheme::rsaPss) {
    return saltBytes <= INT_MAX && EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(context, static_cast<int>(saltBytes)) == 1;
  }
  return true;
}

KeyContext openOaep(EVP_PKEY& key, const std::string& hash, ByteView label, int (*start)(EVP_PKEY_CTX*)) {
  KeyContext context(EVP_PKEY_CTX_new(&key, nullptr));
  const EVP_MD* method = EVP_get_digestbyname(hash.c_str());
  if (context == nullptr || method == nullptr || start(context.get()) != 1 ||
      EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_OAEP_PADDING) != 1 ||
      EVP_PKEY_CTX_set_rsa_oaep_md(context.get(), method) != 1 ||
      EVP_PKEY_CTX_set_rsa_mgf1_md(context.get(), method) != 1 || label.size() > INT_MAX) {
    return nullptr;
  }
  if (label.empty()) return context;
  void* copy = OPENSSL_memdup(label.data(), label.size());  // the context's own from here on
  if (EVP_PKEY_CTX_set0_rsa_oaep_label(context.get(), copy, static_cast<int>(label.size())) != 1) {
    OPENSSL_free(copy);
    return nullptr;
  }
  return context;
}

Result<Bytes> runOaep(EVP_PKEY_CTX* context, ByteView data,
                      int (*run)(EVP_PKEY_CTX*, unsigned char*, size_t*, const unsigned char*, size_t),
                      const char* what) {
  size_t size = 0;
  if (context == nullptr || run(context, nullptr, &size, data.data(), data.size()) != 1) return opensslError(what);
  Bytes output(size);
  if (run(context, output.data(), &size, data.data(), data.size()) != 1) {
    ERR_clear_error();  // nothing about the padding may be told
    return fail(ErrorCode::invalid, what);
  }
  output.resize(size);
  return output;
}

}  // namespace

Result<Bytes> ecdsaToFixed(EVP_PKEY& key, ByteView der) {
  const uint8_t* at = der.data();
  EcdsaSignature signature(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
  if (signature == nullptr) return opensslError("The signature was not made");
  size_t half = halfBytes(key);
  Bytes fixed(2 * half);
  BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), fixed.data(), static_cast<int>(half));
  BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), fixed.data() + half, static_cast<int>(half));
  return fixed;
}

Result<Bytes> ecdsaToDer(EVP_PKEY& key, ByteView fixed) {
  size_t half = halfBytes(key);
  if (fixed.size() != 2 * half) return fail(ErrorCode::invalid, "The signature has not the curve's size");
  EcdsaSignature signature(ECDSA_SIG_new());
  ECDSA_SIG_set0(signature.get(), BN_bin2bn(fixed.data(), static_cast<int>(half), nullptr),
                 BN_bin2bn(fixed.data() + half, static_cast<int>(half), nullptr));
  uint8_t* der = nullptr;
  int size = i2d_ECDSA_SIG(signature.get(), &der);
  if (size < 0) return opensslError("The signature is not valid");
  Bytes result(der, der + size);
  OPENSSL_free(der);
  return result;
}

Result<Bytes> sign(EVP_PKEY& key, Scheme scheme, const std::string& hash, unsigned saltBytes, ByteView data) {
  DigestContext context(EVP_MD_CTX_new());
  const EVP_MD* method = scheme == Scheme::eddsa ? nullptr : EVP_get_digestbyname(hash.c_str());
  EVP_PKEY_CTX* options = nullptr;
  size_t size = 0;
  if (context == nullptr || EVP_DigestSignInit(context.get(), &options, method, nullptr, &key) != 1 ||
      !prepare(options, scheme, saltBytes) ||
      EVP_DigestSign(context.get(), nullptr, &size, data.data(), data.size()) != 1) {
    return opensslError("The signature was not made");
  }
  Bytes signature(size);
  if (EVP_DigestSign(context.get(), signature.data(), &size, data.data(), data.size()) != 1) {
    return opensslError("The signature was not made");
  }
  signature.resize(size);
  return scheme == Scheme::ecdsa ? ecdsaToFixed(key, signature) : signature;
}

bool verify(EVP_PKEY& key, Scheme scheme, const std::string& hash, unsigned saltBytes, ByteView signature,
            ByteView data) {
  DigestContext context(EVP_MD_CTX_new());
  const EVP_MD* method = scheme == Scheme::eddsa ? nullptr : EVP_get_digestbyname(hash.c_str());
  EVP_PKEY_CTX* options = nullptr;
  Bytes der;
  if (scheme == Scheme::ecdsa) {
    auto converted = ecdsaToDer(key, signature);
    if (!converted) return false;
    der = std::move(*converted);
    signature = der;
  } else if (scheme != Scheme::eddsa && signature.size() != static_cast<size_t>(EVP_PKEY_get_size(&key))) {
    // https://www.rfc-editor.org/rfc/rfc8017#section-8.1.2: OpenSSL lets zeros at the front be left out.
    return false;
  }
  bool valid = context != nullptr && EVP_DigestVerifyInit(context.get(), &options, method, nullptr, &key) == 1 &&
               prepare(options, scheme, saltBytes) &&
               EVP_DigestVerify(context.get(), signature.data(), signature.size(), data.data(), data.size()) == 1;
  ERR_clear_error();
  return valid;
}

Result<Bytes> rsaOaepEncrypt(EVP_PKEY& key, const std::string& hash, ByteView label, ByteView data) {
  KeyContext context = openOaep(key, hash, label, EVP_PKEY_encrypt_init);
  return runOaep(context.get(), data, EVP_PKEY_encrypt, "Encryption failed");
}

Result<Bytes> rsaOaepDecrypt(EVP_PKEY& key, const std::string& hash, ByteView label, ByteView data) {
  KeyContext context = openOaep(key, hash, label, EVP_PKEY_decrypt_init);
  return runOaep(context.get(), data, EVP_PKEY_decrypt, "Decryption failed");
}

}  // namespace mayfly::api::crypto
