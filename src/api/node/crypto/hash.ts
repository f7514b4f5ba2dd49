// SPDX-License-Identifier: Apache-2.0
// https://nodejs.org/api/crypto.html#class-hash and Hmac: streams too.
import { invalidArgType, nodeError, validateInteger, validateString } from "mayfly:node/internal";

import { encode, made, toBytes, toSecret } from "./values.ts";

const { Transform } = requireGroup("mayfly:node/stream").default;

function finalized(): Error {
  return nodeError(Error, "ERR_CRYPTO_HASH_FINALIZED", "Digest already called");
}

function checkData(data: unknown): void {
  if (typeof data !== "string" && !ArrayBuffer.isView(data)) {
    throw invalidArgType("data", ["string", "Buffer", "TypedArray", "DataView"], data);
  }
}

export class Hash extends Transform {
  #context: ArrayBuffer;
  #length: number | undefined;
  #result: ArrayBuffer | undefined;

  constructor(algorithm: unknown, options?: any, context?: ArrayBuffer) {
    super(options);
    if (context === undefined) {
      validateString(algorithm, "algorithm");
      if (ops.digestSize(algorithm) === 0) throw nodeError(Error, "ERR_OSSL_EVP_UNSUPPORTED", "Digest method not supported");
      context = made(ops.digestOpen(algorithm));
    }
    this.#context = context;
    const length = options?.outputLength;
    if (length !== undefined) {
      validateInteger(length, "options.outputLength", 0, 2 ** 32 - 1);
      const own = ops.digestSize(algorithm as string);
      if (length !== own) {
        if (!/^shake/i.test(algorithm as string)) throw nodeError(Error, "ERR_OSSL_EVP_NOT_XOF_OR_INVALID_LENGTH", "Unsupported state or unable to authenticate data");
        this.#length = length;
      }
    }
  }

  update(data: unknown, encoding?: unknown): this {
    if (this.#result !== undefined) throw finalized();
    checkData(data);
    ops.digestUpdate(this.#context, toBytes(data, "data", encoding) as never);
    return this;
  }
  digest(encoding?: unknown): any {
    if (this.#result !== undefined) throw finalized();
    this.#result = made(this.#length === undefined ? ops.digestFinish(this.#context) : ops.digestFinishXof(this.#context, this.#length));
    return encode(this.#result, encoding);
  }
  copy(options?: any): Hash {
    if (this.#result !== undefined) throw finalized();
    return new Hash(undefined, options, made(ops.digestCopy(this.#context)));
  }
  _transform(chunk: unknown, encoding: unknown, done: () => void): void {
    this.update(chunk, encoding);
    done();
  }
  _flush(done: () => void): void {
    this.push(this.digest());
    done();
  }
}

export class Hmac extends Transform {
  #context: ArrayBuffer;
  #done = false;

  constructor(algorithm: unknown, key: unknown, options?: any) {
    super(options);
    validateString(algorithm, "hmac");
    const secret = toSecret(key, "key", options?.encoding);
    if (ops.digestSize(algorithm) === 0) throw nodeError(Error, "ERR_CRYPTO_INVALID_DIGEST", `Invalid digest: ${algorithm}`);
    this.#context = made(ops.hmacOpen(algorithm, secret));
  }

  update(data: unknown, encoding?: unknown): this {
    if (this.#done) throw finalized();
    checkData(data);
    ops.hmacUpdate(this.#context, toBytes(data, "data", encoding));
    return this;
  }
  digest(encoding?: unknown): any {
    // As in Node: what is asked for again is empty.
    if (this.#done) return encode(new Uint8Array(0), encoding);
    this.#done = true;
    return encode(made(ops.hmacFinish(this.#context)), encoding);
  }
  _transform(chunk: unknown, encoding: unknown, done: () => void): void {
    this.update(chunk, encoding);
    done();
  }
  _flush(done: () => void): void {
    this.push(this.digest());
    done();
  }
}

/** https://nodejs.org/api/crypto.html#cryptohashalgorithm-data-options */
export function hash(algorithm: unknown, data: unknown, options: any = "hex"): any {
  validateString(algorithm, "algorithm");
  checkData(data);
  const encoding = typeof options === "string" ? options : options?.outputEncoding ?? "hex";
  return new Hash(algorithm, typeof options === "object" ? options : undefined).update(data).digest(encoding);
}
