// SPDX-License-Identifier: Apache-2.0
// https://encoding.spec.whatwg.org/#interface-textdecoder
// The ops decode whole characters only. What a chunk of a stream ends with and is not yet a character waits here.
import { defineInterface } from "mayfly:core";

import { Iso2022JpDecoder } from "./japanese.ts";
import { encodingName, icuNames } from "./labels.ts";

const ArrayBuffer_ = ArrayBuffer;
const { isView } = ArrayBuffer;
const pendingCount = new Uint32Array(1);
const empty = new Uint8Array(0);

type Bytes = ArrayBufferView | ArrayBufferLike;

export class TextDecoder {
  #encoding = "utf-8";
  #fatal: boolean;
  #ignoreBOM: boolean;
  #pending: Uint8Array = empty;
  #japanese: Iso2022JpDecoder | undefined;
  #started = false; // within a stream whose first character, if a byte order mark, has been dealt with

  constructor(label: string = "utf-8", options: { fatal?: boolean; ignoreBOM?: boolean } | null = {}) {
    const name = encodingName(`${label}`);
    if (name === undefined) throw new RangeError(`"${label}" is not an encoding that TextDecoder knows`);
    this.#encoding = name;
    this.#fatal = !!options?.fatal;
    this.#ignoreBOM = !!options?.ignoreBOM;
  }

  get encoding(): string { return this.#encoding; }
  get fatal(): boolean { return this.#fatal; }
  get ignoreBOM(): boolean { return this.#ignoreBOM; }

  decode(input: Bytes = empty, options: { stream?: boolean } | null = {}): string {
    const stream = !!options?.stream;
    let text: string | undefined;
    if (this.#encoding === "utf-8" && !stream && this.#pending === empty) {
      text = ops.utf8Decode(isView(input) ? input : toBytes(input), this.#fatal);
    } else {
      text = this.#decodePart(this.#join(toBytes(input)), stream);
    }
    if (text === undefined) {
      this.#pending = empty;
      this.#started = false;
      throw new TypeError(`The encoded data was not valid for encoding ${this.#encoding}`);
    }
    if (text.length > 0 && !this.#started) {
      if (text.charCodeAt(0) === 0xfeff && !this.#ignoreBOM && this.#encoding.startsWith("utf-")) text = text.slice(1);
      this.#started = true;
    }
    if (!stream) this.#started = false;
    return text;
  }

  #join(bytes: Uint8Array): Uint8Array {
    if (this.#pending.length === 0) return bytes;
    const joined = new Uint8Array(this.#pending.length + bytes.length);
    joined.set(this.#pending);
    joined.set(bytes, this.#pending.length);
    return joined;
  }

  // Decodes and keeps what is not complete, if more is to come.
  #decodePart(bytes: Uint8Array, stream: boolean): string | undefined {
    this.#pending = empty;
    switch (this.#encoding) {
      case "utf-8": {
        const whole = this.#keep(bytes, stream ? incompleteUtf8(bytes) : 0);
        return ops.utf8Decode(whole, this.#fatal);
      }
      case "utf-16le":
      case "utf-16be": {
        const bigEndian = this.#encoding === "utf-16be";
        const odd = bytes.length % 2;
        if (stream) {
          const high = bytes[bytes.length - odd - (bigEndian ? 2 : 1)];
          const waits = high !== undefined && high >= 0xd8 && high <= 0xdb ? 2 : 0;
          return ops.utf16Decode(this.#keep(bytes, odd + waits), bigEndian, this.#fatal);
        }
        if (odd === 1 && this.#fatal) return undefined;
        const text = ops.utf16Decode(bytes.subarray(0, bytes.length - odd), bigEndian, this.#fatal);
        return odd === 1 && text !== undefined ? `${text}\ufffd` : text;
      }
      case "iso-2022-jp":
        return (this.#japanese ??= new Iso2022JpDecoder()).decode(bytes, this.#fatal, !stream);
      case "x-user-defined": {
        let text = "";
        for (const byte of bytes) text += String.fromCharCode(byte < 0x80 ? byte : 0xf700 + byte);
        return text;
      }
      default: {
        const name = icuNames[this.#encoding] ?? this.#encoding;
        const text = ops.icuDecode(name, bytes, this.#fatal, !stream, pendingCount);
        if (text !== undefined) this.#keep(bytes, pendingCount[0]!);
        return text;
      }
    }
  }

  #keep(bytes: Uint8Array, count: number): Uint8Array {
    if (count === 0) return bytes;
    this.#pending = bytes.slice(bytes.length - count);
    return bytes.subarray(0, bytes.length - count);
  }
}
defineInterface(TextDecoder);

function toBytes(input: Bytes): Uint8Array {
  if (isView(input)) return new Uint8Array(input.buffer, input.byteOffset, input.byteLength);
  if (input instanceof ArrayBuffer_) return new Uint8Array(input);
  throw new TypeError("TextDecoder.decode: the argument must be an ArrayBuffer or a view of one");
}

// How many of the last bytes begin a character that a further chunk may complete.
function incompleteUtf8(bytes: Uint8Array): number {
  for (let count = 1; count <= 3 && count <= bytes.length; count++) {
    const at = bytes.length - count;
    const byte = bytes[at]!;
    if (byte < 0x80) return 0;
    if (byte < 0xc0) continue; // continuation: look for its lead
    const wanted = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    if (byte < 0xc2 || byte > 0xf4 || count >= wanted) return 0;
    if (count > 1) {
      const second = bytes[at + 1]!;
      const low = byte === 0xe0 ? 0xa0 : byte === 0xf0 ? 0x90 : 0x80;
      const high = byte === 0xed ? 0x9f : byte === 0xf4 ? 0x8f : 0xbf;
      if (second < low || second > high) return 0;
    }
    return count;
  }
  return 0;
}
