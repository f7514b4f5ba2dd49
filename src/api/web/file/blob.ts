// SPDX-License-Identifier: Apache-2.0
// https://w3c.github.io/FileAPI/#blob-section
// A blob is one run of bytes that nobody changes; slices and the bodies made from it share it.
import { defineInterface, registerHostType, toDictionary } from "mayfly:core";

type Bytes = Uint8Array<ArrayBuffer>;
type Options = { type?: unknown; endings?: unknown };

const kChunkBytes = 64 * 1024;
const empty: Bytes = new Uint8Array(0);

const copy = (bytes: Bytes): Bytes => new Uint8Array(bytes);

/** https://w3c.github.io/FileAPI/#dfn-type */
function toType(type: unknown): string {
  const text = `${type}`;
  return /[^\x20-\x7e]/.test(text) ? "" : text.toLowerCase();
}

function toBytes(part: unknown, native: boolean): Bytes {
  if (part instanceof ArrayBuffer) return new Uint8Array(part);
  if (ArrayBuffer.isView(part)) return new Uint8Array(part.buffer as ArrayBuffer, part.byteOffset, part.byteLength);
  if (isBlob(part)) return blobBytes(part);
  const text = `${part}`;
  return ops.utf8Encode(native ? text.replace(/\r\n?/g, "\n") : text);
}

function join(parts: unknown, native: boolean): Bytes {
  if (typeof parts !== "object" || parts === null || typeof (parts as Iterable<unknown>)[Symbol.iterator] !== "function") {
    throw new TypeError("Failed to construct 'Blob': constructor parameter 1 is not of type 'Array'.");
  }
  const pieces = Array.from(parts as Iterable<unknown>, (part) => toBytes(part, native));
  let size = 0;
  for (const piece of pieces) size += piece.length;
  const bytes = new Uint8Array(size);
  let offset = 0;
  for (const piece of pieces) {
    bytes.set(piece, offset);
    offset += piece.length;
  }
  return bytes;
}

/** A byte stream of `bytes`, which stay as they are. */
export function streamOfBytes(bytes: Bytes): ReadableStream<Bytes> {
  let offset = 0;
  return requireGroup("mayfly:web/streams").readableFromPull({
    pull() {
      if (offset === bytes.length) return undefined;
      const chunk = bytes.slice(offset, offset + kChunkBytes);
      offset += chunk.length;
      return chunk;
    },
  });
}

export let blobBytes: (blob: Blob) => Bytes;
export let isBlob: (value: unknown) => value is Blob;
/** `bytes` are not copied: nobody may change them afterwards. */
export let makeBlob: (bytes: Bytes, type: string) => Blob;
export let fillBlob: (blob: Blob, bytes: Bytes, type: string) => void;

export class Blob {
  #bytes = empty;
  #type = "";

  static {
    blobBytes = (blob) => blob.#bytes;
    isBlob = (value): value is Blob => typeof value === "object" && value !== null && #bytes in value;
    fillBlob = (blob, bytes, type) => {
      blob.#bytes = bytes;
      blob.#type = type;
    };
    makeBlob = (bytes, type) => {
      const blob = new Blob();
      fillBlob(blob, bytes, type);
      return blob;
    };
  }

  constructor(parts: unknown = undefined, options: unknown = undefined) {
    const { type = "", endings = "transparent" } = toDictionary<Options>(options as Options, "The second argument of Blob");
    if (endings !== "transparent" && endings !== "native") {
      throw new TypeError(`Failed to construct 'Blob': endings is "transparent" or "native", not "${endings}".`);
    }
    if (parts !== undefined) this.#bytes = join(parts, endings === "native");
    this.#type = toType(type);
  }

  get size(): number {
    return this.#bytes.length;
  }

  get type(): string {
    return this.#type;
  }

  slice(start: unknown = 0, end: unknown = undefined, contentType: unknown = ""): Blob {
    const bytes = this.#bytes;
    const clamp = (value: unknown): number => Math.trunc(Number(value)) || 0;
    const type = toType(contentType);
    return makeBlob(bytes.subarray(clamp(start), end === undefined ? bytes.length : clamp(end)), type);
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    return copy(this.#bytes).buffer;
  }

  async bytes(): Promise<Bytes> {
    return copy(this.#bytes);
  }

  async text(): Promise<string> {
    const text = ops.utf8Decode(this.#bytes, false)!;
    return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  }

  stream(): ReadableStream<Bytes> {
    return streamOfBytes(this.#bytes);
  }
}

defineInterface(Blob);

/** The bytes of a descriptor that came over a pipe. */
export function readBytes(value: unknown): Bytes {
  if (!(value instanceof Uint8Array)) throw new TypeError("A Blob arrived without its bytes.");
  return value as Bytes;
}

registerHostType({
  tag: "blob",
  type: Blob,
  // A copy where the bytes are a part of something larger, which would cross as a whole.
  write: (_session, blob) => ["blob", blob.type, copy(blobBytes(blob))],
  read: (_session, [, type, bytes]) => makeBlob(readBytes(bytes), toType(type)),
});
