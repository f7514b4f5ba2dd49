// SPDX-License-Identifier: Apache-2.0
// https://w3c.github.io/webcrypto/#Crypto-interface
import { defineInterface, requireArguments } from "mayfly:core";

import { SubtleCrypto, internal } from "./subtle.ts";
import { failure } from "./values.ts";

const { isView } = ArrayBuffer;
const kRandomBytesMax = 65536;

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
      throw failure("TypeMismatchError", "getRandomValues() fills integer typed arrays (Int8Array to BigUint64Array) only");
    }
    if (array.byteLength > kRandomBytesMax) {
      throw failure("QuotaExceededError",
        `getRandomValues() makes at most ${kRandomBytesMax} bytes at a time, not ${array.byteLength}`);
    }
    ops.randomBytes(array);
    return array;
  }

  randomUUID(): string {
    void this.#subtle;
    return ops.randomUuid();
  }

  /** Made when it is first asked for, as most programs need no streams for their cryptography. */
  get DigestStream(): Function {
    void this.#subtle;
    return requireGroup("mayfly:web/digest_stream").DigestStream;
  }
}
defineInterface(Crypto);

export const crypto = new Crypto(internal);
