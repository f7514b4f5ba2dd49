// SPDX-License-Identifier: Apache-2.0
// A WritableStream crosses as a capability: when the receiver first writes, it sends a byte stream of what it writes to
// where the WritableStream is. So the pace, the end and the abortion are those of any stream of a session.
import { type RequestContext, RpcTarget, cloneError, currentContext, registerHostType } from "mayfly:core";

import { IdentityTransformStream } from "./identity.ts";
import { ReadableStream, WritableStream } from "./standard.ts";

/** Holds the stream that was sent, locked, for the receiver. */
class Destination extends RpcTarget {
  readonly #stream: WritableStream;
  #writer: WritableStreamDefaultWriter | null;

  constructor(stream: WritableStream) {
    super();
    this.#stream = stream;
    this.#writer = stream.getWriter();
  }

  /** Settles when everything was written and the stream is closed. */
  pipe(source: unknown): Promise<void> {
    const writer = this.#writer;
    if (writer === null || !(source instanceof ReadableStream)) throw new TypeError("A stream cannot be written so");
    this.#writer = null;
    writer.releaseLock();
    return source.pipeTo(this.#stream);
  }

  /** The receiver has let it go. */
  [Symbol.dispose](): void {
    const writer = this.#writer;
    this.#writer = null;
    const reason = new Error("The WritableStream was sent to another worker, which did not write to it.");
    writer?.abort(reason).catch(() => {});
  }
}

interface DestinationStub extends Disposable {
  dup(): DestinationStub;
  pipe(source: ReadableStream): PromiseLike<void>;
}

function writableTo(given: DestinationStub): WritableStream {
  // Arguments are given back when the call returns, but the stream may be written to for longer, or be passed on.
  const destination = given.dup();
  let controller: WritableStreamDefaultController;
  let writer: WritableStreamDefaultWriter | null = null;
  let piped: Promise<void>;
  let context: RequestContext | null = null;

  const begin = (): WritableStreamDefaultWriter => {
    const { readable, writable } = new IdentityTransformStream();
    const opened = (writer = writable.getWriter());
    const owned = {
      contextEnded() {
        opened.abort(new Error("The request that wrote to this stream ended without closing it.")).catch(() => {});
      },
    };
    context?.own(owned);
    if (context?.ended) owned.contextEnded();
    // In no context: a stream that is never closed must not keep the request alive.
    const frame = ops.getAsyncFrame();
    ops.setAsyncFrame(undefined);
    try {
      piped = Promise.resolve(destination.pipe(readable));
      destination[Symbol.dispose]();
    } finally {
      ops.setAsyncFrame(frame);
    }
    piped.catch((error) => controller.error(error)).finally(() => context?.disown(owned));
    return opened;
  };

  return new WritableStream({
    start(given) {
      controller = given;
    },
    write: (chunk) => (writer ?? begin()).write(chunk as BufferSource),
    async close() {
      await (writer ?? begin()).close();
      await piped;
    },
    async abort(reason) {
      await (writer ?? begin()).abort(reason);
      await piped.catch(() => {}); // with the very reason
    },
  }, {
    highWaterMark: 1,
    // The one thing that is called where the user writes; the sink is called in the streams' own time.
    size() {
      context ??= currentContext();
      return 1;
    },
  });
}

registerHostType({
  tag: "writable",
  type: WritableStream,
  write(session, stream: WritableStream) {
    if (session === null) throw cloneError("WritableStream can only be serialized for RPC.");
    if (stream.locked) throw new TypeError("This WritableStream is currently locked to a writer.");
    return ["writable", new Destination(stream)];
  },
  read(session, [, destination]) {
    if (session === null || typeof destination !== "function") throw new TypeError("A WritableStream came malformed");
    return writableTo(destination as unknown as DestinationStub);
  },
});
