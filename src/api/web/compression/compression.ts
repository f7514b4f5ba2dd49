// SPDX-License-Identifier: Apache-2.0
// https://compression.spec.whatwg.org/
import { defineInterface, requireArguments } from "mayfly:core";
import { TransformStream, chunkBytes } from "mayfly:web/streams";

const kOutputBytes = 64 * 1024;
// The largest part of a chunk that one call of the op gets.
const kInputBytes = 1024 * 1024;

const windowBits: Record<string, number> = { __proto__: null as never, gzip: 31, deflate: 15, "deflate-raw": -15 };

const counts = new Uint32Array(2);

function makeTransform(what: string, format: string, compress: boolean): TransformStream<BufferSource, Uint8Array> {
  const bits = windowBits[`${format}`];
  if (bits === undefined) {
    const known = Object.keys(windowBits).join(", ");
    throw new TypeError(`${what} constructor: "${format}" is none of the formats ${known}`);
  }
  const state = ops.zlibOpen(compress, bits);
  let ended = false;

  function run(input: Uint8Array, finish: boolean, controller: TransformStreamDefaultController<Uint8Array>): void {
    let offset = 0;
    for (;;) {
      const part = input.subarray(offset, offset + kInputBytes);
      const output = new Uint8Array(kOutputBytes);
      ended = ops.zlibWrite(state, part, finish, output, counts);
      const [read, written] = counts as unknown as [number, number];
      offset += read;
      if (written > 0) controller.enqueue(written === kOutputBytes ? output : output.slice(0, written));
      if (ended) break;
      // With room left in the output, zlib has done all it could with this part.
      if (written < kOutputBytes && offset >= input.length) break;
    }
    if (offset < input.length) throw new TypeError("There is data after the end of the compressed data");
  }

  return new TransformStream({
    transform(chunk, controller) {
      const bytes = chunkBytes(chunk);
      if (bytes.length === 0) return;
      if (ended) throw new TypeError("There is data after the end of the compressed data");
      run(bytes, false, controller);
    },
    flush(controller) {
      if (compress) run(new Uint8Array(0), true, controller);
      else if (!ended) throw new TypeError("The compressed data ends too early");
    },
  });
}

export class CompressionStream {
  #transform: TransformStream<BufferSource, Uint8Array>;
  constructor(format: string) {
    requireArguments("CompressionStream constructor", arguments.length, 1);
    this.#transform = makeTransform("CompressionStream", format, true);
  }
  get readable(): ReadableStream<Uint8Array> { return this.#transform.readable; }
  get writable(): WritableStream<BufferSource> { return this.#transform.writable; }
}

export class DecompressionStream {
  #transform: TransformStream<BufferSource, Uint8Array>;
  constructor(format: string) {
    requireArguments("DecompressionStream constructor", arguments.length, 1);
    this.#transform = makeTransform("DecompressionStream", format, false);
  }
  get readable(): ReadableStream<Uint8Array> { return this.#transform.readable; }
  get writable(): WritableStream<BufferSource> { return this.#transform.writable; }
}

defineInterface(CompressionStream);
defineInterface(DecompressionStream);
