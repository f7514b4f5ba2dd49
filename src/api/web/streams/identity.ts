// SPDX-License-Identifier: Apache-2.0
// The byte pipes of Workers: what is written comes out unchanged, a write is done when it was read, and the readable
// side is a byte stream. FixedLengthStream promises how many bytes will come, which a response can send as its length.
import { defineInterface, requireArguments } from "mayfly:core";

import { ReadableStream, TransformStream, WritableStream } from "./standard.ts";

const lengths = new WeakMap<object, number>();

/** How many bytes a stream was promised to yield (the readable side of a FixedLengthStream), or undefined. */
export function promisedLength(stream: object): number | undefined {
  return lengths.get(stream);
}

interface Strategy {
  highWaterMark?: number | bigint;
}

function toBytes(chunk: unknown): Uint8Array<ArrayBuffer> {
  if (chunk instanceof ArrayBuffer) return new Uint8Array(chunk.slice(0));
  if (ArrayBuffer.isView(chunk)) {
    const { buffer, byteOffset, byteLength } = chunk;
    return new Uint8Array(new Uint8Array(buffer, byteOffset, byteLength));
  }
  if (typeof chunk === "string") return ops.utf8Encode(chunk);
  throw new TypeError("This TransformStream is being used as a byte stream, but received an object of " +
    "non-ArrayBuffer/ArrayBufferView type on its writable side.");
}

interface BytePipe {
  readable: ReadableStream<Uint8Array>;
  writable: WritableStream<BufferSource>;
}

function makeBytePipe(strategy: Strategy | undefined, expected: number | undefined): BytePipe {
  let remaining = expected;
  let demand = Promise.withResolvers<void>(); // settled when the reader asks for more or has gone
  let served = () => {}; // ends the reader's question
  let canceled: { reason: unknown } | undefined;
  let reader: ReadableByteStreamController;
  let writer: WritableStreamDefaultController;

  const readable = new ReadableStream({
    type: "bytes",
    start(controller) {
      reader = controller as ReadableByteStreamController;
    },
    pull() {
      demand.resolve();
      return new Promise<void>((resolve) => (served = resolve));
    },
    cancel(reason) {
      canceled = { reason };
      writer.error(reason);
      demand.resolve();
    },
  });

  const sink: UnderlyingSink<unknown> = {
    start(controller) {
      writer = controller;
    },
    async write(chunk) {
      const bytes = toBytes(chunk);
      if (bytes.byteLength === 0) return;
      if (remaining !== undefined && bytes.byteLength > remaining) {
        throw fail(new TypeError("Attempt to write too many bytes through a FixedLengthStream."));
      }
      if (remaining !== undefined) remaining -= bytes.byteLength;
      await demand.promise;
      if (canceled !== undefined) throw canceled.reason;
      demand = Promise.withResolvers();
      reader.enqueue(bytes);
      served();
    },
    close() {
      if (remaining !== undefined && remaining > 0) {
        throw fail(new TypeError("FixedLengthStream did not see all expected bytes before close()."));
      }
      if (canceled !== undefined) return;
      reader.close();
      reader.byobRequest?.respond(0);
      served();
    },
    abort(reason) {
      fail(reason);
    },
  };
  function fail<E>(error: E): E {
    if (canceled === undefined) reader.error(error);
    demand.resolve();
    return error;
  }

  const { highWaterMark } = strategy ?? {};
  const writable = new WritableStream(sink, highWaterMark === undefined ? undefined : {
    highWaterMark: Number(highWaterMark),
    size: (chunk) => (chunk as ArrayBuffer | undefined)?.byteLength ?? 0,
  });
  if (expected !== undefined) lengths.set(readable, expected);
  return { readable, writable: writable as WritableStream<BufferSource> };
}

const pipes = new WeakMap<object, BytePipe>();
const pending = Symbol("FixedLengthStream");

function pipeOf(stream: object): BytePipe {
  const pipe = pipes.get(stream);
  if (pipe === undefined) throw new TypeError("Illegal invocation");
  return pipe;
}

// It is a TransformStream by prototype alone, for the constructor of that would make two streams more.
export class IdentityTransformStream extends TransformStream<BufferSource, Uint8Array> {
  // @ts-expect-error A derived class may return another object instead of calling super().
  constructor(strategy?: Strategy, ...internal: unknown[]) {
    const self = Object.create(new.target.prototype) as IdentityTransformStream;
    pipes.set(self, makeBytePipe(strategy, internal[0] === pending ? (internal[1] as number) : undefined));
    return self;
  }
  override get readable() { return pipeOf(this).readable; }
  override get writable() { return pipeOf(this).writable; }
}

export class FixedLengthStream extends IdentityTransformStream {
  constructor(expectedLength: number | bigint, strategy?: Strategy) {
    requireArguments("FixedLengthStream constructor", arguments.length, 1);
    const length = Math.trunc(Number(expectedLength));
    if (!(length >= 0 && length <= Number.MAX_SAFE_INTEGER)) {
      throw new TypeError(`FixedLengthStream constructor: ${expectedLength} is not a length from 0 to 2^53 - 1`);
    }
    super(strategy, pending, length);
  }
}

defineInterface(IdentityTransformStream);
defineInterface(FixedLengthStream);
