// SPDX-License-Identifier: Apache-2.0
// Bytes on their way between streams of sessions, without stream objects between them.

import { kChunkBytesMax } from "./protocol.ts";

/** Where bytes go without the detour over stream objects, as far as there is credit. */
export interface ByteSink {
  readonly done: boolean;
  readonly credit: number;
  write(bytes: Uint8Array): void;
  end(): void;
  fail(error: unknown): void;
}

/** Where they come from. */
export interface ByteSource {
  /** Everything goes to `sink`, from now on. */
  relayTo(sink: ByteSink): void;
  /** The sink can take more. */
  relayed(): void;
  /** It wants no more. */
  cancel(reason: unknown): void;
}

/** Moves what is in `queue` on to `sink`, as far as that can take it; tells `took` how many bytes those were. */
export function passOn(queue: Uint8Array[], sink: ByteSink, took: (bytes: number) => void): void {
  for (let chunk = queue[0]; chunk !== undefined && sink.credit > 0; chunk = queue[0]) {
    const size = Math.min(chunk.byteLength, sink.credit, kChunkBytesMax);
    sink.write(size === chunk.byteLength ? chunk : chunk.subarray(0, size));
    if (size === chunk.byteLength) queue.shift();
    else queue[0] = chunk.subarray(size);
    took(size);
  }
}

const kBlockBytes = 8 * 1024;

/** Bytes that are written here, until a sink takes them. */
export class ByteQueue implements ByteSource {
  #queue: Uint8Array[] = [];
  /** What the last one is a part of, if more may be put beside it; and how much of that is used. */
  #block: Uint8Array | null = null;
  #used = 0;
  #sink: ByteSink | null = null;
  #state: "open" | "ended" | "failed" | "cancelled" = "open";
  #error: unknown = undefined;
  /** How many bytes wait. */
  waiting = 0;
  /** Called whenever nothing waits any more. */
  onDrained: (() => void) | null = null;
  /** Called when the bytes are wanted no longer. */
  onCancel: ((reason: unknown) => void) | null = null;

  push(bytes: Uint8Array): void {
    if (this.#state !== "open" || bytes.byteLength === 0) return;
    this.#append(bytes);
    this.waiting += bytes.byteLength;
    this.relayed();
  }

  /** Small pieces that wait must not cost more than their bytes. The first in the queue may have been taken in part. */
  #append(bytes: Uint8Array): void {
    const queue = this.#queue;
    const size = bytes.byteLength;
    if (queue.length < 2 || size > kBlockBytes / 4) {
      queue.push(bytes);
      this.#block = null;
      return;
    }
    if (this.#block === null || this.#used + size > kBlockBytes) {
      this.#block = new Uint8Array(kBlockBytes);
      this.#used = 0;
      queue.push(this.#block);
    }
    this.#block.set(bytes, this.#used);
    this.#used += size;
    queue[queue.length - 1] = this.#block.subarray(0, this.#used);
  }

  /** Nothing more follows. */
  end(): void {
    this.#over("ended", undefined);
  }
  fail(error: unknown): void {
    this.#queue = [];
    this.waiting = 0;
    this.#over("failed", error);
  }
  get open(): boolean {
    return this.#state === "open";
  }

  #over(state: "ended" | "failed", error: unknown): void {
    if (this.#state !== "open") return;
    this.#state = state;
    this.#error = error;
    this.relayed();
  }

  relayTo(sink: ByteSink): void {
    this.#sink = sink;
    this.relayed();
  }
  relayed(): void {
    const sink = this.#sink;
    if (sink === null || sink.done) return;
    const before = this.waiting;
    passOn(this.#queue, sink, (bytes) => (this.waiting -= bytes));
    if (this.#queue.length > 0) return;
    if (this.#state === "ended") sink.end();
    else if (this.#state === "failed") sink.fail(this.#error);
    if (before > 0) this.onDrained?.();
  }
  cancel(reason: unknown): void {
    if (this.#state === "cancelled" || this.#state === "failed") return;
    this.#state = "cancelled";
    this.#queue = [];
    this.waiting = 0;
    this.onCancel?.(reason);
  }
}

/** A source whose bytes come from another one that is not known yet. */
export class LateSource implements ByteSource {
  #sink: ByteSink | null = null;
  #source: ByteSource | null = null;
  #cancelled: { reason: unknown } | null = null;
  #ended = false;

  /** To be called once. */
  attach(source: ByteSource): void {
    if (this.#ended) {
      source.cancel(new Error("Nobody reads this any more."));
      return;
    }
    this.#source = source;
    if (this.#cancelled !== null) source.cancel(this.#cancelled.reason);
    else if (this.#sink !== null) source.relayTo(this.#sink);
  }
  relayTo(sink: ByteSink): void {
    this.#sink = sink;
    this.#source?.relayTo(sink);
  }
  relayed(): void {
    this.#source?.relayed();
  }
  cancel(reason: unknown): void {
    this.#cancelled ??= { reason };
    this.#source?.cancel(reason);
  }
  /** Nothing will come, unless something does already. */
  end(): void {
    if (this.#source !== null || this.#ended) return;
    const nothing = new ByteQueue();
    nothing.end();
    this.attach(nothing);
    this.#ended = true;
  }
}
