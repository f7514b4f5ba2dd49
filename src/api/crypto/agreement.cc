// SPDX-License-Identifier: Apache-2.0
#include "api/crypto/agreement.h"

#include <openssl/dh.h>
#include <openssl/ec.h>
#include <openssl/objects.h>

namespace mayfly::api::crypto {

namespace {

using Scratch = std::unique_ptr<BN_CTX, Freed<BN_CTX_free>>;
using Progress = std::unique_ptr<BN_GENCB, Freed<BN_GENCB_free>>;
using Group = std::unique_ptr<EC_GROUP, Freed<EC_GROUP_free>>;
using Point = std::unique_ptr<EC_POINT, Freed<EC_POINT_clear_free>>;

Number toNumber(ByteView bytes) { return Number(BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr)); }

Bytes toBytes(const BIGNUM& number, size_t bytes) {
  Bytes result(bytes);
  BN_bn2binpad(&number, result.data(), static_cast<int>(bytes));
  return result;
}
Bytes toBytes(const BIGNUM& number) { return toBytes(number, static_cast<size_t>(BN_num_bytes(&number))); }

Progress asking(const Stopped& stopped) {
  Progress progress(BN_GENCB_new());
  if (progress == nullptr) return progress;
  BN_GENCB_set(
      progress.get(),
      [](int, int, BN_GENCB* of) { return (*static_cast<const Stopped*>(BN_GENCB_get_arg(of)))() ? 0 : 1; },
      const_cast<Stopped*>(&stopped));
  return progress;
}

bool tooLarge(ByteView number) { return number.size() > kPrimeBitsMax / 8; }

std::unexpected<Error> tooLargeError() {
  return fail(ErrorCode::invalid, "Numbers of more than " + std::to_string(kPrimeBitsMax) + " bits are not supported");
}

// `base` to the power of a secret, modulo the prime.
Result<Number> power(const BIGNUM& base, ByteView secret, const BIGNUM& prime) {
  Scratch scratch(BN_CTX_new());
  Number exponent = toNumber(secret);
  Number result(BN_new());
  if (scratch == nullptr || exponent == nullptr || result == nullptr) return opensslError("The operation failed");
  BN_set_flags(exponent.get(), BN_FLG_CONSTTIME);
  if (!BN_is_odd(&prime) || BN_mod_exp(result.get(), &base, exponent.get(), &prime, scratch.get()) != 1) {
    return opensslError("The prime is not valid");
  }
  return result;
}

Result<Group> openCurve(const std::string& curve) {
  int id = OBJ_sn2nid(curve.c_str());
  Group group(id == NID_undef ? nullptr : EC_GROUP_new_by_curve_name(id));
  if (group == nullptr) return opensslError("Invalid EC curve name");
  return group;
}

Result<Point> toPoint(const EC_GROUP& group, ByteView bytes) {
  Point point(EC_POINT_new(&group));
  if (point == nullptr || EC_POINT_oct2point(&group, point.get(), bytes.data(), bytes.size(), nullptr) != 1 ||
      EC_POINT_is_at_infinity(&group, point.get()) == 1) {
    return opensslError("Public key is not valid for specified curve");
  }
  return point;
}

Result<Bytes> fromPoint(const EC_GROUP& group, const EC_POINT& point, PointForm form) {
  auto how = static_cast<point_conversion_form_t>(form);
  size_t size = EC_POINT_point2oct(&group, &point, how, nullptr, 0, nullptr);
  Bytes bytes(size);
  if (size == 0 || EC_POINT_point2oct(&group, &point, how, bytes.data(), size, nullptr) != size) {
    return opensslError("The point cannot be written");
  }
  return bytes;
}

Result<Number> toSecret(const EC_GROUP& group, ByteView own) {
  Number secret = own.size() > 128 ? nullptr : toNumber(own);
  if (secret == nullptr || BN_is_zero(secret.get()) || BN_cmp(secret.get(), EC_GROUP_get0_order(&group)) >= 0) {
    return fail(ErrorCode::invalid, "Private key is not valid for specified curve.");
  }
  BN_set_flags(secret.get(), BN_FLG_CONSTTIME);
  return secret;
}

}  // namespace

Result<Bytes> generatePrime(size_t bits, bool safe, ByteView add, ByteView rem, const Stopped& stopped) {
  if (bits > kPrimeBitsMax || tooLarge(add) || tooLarge(rem)) return tooLargeError();
  Number prime(BN_new());
  Number step = add.empty() ? nullptr : toNumber(add);
  Number rest = rem.empty() ? nullptr : toNumber(rem);
  Progress progress = asking(stopped);
  if (prime == nullptr || progress == nullptr ||
      BN_generate_prime_ex(prime.get(), static_cast<int>(bits), safe ? 1 : 0, step.get(), rest.get(), progress.get()) !=
          1) {
    return opensslError("No such prime was found");
  }
  return toBytes(*prime);
}

Result<bool> isPrime(ByteView candidate, const Stopped& stopped) {
  if (tooLarge(candidate)) return tooLargeError();
  Number number = toNumber(candidate);
  Progress progress = asking(stopped);
  Scratch scratch(BN_CTX_new());
  int result = number == nullptr ? -1 : BN_check_prime(number.get(), scratch.get(), progress.get());
  if (result < 0) return opensslError("The number was not checked");
  ERR_clear_error();
  return result == 1;
}

std::optional<Bytes> groupPrime(std::string_view name) {
  struct Known {
    std::string_view name;
    BIGNUM* (*prime)(BIGNUM*);
  };
  static constexpr Known kGroups[] = {
      {"modp1", BN_get_rfc2409_prime_768},   {"modp2", BN_get_rfc2409_prime_1024},
      {"modp5", BN_get_rfc3526_prime_1536},  {"modp14", BN_get_rfc3526_prime_2048},
      {"modp15", BN_get_rfc3526_prime_3072}, {"modp16", BN_get_rfc3526_prime_4096},
      {"modp17", BN_get_rfc3526_prime_6144}, {"modp18", BN_get_rfc3526_prime_8192},
  };
  for (const Known& known : kGroups) {
    if (known.name != name) continue;
    Number prime(known.prime(nullptr));
    return toBytes(*prime);
  }
  return std::nullopt;
}

Result<Bytes> dhPrivate(const Agreement& group) {
  if (tooLarge(group.prime)) return tooLargeError();
  Number prime = toNumber(group.prime);
  Number range(BN_dup(prime.get()));
  Number secret(BN_new());
  if (range == nullptr || secret == nullptr || BN_num_bits(prime.get()) < 3 || BN_sub_word(range.get(), 2) != 1 ||
      BN_priv_rand_range(secret.get(), range.get()) != 1 || BN_add_word(secret.get(), 1) != 1) {
    return opensslError("The prime is not valid");
  }
  return toBytes(*secret, group.prime.size());
}

Result<Bytes> dhPublic(const Agreement& group, ByteView own) {
  if (tooLarge(group.prime) || tooLarge(group.generator) || tooLarge(own)) return tooLargeError();
  Number prime = toNumber(group.prime);
  Number generator = toNumber(group.generator);
  auto result = power(*generator, own, *prime);
  if (!result) return std::unexpected(result.error());
  return toBytes(**result, group.prime.size());
}

Result<Bytes> dhSecret(const Agreement& group, ByteView own, ByteView theirs) {
  if (tooLarge(group.prime) || tooLarge(own)) return tooLargeError();
  Number prime = toNumber(group.prime);
  if (theirs.size() > group.prime.size()) return fail(ErrorCode::invalid, "Supplied key is too large");
  Number number = toNumber(theirs);
  Number most(BN_dup(prime.get()));
  if (BN_sub_word(most.get(), 1) != 1 || BN_cmp(number.get(), most.get()) >= 0) {
    return fail(ErrorCode::invalid, "Supplied key is too large");
  }
  if (BN_num_bits(number.get()) < 2) return fail(ErrorCode::invalid, "Supplied key is too small");
  auto result = power(*number, own, *prime);
  if (!result) return std::unexpected(result.error());
  return toBytes(**result, group.prime.size());
}

std::vector<std::string> curveNames() {
  std::vector<EC_builtin_curve> curves(EC_get_builtin_curves(nullptr, 0));
  EC_get_builtin_curves(curves.data(), curves.size());
  std::vector<std::string> names;
  for (const EC_builtin_curve& curve : curves) names.emplace_back(OBJ_nid2sn(curve.nid));
  return names;
}

bool isCurve(const std::string& curve) { return openCurve(curve).has_value(); }

Result<Bytes> ecdhPrivate(const std::string& curve) {
  auto group = openCurve(curve);
  if (!group) return std::unexpected(group.error());
  const BIGNUM* order = EC_GROUP_get0_order(group->get());
  Number secret(BN_new());
  do {
    if (BN_priv_rand_range(secret.get(), order) != 1) return opensslError("Failed to generate key");
  } while (BN_is_zero(secret.get()));
  return toBytes(*secret, static_cast<size_t>(BN_num_bytes(order)));
}

Result<Bytes> ecdhPublic(const std::string& curve, ByteView own) {
  auto group = openCurve(curve);
  if (!group) return std::unexpected(group.error());
  auto secret = toSecret(**group, own);
  if (!secret) return std::unexpected(secret.error());
  Point point(EC_POINT_new(group->get()));
  if (point == nullptr || EC_POINT_mul(group->get(), point.get(), secret->get(), nullptr, nullptr, nullptr) != 1) {
    return opensslError("Failed to compute the public key");
  }
  return fromPoint(**group, *point, PointForm::uncompressed);
}

Result<Bytes> ecdhConvert(const std::string& curve, ByteView bytes, PointForm form) {
  auto group = openCurve(curve);
  if (!group) return std::unexpected(group.error());
  auto point = toPoint(**group, bytes);
  if (!point) return std::unexpected(point.error());
  return fromPoint(**group, **point, form);
}

Result<Bytes> ecdhSecret(const std::string& curve, ByteView own, ByteView theirs) {
  auto group = openCurve(curve);
  if (!group) return std::unexpected(group.error());
  auto secret = toSecret(**group, own);
  if (!secret) return std::unexpected(secret.error());
  auto point = toPoint(**group, theirs);
  if (!point) return std::unexpected(point.error());
  Point shared(EC_POINT_new(group->get()));
  Number x(BN_new());
  if (shared == nullptr ||
      EC_POINT_mul(group->get(), shared.get(), nullptr, point->get(), secret->get(), nullptr) != 1 ||
      EC_POINT_get_affine_coordinates(group->get(), shared.get(), x.get(), nullptr, nullptr) != 1) {
    return opensslError("Failed to compute ECDH key");
  }
  return toBytes(*x, (static_cast<size_t>(EC_GROUP_get_degree(group->get())) + 7) / 8);
}

}  // namespace mayfly::api::crypto
