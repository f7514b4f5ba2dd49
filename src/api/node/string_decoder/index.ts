// SPDX-License-Identifier: Apache-2.0
// https://nodejs.org/api/string_decoder.html
// What a chunk ends with and is not yet a whole character (or group of base64) waits in #pending.
import { Buffer } from "mayfly:node/buffer";
import { invalidArgType, unknownEncoding } from "mayfly:node/internal";

const { isView } = ArrayBuffer;
const { normalizeEncoding } = requireGroup("mayfly:node/buffer");

/** How many of the last bytes of UTF-8 begin a character that more bytes may complete, and how many it lacks. */
function incompleteUtf8(bytes: Uint8Array): [have: number, lacking: number] {
  for (let count = 1; count <= 3 && count <= bytes.length; count++) {
    const byte = bytes[bytes.length - count]!;
    if (byte < 0x80) return [0, 0];
    if (byte < 0xc0) continue;
    const wanted = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    if (byte < 0xc2 || byte > 0xf4 || count >= wanted) return [0, 0];
    if (count > 1) {
      const second = bytes[bytes.length - count + 1]!;
      const low = byte === 0xe0 ? 0xa0 : byte === 0xf0 ? 0x90 : 0x80;
      const high = byte === 0xed ? 0x9f : byte === 0xf4 ? 0x8f : 0xbf;
      if (second < low || second > high) return [0, 0];
    }
    return [count, wanted - count];
  }
  return [0, 0];
}

interface State {
  pending: any; // a Buffer
  lacking: number;
}

const states = new WeakMap<object, State>();

function stateOf(decoder: object): State {
  const state = states.get(decoder);
  if (state === undefined) throw invalidArgType("this", "StringDecoder", decoder);
  return state;
}

export function StringDecoder(this: any, encoding?: string): void {
  const name = normalizeEncoding(encoding);
  if (name === undefined) throw unknownEncoding(encoding);
  this.encoding = name;
  states.set(this, { pending: Buffer.alloc(0), lacking: 0 });
}

/** The bytes of `bytes` that are whole, decoded; the others stay in the state. */
function decode(encoding: string, state: State, bytes: any): string {
  let keep = 0;
  state.lacking = 0;
  if (encoding === "utf8") {
    [keep, state.lacking] = incompleteUtf8(bytes);
  } else if (encoding === "utf16le") {
    keep = bytes.length % 2;
    const high = bytes[bytes.length - keep - 1];
    if (high >= 0xd8 && high <= 0xdb) keep += 2;
    state.lacking = keep === 0 ? 0 : keep === 2 ? 2 : 1;
  } else if (encoding === "base64" || encoding === "base64url") {
    keep = bytes.length % 3;
    state.lacking = keep === 0 ? 0 : 3 - keep;
  }
  const whole = bytes.length - keep;
  state.pending = keep === 0 ? Buffer.alloc(0) : Buffer.from(bytes.subarray(whole));
  return bytes.toString(encoding, 0, whole);
}

StringDecoder.prototype.write = function write(chunk: unknown): string {
  if (typeof chunk === "string") return chunk;
  if (!isView(chunk)) throw invalidArgType("buf", ["Buffer", "TypedArray", "DataView"], chunk);
  const state = stateOf(this);
  const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  if (bytes.length === 0) return "";
  return decode(this.encoding, state, state.pending.length === 0 ? bytes : Buffer.concat([state.pending, bytes]));
};

StringDecoder.prototype.end = function end(chunk?: unknown): string {
  const text = chunk === undefined ? "" : this.write(chunk);
  const state = stateOf(this);
  const { pending } = state;
  state.pending = Buffer.alloc(0);
  state.lacking = 0;
  if (pending.length === 0) return text;
  if (this.encoding === "utf16le") return text + pending.toString("utf16le", 0, pending.length - (pending.length % 2));
  return text + (this.encoding === "utf8" ? "\ufffd" : pending.toString(this.encoding));
};

/** Decodes from a place on, forgetting what waits. */
StringDecoder.prototype.text = function text(chunk: any, offset: number): string {
  const state = stateOf(this);
  state.pending = Buffer.alloc(0);
  state.lacking = 0;
  return this.write(chunk.slice(offset));
};

Object.defineProperties(StringDecoder.prototype, {
  lastChar: { get(this: object) { return stateOf(this).pending; }, configurable: true, enumerable: true },
  lastNeed: { get(this: object) { return stateOf(this).lacking; }, configurable: true, enumerable: true },
  lastTotal: {
    get(this: object) { return stateOf(this).pending.length + stateOf(this).lacking; },
    configurable: true, enumerable: true,
  },
});

export default { StringDecoder };
