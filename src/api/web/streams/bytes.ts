// SPDX-License-Identifier: Apache-2.0
// Byte streams for the built-ins: made of a function that is asked for more, and read as bytes.
import { ReadableStream } from "./standard.ts";

export interface ByteSource {
  /** The next bytes (the stream takes them over), or undefined at the end. Not called again before it is settled. */
  pull(): Uint8Array<ArrayBuffer> | undefined | Promise<Uint8Array<ArrayBuffer> | undefined>;
  cancel?(reason: unknown): void | Promise<void>;
}

/** A byte stream that asks its source only when somebody reads. */
export function readableFromPull(source: ByteSource): ReadableStream<Uint8Array> {
  const deliver = (controller: ReadableByteStreamController, bytes: Uint8Array<ArrayBuffer> | undefined) => {
    if (bytes === undefined) {
      controller.close();
      controller.byobRequest?.respond(0);
    } else {
      controller.enqueue(bytes);
    }
  };
  return new ReadableStream({
    type: "bytes",
    // Bytes are enqueued even if there are none, or the reader would not be asked for again; so skip what is empty.
    async pull(controller) {
      let bytes = await source.pull();
      while (bytes !== undefined && bytes.byteLength === 0) bytes = await source.pull();
      deliver(controller as ReadableByteStreamController, bytes);
    },
    cancel: (reason) => source.cancel?.(reason),
  });
}

/** The bytes of a chunk, not copied. Streams of anything but bytes cannot be sent. */
export function chunkBytes(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  if (ArrayBuffer.isView(chunk)) return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  if (chunk instanceof ArrayBuffer) return new Uint8Array(chunk);
  throw new TypeError("This ReadableStream did not return bytes: its chunks must be ArrayBuffers or views, but one " +
    `was ${chunk === null ? "null" : typeof chunk}. Pipe text through a TextEncoderStream first.`);
}

/**
 * Reads to the end and hands every chunk to `write`, waiting where that returns a promise. When `write` or a chunk
 * fails the stream is canceled with the error, which is thrown.
 */
export async function drain(
  stream: ReadableStream<unknown>,
  write: (bytes: Uint8Array) => void | Promise<void>,
): Promise<void> {
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    try {
      const waiting = write(chunkBytes(value));
      if (waiting !== undefined) await waiting;
    } catch (error) {
      reader.cancel(error).catch(() => {});
      throw error;
    }
  }
}

/** All bytes of the stream, in one array. */
export async function readAllBytes(stream: ReadableStream<unknown>): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  await drain(stream, (bytes) => {
    chunks.push(bytes);
    size += bytes.byteLength;
  });
  if (chunks.length === 1) return new Uint8Array(chunks[0]!);
  const all = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    all.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return all;
}
