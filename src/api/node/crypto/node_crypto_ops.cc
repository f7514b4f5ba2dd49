// SPDX-License-Identifier: Apache-2.0
// What node:crypto needs beside the ops of mayfly:web/crypto: digests that can be copied or are as long as one likes,
// HMAC and ciphers in steps, scrypt. What fails for the reason that an argument is what it is returns the reason as a
// text, of which TypeScript makes Node's error.
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <algorithm>
#include <climits>

#include "api/crypto/openssl.h"
#include "isolate/held.h"
#include "isolate/isolate.h"
#include "isolate/ops.h"

namespace mayfly::api {
namespace {

using crypto::Bytes;
using crypto::ByteView;
using isolate::OpArguments;

// What OpenSSL allocates for a context, roughly.
constexpr size_t kContextBytes = 1024;
// scrypt cannot be interrupted: more than about two seconds of it are refused.
constexpr uint64_t kScryptWorkMax = uint64_t{1} << 22;

std::string text(OpArguments arguments, int index) { return isolate::toUtf8(arguments.GetIsolate(), arguments[index]); }
ByteView bytes(OpArguments arguments, int index) { return isolate::bytesOf(arguments[index]); }
uint64_t number(OpArguments arguments, int index) {
  double value = arguments[index]->IsNumber() ? arguments[index].As<v8::Number>()->Value() : 0;
  return value > 0 && value < 9e15 ? static_cast<uint64_t>(value) : 0;
}

void refuse(OpArguments arguments, std::string_view reason) {
  arguments.GetReturnValue().Set(isolate::makeString(arguments.GetIsolate(), reason));
}
void refuse(OpArguments arguments, const std::unexpected<Error>& failed) { refuse(arguments, failed.error().message); }

void answer(OpArguments arguments, ByteView made) {
  v8::Local<v8::ArrayBuffer> buffer;
  if (isolate::makeArrayBuffer(arguments.GetIsolate(), made).ToLocal(&buffer)) arguments.GetReturnValue().Set(buffer);
}

template <typename T>
void answerHeld(OpArguments arguments, T* object, void (*release)(T*)) {
  v8::Local<v8::ArrayBuffer> held;
  if (isolate::hold<T>(arguments.GetIsolate(), object, release, kContextBytes).ToLocal(&held)) {
    arguments.GetReturnValue().Set(held);
  }
}

// The size of a digest in bytes; 0 when there is no such digest.
void digestSize(OpArguments arguments) {
  const EVP_MD* method = EVP_get_digestbyname(text(arguments, 0).c_str());
  arguments.GetReturnValue().Set(method == nullptr ? 0 : EVP_MD_get_size(method));
}

void digestCopy(OpArguments arguments) {
  auto* from = isolate::heldBy<EVP_MD_CTX>(arguments[0]);
  if (from == nullptr) return isolate::throwTypeError(arguments.GetIsolate(), "This is no digest");
  crypto::DigestContext copy(EVP_MD_CTX_new());
  if (copy == nullptr || EVP_MD_CTX_copy_ex(copy.get(), from) != 1) {
    return refuse(arguments, crypto::opensslError("Digest copy error"));
  }
  answerHeld(arguments, copy.release(), EVP_MD_CTX_free);
}

// Of SHAKE, as many bytes as are asked for.
void digestFinishXof(OpArguments arguments) {
  auto* context = isolate::heldBy<EVP_MD_CTX>(arguments[0]);
  if (context == nullptr) return isolate::throwTypeError(arguments.GetIsolate(), "This is no digest");
  size_t size = number(arguments, 1);
  if (size > isolate::isolateOf(arguments).limits().memoryBytes()) {
    return isolate::throwRangeError(arguments.GetIsolate(), "Array buffer allocation failed");
  }
  v8::Local<v8::ArrayBuffer> buffer;
  if (!v8::ArrayBuffer::MaybeNew(arguments.GetIsolate(), size).ToLocal(&buffer)) {
    return isolate::throwRangeError(arguments.GetIsolate(), "Array buffer allocation failed");
  }
  if (size > 0 && EVP_DigestFinalXOF(context, static_cast<uint8_t*>(buffer->Data()), size) != 1) {
    return refuse(arguments, crypto::opensslError("Unsupported state or unable to authenticate"));
  }
  arguments.GetReturnValue().Set(buffer);
}

void hmacOpen(OpArguments arguments) {
  std::string hash = text(arguments, 0);
  auto key = bytes(arguments, 1);
  std::unique_ptr<EVP_MAC, crypto::Freed<EVP_MAC_free>> mac(EVP_MAC_fetch(nullptr, "HMAC", nullptr));
  std::unique_ptr<EVP_MAC_CTX, crypto::Freed<EVP_MAC_CTX_free>> context(mac ? EVP_MAC_CTX_new(mac.get()) : nullptr);
  OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, hash.data(), hash.size()),
                             OSSL_PARAM_construct_end()};
  static constexpr uint8_t kNothing = 0;
  if (context == nullptr ||
      EVP_MAC_init(context.get(), key.empty() ? &kNothing : key.data(), key.size(), parameters) != 1) {
    return refuse(arguments, crypto::opensslError("Invalid digest: " + hash));
  }
  answerHeld(arguments, context.release(), EVP_MAC_CTX_free);
}

void hmacUpdate(OpArguments arguments) {
  auto data = bytes(arguments, 1);
  if (auto* context = isolate::heldBy<EVP_MAC_CTX>(arguments[0])) EVP_MAC_update(context, data.data(), data.size());
}

void hmacFinish(OpArguments arguments) {
  auto* context = isolate::heldBy<EVP_MAC_CTX>(arguments[0]);
  uint8_t made[EVP_MAX_MD_SIZE];
  size_t size = 0;
  if (context == nullptr || EVP_MAC_final(context, made, &size, sizeof made) != 1) {
    return refuse(arguments, crypto::opensslError("HMAC failed"));
  }
  answer(arguments, {made, size});
}

// scrypt(password, salt, N, r, p, memoryMax, bytes)
void scrypt(OpArguments arguments) {
  auto password = bytes(arguments, 0);
  auto salt = bytes(arguments, 1);
  uint64_t n = number(arguments, 2), r = number(arguments, 3), p = number(arguments, 4);
  uint64_t memory = std::min<uint64_t>(number(arguments, 5), isolate::isolateOf(arguments).limits().memoryBytes());
  uint64_t size = number(arguments, 6);
  if (n == 0 || r == 0 || p == 0 || n > UINT32_MAX || r > UINT32_MAX || p > UINT32_MAX) {
    return refuse(arguments, "Invalid scrypt params");
  }
  if (r * p > kScryptWorkMax || n * r * p > kScryptWorkMax) {
    return refuse(arguments, "Invalid scrypt params: N * r * p may be at most 4194304");
  }
  v8::Local<v8::ArrayBuffer> buffer;
  if (!v8::ArrayBuffer::MaybeNew(arguments.GetIsolate(), size).ToLocal(&buffer)) {
    return isolate::throwRangeError(arguments.GetIsolate(), "Array buffer allocation failed");
  }
  uint8_t nothing = 0;
  auto* out = size == 0 ? &nothing : static_cast<uint8_t*>(buffer->Data());
  if (EVP_PBE_scrypt(reinterpret_cast<const char*>(password.data()), password.size(), salt.data(), salt.size(), n, r, p,
                     memory, size == 0 ? nullptr : out, size) != 1) {
    return refuse(arguments, crypto::opensslError("Invalid scrypt params"));
  }
  arguments.GetReturnValue().Set(buffer);
}

// cipherInfo(name): [key bytes, iv bytes, block bytes, mode] or undefined
void cipherInfo(OpArguments arguments) {
  const EVP_CIPHER* cipher = EVP_get_cipherbyname(text(arguments, 0).c_str());
  if (cipher == nullptr) return;
  auto* isolate = arguments.GetIsolate();
  v8::Local<v8::Value> parts[] = {
      v8::Integer::New(isolate, EVP_CIPHER_get_key_length(cipher)),
      v8::Integer::New(isolate, EVP_CIPHER_get_iv_length(cipher)),
      v8::Integer::New(isolate, EVP_CIPHER_get_block_size(cipher)),
      v8::Integer::New(isolate, EVP_CIPHER_get_mode(cipher)),
      v8::Integer::New(isolate, EVP_CIPHER_get_nid(cipher)),
  };
  arguments.GetReturnValue().Set(v8::Array::New(isolate, parts, std::size(parts)));
}

bool isAuthenticated(EVP_CIPHER_CTX& context) {
  int mode = EVP_CIPHER_CTX_get_mode(&context);
  return mode == EVP_CIPH_GCM_MODE || mode == EVP_CIPH_CCM_MODE || mode == EVP_CIPH_OCB_MODE ||
         EVP_CIPHER_CTX_get_nid(&context) == NID_chacha20_poly1305;
}

// These must know beforehand how long the tag will be.
bool needsTagLength(EVP_CIPHER_CTX& context) {
  int mode = EVP_CIPHER_CTX_get_mode(&context);
  return mode == EVP_CIPH_CCM_MODE || mode == EVP_CIPH_OCB_MODE;
}

// cipherOpen(name, encrypt, key, iv, tagBytes): the lengths of key and iv come checked, and are checked again.
void cipherOpen(OpArguments arguments) {
  const EVP_CIPHER* cipher = EVP_get_cipherbyname(text(arguments, 0).c_str());
  if (cipher == nullptr) return refuse(arguments, "Unknown cipher");
  auto key = bytes(arguments, 2);
  auto iv = bytes(arguments, 3);
  int encrypt = arguments[1]->IsTrue() ? 1 : 0;
  crypto::CipherContext context(EVP_CIPHER_CTX_new());
  bool ok = context != nullptr && EVP_CipherInit_ex(context.get(), cipher, nullptr, nullptr, nullptr, encrypt) == 1;
  if (ok && key.size() != static_cast<size_t>(EVP_CIPHER_CTX_get_key_length(context.get()))) {
    return refuse(arguments, "Invalid key length");
  }
  if (ok && isAuthenticated(*context)) {
    if (iv.empty() || iv.size() > 128) return refuse(arguments, "Invalid initialization vector");
    ok = EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_IVLEN, static_cast<int>(iv.size()), nullptr) == 1;
    if (!ok) {
      ERR_clear_error();
      return refuse(arguments, "Invalid initialization vector");
    }
  }
  if (ok && needsTagLength(*context) &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, static_cast<int>(number(arguments, 4)), nullptr) != 1) {
    ERR_clear_error();
    return refuse(arguments, "Invalid authentication tag length");
  }
  if (ok && iv.size() != static_cast<size_t>(EVP_CIPHER_CTX_get_iv_length(context.get()))) {
    return refuse(arguments, "Invalid initialization vector");
  }
  if (!ok ||
      EVP_CipherInit_ex(context.get(), nullptr, nullptr, key.data(), iv.empty() ? nullptr : iv.data(), -1) != 1) {
    return refuse(arguments, crypto::opensslError("Failed to initialize cipher"));
  }
  answerHeld(arguments, context.release(), EVP_CIPHER_CTX_free);
}

EVP_CIPHER_CTX* cipherOf(OpArguments arguments) {
  auto* context = isolate::heldBy<EVP_CIPHER_CTX>(arguments[0]);
  if (context == nullptr) isolate::throwTypeError(arguments.GetIsolate(), "This is no cipher");
  return context;
}

// cipherUpdate(context, data)
void cipherUpdate(OpArguments arguments) {
  auto* context = cipherOf(arguments);
  if (context == nullptr) return;
  auto data = bytes(arguments, 1);
  auto* isolate = arguments.GetIsolate();
  if (data.size() > INT_MAX - 64) return refuse(arguments, "The data is too long");
  v8::Local<v8::ArrayBuffer> buffer;
  if (!v8::ArrayBuffer::MaybeNew(isolate, data.size() + 32).ToLocal(&buffer)) {
    return isolate::throwRangeError(isolate, "Array buffer allocation failed");
  }
  // Making the buffer may have collected what `data` is of, not moved it: the argument holds it.
  data = bytes(arguments, 1);
  int size = 0;
  static constexpr uint8_t kNothing = 0;
  if (EVP_CipherUpdate(context, static_cast<uint8_t*>(buffer->Data()), &size, data.empty() ? &kNothing : data.data(),
                       static_cast<int>(data.size())) != 1) {
    return refuse(arguments, crypto::opensslError("Trying to add data in unsupported state"));
  }
  arguments.GetReturnValue().Set(v8::Uint8Array::New(buffer, 0, static_cast<size_t>(size)));
}

// cipherAdditional(context, data, textBytes): data that is authenticated and not encrypted; CCM must know how long the
// text will be.
void cipherAdditional(OpArguments arguments) {
  auto* context = cipherOf(arguments);
  if (context == nullptr) return;
  auto data = bytes(arguments, 1);
  int size = 0;
  if (EVP_CIPHER_CTX_get_mode(context) == EVP_CIPH_CCM_MODE &&
      (number(arguments, 2) > INT_MAX ||
       EVP_CipherUpdate(context, nullptr, &size, nullptr, static_cast<int>(number(arguments, 2))) != 1)) {
    return refuse(arguments, crypto::opensslError("Unsupported state"));
  }
  if (data.size() > INT_MAX ||
      EVP_CipherUpdate(context, nullptr, &size, data.data(), static_cast<int>(data.size())) != 1) {
    refuse(arguments, crypto::opensslError("Unsupported state"));
  }
}

void cipherFinish(OpArguments arguments) {
  auto* context = cipherOf(arguments);
  if (context == nullptr) return;
  uint8_t last[EVP_MAX_BLOCK_LENGTH];
  int size = 0;
  if (EVP_CipherFinal_ex(context, last, &size) != 1) {
    return refuse(arguments, isAuthenticated(*context)
                                 ? std::unexpected<Error>(Error{
                                       ErrorCode::invalid, "Unsupported state or unable to authenticate data", {}})
                                 : crypto::opensslError("Unsupported state"));
  }
  answer(arguments, {last, static_cast<size_t>(size)});
}

void cipherPadding(OpArguments arguments) {
  if (auto* context = cipherOf(arguments)) EVP_CIPHER_CTX_set_padding(context, arguments[1]->IsTrue() ? 1 : 0);
}

// cipherTag(context, bytes): of what was encrypted
void cipherTag(OpArguments arguments) {
  auto* context = cipherOf(arguments);
  if (context == nullptr) return;
  uint8_t tag[16];
  size_t size = std::min<size_t>(number(arguments, 1), sizeof tag);
  if (EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, static_cast<int>(size), tag) != 1) {
    return refuse(arguments, crypto::opensslError("Invalid state for operation getAuthTag"));
  }
  answer(arguments, {tag, size});
}

// cipherSetTag(context, tag): that what is decrypted must have
void cipherSetTag(OpArguments arguments) {
  auto* context = cipherOf(arguments);
  if (context == nullptr) return;
  auto tag = bytes(arguments, 1);
  uint8_t copy[16];
  if (tag.size() > sizeof copy) return refuse(arguments, "Invalid authentication tag length");
  std::ranges::copy(tag, copy);
  if (EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, static_cast<int>(tag.size()), copy) != 1) {
    refuse(arguments, crypto::opensslError("Invalid authentication tag"));
  }
}

}  // namespace

std::span<const isolate::Op> nodeCryptoOps() {
  static constexpr isolate::Op kOps[] = {
      {"digestSize", digestSize},
      {"digestCopy", digestCopy},
      {"digestFinishXof", digestFinishXof},
      {"hmacOpen", hmacOpen},
      {"hmacUpdate", hmacUpdate},
      {"hmacFinish", hmacFinish},
      {"scrypt", scrypt},
      {"cipherInfo", cipherInfo},
      {"cipherOpen", cipherOpen},
      {"cipherUpdate", cipherUpdate},
      {"cipherAdditional", cipherAdditional},
      {"cipherFinish", cipherFinish},
      {"cipherPadding", cipherPadding},
      {"cipherTag", cipherTag},
      {"cipherSetTag", cipherSetTag},
  };
  return kOps;
}

}  // namespace mayfly::api
