// SPDX-License-Identifier: Apache-2.0
// https://nodejs.org/api/crypto.html#class-sign and Verify: streams too; sign() and verify() in one call.
import { invalidArgType, invalidArgValue, nodeError, validateFunction, validateInteger, validateString } from "mayfly:node/internal";

import { nativeKey } from "./key_input.ts";
import { encode, later, made, toBuffer, toBytes } from "./values.ts";

const { Writable } = requireGroup("mayfly:node/stream").default;

const kPkcs1Padding = 1;
const kPssPadding = 6;
const kEdwards = new Set(["ed25519", "ed448"]);

interface Options {
  padding: number;
  saltLength: number | undefined;
  fixed: boolean;
}

/** What stands beside the key, in the object that it is given in. */
function toOptions(key: any, type: string): Options {
  const beside = typeof key === "object" && key !== null && !ArrayBuffer.isView(key) ? key : {};
  const { padding, saltLength, dsaEncoding } = beside;
  if (padding !== undefined && padding !== null) {
    if (typeof padding !== "number" || padding !== padding >> 0) throw invalidArgValue("options.padding", padding);
  }
  if (saltLength !== undefined) validateInteger(saltLength, "options.saltLength", -(2 ** 31), 2 ** 31 - 1);
  if (dsaEncoding !== undefined && dsaEncoding !== "der" && dsaEncoding !== "ieee-p1363") throw invalidArgValue("options.dsaEncoding", dsaEncoding);
  return { padding: padding ?? (type === "rsa-pss" ? kPssPadding : kPkcs1Padding), saltLength, fixed: dsaEncoding === "ieee-p1363" };
}

function checkDigest(name: string): string {
  if (ops.digestSize(name) === 0) throw nodeError(TypeError, "ERR_CRYPTO_INVALID_DIGEST", `Invalid digest: ${name}`);
  return name;
}

function unsupported(): Error {
  return nodeError(Error, "ERR_CRYPTO_UNSUPPORTED_OPERATION", "Unsupported crypto operation: the key's type does not go with this digest");
}

/** `run`: signs, or compares; with the digest of what was hashed. */
function signed(key: any, hash: string, digest: CryptoInput): ArrayBuffer {
  const own = nativeKey(key, "private");
  const [type] = ops.keyDetails(own);
  if (kEdwards.has(type)) throw unsupported();
  const { padding, saltLength, fixed } = toOptions(key, type);
  return made(ops.keySignDigest(own, hash, padding, saltLength, fixed, digest));
}

function compared(key: any, hash: string, digest: CryptoInput, signature: CryptoInput): boolean {
  const theirs = nativeKey(key, "public");
  const [type] = ops.keyDetails(theirs);
  if (kEdwards.has(type)) throw unsupported();
  const { padding, saltLength, fixed } = toOptions(key, type);
  return ops.keyVerifyDigest(theirs, hash, padding, saltLength, fixed, signature, digest);
}

class Signer extends Writable {
  #hash: string;
  #context: ArrayBuffer | undefined;

  constructor(algorithm: unknown, options?: object) {
    super(options);
    validateString(algorithm, "algorithm");
    this.#hash = checkDigest(algorithm);
    this.#context = made(ops.digestOpen(algorithm));
  }
  update(data: unknown, encoding?: unknown): this {
    if (typeof data !== "string" && !ArrayBuffer.isView(data)) throw invalidArgType("data", ["string", "Buffer", "TypedArray", "DataView"], data);
    const bytes = toBytes(data, "data", encoding);
    ops.digestUpdate(this.#open("update"), bytes as never);
    return this;
  }
  #open(operation: string): ArrayBuffer {
    if (this.#context === undefined) throw nodeError(Error, "ERR_CRYPTO_INVALID_STATE", `Invalid state for operation ${operation}`);
    return this.#context;
  }
  /** The name of the digest, and the digest; once. */
  _finishDigest(operation: string): [string, ArrayBuffer] {
    const context = this.#open(operation);
    this.#context = undefined;
    return [this.#hash, made(ops.digestFinish(context))];
  }
  _write(chunk: unknown, encoding: unknown, done: () => void): void {
    this.update(chunk, encoding);
    done();
  }
}

export class Sign extends Signer {
  sign(key: unknown, encoding?: unknown): any {
    if (!key) throw nodeError(Error, "ERR_CRYPTO_SIGN_KEY_REQUIRED", "No key provided to sign");
    const [hash, digest] = this._finishDigest("sign");
    return encode(signed(key, hash, digest), encoding);
  }
}

export class Verify extends Signer {
  verify(key: unknown, signature: unknown, encoding?: unknown): boolean {
    const bytes = toBytes(signature, "signature", encoding);
    const [hash, digest] = this._finishDigest("verify");
    return compared(key, hash, digest, bytes);
  }
}

function checkBytes(value: unknown, name: string): CryptoInput {
  if (typeof value === "string") throw invalidArgType(name, ["ArrayBuffer", "Buffer", "TypedArray", "DataView"], value);
  return toBytes(value, name);
}

function checkAlgorithm(algorithm: unknown): string | undefined {
  if (algorithm === null || algorithm === undefined) return undefined;
  validateString(algorithm, "algorithm");
  return checkDigest(algorithm);
}

/** The digest that a key signs with where none is named. */
const kDefaultDigest = "sha256";

function prepareSign(algorithm: unknown, data: unknown, key: unknown): () => unknown {
  const hash = checkAlgorithm(algorithm);
  const bytes = checkBytes(data, "data");
  if (!key) throw nodeError(Error, "ERR_CRYPTO_SIGN_KEY_REQUIRED", "No key provided to sign");
  return () => {
    if (hash === undefined) {
      const own = nativeKey(key, "private");
      if (kEdwards.has(ops.keyDetails(own)[0])) return toBuffer(made(ops.keySign("Ed25519", own, "", 0, bytes as never)));
    }
    const name = hash ?? kDefaultDigest;
    return toBuffer(signed(key, name, ops.digest(name, bytes as never)));
  };
}

function prepareVerify(algorithm: unknown, data: unknown, key: unknown, signature: unknown): () => boolean {
  const hash = checkAlgorithm(algorithm);
  const bytes = checkBytes(data, "data");
  const mark = checkBytes(signature, "signature");
  return () => {
    if (hash === undefined) {
      const theirs = nativeKey(key, "public");
      if (kEdwards.has(ops.keyDetails(theirs)[0])) return ops.keyVerify("Ed25519", theirs, "", 0, mark as never, bytes as never);
    }
    const name = hash ?? kDefaultDigest;
    return compared(key, name, ops.digest(name, bytes as never), mark);
  };
}

function nowOrLater(run: () => unknown, callback: unknown): any {
  if (callback === undefined) return run();
  validateFunction(callback, "callback");
  later(callback, run);
}

export function sign(algorithm: unknown, data: unknown, key: unknown, callback?: unknown): any {
  return nowOrLater(prepareSign(algorithm, data, key), callback);
}

export function verify(algorithm: unknown, data: unknown, key: unknown, signature: unknown, callback?: unknown): any {
  return nowOrLater(prepareVerify(algorithm, data, key, signature), callback);
}
