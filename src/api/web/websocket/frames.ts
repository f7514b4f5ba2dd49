// SPDX-License-Identifier: Apache-2.0
// The frames of https://www.rfc-editor.org/rfc/rfc6455#section-5, both ways, and the messages that they carry. No
// extension is negotiated, so the reserved bits must be 0. Reading is strict: what the RFC forbids is a FrameError with
// the code that the connection is then closed with.
//
// Frames are read and written in the isolate that the messages are for: in a language that is safe for memory, at the
// cost of that worker. What stands between it and the network passes on bytes (docs/decisions/0013-websocket.md).

export const enum Opcode {
  continuation = 0,
  text = 1,
  binary = 2,
  close = 8,
  ping = 9,
  pong = 10,
}

export type Role = "client" | "server";

const kControlBytesMax = 125;
/** Small pieces of a message are gathered in blocks of this size: many tiny frames must not cost many objects. */
const kBlockBytes = 4096;

export class FrameError extends Error {
  readonly code: number;
  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** What a reader tells. The bytes are the receiver's own. */
export interface FrameEvents {
  message(isText: boolean, bytes: Uint8Array<ArrayBuffer>): void;
  ping(bytes: Uint8Array): void;
  pong(): void;
  /** `code` is 1005 where there is none. */
  closed(code: number, reason: Uint8Array): void;
}

const malformed = (message: string): FrameError => new FrameError(1002, message);

/** https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1: whether a peer may send it. */
export const isCloseCode = (code: number): boolean =>
    (code >= 1000 && code <= 1014 && code !== 1004 && code !== 1005 && code !== 1006) || (code >= 3000 && code <= 4999);

/** Masks, or unmasks, `bytes`, which have a buffer of their own and begin `offset` bytes into the payload. */
function mask(bytes: Uint8Array, key: Uint8Array, offset: number): void {
  const turned = new Uint8Array(4);
  for (let at = 0; at < 4; at++) turned[at] = key[(offset + at) & 3]!;
  const word = new Int32Array(turned.buffer)[0]!;
  const words = new Int32Array(bytes.buffer, 0, bytes.length >> 2);
  for (let at = 0; at < words.length; at++) words[at]! ^= word;
  for (let at = 4 * words.length; at < bytes.length; at++) bytes[at]! ^= turned[at & 3]!;
}

/** Gathers the payload of a message as it comes: little more is held than has come. */
class Gathering {
  #parts: Uint8Array<ArrayBuffer>[] = [];
  /** How much of the last part is used, if that is a block; 0: it is none. */
  #used = 0;
  size = 0;

  /** Takes `bytes` over, which have a buffer of their own. */
  add(bytes: Uint8Array<ArrayBuffer>): void {
    this.size += bytes.length;
    if (this.#used > 0 && this.#used + bytes.length <= kBlockBytes) {
      this.#parts[this.#parts.length - 1]!.set(bytes, this.#used);
      this.#used += bytes.length;
      return;
    }
    this.#seal();
    if (this.#parts.length === 0 || bytes.length === 0 || bytes.length > kBlockBytes / 4) {
      if (bytes.length > 0) this.#parts.push(bytes);
      return;
    }
    const block = new Uint8Array(kBlockBytes);
    block.set(bytes);
    this.#parts.push(block);
    this.#used = bytes.length;
  }

  #seal(): void {
    if (this.#used === 0) return;
    const last = this.#parts.length - 1;
    this.#parts[last] = this.#parts[last]!.subarray(0, this.#used);
    this.#used = 0;
  }

  /** All of it, in a buffer of its own. */
  take(): Uint8Array<ArrayBuffer> {
    this.#seal();
    const parts = this.#parts;
    let whole = parts[0];
    if (parts.length !== 1 || whole === undefined) {
      whole = new Uint8Array(this.size);
      let at = 0;
      for (let index = 0; index < parts.length; index++) {
        whole.set(parts[index]!, at);
        at += parts[index]!.length;
      }
    }
    this.#parts = [];
    this.size = 0;
    return whole;
  }
}

export class FrameReader {
  readonly #role: Role;
  readonly #events: FrameEvents;
  readonly #messageBytesMax: number;
  /** The head of a frame, as far as it came, and how long it is. */
  readonly #head = new Uint8Array(14);
  #headSize = 0;
  #headWanted = 2;
  /** The frame whose payload comes now. */
  #opcode = Opcode.continuation;
  #final = false;
  #left = 0;
  #offset = 0;
  readonly #key = new Uint8Array(4);
  #control = new Gathering();
  /** The message that the frames make up; text, binary, or continuation: there is none. */
  #kind = Opcode.continuation;
  #message = new Gathering();
  #closed = false;

  /** `messageBytesMax`: of one message, all of its frames together. */
  constructor(role: Role, events: FrameEvents, messageBytesMax: number) {
    this.#role = role;
    this.#events = events;
    this.#messageBytesMax = messageBytesMax;
  }

  /** Throws FrameError, after which nothing more may be pushed. What comes after a close frame is dropped. */
  push(bytes: Uint8Array<ArrayBuffer>): void {
    for (let at = 0; at < bytes.length && !this.#closed;) {
      if (this.#headSize < this.#headWanted) {
        this.#head[this.#headSize++] = bytes[at++]!;
        if (this.#headSize === 2) this.#headWanted = this.#wantedHead();
        if (this.#headSize === this.#headWanted) this.#begin();
        continue;
      }
      const size = Math.min(this.#left, bytes.length - at);
      this.#payload(bytes.slice(at, at + size));
      at += size;
    }
  }

  #wantedHead(): number {
    const first = this.#head[0]!;
    const second = this.#head[1]!;
    if ((first & 0x70) !== 0) throw malformed("A reserved bit is set, and no extension was negotiated.");
    const masked = (second & 0x80) !== 0;
    if (masked && this.#role === "client") throw malformed("A server must not mask its frames.");
    if (!masked && this.#role === "server") throw malformed("A client must mask its frames.");
    const length = second & 0x7f;
    const opcode = first & 0x0f;
    if (opcode >= Opcode.close) {
      if (opcode > Opcode.pong) throw malformed(`There is no opcode ${opcode}.`);
      if ((first & 0x80) === 0) throw malformed("A control frame must not be fragmented.");
      if (length > kControlBytesMax) throw malformed("A control frame is longer than 125 bytes.");
    } else if (opcode > Opcode.binary) {
      throw malformed(`There is no opcode ${opcode}.`);
    } else if (opcode === Opcode.continuation && this.#kind === Opcode.continuation) {
      throw malformed("A continuation without a message that it goes on with.");
    } else if (opcode !== Opcode.continuation && this.#kind !== Opcode.continuation) {
      throw malformed("A new message before the last one has ended.");
    }
    return 2 + (length === 126 ? 2 : length === 127 ? 8 : 0) + (masked ? 4 : 0);
  }

  #begin(): void {
    const head = this.#head;
    const masked = (head[1]! & 0x80) !== 0;
    let length = head[1]! & 0x7f;
    if (length === 126) {
      length = head[2]! * 256 + head[3]!;
      if (length < 126) throw malformed("A length is not written in its shortest form.");
    } else if (length === 127) {
      if (head[2]! >= 0x80) throw malformed("A length has its highest bit set.");
      length = 0;
      for (let index = 2; index < 10; index++) length = length * 256 + head[index]!;
      if (length < 65536) throw malformed("A length is not written in its shortest form.");
    }
    this.#opcode = head[0]! & 0x0f;
    this.#final = (head[0]! & 0x80) !== 0;
    this.#left = length;
    this.#offset = 0;
    for (let index = 0; index < 4; index++) this.#key[index] = masked ? head[this.#headWanted - 4 + index]! : 0;
    if (this.#opcode < Opcode.close) {
      const size = this.#message.size + length;
      if (size > this.#messageBytesMax) {
        throw new FrameError(1009, `Message is too large: ${size} > ${this.#messageBytesMax}`);
      }
      if (this.#opcode !== Opcode.continuation) this.#kind = this.#opcode;
    }
    if (length === 0) this.#frameEnded();
  }

  #payload(bytes: Uint8Array<ArrayBuffer>): void {
    if (this.#role === "server") mask(bytes, this.#key, this.#offset);
    this.#offset += bytes.length;
    this.#left -= bytes.length;
    (this.#opcode < Opcode.close ? this.#message : this.#control).add(bytes);
    if (this.#left === 0) this.#frameEnded();
  }

  #frameEnded(): void {
    this.#headSize = 0;
    this.#headWanted = 2;
    switch (this.#opcode) {
      case Opcode.ping:
        this.#events.ping(this.#control.take());
        return;
      case Opcode.pong:
        this.#control.take();
        this.#events.pong();
        return;
      case Opcode.close:
        this.#closeCame(this.#control.take());
        return;
      default: {
        if (!this.#final) return;
        const isText = this.#kind === Opcode.text;
        this.#kind = Opcode.continuation;
        this.#events.message(isText, this.#message.take());
      }
    }
  }

  #closeCame(payload: Uint8Array): void {
    this.#closed = true;
    if (payload.length === 0) {
      this.#events.closed(1005, payload);
      return;
    }
    const code = payload.length === 1 ? 0 : payload[0]! * 256 + payload[1]!;
    if (!isCloseCode(code)) throw malformed("A close frame without a code that may be sent.");
    this.#events.closed(code, payload.subarray(2));
  }
}

/** A whole message, or a control message, as one frame. `key`: four random bytes, for a client. */
export function makeFrame(opcode: Opcode, payload: Uint8Array, key: Uint8Array | null): Uint8Array<ArrayBuffer> {
  const { length } = payload;
  const lengthBytes = length < 126 ? 0 : length < 65536 ? 2 : 8;
  const headSize = 2 + lengthBytes + (key === null ? 0 : 4);
  const frame = new Uint8Array(headSize + length);
  frame[0] = 0x80 | opcode;
  frame[1] = (key === null ? 0 : 0x80) | (lengthBytes === 0 ? length : lengthBytes === 2 ? 126 : 127);
  for (let index = 0, rest = length; index < lengthBytes; index++, rest = Math.floor(rest / 256)) {
    frame[1 + lengthBytes - index] = rest % 256;
  }
  if (key !== null) {
    frame.set(key, headSize - 4);
    payload = payload.slice();
    mask(payload, key, 0);
  }
  frame.set(payload, headSize);
  return frame;
}

/** The payload of a close frame; 1005: none. `reason` is at most 123 bytes. */
export function closePayload(code: number, reason: Uint8Array): Uint8Array<ArrayBuffer> {
  if (code === 1005) return new Uint8Array(0);
  const payload = new Uint8Array(2 + reason.length);
  payload[0] = code >> 8;
  payload[1] = code & 0xff;
  payload.set(reason, 2);
  return payload;
}
