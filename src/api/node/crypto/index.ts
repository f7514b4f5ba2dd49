// SPDX-License-Identifier: Apache-2.0
// node:crypto: digests, HMAC, random values, key derivation and ciphers. What deals with pairs of keys fails by name.
import { nodeError } from "mayfly:node/internal";

import { Cipheriv, Decipheriv, getCipherInfo } from "./cipher.ts";
import { hkdf, hkdfSync, pbkdf2, pbkdf2Sync, scrypt, scryptSync } from "./derive.ts";
import { Hash, Hmac, hash } from "./hash.ts";
import { KeyObject, createSecretKey, generateKey, generateKeySync, unsupported } from "./keys.ts";
import { randomBytes, randomFill, randomFillSync, randomInt, randomUUID, timingSafeEqual } from "./random.ts";

const hashes = [
  "RSA-MD5", "RSA-RIPEMD160", "RSA-SHA1", "RSA-SHA224", "RSA-SHA256", "RSA-SHA3-224", "RSA-SHA3-256", "RSA-SHA3-384",
  "RSA-SHA3-512", "RSA-SHA384", "RSA-SHA512", "RSA-SHA512/224", "RSA-SHA512/256", "blake2b512", "blake2s256", "md5",
  "ripemd160", "sha1", "sha224", "sha256", "sha3-224", "sha3-256", "sha3-384", "sha3-512", "sha384", "sha512",
  "sha512-224", "sha512-256", "shake128", "shake256",
];
const ciphers = ["128", "192", "256"].flatMap((bits) => ["cbc", "cfb", "cfb1", "cfb8", "ctr", "ecb", "gcm", "ofb"].map((mode) => `aes-${bits}-${mode}`))
  .concat("chacha20-poly1305", "chacha20");

function callable(class_: any): any {
  // Old code calls these without new.
  return new Proxy(class_, { apply: (target, _self, args) => Reflect.construct(target, args) });
}

function pair(name: string): (...args: unknown[]) => never {
  return Object.defineProperty(() => { throw unsupported(`${name}() is`); }, "name", { value: name }) as never;
}

const web = (): any => requireGroup("mayfly:web/crypto");

const constants = Object.freeze({
  __proto__: null, RSA_PKCS1_PADDING: 1, RSA_NO_PADDING: 3, RSA_PKCS1_OAEP_PADDING: 4, RSA_PKCS1_PSS_PADDING: 6,
  RSA_PSS_SALTLEN_DIGEST: -1, RSA_PSS_SALTLEN_MAX_SIGN: -2, RSA_PSS_SALTLEN_AUTO: -2, POINT_CONVERSION_COMPRESSED: 2,
  POINT_CONVERSION_UNCOMPRESSED: 4, POINT_CONVERSION_HYBRID: 6, defaultCoreCipherList: "", TLS1_VERSION: 769,
  TLS1_1_VERSION: 770, TLS1_2_VERSION: 771, TLS1_3_VERSION: 772,
});

const module: Record<string, unknown> = {
  Cipheriv: callable(Cipheriv), Decipheriv: callable(Decipheriv), Hash: callable(Hash), Hmac: callable(Hmac), KeyObject, constants,
  createCipheriv: (cipher: unknown, key: unknown, iv: unknown, options?: unknown) => new Cipheriv(cipher, key, iv, options),
  createDecipheriv: (cipher: unknown, key: unknown, iv: unknown, options?: unknown) => new Decipheriv(cipher, key, iv, options),
  createHash: (algorithm: unknown, options?: unknown) => new Hash(algorithm, options),
  createHmac: (algorithm: unknown, key: unknown, options?: unknown) => new Hmac(algorithm, key, options),
  createSecretKey, generateKey, generateKeySync, getCipherInfo, getCiphers: () => [...ciphers],
  getCurves: () => ["prime256v1", "secp384r1", "secp521r1"], getHashes: () => [...hashes], getFips: () => 0, fips: 0,
  setFips(on: unknown) {
    if (on) throw nodeError(Error, "ERR_CRYPTO_FIPS_UNAVAILABLE", "Cannot set FIPS mode in a non-FIPS build.");
  },
  secureHeapUsed: () => ({ total: 0, used: 0, utilization: 0, min: 0 }),
  hash, hkdf, hkdfSync, pbkdf2, pbkdf2Sync, pseudoRandomBytes: randomBytes, randomBytes, randomFill, randomFillSync, randomInt,
  randomUUID, scrypt, scryptSync, timingSafeEqual,
  getRandomValues: (array: unknown) => web().crypto.getRandomValues(array),
};
for (const name of [
  "checkPrime", "checkPrimeSync", "createDiffieHellman", "createDiffieHellmanGroup", "createECDH", "createPrivateKey", "createPublicKey",
  "createSign", "createVerify", "diffieHellman", "generateKeyPair", "generateKeyPairSync", "generatePrime", "generatePrimeSync",
  "getDiffieHellman", "privateDecrypt", "privateEncrypt", "publicDecrypt", "publicEncrypt", "sign", "verify", "setEngine", "X509Certificate",
]) {
  module[name] = pair(name);
}

export { KeyObject };
export default Object.defineProperties(module, {
  webcrypto: { get: () => web().crypto, enumerable: true },
  subtle: { get: () => web().crypto.subtle, enumerable: true },
});
