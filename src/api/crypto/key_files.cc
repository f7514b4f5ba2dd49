// SPDX-License-Identifier: Apache-2.0
#include "api/crypto/key_files.h"

#include <openssl/core_names.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include <climits>
#include <cstring>

#include "api/crypto/keys.h"

namespace mayfly::api::crypto {

namespace {

using Bio = std::unique_ptr<BIO, Freed<BIO_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using PrivateInfo = std::unique_ptr<PKCS8_PRIV_KEY_INFO, Freed<PKCS8_PRIV_KEY_INFO_free>>;
using EncryptedInfo = std::unique_ptr<X509_SIG, Freed<X509_SIG_free>>;

// Deriving the key of an encrypted file cannot be interrupted: more than about a second of it is refused.
constexpr long kIterationsMax = 2'000'000;
constexpr uint64_t kScryptWorkMax = uint64_t{1} << 21;
constexpr int kDhBitsMin = 512;
constexpr int kDhBitsMax = 8192;

template <typename T, auto kFree>
std::unique_ptr<T, Freed<kFree>> unpack(const ASN1_ITEM* item, const ASN1_TYPE* parameter) {
  return std::unique_ptr<T, Freed<kFree>>(static_cast<T*>(ASN1_TYPE_unpack_sequence(item, parameter)));
}

bool isFew(const ASN1_INTEGER* iterations) {
  int64_t count = 0;
  return ASN1_INTEGER_get_int64(&count, iterations) == 1 && count > 0 && count <= kIterationsMax;
}

// Whether the key that encrypts is derived in a time that is bounded.
bool isCheap(const X509_ALGOR& algorithm) {
  const ASN1_OBJECT* object = nullptr;
  X509_ALGOR_get0(&object, nullptr, nullptr, &algorithm);
  if (OBJ_obj2nid(object) != NID_pbes2) {
    auto old = unpack<PBEPARAM, PBEPARAM_free>(ASN1_ITEM_rptr(PBEPARAM), algorithm.parameter);
    return old != nullptr && isFew(old->iter);
  }
  auto scheme = unpack<PBE2PARAM, PBE2PARAM_free>(ASN1_ITEM_rptr(PBE2PARAM), algorithm.parameter);
  if (scheme == nullptr) return false;
  X509_ALGOR_get0(&object, nullptr, nullptr, scheme->keyfunc);
  if (OBJ_obj2nid(object) == NID_id_pbkdf2) {
    auto derivation = unpack<PBKDF2PARAM, PBKDF2PARAM_free>(ASN1_ITEM_rptr(PBKDF2PARAM), scheme->keyfunc->parameter);
    return derivation != nullptr && isFew(derivation->iter);
  }
  auto derivation =
      unpack<SCRYPT_PARAMS, SCRYPT_PARAMS_free>(ASN1_ITEM_rptr(SCRYPT_PARAMS), scheme->keyfunc->parameter);
  uint64_t cost = 0, block = 0, parallel = 0;
  return derivation != nullptr && ASN1_INTEGER_get_uint64(&cost, derivation->costParameter) == 1 &&
         ASN1_INTEGER_get_uint64(&block, derivation->blockSize) == 1 &&
         ASN1_INTEGER_get_uint64(&parallel, derivation->parallelizationParameter) == 1 && cost > 0 &&
         cost <= kScryptWorkMax && block > 0 && block <= 1024 && parallel > 0 && parallel <= 1024 &&
         cost * block * parallel <= kScryptWorkMax;
}

Result<Key> decrypt(const X509_SIG& encrypted, const std::optional<std::string>& passphrase) {
  if (!passphrase) return fail(ErrorCode::invalid, std::string(kPassphraseMissing));
  const X509_ALGOR* algorithm = nullptr;
  X509_SIG_get0(&encrypted, &algorithm, nullptr);
  if (!isCheap(*algorithm)) {
    ERR_clear_error();
    return fail(ErrorCode::invalid, "The key is encrypted in a way that is not supported, or with too many iterations");
  }
  PrivateInfo info(PKCS8_decrypt(&encrypted, passphrase->data(), static_cast<int>(passphrase->size())));
  Key key(info == nullptr ? nullptr : EVP_PKCS82PKEY(info.get()));
  if (key == nullptr) {
    ERR_clear_error();  // nothing about the padding may be told
    return fail(ErrorCode::invalid, "bad decrypt");
  }
  return key;
}

Result<Key> readPkcs8(ByteView der, const std::optional<std::string>& passphrase) {
  const uint8_t* at = der.data();
  auto size = static_cast<long>(der.size());
  if (PrivateInfo info(d2i_PKCS8_PRIV_KEY_INFO(nullptr, &at, size)); info != nullptr) {
    if (Key key(EVP_PKCS82PKEY(info.get())); key != nullptr) return key;
    return opensslError("The bytes are no key");
  }
  ERR_clear_error();
  at = der.data();
  EncryptedInfo encrypted(d2i_X509_SIG(nullptr, &at, size));
  if (encrypted == nullptr) return opensslError("The bytes are no key");
  return decrypt(*encrypted, passphrase);
}

Result<Key> orError(EVP_PKEY* key) {
  if (key == nullptr) return opensslError("The bytes are no key");
  return Key(key);
}

Result<Key> readDer(std::string_view encoding, KeyPart part, ByteView der,
                    const std::optional<std::string>& passphrase) {
  const uint8_t* at = der.data();
  auto size = static_cast<long>(der.size());
  if (encoding == "pkcs8") return readPkcs8(der, passphrase);
  if (encoding == "spki") return orError(d2i_PUBKEY(nullptr, &at, size));
  if (encoding == "sec1") return orError(d2i_PrivateKey(EVP_PKEY_EC, nullptr, &at, size));
  if (part == KeyPart::privateKey) return orError(d2i_PrivateKey(EVP_PKEY_RSA, nullptr, &at, size));
  return orError(d2i_PublicKey(EVP_PKEY_RSA, nullptr, &at, size));
}

// A block of a PEM file, decrypted the way that its header says.
struct Block {
  std::string name;
  std::string header;
  Bytes data;
};

std::optional<Block> nextBlock(BIO* bio) {
  char* name = nullptr;
  char* header = nullptr;
  unsigned char* data = nullptr;
  long size = 0;
  if (PEM_read_bio(bio, &name, &header, &data, &size) != 1) {
    ERR_clear_error();
    return std::nullopt;
  }
  Block block{name, header, Bytes(data, data + size)};
  OPENSSL_free(name);
  OPENSSL_free(header);
  OPENSSL_clear_free(data, static_cast<size_t>(size));
  return block;
}

int givePassphrase(char* buffer, int size, int, void* from) {
  const auto& passphrase = *static_cast<const std::string*>(from);
  if (passphrase.size() > static_cast<size_t>(size)) return -1;
  std::memcpy(buffer, passphrase.data(), passphrase.size());
  return static_cast<int>(passphrase.size());
}

Result<void> openBlock(Block& block, const std::optional<std::string>& passphrase) {
  if (block.header.empty()) return {};
  EVP_CIPHER_INFO cipher;
  if (PEM_get_EVP_CIPHER_INFO(block.header.data(), &cipher) != 1) return opensslError("The key's header is not valid");
  if (cipher.cipher == nullptr) return {};
  if (!passphrase) return fail(ErrorCode::invalid, std::string(kPassphraseMissing));
  auto size = static_cast<long>(block.data.size());
  std::string copy = *passphrase;
  if (PEM_do_header(&cipher, block.data.data(), &size, givePassphrase, &copy) != 1) {
    ERR_clear_error();
    return fail(ErrorCode::invalid, "bad decrypt");
  }
  block.data.resize(static_cast<size_t>(size));
  return {};
}

Result<Key> readCertificate(ByteView der) {
  const uint8_t* at = der.data();
  Certificate certificate(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  if (certificate == nullptr) return opensslError("The certificate is not valid");
  return orError(X509_get_pubkey(certificate.get()));
}

Result<Key> readPem(KeyPart part, ByteView text, const std::optional<std::string>& passphrase) {
  Bio bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  while (auto block = nextBlock(bio.get())) {
    const std::string& name = block->name;
    bool wantsPublic = part == KeyPart::publicKey;
    bool isPublic = name == "PUBLIC KEY" || name == "RSA PUBLIC KEY" || name == "CERTIFICATE";
    bool isPrivate = name == "PRIVATE KEY" || name == "ENCRYPTED PRIVATE KEY" || name == "RSA PRIVATE KEY" ||
                     name == "EC PRIVATE KEY";
    if (!isPrivate && !(isPublic && wantsPublic)) continue;
    if (auto opened = openBlock(*block, passphrase); !opened) return std::unexpected(opened.error());
    if (name == "CERTIFICATE") return readCertificate(block->data);
    std::string_view encoding = name == "PUBLIC KEY"       ? "spki"
                                : name == "EC PRIVATE KEY" ? "sec1"
                                : name.starts_with("RSA ") ? "pkcs1"
                                                           : "pkcs8";
    return readDer(encoding, isPrivate ? KeyPart::privateKey : KeyPart::publicKey, block->data, passphrase);
  }
  return fail(ErrorCode::invalid, "There is no key in the text");
}

Result<Bytes> taken(unsigned char* der, int size) {
  if (size < 0) return opensslError("The key cannot be written");
  Bytes result(der, der + size);
  OPENSSL_clear_free(der, static_cast<size_t>(size));
  return result;
}

Result<Bytes> toPem(const char* name, const Bytes& der) {
  Bio bio(BIO_new(BIO_s_mem()));
  char* text = nullptr;
  if (PEM_write_bio(bio.get(), name, "", der.data(), static_cast<long>(der.size())) <= 0) {
    return opensslError("The key cannot be written");
  }
  long size = BIO_get_mem_data(bio.get(), &text);
  return Bytes(text, text + size);
}

// The form of PKCS #1 and SEC 1, as PEM has it.
Result<Bytes> encryptedTraditional(const KeyTarget& target, const EVP_CIPHER& cipher, EVP_PKEY& key) {
  Bio bio(BIO_new(BIO_s_mem()));
  char* text = nullptr;
  std::string passphrase = target.passphrase;
  if (PEM_write_bio_PrivateKey_traditional(bio.get(), &key, &cipher,
                                           reinterpret_cast<unsigned char*>(passphrase.data()),
                                           static_cast<int>(passphrase.size()), nullptr, nullptr) != 1) {
    return opensslError("The key cannot be written");
  }
  long size = BIO_get_mem_data(bio.get(), &text);
  return Bytes(text, text + size);
}

Result<Bytes> encryptedPkcs8(const KeyTarget& target, const EVP_CIPHER& cipher, EVP_PKEY& key) {
  PrivateInfo info(EVP_PKEY2PKCS8(&key));
  EncryptedInfo encrypted(info == nullptr
                              ? nullptr
                              : PKCS8_encrypt(-1, &cipher, target.passphrase.data(),
                                              static_cast<int>(target.passphrase.size()), nullptr, 0, 0, info.get()));
  if (encrypted == nullptr) return opensslError("The key cannot be encrypted");
  unsigned char* der = nullptr;
  int size = i2d_X509_SIG(encrypted.get(), &der);
  return taken(der, size);
}

}  // namespace

std::string_view keyType(EVP_PKEY& key) {
  switch (EVP_PKEY_get_base_id(&key)) {
    case EVP_PKEY_RSA: return "rsa";
    case EVP_PKEY_RSA_PSS: return "rsa-pss";
    case EVP_PKEY_EC: return "ec";
    case EVP_PKEY_ED25519: return "ed25519";
    case EVP_PKEY_ED448: return "ed448";
    case EVP_PKEY_X25519: return "x25519";
    case EVP_PKEY_X448: return "x448";
    case EVP_PKEY_DH:
    case EVP_PKEY_DHX: return "dh";
    default: return "";
  }
}

Result<Key> acceptAnyKey(Key key, bool isPrivate) {
  std::string_view type = keyType(*key);
  if (type == "rsa" || type == "rsa-pss") {
    if (auto checked = checkRsa(*key); !checked) return std::unexpected(checked.error());
  } else if (type == "ec") {
    int explicitly = 0;
    (void)EVP_PKEY_get_int_param(key.get(), OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS, &explicitly);
    if (explicitly != 0) return fail(ErrorCode::invalid, "A curve must be one that has a name");
    KeyContext context(EVP_PKEY_CTX_new(key.get(), nullptr));
    if ((isPrivate ? EVP_PKEY_check(context.get()) : EVP_PKEY_public_check_quick(context.get())) != 1) {
      return opensslError("The parts of the key do not belong to each other");
    }
  } else if (type == "dh") {
    int bits = EVP_PKEY_get_bits(key.get());
    if (bits < kDhBitsMin || bits > kDhBitsMax) {
      return fail(ErrorCode::invalid, "The prime of the key must have " + std::to_string(kDhBitsMin) + " to " +
                                          std::to_string(kDhBitsMax) + " bits");
    }
  } else if (type.empty()) {
    return fail(ErrorCode::invalid, "Keys of this type are not supported");
  }
  ERR_clear_error();
  return key;
}

Result<Key> publicKeyOf(EVP_PKEY& key) {
  auto der = exportDer(KeyFormat::spki, key);
  if (!der) return std::unexpected(der.error());
  const uint8_t* at = der->data();
  return orError(d2i_PUBKEY(nullptr, &at, static_cast<long>(der->size())));
}

Result<Key> readKey(const KeySource& source, ByteView data) {
  if (data.empty() || data.size() > INT_MAX) return fail(ErrorCode::invalid, "The bytes are no key");
  auto key = source.text == KeyText::pem ? readPem(source.part, data, source.passphrase)
                                         : readDer(source.encoding, source.part, data, source.passphrase);
  ERR_clear_error();
  if (!key) return key;
  if (source.part == KeyPart::privateKey) return acceptAnyKey(std::move(*key), true);
  auto accepted = acceptAnyKey(std::move(*key), false);
  return accepted ? publicKeyOf(**accepted) : std::move(accepted);
}

Result<Bytes> writeKey(const KeyTarget& target, EVP_PKEY& key) {
  bool pem = target.text == KeyText::pem;
  bool rsa = target.encoding == "pkcs1";
  unsigned char* der = nullptr;
  Result<Bytes> made;
  const char* name = nullptr;
  if (target.part == KeyPart::publicKey) {
    name = rsa ? "RSA PUBLIC KEY" : "PUBLIC KEY";
    int size = rsa ? i2d_PublicKey(&key, &der) : i2d_PUBKEY(&key, &der);
    made = taken(der, size);
  } else if (!target.cipher.empty()) {
    const EVP_CIPHER* cipher = EVP_get_cipherbyname(target.cipher.c_str());
    if (cipher == nullptr) return fail(ErrorCode::invalid, "Unknown cipher");
    if (target.encoding != "pkcs8") return encryptedTraditional(target, *cipher, key);
    name = "ENCRYPTED PRIVATE KEY";
    made = encryptedPkcs8(target, *cipher, key);
  } else if (target.encoding == "pkcs8") {
    name = "PRIVATE KEY";
    made = exportDer(KeyFormat::pkcs8, key);
  } else {
    name = rsa ? "RSA PRIVATE KEY" : "EC PRIVATE KEY";
    int size = i2d_PrivateKey(&key, &der);
    made = taken(der, size);
  }
  return made && pem ? toPem(name, *made) : made;
}

}  // namespace mayfly::api::crypto
