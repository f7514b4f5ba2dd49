// SPDX-License-Identifier: Apache-2.0
// The byte streams of one session, both ways. Each peer numbers its own outgoing streams.

import type { ByteSource } from "./byte_queue.ts";
import { type IncomingStream, OutgoingStream } from "./byte_streams.ts";
import type { RequestContext } from "./context.ts";
import { thrownError } from "./errors.ts";
import type { Activity } from "./hung.ts";
import { Numbered } from "./numbered.ts";
import { MessageFlag, MessageType } from "./protocol.ts";
import type { Session } from "./session.ts";

function charge(context: RequestContext | null): void {
  if (context !== null) ops.setContext(context.id);
}

export class SessionStreams {
  readonly #session: Session;
  #last = 0;
  #outgoing = new Numbered<OutgoingStream>();
  #incoming = new Numbered<IncomingStream>();

  constructor(session: Session) {
    this.#session = session;
  }

  get size(): number {
    return this.#outgoing.size + this.#incoming.size;
  }

  /** Starts sending `source`, which the message that is sent next names. `holds`: it keeps its context alive. */
  send(source: ReadableStream<unknown> | ByteSource, holds: boolean): OutgoingStream {
    const stream = new OutgoingStream(this.#session, ++this.#last, source, holds);
    if (this.#session.closed) {
      stream.onCancel(this.#session.closedWith);
      return stream;
    }
    this.#outgoing.set(stream.id, stream);
    return stream;
  }

  /** `stream` is the peer's stream `id`, which a message just named. */
  receive(stream: IncomingStream, id: number): void {
    if (!Number.isInteger(id) || id <= 0 || this.#incoming.get(id) !== undefined) {
      const error = new TypeError("A message names no valid stream.");
      stream.abandon(error);
      throw error;
    }
    if (this.#session.closed) {
      stream.onFailure(this.#session.closedWith);
      return;
    }
    this.#incoming.set(id, stream);
    stream.bind(this.#session, id);
  }

  has(id: number): boolean {
    return this.#incoming.get(id) !== undefined;
  }

  outgoingEnded(id: number): void {
    this.#outgoing.delete(id);
    this.#session.checkIdle();
  }

  incomingEnded(id: number): void {
    this.#incoming.delete(id);
    this.#session.checkIdle();
  }

  reportActivity(activity: Activity, input: Set<RequestContext | null>): void {
    for (const { context, awaitedBy } of this.#incoming.values()) input.add(awaitedBy ?? context);
    for (const stream of this.#outgoing.values()) {
      if (stream.context !== null) (stream.credit > 0 ? activity.awaited : activity.fed).add(stream.context);
    }
  }

  contextAborted(context: RequestContext, reason: unknown): void {
    for (const stream of this.#outgoing.values()) if (stream.context === context) stream.fail(reason);
  }

  /** The session is over. Returns what ends every stream. */
  takeAll(): (reason: unknown) => void {
    const [outgoing, incoming] = [this.#outgoing, this.#incoming];
    this.#outgoing = new Numbered();
    this.#incoming = new Numbered();
    return (reason) => {
      for (const stream of outgoing.values()) stream.onCancel(reason);
      for (const stream of incoming.values()) stream.onFailure(reason);
    };
  }

  /** A message about stream `id`. False when the peer sent more than it may. */
  onMessage(type: MessageType, flags: number, id: number, target: number, payload: unknown): boolean {
    if (type === MessageType.credit || type === MessageType.cancel) {
      const outgoing = this.#outgoing.get(id);
      if (outgoing === undefined) return true;
      charge(outgoing.context);
      if (type === MessageType.credit) outgoing.onCredit(target);
      else outgoing.onCancel(errorIn(flags, payload));
      return true;
    }
    const incoming = this.#incoming.get(id);
    if (incoming === undefined) return true;
    if (type === MessageType.chunk) {
      charge(incoming.context);
      if (!(payload instanceof Uint8Array)) {
        // There was no memory for it.
        incoming.abandon(payload);
        return true;
      }
      return incoming.onChunk(payload);
    }
    this.#incoming.delete(id);
    charge(incoming.context);
    if (type === MessageType.end) incoming.onEnd();
    else incoming.onFailure(errorIn(flags, payload));
    this.#session.checkIdle();
    return true;
  }
}

/** The error that a message carries. */
export const errorIn = (flags: number, payload: unknown): unknown =>
    (flags & MessageFlag.corrupt) !== 0 ? payload : thrownError(payload);
