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

/** Bytes that are written here, until a sink takes them. */
export class ByteQueue implements ByteSource {
  #queue: Uint8Array[] = [];
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
    this.#queue.push(bytes);
    this.waiting += bytes.byteLength;
    this.relayed();
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
