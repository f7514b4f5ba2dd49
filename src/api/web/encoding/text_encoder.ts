// SPDX-License-Identifier: Apache-2.0
// https://encoding.spec.whatwg.org/#interface-textencoder
import { defineInterface, requireArguments } from "mayfly:core";

// Filled by the op, read at once.
const counts = new Uint32Array(2);
const { isView } = ArrayBuffer;

export class TextEncoder {
  #brand = true;

  get encoding(): string {
    void this.#brand;
    return "utf-8";
  }

  encode(input: string = ""): Uint8Array<ArrayBuffer> {
    void this.#brand;
    return ops.utf8Encode(`${input}`);
  }

  encodeInto(source: string, destination: Uint8Array): { read: number; written: number } {
    void this.#brand;
    requireArguments("TextEncoder.encodeInto", arguments.length, 2);
    if (!isView(destination) || Object.prototype.toString.call(destination) !== "[object Uint8Array]") {
      throw new TypeError("TextEncoder.encodeInto: the second argument must be a Uint8Array");
    }
    ops.utf8EncodeInto(`${source}`, destination, counts);
    return { read: counts[0]!, written: counts[1]! };
  }
}
defineInterface(TextEncoder);
