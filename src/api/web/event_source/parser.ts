// SPDX-License-Identifier: Apache-2.0
// https://html.spec.whatwg.org/#event-stream-interpretation
import { TextDecoder } from "mayfly:web/encoding";

export interface ServerEvent {
  type: string;
  data: string;
  lastEventId: string;
}

/** Characters of one event, or of one line of it. */
const kEventCharsMax = 4 * 1024 * 1024;

export class EventStreamParser {
  #decoder = new TextDecoder();
  #rest = "";
  #afterReturn = false;
  #data: string | null = null;
  #type = "";
  #pendingId = "";
  /** As the server has set it last. */
  lastEventId = "";
  #onEvent: (event: ServerEvent) => void;
  #onRetry: (milliseconds: number) => void;

  constructor(onEvent: (event: ServerEvent) => void, onRetry: (milliseconds: number) => void, lastEventId: string) {
    this.#onEvent = onEvent;
    this.#onRetry = onRetry;
    this.lastEventId = this.#pendingId = lastEventId;
  }

  push(bytes: Uint8Array): void {
    let text = this.#decoder.decode(bytes, { stream: true });
    if (this.#afterReturn && text.startsWith("\n")) text = text.slice(1);
    if (text !== "") this.#afterReturn = text.endsWith("\r");
    const lines = (this.#rest + text).split(/\r\n|\r|\n/);
    this.#rest = lines.pop()!;
    for (const line of lines) this.#line(line);
    if (this.#rest.length + (this.#data?.length ?? 0) > kEventCharsMax) {
      throw new RangeError(`An event of more than ${kEventCharsMax} characters came`);
    }
  }

  #line(line: string): void {
    if (line === "") return this.#dispatch();
    const colon = line.indexOf(":");
    if (colon === 0) return;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1);
    if (field === "data") this.#data = this.#data === null ? value : `${this.#data}\n${value}`;
    else if (field === "event") this.#type = value;
    else if (field === "id" && !value.includes("\0")) this.#pendingId = value;
    else if (field === "retry" && /^\d+$/.test(value)) this.#onRetry(Math.min(Number(value), 2 ** 31 - 1));
  }

  #dispatch(): void {
    this.lastEventId = this.#pendingId;
    const data = this.#data;
    const type = this.#type === "" ? "message" : this.#type;
    this.#data = null;
    this.#type = "";
    if (data !== null) this.#onEvent({ type, data, lastEventId: this.lastEventId });
  }
}
