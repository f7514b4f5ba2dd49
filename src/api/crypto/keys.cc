// SPDX-License-Identifier: Apache-2.0
#include "api/crypto/keys.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <array>

namespace mayfly::api::crypto {

namespace {

using ParameterBuilder = std::unique_ptr<OSSL_PARAM_BLD, Freed<OSSL_PARAM_BLD_free>>;
using Parameters = std::unique_ptr<OSSL_PARAM, Freed<OSSL_PARAM_free>>;
using PrivateInfo = std::unique_ptr<PKCS8_PRIV_KEY_INFO, Freed<PKCS8_PRIV_KEY_INFO_free>>;

struct Curve {
  std::string_view kind;
  const char* group;  // as OpenSSL names it
  size_t coordinateBytes;
};
constexpr Curve kCurves[] = {{"P-256", "prime256v1", 32},
                             {"P-384", "secp384r1", 48},
                             {"P-521", "secp521r1", 66},
                             {"secp256k1", "secp256k1", 32}};

const Curve* curveOf(std::string_view kind) {
  for (const Curve& curve : kCurves) {
    if (curve.kind == kind) return &curve;
  }
  return nullptr;
}

struct RsaPart {
  const char* name;       // of the part in a JSON Web Key
  const char* parameter;  // of OpenSSL
};
constexpr RsaPart kRsaPublic[] = {{"n", OSSL_PKEY_PARAM_RSA_N}, {"e", OSSL_PKEY_PARAM_RSA_E}};
constexpr RsaPart kRsaPrivate[] = {{"d", OSSL_PKEY_PARAM_RSA_D},          {"p", OSSL_PKEY_PARAM_RSA_FACTOR1},
                                   {"q", OSSL_PKEY_PARAM_RSA_FACTOR2},    {"dp", OSSL_PKEY_PARAM_RSA_EXPONENT1},
                                   {"dq", OSSL_PKEY_PARAM_RSA_EXPONENT2}, {"qi", OSSL_PKEY_PARAM_RSA_COEFFICIENT1}};

int rawType(std::string_view kind) {
  return kind == "Ed25519"  ? EVP_PKEY_ED25519
         : kind == "X25519" ? EVP_PKEY_X25519
         : kind == "Ed448"  ? EVP_PKEY_ED448
         : kind == "X448"   ? EVP_PKEY_X448
                            : EVP_PKEY_NONE;
}
size_t rawBytes(int type) { return type == EVP_PKEY_ED448 ? 57 : type == EVP_PKEY_X448 ? 56 : 32; }

Number readNumber(EVP_PKEY& key, const char* parameter) {
  BIGNUM* number = nullptr;
  if (EVP_PKEY_get_bn_param(&key, parameter, &number) != 1) return nullptr;
  return Number(number);
}

Bytes toBytes(const BIGNUM& number, size_t bytes) {
  Bytes result(bytes);
  BN_bn2binpad(&number, result.data(), static_cast<int>(bytes));
  return result;
}
Bytes toBytes(const BIGNUM& number) { return toBytes(number, static_cast<size_t>(BN_num_bytes(&number))); }

bool isOfKind(EVP_PKEY& key, std::string_view kind) {
  if (kind == "RSA") return EVP_PKEY_get_base_id(&key) == EVP_PKEY_RSA;
  if (int raw = rawType(kind); raw != EVP_PKEY_NONE) return EVP_PKEY_get_base_id(&key) == raw;
  const Curve* curve = curveOf(kind);
  std::array<char, 64> group{};
  if (curve == nullptr || EVP_PKEY_get_base_id(&key) != EVP_PKEY_EC) return false;
  int explicitly = 0;
  (void)EVP_PKEY_get_int_param(&key, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS, &explicitly);
  return explicitly == 0 && EVP_PKEY_get_group_name(&key, group.data(), group.size(), nullptr) == 1 &&
         std::string_view(group.data()) == curve->group;
}

// What has come from outside, whichever way.
Result<Key> accept(std::string_view kind, Key key, bool isPrivate) {
  if (!isOfKind(*key, kind)) return fail(ErrorCode::invalid, "This is no key of the kind " + std::string(kind));
  if (kind == "RSA") {
    if (auto checked = checkRsa(*key); !checked) return std::unexpected(checked.error());
  } else if (curveOf(kind) != nullptr) {
    KeyContext context(EVP_PKEY_CTX_new(key.get(), nullptr));
    if ((isPrivate ? EVP_PKEY_check(context.get()) : EVP_PKEY_public_check_quick(context.get())) != 1) {
      return opensslError("The parts of the key do not belong to each other");
    }
  }
  return key;
}

Result<Key> fromParameters(const char* type, int selection, OSSL_PARAM_BLD* builder) {
  Parameters parameters(OSSL_PARAM_BLD_to_param(builder));
  KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (parameters == nullptr || context == nullptr || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, selection, parameters.get()) != 1) {
    return opensslError("The parts make no key");
  }
  return Key(key);
}

const Bytes* find(const KeyParts& parts, std::string_view name) {
  auto found = parts.find(name);
  return found == parts.end() ? nullptr : &found->second;
}

Result<Key> importRsaParts(const KeyParts& parts) {
  ParameterBuilder builder(OSSL_PARAM_BLD_new());
  std::vector<Number> numbers;  // the builder refers to them
  auto push = [&](const RsaPart& part) {
    const Bytes* bytes = find(parts, part.name);
    if (bytes == nullptr || bytes->size() > size_t{kModulusBitsMax} / 8 + 1) return false;
    numbers.emplace_back(BN_bin2bn(bytes->data(), static_cast<int>(bytes->size()), nullptr));
    return numbers.back() != nullptr &&
           OSSL_PARAM_BLD_push_BN(builder.get(), part.parameter, numbers.back().get()) == 1;
  };
  bool isPrivate = parts.contains("d");
  for (const RsaPart& part : kRsaPublic) {
    if (!push(part)) return fail(ErrorCode::invalid, std::string("The part ") + part.name + " of the key is not valid");
  }
  for (const RsaPart& part : kRsaPrivate) {
    if (isPrivate && !push(part)) {
      return fail(ErrorCode::invalid, std::string("The part ") + part.name + " of the key is not valid");
    }
  }
  auto key = fromParameters("RSA", isPrivate ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, builder.get());
  if (!key) return key;
  return accept("RSA", std::move(*key), isPrivate);
}

Result<Key> importCurvePoint(const Curve& curve, ByteView point, const Bytes* secret) {
  ParameterBuilder builder(OSSL_PARAM_BLD_new());
  Number number(secret == nullptr ? nullptr : BN_bin2bn(secret->data(), static_cast<int>(secret->size()), nullptr));
  if (OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, curve.group, 0) != 1 ||
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) != 1 ||
      (number != nullptr && OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY, number.get()) != 1)) {
    return opensslError("The parts make no key");
  }
  auto key = fromParameters("EC", secret == nullptr ? EVP_PKEY_PUBLIC_KEY : EVP_PKEY_KEYPAIR, builder.get());
  if (!key) return key;
  return accept(curve.kind, std::move(*key), secret != nullptr);
}

Result<Key> importCurveParts(const Curve& curve, const KeyParts& parts) {
  Bytes point = {4};  // uncompressed
  for (const char* name : {"x", "y"}) {
    const Bytes* coordinate = find(parts, name);
    if (coordinate == nullptr || coordinate->size() != curve.coordinateBytes) {
      return fail(ErrorCode::invalid, std::string("The part ") + name + " of the key must have " +
                                          std::to_string(curve.coordinateBytes) + " bytes");
    }
    point.insert(point.end(), coordinate->begin(), coordinate->end());
  }
  const Bytes* secret = find(parts, "d");
  if (secret != nullptr && secret->size() != curve.coordinateBytes) {
    return fail(ErrorCode::invalid,
                "The part d of the key must have " + std::to_string(curve.coordinateBytes) + " bytes");
  }
  return importCurvePoint(curve, point, secret);
}

Result<Key> importRawParts(int type, const KeyParts& parts) {
  const Bytes* point = find(parts, "x");
  const Bytes* secret = find(parts, "d");
  size_t bytes = rawBytes(type);
  if (point == nullptr || point->size() != bytes || (secret != nullptr && secret->size() != bytes)) {
    return fail(ErrorCode::invalid, "The parts of the key must have " + std::to_string(bytes) + " bytes");
  }
  if (secret == nullptr) {
    Key key(EVP_PKEY_new_raw_public_key(type, nullptr, point->data(), point->size()));
    if (key == nullptr) return opensslError("The part x is no public key");
    return key;
  }
  Key key(EVP_PKEY_new_raw_private_key(type, nullptr, secret->data(), secret->size()));
  Bytes own(bytes);
  size_t size = own.size();
  if (key == nullptr || EVP_PKEY_get_raw_public_key(key.get(), own.data(), &size) != 1 || own != *point) {
    ERR_clear_error();
    return fail(ErrorCode::invalid, "The parts of the key do not belong to each other");
  }
  return key;
}

}  // namespace

Result<void> checkRsa(EVP_PKEY& key) {
  Number modulus = readNumber(key, OSSL_PKEY_PARAM_RSA_N);
  if (modulus == nullptr) return opensslError("The key has no modulus");
  int bits = BN_num_bits(modulus.get());
  if (bits > kModulusBitsMax) {
    return fail(ErrorCode::invalid, "The modulus has " + std::to_string(bits) +
                                        " bits: " + std::to_string(kModulusBitsMax) + " are the most that is allowed");
  }
  Number exponent = readNumber(key, OSSL_PKEY_PARAM_RSA_E);
  if (!BN_is_odd(modulus.get()) || exponent == nullptr || !BN_is_odd(exponent.get()) || BN_is_one(exponent.get()) ||
      BN_cmp(exponent.get(), modulus.get()) >= 0) {
    return fail(ErrorCode::invalid, "The modulus and the public exponent are not those of an RSA key");
  }
  for (const RsaPart& part : kRsaPrivate) {
    Number number = readNumber(key, part.parameter);
    ERR_clear_error();
    if (number != nullptr && BN_num_bits(number.get()) > bits) {
      return fail(ErrorCode::invalid, std::string("The part ") + part.name + " of the key is larger than its modulus");
    }
  }
  return {};
}

Result<Key> generateRsa(unsigned modulusBits, ByteView publicExponent, const Stopped& stopped) {
  KeyContext context(EVP_PKEY_CTX_new_id(EVP_PKEY_RSA, nullptr));
  Number exponent(BN_bin2bn(publicExponent.data(), static_cast<int>(publicExponent.size()), nullptr));
  EVP_PKEY* key = nullptr;
  if (context == nullptr || exponent == nullptr || EVP_PKEY_keygen_init(context.get()) != 1 ||
      EVP_PKEY_CTX_set_rsa_keygen_bits(context.get(), static_cast<int>(modulusBits)) != 1 ||
      EVP_PKEY_CTX_set1_rsa_keygen_pubexp(context.get(), exponent.get()) != 1) {
    return opensslError("No such RSA key can be made");
  }
  EVP_PKEY_CTX_set_app_data(context.get(), const_cast<Stopped*>(&stopped));
  EVP_PKEY_CTX_set_cb(context.get(), [](EVP_PKEY_CTX* of) {
    return (*static_cast<const Stopped*>(EVP_PKEY_CTX_get_app_data(of)))() ? 0 : 1;
  });
  if (EVP_PKEY_generate(context.get(), &key) != 1) return opensslError("The RSA key was not made");
  return Key(key);
}

Result<Key> generateKey(std::string_view kind) {
  const Curve* curve = curveOf(kind);
  KeyContext context(EVP_PKEY_CTX_new_id(curve != nullptr ? EVP_PKEY_EC : rawType(kind), nullptr));
  EVP_PKEY* key = nullptr;
  if (context == nullptr || EVP_PKEY_keygen_init(context.get()) != 1 ||
      (curve != nullptr && EVP_PKEY_CTX_set_group_name(context.get(), curve->group) != 1) ||
      EVP_PKEY_generate(context.get(), &key) != 1) {
    return opensslError("The key was not made");
  }
  return Key(key);
}

Result<Key> importDer(KeyFormat format, std::string_view kind, ByteView der) {
  const uint8_t* at = der.data();
  auto size = static_cast<long>(der.size());
  Key key;
  if (format == KeyFormat::spki) {
    key.reset(d2i_PUBKEY(nullptr, &at, size));
  } else {
    PrivateInfo info(d2i_PKCS8_PRIV_KEY_INFO(nullptr, &at, size));
    if (info != nullptr) key.reset(EVP_PKCS82PKEY(info.get()));
  }
  if (key == nullptr) return opensslError("The bytes are no key");
  if (at != der.data() + der.size()) return fail(ErrorCode::invalid, "There are bytes behind the key");
  ERR_clear_error();
  return accept(kind, std::move(key), format == KeyFormat::pkcs8);
}

Result<Key> importParts(std::string_view kind, const KeyParts& parts) {
  if (kind == "RSA") return importRsaParts(parts);
  if (const Curve* curve = curveOf(kind)) return importCurveParts(*curve, parts);
  return importRawParts(rawType(kind), parts);
}

Result<Key> importPoint(std::string_view kind, ByteView point) {
  const Curve* curve = curveOf(kind);
  if (curve == nullptr) return importRawParts(rawType(kind), {{"x", Bytes(point.begin(), point.end())}});
  bool compressed = point.size() == 1 + curve->coordinateBytes && (point[0] == 2 || point[0] == 3);
  bool whole = point.size() == 1 + 2 * curve->coordinateBytes && point[0] == 4;
  if (!compressed && !whole)
    return fail(ErrorCode::invalid, "The bytes are no point of the curve " + std::string(kind));
  return importCurvePoint(*curve, point, nullptr);
}

Result<Bytes> exportDer(KeyFormat format, EVP_PKEY& key) {
  uint8_t* der = nullptr;
  int size = -1;
  if (format == KeyFormat::spki) {
    size = i2d_PUBKEY(&key, &der);
  } else if (PrivateInfo info(EVP_PKEY2PKCS8(&key)); info != nullptr) {
    size = i2d_PKCS8_PRIV_KEY_INFO(info.get(), &der);
  }
  if (size < 0) return opensslError("The key cannot be written");
  Bytes result(der, der + size);
  OPENSSL_clear_free(der, static_cast<size_t>(size));
  return result;
}

Result<KeyParts> exportParts(std::string_view kind, EVP_PKEY& key, bool withPrivate) {
  KeyParts parts;
  if (kind == "RSA") {
    auto read = [&](std::span<const RsaPart> names) {
      for (const RsaPart& part : names) {
        Number number = readNumber(key, part.parameter);
        if (number == nullptr) return false;
        parts[part.name] = toBytes(*number);
      }
      return true;
    };
    if (!read(kRsaPublic) || (withPrivate && !read(kRsaPrivate))) return opensslError("The key lacks parts");
    return parts;
  }
  if (const Curve* curve = curveOf(kind)) {
    Number x = readNumber(key, OSSL_PKEY_PARAM_EC_PUB_X);
    Number y = readNumber(key, OSSL_PKEY_PARAM_EC_PUB_Y);
    Number d = withPrivate ? readNumber(key, OSSL_PKEY_PARAM_PRIV_KEY) : nullptr;
    if (x == nullptr || y == nullptr || (withPrivate && d == nullptr)) return opensslError("The key lacks parts");
    parts["x"] = toBytes(*x, curve->coordinateBytes);
    parts["y"] = toBytes(*y, curve->coordinateBytes);
    if (withPrivate) parts["d"] = toBytes(*d, curve->coordinateBytes);
    return parts;
  }
  Bytes bytes(rawBytes(rawType(kind)));
  size_t size = bytes.size();
  if (EVP_PKEY_get_raw_public_key(&key, bytes.data(), &size) != 1) return opensslError("The key lacks parts");
  parts["x"] = bytes;
  if (withPrivate) {
    if (EVP_PKEY_get_raw_private_key(&key, bytes.data(), &size) != 1) return opensslError("The key lacks parts");
    parts["d"] = bytes;
  }
  return parts;
}

Result<Bytes> exportPoint(std::string_view kind, EVP_PKEY& key) {
  auto parts = exportParts(kind, key, false);
  if (!parts) return std::unexpected(parts.error());
  if (curveOf(kind) == nullptr) return std::move((*parts)["x"]);
  Bytes point = {4};
  for (const char* name : {"x", "y"}) point.insert(point.end(), (*parts)[name].begin(), (*parts)[name].end());
  return point;
}

Result<Key> publicKeyOf(std::string_view kind, EVP_PKEY& key) {
  auto parts = exportParts(kind, key, false);
  if (!parts) return std::unexpected(parts.error());
  return importParts(kind, *parts);
}

size_t coordinateBytes(std::string_view kind) {
  const Curve* curve = curveOf(kind);
  return curve == nullptr ? 0 : curve->coordinateBytes;
}

size_t memoryBytes(EVP_PKEY& key) {
  // OpenSSL keeps some thousand bytes about a key, and each of eight numbers of an RSA key twice.
  return 4096 +
         (EVP_PKEY_get_base_id(&key) == EVP_PKEY_RSA ? 16 * static_cast<size_t>(EVP_PKEY_get_bits(&key)) / 8 : 0);
}

}  // namespace mayfly::api::crypto
