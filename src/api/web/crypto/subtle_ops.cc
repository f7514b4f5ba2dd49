// SPDX-License-Identifier: Apache-2.0
// Operations with keys for mayfly:web/crypto, by src/api/crypto. What fails for the reason that an argument is what it is
// returns the reason as a text, of which TypeScript makes the DOMException of its specification.
#include "api/crypto/cipher.h"
#include "api/crypto/derive.h"
#include "api/crypto/digest.h"
#include "api/crypto/keys.h"
#include "api/crypto/signature.h"
#include "api/web/crypto/op_values.h"

namespace mayfly::api {
namespace {

using crypto::Bytes;
using isolate::OpArguments;

crypto::Direction direction(OpArguments arguments, int index) {
  return arguments[index]->IsTrue() ? crypto::Direction::encrypt : crypto::Direction::decrypt;
}

void hmac(OpArguments arguments) {
  answer(arguments, crypto::hmac(text(arguments, 0), bytes(arguments, 1), bytes(arguments, 2)));
}

// (encrypt, key, iv, data), (key, counter, bits, data), (encrypt, key, iv, additional, tagBytes, data), (encrypt, key, data)
void aesCbc(OpArguments arguments) {
  answer(arguments,
         crypto::aesCbc(direction(arguments, 0), bytes(arguments, 1), bytes(arguments, 2), bytes(arguments, 3)));
}
void aesCtr(OpArguments arguments) {
  answer(arguments,
         crypto::aesCtr(bytes(arguments, 0), bytes(arguments, 1), number(arguments, 2), bytes(arguments, 3)));
}
void aesGcm(OpArguments arguments) {
  answer(arguments, crypto::aesGcm(direction(arguments, 0), bytes(arguments, 1), bytes(arguments, 2),
                                   bytes(arguments, 3), number(arguments, 4), bytes(arguments, 5)));
}
void aesKw(OpArguments arguments) {
  answer(arguments, crypto::aesKw(direction(arguments, 0), bytes(arguments, 1), bytes(arguments, 2)));
}

void hkdf(OpArguments arguments) {
  answer(arguments, crypto::hkdf(text(arguments, 0), bytes(arguments, 1), bytes(arguments, 2), bytes(arguments, 3),
                                 number(arguments, 4)));
}
void pbkdf2(OpArguments arguments) {
  if (number(arguments, 4) > isolate::isolateOf(arguments).limits().memoryBytes()) {
    return isolate::throwRangeError(arguments.GetIsolate(), "Array buffer allocation failed");
  }
  answer(arguments, crypto::pbkdf2(text(arguments, 0), bytes(arguments, 1), bytes(arguments, 2), number(arguments, 3),
                                   number(arguments, 4), stoppedWith(arguments)));
}
void keyAgree(OpArguments arguments) {
  EVP_PKEY* own = key(arguments, 0);
  EVP_PKEY* theirs = own == nullptr ? nullptr : key(arguments, 1);
  if (theirs != nullptr) answer(arguments, crypto::agree(*own, *theirs));
}

void keyGenerateRsa(OpArguments arguments) {
  answer(arguments, crypto::generateRsa(number(arguments, 0), bytes(arguments, 1), stoppedWith(arguments)));
}
void keyGenerate(OpArguments arguments) { answer(arguments, crypto::generateKey(text(arguments, 0))); }

crypto::KeyFormat format(OpArguments arguments, int index) {
  return text(arguments, index) == "pkcs8" ? crypto::KeyFormat::pkcs8 : crypto::KeyFormat::spki;
}

void keyFromDer(OpArguments arguments) {
  answer(arguments, crypto::importDer(format(arguments, 0), text(arguments, 1), bytes(arguments, 2)));
}
void keyFromPoint(OpArguments arguments) {
  answer(arguments, crypto::importPoint(text(arguments, 0), bytes(arguments, 1)));
}

// (kind, names, values): the parts of a JSON Web Key.
void keyFromParts(OpArguments arguments) {
  auto context = arguments.GetIsolate()->GetCurrentContext();
  auto names = arguments[1].As<v8::Array>();
  auto values = arguments[2].As<v8::Array>();
  crypto::KeyParts parts;
  for (uint32_t i = 0; i < names->Length(); ++i) {
    v8::Local<v8::Value> name;
    v8::Local<v8::Value> value;
    if (!names->Get(context, i).ToLocal(&name) || !values->Get(context, i).ToLocal(&value)) return;
    auto view = isolate::bytesOf(value);
    parts[isolate::toUtf8(arguments.GetIsolate(), name)] = Bytes(view.begin(), view.end());
  }
  answer(arguments, crypto::importParts(text(arguments, 0), parts));
}

void keyToDer(OpArguments arguments) {
  if (EVP_PKEY* of = key(arguments, 1)) answer(arguments, crypto::exportDer(format(arguments, 0), *of));
}
void keyToPoint(OpArguments arguments) {
  if (EVP_PKEY* of = key(arguments, 1)) answer(arguments, crypto::exportPoint(text(arguments, 0), *of));
}

// (kind, key, withPrivate) -> [name, bytes, name, bytes...]
void keyToParts(OpArguments arguments) {
  v8::Isolate* isolate = arguments.GetIsolate();
  EVP_PKEY* of = key(arguments, 1);
  if (of == nullptr) return;
  auto parts = crypto::exportParts(text(arguments, 0), *of, arguments[2]->IsTrue());
  if (!parts) return answer(arguments, parts.error());
  std::vector<v8::Local<v8::Value>> list;
  for (const auto& [name, value] : *parts) {
    v8::Local<v8::ArrayBuffer> buffer;
    if (!isolate::makeArrayBuffer(isolate, value).ToLocal(&buffer)) return;
    list.push_back(isolate::makeName(isolate, name));
    list.push_back(buffer);
  }
  arguments.GetReturnValue().Set(v8::Array::New(isolate, list.data(), list.size()));
}
void keyToPublic(OpArguments arguments) {
  if (EVP_PKEY* of = key(arguments, 1)) answer(arguments, crypto::publicKeyOf(text(arguments, 0), *of));
}
void keyBits(OpArguments arguments) {
  if (EVP_PKEY* of = key(arguments, 0)) arguments.GetReturnValue().Set(EVP_PKEY_get_bits(of));
}

crypto::Scheme scheme(OpArguments arguments, int index) {
  std::string name = text(arguments, index);
  return name == "RSASSA-PKCS1-v1_5" ? crypto::Scheme::rsaPkcs1
         : name == "RSA-PSS"         ? crypto::Scheme::rsaPss
         : name == "ECDSA"           ? crypto::Scheme::ecdsa
                                     : crypto::Scheme::eddsa;
}

// (scheme, key, hash, saltBytes, data) and (scheme, key, hash, saltBytes, signature, data)
void keySign(OpArguments arguments) {
  if (EVP_PKEY* of = key(arguments, 1)) {
    answer(arguments,
           crypto::sign(*of, scheme(arguments, 0), text(arguments, 2), number(arguments, 3), bytes(arguments, 4)));
  }
}
void keyVerify(OpArguments arguments) {
  if (EVP_PKEY* of = key(arguments, 1)) {
    arguments.GetReturnValue().Set(crypto::verify(*of, scheme(arguments, 0), text(arguments, 2), number(arguments, 3),
                                                  bytes(arguments, 4), bytes(arguments, 5)));
  }
}

// (encrypt, key, hash, label, data)
void rsaOaep(OpArguments arguments) {
  EVP_PKEY* of = key(arguments, 1);
  if (of == nullptr) return;
  auto run = arguments[0]->IsTrue() ? crypto::rsaOaepEncrypt : crypto::rsaOaepDecrypt;
  answer(arguments, run(*of, text(arguments, 2), bytes(arguments, 3), bytes(arguments, 4)));
}

void digestOpen(OpArguments arguments) {
  auto context = crypto::openDigest(text(arguments, 0));
  if (!context) return answer(arguments, context.error());
  v8::Local<v8::ArrayBuffer> held;
  if (isolate::hold<EVP_MD_CTX>(arguments.GetIsolate(), context->release(), EVP_MD_CTX_free, 512).ToLocal(&held)) {
    arguments.GetReturnValue().Set(held);
  }
}
void digestUpdate(OpArguments arguments) {
  if (auto* context = isolate::heldBy<EVP_MD_CTX>(arguments[0])) crypto::updateDigest(*context, bytes(arguments, 1));
}
void digestFinish(OpArguments arguments) {
  if (auto* context = isolate::heldBy<EVP_MD_CTX>(arguments[0])) answer(arguments, crypto::finishDigest(*context));
}

}  // namespace

std::span<const isolate::Op> subtleOps() {
  static constexpr isolate::Op kOps[] = {
      {"hmac", hmac},
      {"aesCbc", aesCbc},
      {"aesCtr", aesCtr},
      {"aesGcm", aesGcm},
      {"aesKw", aesKw},
      {"hkdf", hkdf},
      {"pbkdf2", pbkdf2},
      {"keyAgree", keyAgree},
      {"keyGenerateRsa", keyGenerateRsa},
      {"keyGenerate", keyGenerate},
      {"keyFromDer", keyFromDer},
      {"keyFromPoint", keyFromPoint},
      {"keyFromParts", keyFromParts},
      {"keyToDer", keyToDer},
      {"keyToPoint", keyToPoint},
      {"keyToParts", keyToParts},
      {"keyToPublic", keyToPublic},
      {"keyBits", keyBits},
      {"keySign", keySign},
      {"keyVerify", keyVerify},
      {"rsaOaep", rsaOaep},
      {"digestOpen", digestOpen},
      {"digestUpdate", digestUpdate},
      {"digestFinish", digestFinish},
  };
  return kOps;
}

}  // namespace mayfly::api
