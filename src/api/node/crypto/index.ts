// SPDX-License-Identifier: Apache-2.0
// https://nodejs.org/api/crypto.html
import { nodeError } from "mayfly:node/internal";

import { DiffieHellman, DiffieHellmanGroup, ECDH, diffieHellman } from "./agreement.ts";
import { Cipheriv, Decipheriv, getCipherInfo } from "./cipher.ts";
import { hkdf, hkdfSync, pbkdf2, pbkdf2Sync, scrypt, scryptSync } from "./derive.ts";
import { Hash, Hmac, hash } from "./hash.ts";
import { createPrivateKey, createPublicKey } from "./key_input.ts";
import { generateKeyPair, generateKeyPairSync } from "./key_pairs.ts";
import { KeyObject, PrivateKeyObject, PublicKeyObject, SecretKeyObject, createSecretKey, generateKey, generateKeySync } from "./keys.ts";
import { checkPrime, checkPrimeSync, generatePrime, generatePrimeSync } from "./primes.ts";
import { randomBytes, randomFill, randomFillSync, randomInt, randomUUID, timingSafeEqual } from "./random.ts";
import { privateDecrypt, privateEncrypt, publicDecrypt, publicEncrypt } from "./rsa.ts";
import { Sign, Verify, sign, verify } from "./sign.ts";

const hashes = [
  "RSA-MD5", "RSA-RIPEMD160", "RSA-SHA1", "RSA-SHA224", "RSA-SHA256", "RSA-SHA3-224", "RSA-SHA3-256", "RSA-SHA3-384",
  "RSA-SHA3-512", "RSA-SHA384", "RSA-SHA512", "RSA-SHA512/224", "RSA-SHA512/256", "blake2b512", "blake2s256", "md5",
  "ripemd160", "sha1", "sha224", "sha256", "sha3-224", "sha3-256", "sha3-384", "sha3-512", "sha384", "sha512",
  "sha512-224", "sha512-256", "shake128", "shake256",
];
const ciphers = ["128", "192", "256"].flatMap((bits) => ["cbc", "ccm", "cfb", "cfb1", "cfb8", "ctr", "ecb", "gcm", "ocb", "ofb"].map((mode) => `aes-${bits}-${mode}`))
  .concat("chacha20-poly1305", "chacha20");

function callable(class_: any): any {
  // Old code calls these without new.
  return new Proxy(class_, { apply: (target, _self, args) => Reflect.construct(target, args) });
}

function missing(name: string): (...args: unknown[]) => never {
  const refuse = function (): never {
    throw nodeError(Error, "ERR_CRYPTO_UNSUPPORTED_OPERATION", `${name} is not supported by node:crypto of Mayfly`);
  };
  return Object.defineProperty(refuse, "name", { value: name }) as never;
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
  DiffieHellman: callable(DiffieHellman), DiffieHellmanGroup: callable(DiffieHellmanGroup), ECDH: callable(ECDH),
  PrivateKeyObject, PublicKeyObject, SecretKeyObject, Sign: callable(Sign), Verify: callable(Verify),
  createDiffieHellman: (prime: unknown, ...rest: unknown[]) => new DiffieHellman(prime, ...rest),
  createDiffieHellmanGroup: (name: unknown) => new DiffieHellmanGroup(name),
  getDiffieHellman: (name: unknown) => new DiffieHellmanGroup(name),
  createECDH: (curve: unknown) => new ECDH(curve),
  createSign: (algorithm: unknown, options?: object) => new Sign(algorithm, options),
  createVerify: (algorithm: unknown, options?: object) => new Verify(algorithm, options),
  checkPrime, checkPrimeSync, createPrivateKey, createPublicKey, diffieHellman, generateKeyPair, generateKeyPairSync,
  generatePrime, generatePrimeSync, privateDecrypt, privateEncrypt, publicDecrypt, publicEncrypt, sign, verify,
  createSecretKey, generateKey, generateKeySync, getCipherInfo, getCiphers: () => [...ciphers],
  getCurves: () => ops.curveNames(), getHashes: () => [...hashes], getFips: () => 0, fips: 0,
  setFips(on: unknown) {
    if (on) throw nodeError(Error, "ERR_CRYPTO_FIPS_UNAVAILABLE", "Cannot set FIPS mode in a non-FIPS build.");
  },
  secureHeapUsed: () => ({ total: 0, used: 0, utilization: 0, min: 0 }),
  hash, hkdf, hkdfSync, pbkdf2, pbkdf2Sync, pseudoRandomBytes: randomBytes, randomBytes, randomFill, randomFillSync, randomInt,
  randomUUID, scrypt, scryptSync, timingSafeEqual,
  getRandomValues: (array: unknown) => web().crypto.getRandomValues(array),
};
for (const name of ["Certificate", "X509Certificate", "setEngine"]) module[name] = missing(name);

export { KeyObject };
export default Object.defineProperties(module, {
  CryptoKey: { get: () => web().CryptoKey, enumerable: true },
  webcrypto: { get: () => web().crypto, enumerable: true },
  subtle: { get: () => web().crypto.subtle, enumerable: true },
});
