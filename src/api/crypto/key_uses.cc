// SPDX-License-Identifier: Apache-2.0
#include "api/crypto/key_uses.h"

#include <openssl/core_names.h>
#include <openssl/dh.h>
#include <openssl/rsa.h>

#include <array>
#include <climits>

#include "api/crypto/key_files.h"
#include "api/crypto/signature.h"

namespace mayfly::api::crypto {

namespace {

using ParameterBuilder = std::unique_ptr<OSSL_PARAM_BLD, Freed<OSSL_PARAM_BLD_free>>;
using Parameters = std::unique_ptr<OSSL_PARAM, Freed<OSSL_PARAM_free>>;

int idOf(std::string_view type) {
  return type == "ec"        ? EVP_PKEY_EC
         : type == "ed25519" ? EVP_PKEY_ED25519
         : type == "ed448"   ? EVP_PKEY_ED448
         : type == "x25519"  ? EVP_PKEY_X25519
         : type == "x448"    ? EVP_PKEY_X448
         : type == "dh"      ? EVP_PKEY_DH
                             : EVP_PKEY_NONE;
}

Result<Key> generated(EVP_PKEY_CTX* context) {
  EVP_PKEY* key = nullptr;
  if (EVP_PKEY_generate(context, &key) != 1) return opensslError("The key was not made");
  return Key(key);
}

bool prepare(EVP_PKEY& key, EVP_PKEY_CTX* context, const SignatureOptions& options) {
  const EVP_MD* method = EVP_get_digestbyname(options.hash.c_str());
  std::string_view type = keyType(key);
  bool rsa = type == "rsa" || type == "rsa-pss";
  if (method == nullptr || (!rsa && type != "ec")) return false;
  if (rsa && EVP_PKEY_CTX_set_rsa_padding(context, options.padding) != 1) return false;
  if (EVP_PKEY_CTX_set_signature_md(context, method) != 1) return false;
  return !rsa || options.padding != RSA_PKCS1_PSS_PADDING || !options.saltBytes ||
         EVP_PKEY_CTX_set_rsa_pss_saltlen(context, *options.saltBytes) == 1;
}

std::string textParameter(EVP_PKEY& key, const char* name) {
  std::array<char, 80> text{};
  if (EVP_PKEY_get_utf8_string_param(&key, name, text.data(), text.size(), nullptr) != 1) return {};
  return text.data();
}

using Run = int (*)(EVP_PKEY_CTX*, unsigned char*, size_t*, const unsigned char*, size_t);

struct Operation {
  int (*start)(EVP_PKEY_CTX*);
  Run run;
};

Operation operationOf(RsaUse use) {
  switch (use) {
    case RsaUse::publicEncrypt: return {EVP_PKEY_encrypt_init, EVP_PKEY_encrypt};
    case RsaUse::privateDecrypt: return {EVP_PKEY_decrypt_init, EVP_PKEY_decrypt};
    case RsaUse::privateEncrypt: return {EVP_PKEY_sign_init, EVP_PKEY_sign};
    case RsaUse::publicDecrypt: return {EVP_PKEY_verify_recover_init, EVP_PKEY_verify_recover};
  }
  return {};
}

bool setOaep(EVP_PKEY_CTX* context, const RsaOptions& options) {
  const EVP_MD* method = EVP_get_digestbyname(options.oaepHash.c_str());
  if (method == nullptr || EVP_PKEY_CTX_set_rsa_oaep_md(context, method) != 1 || options.oaepLabel.size() > INT_MAX) {
    return false;
  }
  if (options.oaepLabel.empty()) return true;
  void* copy = OPENSSL_memdup(options.oaepLabel.data(), options.oaepLabel.size());  // the context's own from here on
  if (EVP_PKEY_CTX_set0_rsa_oaep_label(context, copy, static_cast<int>(options.oaepLabel.size())) == 1) return true;
  OPENSSL_free(copy);
  return false;
}

}  // namespace

Result<Key> generateRsaPss(unsigned modulusBits, ByteView publicExponent, const PssLimits& limits,
                           const Stopped& stopped) {
  KeyContext context(EVP_PKEY_CTX_new_id(EVP_PKEY_RSA_PSS, nullptr));
  Number exponent(BN_bin2bn(publicExponent.data(), static_cast<int>(publicExponent.size()), nullptr));
  const EVP_MD* hash = EVP_get_digestbyname(limits.hash.c_str());
  const EVP_MD* mgf1 = EVP_get_digestbyname(limits.mgf1Hash.c_str());
  if ((!limits.hash.empty() && hash == nullptr) || (!limits.mgf1Hash.empty() && mgf1 == nullptr)) {
    return fail(ErrorCode::invalid, "Invalid digest");
  }
  if (context == nullptr || exponent == nullptr || EVP_PKEY_keygen_init(context.get()) != 1 ||
      EVP_PKEY_CTX_set_rsa_keygen_bits(context.get(), static_cast<int>(modulusBits)) != 1 ||
      EVP_PKEY_CTX_set1_rsa_keygen_pubexp(context.get(), exponent.get()) != 1 ||
      (hash != nullptr && EVP_PKEY_CTX_set_rsa_pss_keygen_md(context.get(), hash) != 1) ||
      (mgf1 != nullptr && EVP_PKEY_CTX_set_rsa_pss_keygen_mgf1_md(context.get(), mgf1) != 1) ||
      (limits.saltBytes >= 0 && EVP_PKEY_CTX_set_rsa_pss_keygen_saltlen(context.get(), limits.saltBytes) != 1)) {
    return opensslError("No such RSA key can be made");
  }
  EVP_PKEY_CTX_set_app_data(context.get(), const_cast<Stopped*>(&stopped));
  EVP_PKEY_CTX_set_cb(context.get(), [](EVP_PKEY_CTX* of) {
    return (*static_cast<const Stopped*>(EVP_PKEY_CTX_get_app_data(of)))() ? 0 : 1;
  });
  return generated(context.get());
}

Result<Key> generateOfType(std::string_view type, const std::string& group) {
  KeyContext context(EVP_PKEY_CTX_new_id(idOf(type), nullptr));
  if (context == nullptr || EVP_PKEY_keygen_init(context.get()) != 1) return opensslError("The key was not made");
  if (!group.empty()) {
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, const_cast<char*>(group.c_str()), 0),
        OSSL_PARAM_construct_end()};
    if (EVP_PKEY_CTX_set_params(context.get(), parameters) != 1) return opensslError("There is no such group");
  }
  return generated(context.get());
}

Result<Key> generateDh(ByteView prime, unsigned generator) {
  ParameterBuilder builder(OSSL_PARAM_BLD_new());
  Number number(BN_bin2bn(prime.data(), static_cast<int>(prime.size()), nullptr));
  Number base(BN_new());
  if (number == nullptr || base == nullptr || BN_set_word(base.get(), generator) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_FFC_P, number.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_FFC_G, base.get()) != 1) {
    return opensslError("The parts make no key");
  }
  Parameters parameters(OSSL_PARAM_BLD_to_param(builder.get()));
  KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "DH", nullptr));
  EVP_PKEY* made = nullptr;
  if (parameters == nullptr || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_KEY_PARAMETERS, parameters.get()) != 1) {
    return opensslError("The parts make no key");
  }
  auto group = acceptAnyKey(Key(made), false);
  if (!group) return group;
  KeyContext generator_(EVP_PKEY_CTX_new(group->get(), nullptr));
  if (generator_ == nullptr || EVP_PKEY_keygen_init(generator_.get()) != 1) return opensslError("The key was not made");
  return generated(generator_.get());
}

KeyDetails detailsOf(EVP_PKEY& key) {
  KeyDetails details;
  details.bits = EVP_PKEY_get_bits(&key);
  BIGNUM* exponent = nullptr;
  if (EVP_PKEY_get_bn_param(&key, OSSL_PKEY_PARAM_RSA_E, &exponent) == 1) {
    Number owned(exponent);
    details.publicExponent.resize(static_cast<size_t>(BN_num_bytes(exponent)));
    BN_bn2bin(exponent, details.publicExponent.data());
  }
  if (keyType(key) == "ec") details.group = textParameter(key, OSSL_PKEY_PARAM_GROUP_NAME);
  if (keyType(key) == "rsa-pss") {
    details.limits.hash = textParameter(key, OSSL_PKEY_PARAM_RSA_DIGEST);
    details.limits.mgf1Hash = textParameter(key, OSSL_PKEY_PARAM_MGF1_DIGEST);
    (void)EVP_PKEY_get_int_param(&key, OSSL_PKEY_PARAM_RSA_PSS_SALTLEN, &details.limits.saltBytes);
  }
  ERR_clear_error();
  return details;
}

Result<Bytes> signDigest(EVP_PKEY& key, const SignatureOptions& options, ByteView digest) {
  KeyContext context(EVP_PKEY_CTX_new(&key, nullptr));
  size_t size = 0;
  if (context == nullptr || EVP_PKEY_sign_init(context.get()) != 1 || !prepare(key, context.get(), options) ||
      EVP_PKEY_sign(context.get(), nullptr, &size, digest.data(), digest.size()) != 1) {
    return opensslError("The signature was not made");
  }
  Bytes signature(size);
  if (EVP_PKEY_sign(context.get(), signature.data(), &size, digest.data(), digest.size()) != 1) {
    return opensslError("The signature was not made");
  }
  signature.resize(size);
  return options.fixed && keyType(key) == "ec" ? ecdsaToFixed(key, signature) : signature;
}

bool verifyDigest(EVP_PKEY& key, const SignatureOptions& options, ByteView signature, ByteView digest) {
  KeyContext context(EVP_PKEY_CTX_new(&key, nullptr));
  Bytes der;
  if (options.fixed && keyType(key) == "ec") {
    auto converted = ecdsaToDer(key, signature);
    if (!converted) return false;
    der = std::move(*converted);
    signature = der;
  }
  bool valid = context != nullptr && EVP_PKEY_verify_init(context.get()) == 1 && prepare(key, context.get(), options) &&
               EVP_PKEY_verify(context.get(), signature.data(), signature.size(), digest.data(), digest.size()) == 1;
  ERR_clear_error();
  return valid;
}

Result<Bytes> useRsa(RsaUse use, EVP_PKEY& key, const RsaOptions& options, ByteView data) {
  if (keyType(key) != "rsa") return fail(ErrorCode::invalid, "operation not supported for this keytype");
  Operation operation = operationOf(use);
  KeyContext context(EVP_PKEY_CTX_new(&key, nullptr));
  if (context == nullptr || operation.start(context.get()) != 1 ||
      EVP_PKEY_CTX_set_rsa_padding(context.get(), options.padding) != 1 ||
      (options.padding == RSA_PKCS1_OAEP_PADDING && !setOaep(context.get(), options))) {
    return opensslError("illegal or unsupported padding mode");
  }
  size_t size = 0;
  if (operation.run(context.get(), nullptr, &size, data.data(), data.size()) != 1) {
    return opensslError("The operation failed");
  }
  Bytes output(size);
  if (operation.run(context.get(), output.data(), &size, data.data(), data.size()) != 1) {
    if (use == RsaUse::privateDecrypt) ERR_clear_error();  // nothing about the padding may be told
    return opensslError("The operation failed");
  }
  output.resize(size);
  return output;
}

}  // namespace mayfly::api::crypto
