// SPDX-License-Identifier: Apache-2.0
// Keys of pairs for mayfly:node/crypto: files of keys, signatures of digests, RSA, Diffie and Hellman, primes. Keys are
// those that mayfly:web/crypto holds.
#include "api/crypto/agreement.h"
#include "api/crypto/key_files.h"
#include "api/crypto/key_uses.h"
#include "api/web/crypto/op_values.h"

namespace mayfly::api {
namespace {

using crypto::Bytes;
using isolate::OpArguments;

crypto::KeyPart part(OpArguments arguments, int index) {
  return arguments[index]->IsTrue() ? crypto::KeyPart::privateKey : crypto::KeyPart::publicKey;
}
crypto::KeyText form(OpArguments arguments, int index) {
  return text(arguments, index) == "pem" ? crypto::KeyText::pem : crypto::KeyText::der;
}
std::string textOfBytes(OpArguments arguments, int index) {
  auto view = bytes(arguments, index);
  return {view.begin(), view.end()};
}
int32_t integer(OpArguments arguments, int index) {
  return arguments[index]->IsInt32() ? arguments[index].As<v8::Int32>()->Value() : 0;
}

// (isPrivate, "pem" | "der", encoding, bytes, passphrase or undefined)
void keyRead(OpArguments arguments) {
  crypto::KeySource source{part(arguments, 0), form(arguments, 1), {}, std::nullopt};
  std::string encoding = text(arguments, 2);
  source.encoding = encoding;
  if (!arguments[4]->IsUndefined()) source.passphrase = textOfBytes(arguments, 4);
  answer(arguments, crypto::readKey(source, bytes(arguments, 3)));
}

// (isPrivate, "pem" | "der", encoding, key, cipher, passphrase)
void keyWrite(OpArguments arguments) {
  EVP_PKEY* of = key(arguments, 3);
  if (of == nullptr) return;
  std::string encoding = text(arguments, 2);
  crypto::KeyTarget target{part(arguments, 0), form(arguments, 1), encoding, text(arguments, 4),
                           textOfBytes(arguments, 5)};
  answer(arguments, crypto::writeKey(target, *of));
}

// (key) -> [type, bits, public exponent, group, hash, mgf1 hash, salt bytes]
void keyDetails(OpArguments arguments) {
  EVP_PKEY* of = key(arguments, 0);
  if (of == nullptr) return;
  auto* isolate = arguments.GetIsolate();
  crypto::KeyDetails details = crypto::detailsOf(*of);
  v8::Local<v8::ArrayBuffer> exponent;
  if (!isolate::makeArrayBuffer(isolate, details.publicExponent).ToLocal(&exponent)) return;
  v8::Local<v8::Value> list[] = {
      isolate::makeName(isolate, crypto::keyType(*of)),
      v8::Integer::New(isolate, details.bits),
      exponent,
      isolate::makeName(isolate, details.group),
      isolate::makeName(isolate, details.limits.hash),
      isolate::makeName(isolate, details.limits.mgf1Hash),
      v8::Integer::New(isolate, details.limits.saltBytes),
  };
  arguments.GetReturnValue().Set(v8::Array::New(isolate, list, std::size(list)));
}

void keyEquals(OpArguments arguments) {
  EVP_PKEY* left = key(arguments, 0);
  EVP_PKEY* right = left == nullptr ? nullptr : key(arguments, 1);
  if (right == nullptr) return;
  arguments.GetReturnValue().Set(EVP_PKEY_eq(left, right) == 1);
  ERR_clear_error();
}

void keyPublicPart(OpArguments arguments) {
  if (EVP_PKEY* of = key(arguments, 0)) answer(arguments, crypto::publicKeyOf(*of));
}

// (bits, public exponent, hash, mgf1 hash, salt bytes)
void keyGenerateRsaPss(OpArguments arguments) {
  crypto::PssLimits limits{text(arguments, 2), text(arguments, 3), integer(arguments, 4)};
  answer(arguments, crypto::generateRsaPss(number(arguments, 0), bytes(arguments, 1), limits, stoppedWith(arguments)));
}
// (type, group)
void keyGenerateOfType(OpArguments arguments) {
  answer(arguments, crypto::generateOfType(text(arguments, 0), text(arguments, 1)));
}
// (prime, generator)
void keyGenerateDh(OpArguments arguments) {
  answer(arguments, crypto::generateDh(bytes(arguments, 0), number(arguments, 1)));
}

// From `index` on: hash, padding, salt bytes or undefined, fixed
crypto::SignatureOptions signatureOptions(OpArguments arguments, int index) {
  crypto::SignatureOptions options{text(arguments, index), integer(arguments, index + 1), std::nullopt,
                                   arguments[index + 3]->IsTrue()};
  if (arguments[index + 2]->IsInt32()) options.saltBytes = integer(arguments, index + 2);
  return options;
}
// (key, hash, padding, saltBytes, fixed, digest) and (key, hash, padding, saltBytes, fixed, signature, digest)
void keySignDigest(OpArguments arguments) {
  if (EVP_PKEY* of = key(arguments, 0)) {
    answer(arguments, crypto::signDigest(*of, signatureOptions(arguments, 1), bytes(arguments, 5)));
  }
}
void keyVerifyDigest(OpArguments arguments) {
  if (EVP_PKEY* of = key(arguments, 0)) {
    arguments.GetReturnValue().Set(
        crypto::verifyDigest(*of, signatureOptions(arguments, 1), bytes(arguments, 5), bytes(arguments, 6)));
  }
}

// (use, key, padding, hash, label, data)
void keyRsa(OpArguments arguments) {
  EVP_PKEY* of = key(arguments, 1);
  if (of == nullptr) return;
  std::string name = text(arguments, 0);
  crypto::RsaUse use = name == "publicEncrypt"    ? crypto::RsaUse::publicEncrypt
                       : name == "privateDecrypt" ? crypto::RsaUse::privateDecrypt
                       : name == "privateEncrypt" ? crypto::RsaUse::privateEncrypt
                                                  : crypto::RsaUse::publicDecrypt;
  answer(arguments, crypto::useRsa(use, *of, {integer(arguments, 2), text(arguments, 3), bytes(arguments, 4)},
                                   bytes(arguments, 5)));
}

// (bits, safe, add, rem)
void primeGenerate(OpArguments arguments) {
  answer(arguments, crypto::generatePrime(number(arguments, 0), arguments[1]->IsTrue(), bytes(arguments, 2),
                                          bytes(arguments, 3), stoppedWith(arguments)));
}
void primeCheck(OpArguments arguments) {
  auto checked = crypto::isPrime(bytes(arguments, 0), stoppedWith(arguments));
  if (!checked) return answer(arguments, checked.error());
  arguments.GetReturnValue().Set(*checked);
}
void dhGroup(OpArguments arguments) {
  if (auto prime = crypto::groupPrime(text(arguments, 0))) answer(arguments, Result<Bytes>(std::move(*prime)));
}

// (prime, generator), (prime, generator, own), (prime, own, theirs)
Bytes copied(OpArguments arguments, int index) {
  auto view = bytes(arguments, index);
  return {view.begin(), view.end()};
}
void dhPrivate(OpArguments arguments) {
  answer(arguments, crypto::dhPrivate({copied(arguments, 0), copied(arguments, 1)}));
}
void dhPublic(OpArguments arguments) {
  answer(arguments, crypto::dhPublic({copied(arguments, 0), copied(arguments, 1)}, bytes(arguments, 2)));
}
void dhSecret(OpArguments arguments) {
  answer(arguments, crypto::dhSecret({copied(arguments, 0), {}}, bytes(arguments, 1), bytes(arguments, 2)));
}

// The curve, and then what is as in crypto/agreement.h
void curveNames(OpArguments arguments) {
  auto* isolate = arguments.GetIsolate();
  std::vector<v8::Local<v8::Value>> list;
  for (const std::string& name : crypto::curveNames()) list.push_back(isolate::makeName(isolate, name));
  arguments.GetReturnValue().Set(v8::Array::New(isolate, list.data(), list.size()));
}
void curveExists(OpArguments arguments) { arguments.GetReturnValue().Set(crypto::isCurve(text(arguments, 0))); }
void ecdhPrivate(OpArguments arguments) { answer(arguments, crypto::ecdhPrivate(text(arguments, 0))); }
void ecdhPublic(OpArguments arguments) {
  answer(arguments, crypto::ecdhPublic(text(arguments, 0), bytes(arguments, 1)));
}
void ecdhConvert(OpArguments arguments) {
  std::string name = text(arguments, 2);
  crypto::PointForm to = name == "compressed" ? crypto::PointForm::compressed
                         : name == "hybrid"   ? crypto::PointForm::hybrid
                                              : crypto::PointForm::uncompressed;
  answer(arguments, crypto::ecdhConvert(text(arguments, 0), bytes(arguments, 1), to));
}
void ecdhSecret(OpArguments arguments) {
  answer(arguments, crypto::ecdhSecret(text(arguments, 0), bytes(arguments, 1), bytes(arguments, 2)));
}

}  // namespace

std::span<const isolate::Op> nodeKeyOps() {
  static constexpr isolate::Op kOps[] = {
      {"keyRead", keyRead},
      {"keyWrite", keyWrite},
      {"keyDetails", keyDetails},
      {"keyEquals", keyEquals},
      {"keyPublicPart", keyPublicPart},
      {"keyGenerateRsaPss", keyGenerateRsaPss},
      {"keyGenerateOfType", keyGenerateOfType},
      {"keyGenerateDh", keyGenerateDh},
      {"keySignDigest", keySignDigest},
      {"keyVerifyDigest", keyVerifyDigest},
      {"keyRsa", keyRsa},
      {"primeGenerate", primeGenerate},
      {"primeCheck", primeCheck},
      {"dhGroup", dhGroup},
      {"dhPrivate", dhPrivate},
      {"dhPublic", dhPublic},
      {"dhSecret", dhSecret},
      {"curveNames", curveNames},
      {"curveExists", curveExists},
      {"ecdhPrivate", ecdhPrivate},
      {"ecdhPublic", ecdhPublic},
      {"ecdhConvert", ecdhConvert},
      {"ecdhSecret", ecdhSecret},
  };
  return kOps;
}

}  // namespace mayfly::api
