// SPDX-License-Identifier: Apache-2.0
// https://w3c.github.io/webcrypto/: random values and digests. Operations with keys are not there yet and say so.
import { defineInterface, requireArguments } from "mayfly:core";

const { isView } = ArrayBuffer;
const ArrayBuffer_ = ArrayBuffer;
const kRandomBytesMax = 65536;
const internal = Symbol("crypto");

function domException(message: string, name: string): Error {
  return new (requireGroup("mayfly:web/events").DOMException)(message, name);
}

function isBufferSource(value: unknown): value is BufferSource {
  return isView(value) || value instanceof ArrayBuffer_;
}

/** By upper-case name: what OpenSSL calls it. MD5 is no part of the standard, but of Workers. */
const digests: Record<string, string> = {
  __proto__: null as never, "SHA-1": "SHA1", "SHA-256": "SHA256", "SHA-384": "SHA384", "SHA-512": "SHA512", MD5: "MD5",
};

export class CryptoKey {
  constructor() {
    throw new TypeError("Illegal constructor");
  }
}

export class SubtleCrypto {
  #brand: true;

  constructor(...key: symbol[]) {
    if (key[0] !== internal) throw new TypeError("Illegal constructor");
    this.#brand = true;
  }

  async digest(algorithm: string | { name: string }, data: BufferSource): Promise<ArrayBuffer> {
    void this.#brand;
    requireArguments("SubtleCrypto.digest", arguments.length, 2);
    const name = typeof algorithm === "object" && algorithm !== null ? algorithm.name : algorithm;
    if (name === undefined) throw new TypeError("SubtleCrypto.digest: the algorithm has no name");
    if (!isBufferSource(data)) {
      throw new TypeError("SubtleCrypto.digest: the data must be an ArrayBuffer or a view of one");
    }
    const method = digests[`${name}`.toUpperCase()];
    if (method === undefined) {
      throw domException(`Unrecognized or unimplemented digest algorithm "${name}" requested: known are ` +
        `${Object.keys(digests).join(", ")}.`, "NotSupportedError");
    }
    return ops.digest(method, data);
  }

  timingSafeEqual(left: BufferSource, right: BufferSource): boolean {
    void this.#brand;
    requireArguments("SubtleCrypto.timingSafeEqual", arguments.length, 2);
    if (!isBufferSource(left) || !isBufferSource(right)) {
      throw new TypeError("SubtleCrypto.timingSafeEqual: both arguments must be ArrayBuffers or views of one");
    }
    if (left.byteLength !== right.byteLength) throw new TypeError("Input buffers must have the same byte length");
    return ops.timingSafeEqual(left, right);
  }
}

const missing: [name: string, length: number][] = [
  ["encrypt", 3], ["decrypt", 3], ["sign", 3], ["verify", 4], ["generateKey", 3], ["deriveKey", 5], ["deriveBits", 2],
  ["importKey", 5], ["exportKey", 2], ["wrapKey", 4], ["unwrapKey", 7],
];
for (const [name, length] of missing) {
  const method = {
    async [name]() {
      throw domException(`crypto.subtle.${name}() is not implemented in Mayfly yet: digest() and timingSafeEqual() are`,
        "NotSupportedError");
    },
  }[name]!;
  Object.defineProperty(method, "length", { value: length, configurable: true });
  Object.defineProperty(SubtleCrypto.prototype, name, { value: method, writable: true, configurable: true });
}

export class Crypto {
  #subtle: SubtleCrypto | undefined;

  constructor(...key: symbol[]) {
    if (key[0] !== internal) throw new TypeError("Illegal constructor");
  }

  get subtle(): SubtleCrypto {
    return (this.#subtle ??= new SubtleCrypto(internal));
  }

  getRandomValues<T extends ArrayBufferView>(array: T): T {
    void this.#subtle;
    requireArguments("Crypto.getRandomValues", arguments.length, 1);
    if (!isView(array) || /^Float|^DataView/.test(ops.typeOf(array))) {
      throw domException("getRandomValues() fills integer typed arrays (Int8Array to BigUint64Array) only",
        "TypeMismatchError");
    }
    if (array.byteLength > kRandomBytesMax) {
      throw domException(`getRandomValues() makes at most ${kRandomBytesMax} bytes at a time, not ${array.byteLength}`,
        "QuotaExceededError");
    }
    ops.randomBytes(array);
    return array;
  }

  randomUUID(): string {
    void this.#subtle;
    return ops.randomUuid();
  }
}

defineInterface(CryptoKey);
defineInterface(SubtleCrypto);
defineInterface(Crypto);

export const crypto = new Crypto(internal);
