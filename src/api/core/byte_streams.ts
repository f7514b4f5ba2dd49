// SPDX-License-Identifier: Apache-2.0
// Byte streams over a pipe. The writer may be at most kInitialStreamCredit bytes ahead of what the reader's consumer
// took, so a slow reader slows the writer down and memory stays bounded on both sides.

import { type ByteSink, type ByteSource, passOn } from "./byte_queue.ts";
import { type ContextOwned, type RequestContext, currentContext } from "./context.ts";
import { limitError } from "./errors.ts";
import { limits } from "./limits.ts";
import { enqueueMicrotask } from "./microtask.ts";
import { MessageType, kChunkBytesMax, kInitialStreamCredit } from "./protocol.ts";
import type { Session } from "./session.ts";

const { isView } = ArrayBuffer;

function toBytes(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  if (isView(chunk)) return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  if (chunk instanceof ArrayBuffer) return new Uint8Array(chunk);
  throw new TypeError("A stream that leaves the worker must consist of bytes (ArrayBuffer or ArrayBufferView), but " +
      "a chunk " +
      `is of type ${chunk === null ? "null" : typeof chunk}. Pipe it through a TextEncoderStream if it is text.`);
}

/** Those of this worker that are open, to whomever they lead. */
let openStreams = 0;

function openStream(): void {
  if (openStreams >= limits.streams) {
    throw limitError("StreamLimit", `Too many streams are open (at most ${limits.streams}). Read or cancel those that there are.`);
  }
  openStreams++;
}

/** Throws for a body or stream of so many bytes, if that is too many. */
export function checkBodySize(bytes: number): void {
  if (bytes > limits.bodyBytes) throw bodyTooLarge();
}

function bodyTooLarge(): Error {
  return limitError("BodyTooLarge", `A body or stream is longer than ${limits.bodyBytes} bytes, which is the limit of this worker.`);
}

/** Pumps a ReadableStream, or another source, into the pipe. */
export class OutgoingStream implements ByteSink {
  readonly id: number;
  /** Held until the stream has ended either way; null: none is. */
  readonly context: RequestContext | null;
  #session: Session;
  #source: ByteSource | null;
  #reader: ReadableStreamDefaultReader<unknown> | null = null;
  #credit = kInitialStreamCredit;
  #sent = 0;
  #creditArrived: (() => void) | null = null;
  #done = false;

  constructor(session: Session, id: number, from: ReadableStream<unknown> | ByteSource, holds: boolean) {
    openStream();
    this.#session = session;
    this.id = id;
    this.context = holds ? currentContext() : null;
    if ("relayTo" in from) {
      this.#source = from;
    } else {
      this.#source = IncomingStream.untouchedBehind(from);
      this.#reader = from.getReader();
    }
    this.context?.hold();
  }

  start(): void {
    if (this.#source !== null) {
      // Nothing of the message that names this stream may be overtaken by its chunks: hence a microtask later.
      const source = this.#source;
      enqueueMicrotask(() => source.relayTo(this));
    } else {
      this.#pump().then(
        () => this.#finish(),
        (error) => this.fail(error),
      );
    }
  }

  async #pump(): Promise<void> {
    for (;;) {
      const { done, value } = await this.#reader!.read();
      if (this.#done) return;
      if (done) break;
      const bytes = toBytes(value);
      for (let offset = 0; offset < bytes.byteLength;) {
        while (this.#credit <= 0) {
          await new Promise<void>((resolve) => (this.#creditArrived = resolve));
          if (this.#done) return;
        }
        const size = Math.min(bytes.byteLength - offset, kChunkBytesMax, this.#credit);
        this.#send(size === bytes.byteLength ? bytes : bytes.subarray(offset, offset + size));
        offset += size;
      }
    }
    this.end();
  }

  #send(bytes: Uint8Array): void {
    this.#sent += bytes.byteLength;
    checkBodySize(this.#sent);
    this.#credit -= bytes.byteLength;
    this.#session.send(MessageType.chunk, 0, this.id, 0, 0, undefined, bytes);
  }

  /** For a relay: how many bytes may be written now. */
  get credit(): number {
    return this.#done ? 0 : this.#credit;
  }
  get done(): boolean {
    return this.#done;
  }
  write(bytes: Uint8Array): void {
    try {
      this.#send(bytes);
    } catch (error) {
      this.fail(error);
    }
  }

  end(): void {
    if (this.#done) return;
    this.#session.send(MessageType.end, 0, this.id, 0, 0, undefined, undefined);
    this.#finish();
  }

  fail(error: unknown): void {
    if (this.#done) return;
    this.#session.sendError(MessageType.abort, this.id, error);
    if (this.#reader !== null) this.#reader.cancel(error).catch(() => {});
    else this.#source!.cancel(error);
    this.#finish();
  }

  /** The reader of the stream took `bytes`. */
  onCredit(bytes: number): void {
    this.#credit += bytes;
    const arrived = this.#creditArrived;
    this.#creditArrived = null;
    arrived?.();
    this.#source?.relayed();
  }

  /** The reader wants no more, or the session broke. */
  onCancel(reason: unknown): void {
    if (this.#done) return;
    this.#finish();
    const arrived = this.#creditArrived;
    this.#creditArrived = null;
    arrived?.();
    if (this.#source !== null) this.#source.cancel(reason);
    else this.#reader!.cancel(reason).catch(() => {});
  }

  #finish(): void {
    if (this.#done) return;
    this.#done = true;
    openStreams--;
    this.#session.streams.outgoingEnded(this.id);
    this.context?.release();
  }
}

const behind = new WeakMap<object, IncomingStream>();

/** A stream of the peer, read here as a ReadableStream of bytes. */
export class IncomingStream implements ContextOwned, ByteSource {
  /** The peer's number of it; 0: it is not known yet. */
  #id = 0;
  readonly context: RequestContext | null = currentContext();
  /** The request that waits for more of it. */
  awaitedBy: RequestContext | null = null;
  /** Known with the number. */
  #session!: Session;
  #queue: Uint8Array[] = [];
  /** How many bytes the peer may still send. */
  #window = kInitialStreamCredit;
  /** Bytes taken by the consumer and not yet told. */
  #owed = 0;
  #received = 0;
  #state: "open" | "ended" | "failed" | "cancelled" = "open";
  #error: unknown = undefined;
  #controller: ReadableByteStreamController | null = null;
  #pulled: (() => void) | null = null;
  #touched = false;
  #relay: ByteSink | null = null;
  /** Called once, when nothing more will come; with the error if that is why. */
  onOver: ((error: unknown) => void) | null = null;

  constructor() {
    openStream();
    this.context?.own(this);
  }

  /** It is stream `id` of the peer of `session`. */
  bind(session: Session, id: number): void {
    this.#session = session;
    this.#id = id;
    if (this.#state !== "open") this.#tellCancelled(this.#error);
  }

  /** The incoming stream that `readable` reads, if nobody has read of it yet. */
  static untouchedBehind(readable: ReadableStream<unknown>): IncomingStream | null {
    const incoming = behind.get(readable);
    if (incoming === undefined || incoming.#touched || readable.locked) return null;
    incoming.#touched = true;
    return incoming;
  }

  toReadable(): ReadableStream<Uint8Array> {
    const streams = requireGroup("mayfly:web/streams") as { ReadableStream: typeof ReadableStream };
    const readable = new streams.ReadableStream(
      {
        type: "bytes",
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () => this.#pull(),
        cancel: (reason) => this.cancel(reason),
      },
      { highWaterMark: 0 },
    ) as ReadableStream<Uint8Array>;
    behind.set(readable, this);
    return readable;
  }

  #pull(): Promise<void> | undefined {
    this.#touched = true;
    if (this.#deliver()) return undefined;
    this.awaitedBy = currentContext();
    return new Promise((resolve) => (this.#pulled = resolve));
  }

  /** Hands the consumer what it waits for; false when there is nothing yet. */
  #deliver(): boolean {
    const controller = this.#controller!;
    const chunk = this.#queue.shift();
    if (chunk !== undefined) {
      this.#took(chunk.byteLength);
      controller.enqueue(chunk as Uint8Array<ArrayBuffer>);
      return true;
    }
    switch (this.#state) {
      case "open":
        return false;
      case "ended":
        controller.close();
        // A reader that brought its own buffer is answered with nothing.
        controller.byobRequest?.respond(0);
        return true;
      case "failed":
        controller.error(this.#error);
        return true;
      case "cancelled":
        return true;
    }
  }

  #took(bytes: number): void {
    this.#owed += bytes;
    if (this.#state === "open" && this.#owed >= kInitialStreamCredit / 4) {
      this.#window += this.#owed;
      this.#session.send(MessageType.credit, 0, this.#id, this.#owed, 0, undefined, undefined);
      this.#owed = 0;
    }
  }

  #wake(): void {
    if (this.#relay !== null) {
      this.relayed();
      return;
    }
    const pulled = this.#pulled;
    if (pulled === null || !this.#deliver()) return;
    this.#pulled = null;
    this.awaitedBy = null;
    pulled();
  }

  relayTo(sink: ByteSink): void {
    this.#touched = true;
    this.#relay = sink;
    this.relayed();
  }

  /** The relay can take more, or there is more for it. */
  relayed(): void {
    const relay = this.#relay;
    if (relay === null || relay.done) return;
    passOn(this.#queue, relay, (bytes) => this.#took(bytes));
    if (this.#queue.length > 0) return;
    if (this.#state === "ended") relay.end();
    else if (this.#state !== "open") relay.fail(this.#error);
  }

  /** False when the peer sent more than it may. */
  onChunk(bytes: Uint8Array): boolean {
    if (this.#state !== "open") return true;
    this.#window -= bytes.byteLength;
    if (this.#window < 0) return false;
    if (bytes.byteLength === 0) return true;
    this.#received += bytes.byteLength;
    if (this.#received > limits.bodyBytes) {
      this.abandon(bodyTooLarge());
      return true;
    }
    this.#queue.push(bytes);
    this.#wake();
    return true;
  }

  onEnd(): void {
    this.#end("ended", undefined);
  }

  onFailure(error: unknown): void {
    this.#end("failed", error);
  }

  #end(state: "ended" | "failed", error: unknown): void {
    if (this.#state !== "open") return;
    openStreams--;
    this.#state = state;
    this.#error = error;
    this.context?.disown(this);
    this.onOver?.(error);
    if (state === "failed" && this.#queue.length === 0 && this.#relay === null) {
      try {
        this.#controller?.error(error);
      } catch {
        // It has ended already.
      }
    }
    this.#wake();
  }

  cancel(reason: unknown): void {
    if (this.#state !== "open") return;
    openStreams--;
    this.#state = "cancelled";
    this.#error = reason;
    this.#queue = [];
    this.context?.disown(this);
    this.onOver?.(undefined);
    if (this.#id !== 0) this.#tellCancelled(reason);
  }

  #tellCancelled(reason: unknown): void {
    this.#session.sendError(MessageType.cancel, this.#id, reason);
    this.#session.streams.incomingEnded(this.#id);
  }

  contextEnded(): void {
    this.abandon(new Error("The request in which this stream was opened has ended."));
  }

  /** Wants no more of it, and fails whoever reads it. */
  abandon(error: unknown): void {
    if (this.#state !== "open") return;
    this.cancel(error);
    this.#relay?.fail(error);
    try {
      this.#controller?.error(error);
    } catch {
      // It has ended already.
    }
  }
}
