// SPDX-License-Identifier: Apache-2.0
// The far end of a WebSocket: another WebSocket of this isolate, or one beyond a session, to which bytes go that are
// frames (https://www.rfc-editor.org/rfc/rfc6455). Those bytes are the body of a request with `upgrade: websocket` and
// that of its response with status 101; who passes the response on passes on bytes.
import {
  ByteQueue, type ByteSink, type ByteSource, type IncomingStream, enqueueMicrotask, limitError, limitOf,
} from "mayfly:core";
import { FrameError, type FrameEvents, FrameReader, Opcode, type Role, closePayload, makeFrame } from "./frames.ts";
import { noteDrained, noteWaiting } from "./backlog.ts";

export type Data = string | Uint8Array<ArrayBuffer>;

/** Where what is sent goes. A close frame of each side ends it. */
export interface FarEnd {
  /** Begins to read what comes from there. */
  start(): void;
  /** Copies bytes. Throws when the message is too large. */
  send(data: Data): void;
  /** Sends a close frame, the first one or the answer to it; 1005: without a code. Nothing is sent after it. */
  close(code: number, reason: string): void;
  /** Breaks off; what has been closed on this side still is. */
  abort(error: Error): void;
  /** How many bytes have not left. */
  readonly waiting: number;
}

/** Who is told what comes from there. */
export interface NearEnd {
  received(data: Data): void;
  /** A close frame came, which the near end may still have to answer. 1005: without a code. */
  closed(code: number, reason: string): void;
  /** It ended otherwise: the last call. */
  lost(error: Error): void;
}

/** Bytes both ways. */
export interface Wire {
  readonly incoming: IncomingStream;
  /** What is sent. To be called once. */
  attach(source: ByteSource): void;
}

export const connectionLost = (): Error => new Error("Network connection lost.");

/** Answers to pings wait no longer than this many bytes: only the last one must be answered. */
const kPongsWaitingBytesMax = 64 * 1024;

function checkMessageSize(bytes: number): void {
  const most = limitOf("messageBytes");
  if (bytes > most) throw limitError("WebSocketMessageTooLarge", `Message is too large: ${bytes} > ${most}`);
}

/** The other WebSocket of a pair, as long as both are here. What is sent arrives later, in order. */
export class LocalEnd implements FarEnd {
  readonly waiting = 0;
  readonly #other: NearEnd;
  constructor(other: NearEnd) {
    this.#other = other;
  }
  start(): void {}
  send(data: Data): void {
    checkMessageSize(data.length);
    const message = typeof data === "string" ? data : data.slice();
    enqueueMicrotask(() => this.#other.received(message));
  }
  close(code: number, reason: string): void {
    enqueueMicrotask(() => this.#other.closed(code, reason));
  }
  abort(): void {
    enqueueMicrotask(() => this.#other.lost(connectionLost()));
  }
}

export class WireEnd implements FarEnd, ByteSink, FrameEvents {
  readonly #role: Role;
  readonly #wire: Wire;
  readonly #near: NearEnd;
  readonly #reader: FrameReader;
  readonly #out = new ByteQueue();
  #closeSent = false;
  #closeCame = false;
  #over = false;

  /** `role`: what this end is for the other. */
  constructor(role: Role, wire: Wire, near: NearEnd) {
    this.#role = role;
    this.#wire = wire;
    this.#near = near;
    this.#reader = new FrameReader(role, this, limitOf("messageBytes"));
    this.#out.onDrained = this.#out.onCancel = () => noteDrained(this);
    // It brings ops.randomBytes.
    if (role === "client") requireGroup("mayfly:web/crypto");
    wire.attach(this.#out);
  }

  start(): void {
    this.#wire.incoming.relayTo(this);
  }

  #frame(opcode: Opcode, payload: Uint8Array): void {
    let key: Uint8Array | null = null;
    if (this.#role === "client") ops.randomBytes((key = new Uint8Array(4)));
    const frame = makeFrame(opcode, payload, key);
    this.#out.push(frame);
    if (this.#out.waiting > 0) noteWaiting(this, frame.length);
  }

  get waiting(): number {
    return this.#out.waiting;
  }

  send(data: Data): void {
    const payload = typeof data === "string" ? ops.utf8Encode(data) : data;
    checkMessageSize(payload.length);
    this.#frame(typeof data === "string" ? Opcode.text : Opcode.binary, payload);
  }

  close(code: number, reason: string): void {
    if (this.#closeSent || this.#over) return;
    this.#closeSent = true;
    this.#frame(Opcode.close, closePayload(code, ops.utf8Encode(reason)));
    if (this.#closeCame) this.#end();
  }

  abort(error: Error): void {
    if (this.#over) return;
    if (!this.#closeSent) this.#drop(error);
    this.#end();
  }

  #drop(error: Error): void {
    this.#out.fail(error);
    noteDrained(this);
  }

  /** Too much waits to be sent. */
  giveUp(error: Error): void {
    this.#drop(error);
    if (this.#over) return;
    this.#end();
    enqueueMicrotask(() => this.#near.lost(error));
  }

  #end(): void {
    this.#over = true;
    this.#out.end();
    this.#wire.incoming.cancel(new Error("The WebSocket is closed."));
  }

  #lost(error: Error): void {
    if (this.#over) return;
    this.#end();
    this.#near.lost(error);
  }

  // --- the bytes that come

  readonly credit = Infinity;
  get done(): boolean {
    return this.#over;
  }
  write(bytes: Uint8Array): void {
    try {
      this.#reader.push(bytes as Uint8Array<ArrayBuffer>);
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      this.#refuse(error);
    }
  }
  end(): void {
    this.#lost(connectionLost());
  }
  fail(): void {
    this.#lost(connectionLost());
  }

  /** What came breaks the rules: the other side is told by a close frame, and nothing more is read. */
  #refuse(error: FrameError): void {
    this.close(error.code, error.message.slice(0, 120));
    this.#lost(new Error(`WebSocket protocol error: ${error.message}`));
  }

  // --- the frames that come

  message(isText: boolean, bytes: Uint8Array<ArrayBuffer>): void {
    if (this.#over) return;
    if (!isText) {
      this.#near.received(bytes);
      return;
    }
    const text = ops.utf8Decode(bytes, true);
    if (text === undefined) throw new FrameError(1007, "A text message is not UTF-8.");
    this.#near.received(text);
  }
  ping(bytes: Uint8Array): void {
    if (this.#closeSent || this.#over || this.#out.waiting >= kPongsWaitingBytesMax) return;
    this.#frame(Opcode.pong, bytes);
  }
  pong(): void {}
  closed(code: number, reason: Uint8Array): void {
    if (this.#over) return;
    const text = ops.utf8Decode(reason, true);
    if (text === undefined) throw new FrameError(1007, "The reason of a close frame is not UTF-8.");
    this.#closeCame = true;
    if (this.#closeSent) this.#end();
    this.#near.closed(code, text);
  }
}
