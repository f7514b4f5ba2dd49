// SPDX-License-Identifier: Apache-2.0
// Secrets that two sides agree on. https://nodejs.org/api/crypto.html#class-diffiehellman, DiffieHellmanGroup, ECDH, and
// diffieHellman().
import { Buffer } from "mayfly:node/buffer";
import { invalidArgType, invalidArgValue, nodeError, validateFunction, validateInt32, validateObject, validateString } from "mayfly:node/internal";

import { KeyObject, isSecret, keyDetails, nativeOf, wrongType } from "./keys.ts";
import { primeBytes } from "./primes.ts";
import { encode, later, made, toBuffer, toBytes } from "./values.ts";

const kNotPrime = 1;
const kNotSafePrime = 2;
const kNotSuitableGenerator = 8;

function bytesFrom(value: unknown, name: string, encoding: unknown): Uint8Array {
  return Buffer.from(toBytes(value, name, encoding));
}
function toNumber(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString("hex") || "0"}`);
}
function toBytesOf(number: bigint): Uint8Array {
  const text = number.toString(16);
  return Buffer.from(text.length % 2 === 0 ? text : `0${text}`, "hex");
}
function isPrime(number: bigint): boolean {
  const result = ops.primeCheck(toBytesOf(number));
  return result === true;
}

/** What both classes have: a group, and the two numbers of this side. */
class GroupAgreement {
  #prime: Uint8Array;
  #generator: Uint8Array;
  #own: Uint8Array | undefined;
  #open: Uint8Array | undefined;
  #verifyError: number | undefined;

  constructor(prime: Uint8Array, generator: Uint8Array) {
    this.#prime = prime;
    this.#generator = generator;
  }
  /** Told when it is asked for: to check a prime takes long. */
  get verifyError(): number {
    if (this.#verifyError === undefined) {
      const [prime, generator] = [toNumber(this.#prime), toNumber(this.#generator)];
      let error = 0;
      if (!isPrime(prime)) error |= kNotPrime;
      else if (!isPrime((prime - 1n) / 2n)) error |= kNotSafePrime;
      if (generator <= 1n || generator >= prime - 1n) error |= kNotSuitableGenerator;
      this.#verifyError = error;
    }
    return this.#verifyError;
  }
  generateKeys(encoding?: unknown): any {
    this.#own ??= new Uint8Array(made(ops.dhPrivate(this.#prime, this.#generator)));
    this.#open = new Uint8Array(made(ops.dhPublic(this.#prime, this.#generator, this.#own)));
    return encode(this.#open.slice(), encoding);
  }
  computeSecret(theirs: unknown, inputEncoding?: unknown, outputEncoding?: unknown): any {
    const key = bytesFrom(theirs, "otherPublicKey", inputEncoding);
    if (this.#own === undefined) throw nodeError(Error, "ERR_CRYPTO_INVALID_STATE", "No private key - did you forget to generate one?");
    const secret = ops.dhSecret(this.#prime, this.#own, key);
    if (typeof secret === "string") throw nodeError(RangeError, "ERR_CRYPTO_INVALID_KEYLEN", secret);
    return encode(secret, outputEncoding);
  }
  getPrime(encoding?: unknown): any {
    return encode(this.#prime.slice(), encoding);
  }
  getGenerator(encoding?: unknown): any {
    return encode(this.#generator.slice(), encoding);
  }
  getPublicKey(encoding?: unknown): any {
    if (this.#open === undefined) throw nodeError(Error, "ERR_CRYPTO_INVALID_STATE", "No public key - did you forget to generate one?");
    return encode(this.#open.slice(), encoding);
  }
  getPrivateKey(encoding?: unknown): any {
    if (this.#own === undefined) throw nodeError(Error, "ERR_CRYPTO_INVALID_STATE", "No private key - did you forget to generate one?");
    return encode(this.#own.slice(), encoding);
  }
  _setOpen(key: Uint8Array): void {
    this.#open = key;
  }
  _setOwn(key: Uint8Array): void {
    this.#own = key;
  }
}

export class DiffieHellman extends GroupAgreement {
  constructor(sizeOrKey: unknown, keyEncoding?: unknown, generator?: unknown, generatorEncoding?: unknown) {
    if (keyEncoding && !Buffer.isEncoding(keyEncoding) && keyEncoding !== "buffer") {
      [generatorEncoding, generator, keyEncoding] = [generator, keyEncoding, undefined];
    }
    let prime: Uint8Array;
    if (typeof sizeOrKey === "number") {
      validateInt32(sizeOrKey, "sizeOrKey", 2);
      prime = new Uint8Array(primeBytes(sizeOrKey, true));
    } else {
      prime = bytesFrom(sizeOrKey, "sizeOrKey", keyEncoding);
    }
    if (prime.length === 0) throw nodeError(Error, "ERR_CRYPTO_OPERATION_FAILED", "The prime is not valid");
    let base: Uint8Array;
    if (!generator) {
      base = Uint8Array.of(2);
    } else if (typeof generator === "number") {
      validateInt32(generator, "generator", 2);
      base = toBytesOf(BigInt(generator));
    } else {
      base = bytesFrom(generator, "generator", generatorEncoding);
      if (toNumber(base) < 2n) throw nodeError(RangeError, "ERR_OUT_OF_RANGE", "bad generator");
    }
    super(prime, base);
  }
  setPublicKey(key: unknown, encoding?: unknown): void {
    this._setOpen(bytesFrom(key, "key", encoding));
  }
  setPrivateKey(key: unknown, encoding?: unknown): void {
    this._setOwn(bytesFrom(key, "key", encoding));
  }
}

export class DiffieHellmanGroup extends GroupAgreement {
  constructor(name: unknown) {
    validateString(name, "name");
    const prime = ops.dhGroup(name);
    if (prime === undefined) throw nodeError(Error, "ERR_CRYPTO_UNKNOWN_DH_GROUP", "Unknown DH group");
    super(new Uint8Array(prime), Uint8Array.of(2));
  }
}

// Names of NIST, which OpenSSL has others for.
const nistCurves: Record<string, string> = {
  __proto__: null as never, "P-224": "secp224r1", "P-256": "prime256v1", "P-384": "secp384r1", "P-521": "secp521r1", secp256r1: "prime256v1",
};

function toCurve(name: unknown): string {
  validateString(name, "curve");
  const curve = nistCurves[name] ?? name;
  if (!ops.curveExists(curve)) throw nodeError(TypeError, "ERR_CRYPTO_INVALID_CURVE", "Invalid EC curve name");
  return curve;
}

type PointForm = "compressed" | "uncompressed" | "hybrid";

function toForm(format: unknown): PointForm {
  if (format === undefined || format === "uncompressed") return "uncompressed";
  if (format === "compressed" || format === "hybrid") return format;
  throw nodeError(TypeError, "ERR_CRYPTO_ECDH_INVALID_FORMAT", `Invalid ECDH format: ${String(format)}`);
}

function invalidPoint(): Error {
  return nodeError(Error, "ERR_CRYPTO_ECDH_INVALID_PUBLIC_KEY", "Public key is not valid for specified curve");
}

export class ECDH {
  #curve: string;
  #own: Uint8Array | undefined;
  #open: Uint8Array | undefined;

  constructor(curve: unknown) {
    this.#curve = toCurve(curve);
  }
  static convertKey(key: unknown, curve: unknown, inputEncoding?: unknown, outputEncoding?: unknown, format?: unknown): any {
    const name = toCurve(curve);
    const point = ops.ecdhConvert(name, bytesFrom(key, "key", inputEncoding), toForm(format));
    if (typeof point === "string") throw nodeError(Error, "ERR_CRYPTO_OPERATION_FAILED", "Failed to convert Buffer to EC_POINT");
    return encode(point, outputEncoding);
  }
  generateKeys(encoding?: unknown, format?: unknown): any {
    this.#own = new Uint8Array(made(ops.ecdhPrivate(this.#curve)));
    this.#open = new Uint8Array(made(ops.ecdhPublic(this.#curve, this.#own)));
    return this.getPublicKey(encoding, format);
  }
  computeSecret(theirs: unknown, inputEncoding?: unknown, outputEncoding?: unknown): any {
    const point = bytesFrom(theirs, "otherPublicKey", inputEncoding);
    if (this.#own === undefined) throw nodeError(Error, "ERR_CRYPTO_INVALID_KEYPAIR", "Invalid key pair");
    const secret = ops.ecdhSecret(this.#curve, this.#own, point);
    if (typeof secret === "string") throw invalidPoint();
    return encode(secret, outputEncoding);
  }
  getPublicKey(encoding?: unknown, format?: unknown): any {
    const form = toForm(format);
    if (this.#open === undefined) throw nodeError(Error, "ERR_CRYPTO_OPERATION_FAILED", "Failed to get ECDH public key");
    return encode(made(ops.ecdhConvert(this.#curve, this.#open, form)), encoding);
  }
  getPrivateKey(encoding?: unknown): any {
    if (this.#own === undefined) throw nodeError(Error, "ERR_CRYPTO_OPERATION_FAILED", "Failed to get ECDH private key");
    return encode(this.#own.slice(), encoding);
  }
  setPrivateKey(key: unknown, encoding?: unknown): this {
    const own = bytesFrom(key, "key", encoding);
    const open = ops.ecdhPublic(this.#curve, own);
    if (typeof open === "string") throw nodeError(Error, "ERR_CRYPTO_INVALID_KEYTYPE", "Private key is not valid for specified curve.");
    [this.#own, this.#open] = [own, new Uint8Array(open)];
    return this;
  }
  setPublicKey(key: unknown, encoding?: unknown): this {
    const point = ops.ecdhConvert(this.#curve, bytesFrom(key, "key", encoding), "uncompressed");
    if (typeof point === "string") throw invalidPoint();
    this.#open = new Uint8Array(point);
    return this;
  }
}

/** https://nodejs.org/api/crypto.html#cryptodiffiehellmanoptions-callback */
export function diffieHellman(options: any, callback?: unknown): any {
  validateObject(options, "options");
  if (callback !== undefined) validateFunction(callback, "callback");
  const { privateKey, publicKey } = options as Record<string, unknown>;
  if (!(privateKey instanceof KeyObject)) throw invalidArgValue("options.privateKey", privateKey);
  if (!(publicKey instanceof KeyObject)) throw invalidArgType("options.publicKey", "KeyObject", publicKey);
  if (privateKey.type !== "private") throw wrongType(privateKey.type, "private");
  if (isSecret(publicKey)) throw wrongType("secret", "private or public");
  const [own, theirs] = [keyDetails(privateKey)[0], keyDetails(publicKey)[0]];
  if (own !== theirs || !["dh", "ec", "x25519", "x448"].includes(own)) {
    throw nodeError(Error, "ERR_CRYPTO_INCOMPATIBLE_KEY", `Incompatible key types for Diffie-Hellman: ${own} and ${theirs}`);
  }
  const run = (): unknown => toBuffer(made(ops.keyAgree(nativeOf(privateKey), nativeOf(publicKey))));
  if (callback === undefined) return run();
  later(callback as never, run);
}
