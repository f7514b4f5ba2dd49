// SPDX-License-Identifier: Apache-2.0
// A pair of sessions within one isolate: how a worker calls its own entrypoints through ctx.exports, and what `new
// RpcStub()` makes. The same session code, without a pipe: values are cloned at once and delivered in a microtask.

import type { Bootstrap, Callee } from "./capability.ts";
import type { Activity } from "./hung.ts";
import { enqueueMicrotask } from "./microtask.ts";
import { MessageType } from "./protocol.ts";
import { Session } from "./session.ts";

interface Item {
  to: LoopbackSession;
  type: number;
  flags: number;
  id: number;
  target: number;
  stream: number;
  head: string | undefined;
  payload: unknown;
  received: Disposable[] | null;
}

let nextPipe = -1;
let queue: Item[] = [];

/** Between whom structuredClone copies right now; both null for structuredClone by user code. */
let writer: LoopbackSession | null = null;
let reader: LoopbackSession | null = null;
export const cloning = {
  get writer(): Session | null {
    return writer;
  },
  get reader(): Session | null {
    return reader;
  },
};

let replaceCallables: (pipe: number, value: unknown) => unknown;
/** values.ts makes what V8 refuses clonable. */
export function setCallableReplacer(replacer: typeof replaceCallables): void {
  replaceCallables = replacer;
}

function copyBetween(value: unknown): unknown {
  try {
    return ops.structuredClone(value, undefined, true);
  } catch (error) {
    // Functions and proxies: structuredClone has no use for them, sessions have.
    if (errorName(error) !== "DataCloneError") throw error;
    return ops.structuredClone(replaceCallables(0, value), undefined, true);
  }
}

function errorName(error: unknown): unknown {
  return error !== null && typeof error === "object" ? (error as { name?: unknown }).name : undefined;
}

const { slice } = Uint8Array.prototype;

function drain(): void {
  const items = queue;
  queue = [];
  const frame = ops.getAsyncFrame();
  ops.setAsyncFrame(undefined);
  for (const item of items) {
    if (item.to.closed) continue;
    item.to.received = item.received;
    item.to.receive(item.type, item.flags, item.id, item.target, item.stream, item.head, item.payload);
  }
  ops.setAsyncFrame(frame);
}

export class LoopbackSession extends Session {
  #peer!: LoopbackSession;

  private constructor(bootstrap: Bootstrap | null) {
    super(nextPipe--, bootstrap);
  }

  /** [caller, callee] */
  static pair(bootstrap: Bootstrap | null): [LoopbackSession, LoopbackSession] {
    const pair: [LoopbackSession, LoopbackSession] = [new LoopbackSession(null), new LoopbackSession(bootstrap)];
    pair[0].#peer = pair[1];
    pair[1].#peer = pair[0];
    return pair;
  }

  protected override get listsStubs(): boolean {
    return false;
  }

  override send(type: MessageType, flags: number, id: number, target: number, stream: number, head: string | undefined,
                payload: unknown): number {
    if (this.closed) return -1;
    let copy = payload;
    let received: Disposable[] | null = null;
    switch (type) {
      case MessageType.call:
      case MessageType.result:
      case MessageType.failure:
      case MessageType.abort:
      case MessageType.cancel:
        [copy, received] = this.#clone(payload);
        break;
      default:
        if (typeof payload === "string") copy = new (requireGroup("mayfly:web/encoding").TextEncoder)().encode(payload);
        else if (payload instanceof ArrayBuffer) copy = new Uint8Array(payload.slice(0));
        else if (ArrayBuffer.isView(payload)) {
          copy = slice.call(new Uint8Array(payload.buffer, payload.byteOffset, payload.byteLength));
        }
    }
    if (queue.length === 0) enqueueMicrotask(drain);
    queue.push({ to: this.#peer, type, flags, id, target, stream, head, payload: copy, received });
    return 0;
  }

  #clone(value: unknown): [unknown, Disposable[] | null] {
    const [outerWriter, outerReader] = [writer, reader];
    writer = this;
    reader = this.#peer;
    try {
      return [copyBetween(value), reader.received];
    } finally {
      reader.received = null;
      [writer, reader] = [outerWriter, outerReader];
    }
  }

  // It is read while its writer's context runs, and must not end with that.
  override receiveStream(id: number): ReadableStream<Uint8Array> {
    const frame = ops.getAsyncFrame();
    ops.setAsyncFrame(undefined);
    try {
      return super.receiveStream(id);
    } finally {
      ops.setAsyncFrame(frame);
    }
  }

  override reportActivity(activity: Activity): void {
    super.reportActivity(activity, activity.linked);
  }

  override calleeBehind(importId: number): Callee | null {
    return this.#peer.exported(importId)?.again() ?? null;
  }

  protected override closePipe(): void {
    // There is none.
  }
}
