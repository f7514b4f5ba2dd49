// SPDX-License-Identifier: Apache-2.0
// https://nodejs.org/api/crypto.html#class-keyobject: secret keys. Keys of pairs are for crypto.subtle here.
import { Buffer } from "mayfly:node/buffer";
import {
  invalidArgType, invalidArgValue, isBytes, nodeError, validateFunction, validateInteger, validateObject, validateOneOf, validateString,
} from "mayfly:node/internal";

const create = Symbol("create");
let read: (key: KeyObject) => Uint8Array;

export class KeyObject {
  #bytes: Uint8Array;

  constructor(type: unknown, bytes: unknown, key?: symbol) {
    if (key !== create) {
      validateOneOf(type, "type", ["secret", "public", "private"]);
      throw invalidArgType("handle", "object", bytes);
    }
    this.#bytes = bytes as Uint8Array;
  }
  static {
    read = (key) => key.#bytes;
  }

  static from(key: unknown): KeyObject {
    const web = requireGroup("mayfly:web/crypto");
    if (!(key instanceof web.CryptoKey)) throw invalidArgType("key", "CryptoKey", key);
    const state = web.keyState(key, "key");
    if (state.type !== "secret") throw unsupported();
    return makeSecret(state.material as Uint8Array);
  }

  get type(): string {
    void this.#bytes;
    return "secret";
  }
  get symmetricKeySize(): number {
    return this.#bytes.length;
  }
  export(options?: { format?: string }): unknown {
    if (options !== undefined) {
      validateObject(options, "options");
      validateOneOf(options.format, "options.format", [undefined, "buffer", "jwk"]);
      if (options.format === "jwk") return { kty: "oct", k: Buffer.from(this.#bytes).toString("base64url") };
    }
    return Buffer.from(this.#bytes);
  }
  equals(other: unknown): boolean {
    if (!(other instanceof KeyObject)) throw invalidArgType("otherKeyObject", "KeyObject", other);
    const [a, b] = [this.#bytes, other.#bytes];
    return a.length === b.length && ops.timingSafeEqual(a, b);
  }
  async toCryptoKey(algorithm: any, extractable: boolean, usages: string[]): Promise<unknown> {
    return requireGroup("mayfly:web/crypto").crypto.subtle.importKey("raw", this.#bytes, algorithm, extractable, usages);
  }
  get [Symbol.toStringTag](): string {
    return "KeyObject";
  }
}

export function unsupported(what = "Keys of pairs are"): Error {
  return nodeError(Error, "ERR_CRYPTO_UNSUPPORTED_OPERATION",
    `${what} not supported by node:crypto of Mayfly: crypto.subtle has them`);
}

export function secretOf(key: KeyObject): Uint8Array {
  return read(key);
}

function makeSecret(bytes: Uint8Array): KeyObject {
  return new KeyObject("secret", Uint8Array.from(bytes), create);
}

export function createSecretKey(key: unknown, encoding?: unknown): KeyObject {
  if (typeof key === "string") return makeSecret(Buffer.from(key, encoding));
  if (!isBytes(key)) throw invalidArgType("key", ["string", "ArrayBuffer", "Buffer", "TypedArray", "DataView"], key);
  return makeSecret(ArrayBuffer.isView(key) ? new Uint8Array(key.buffer, key.byteOffset, key.byteLength) : new Uint8Array(key));
}

export function generateKeySync(type: unknown, options: any): KeyObject {
  validateString(type, "type");
  validateObject(options, "options");
  const { length } = options as { length: number };
  if (type === "hmac") validateInteger(length, "options.length", 8, 2 ** 31 - 1);
  else if (type === "aes") validateOneOf(length, "options.length", [128, 192, 256]);
  else throw invalidArgValue("type", type, "must be a supported key type");
  const bytes = new Uint8Array(length >> 3);
  ops.randomBytes(bytes);
  return makeSecret(bytes);
}

export function generateKey(type: unknown, options: unknown, callback: unknown): void {
  validateFunction(callback, "callback");
  const key = generateKeySync(type, options);
  requireGroup("mayfly:node/process").nextTick(callback, null, key);
}
