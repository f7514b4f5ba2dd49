// SPDX-License-Identifier: Apache-2.0
// https://html.spec.whatwg.org/#message-channels, within one worker: a port cannot be transferred, as in Workers.
import { defineInterface, requireArguments, setTimeout } from "mayfly:core";
import { EventTarget, MessageEvent, dispatch, markTrusted } from "mayfly:web/events";

const internal = Symbol("MessagePort");
/** Messages that wait for a port that nobody has started. */
const kWaitingMax = 10_000;

let entangle: (one: MessagePort, other: MessagePort) => void;

export class MessagePort extends EventTarget {
  #other: MessagePort | null = null;
  /** Null once messages are delivered as they come. */
  #waiting: unknown[] | null = [];
  #handler: Function | null = null;

  constructor(...key: symbol[]) {
    if (key[0] !== internal) throw new TypeError("Illegal constructor");
    super();
    this.addEventListener("message", (event) => {
      if (this.#handler !== null) Reflect.apply(this.#handler, this, [event]);
    });
  }
  static {
    entangle = (one, other) => {
      one.#other = other;
      other.#other = one;
    };
  }

  postMessage(message: unknown, options: { transfer?: unknown[] } | unknown[] | null = null): void {
    requireArguments("MessagePort.postMessage", arguments.length, 1);
    const list = Array.isArray(options) ? options : (options as { transfer?: unknown[] } | null)?.transfer ?? [];
    const transfer = Array.from(list) as ArrayBuffer[];
    const data = requireGroup("mayfly:web/misc").structuredClone(message, { transfer });
    if (this.#other !== null) this.#other.#receive(data);
  }

  #receive(data: unknown): void {
    if (this.#waiting === null) return this.#deliver(data);
    if (this.#waiting.length >= kWaitingMax) {
      throw new RangeError(`A port keeps at most ${kWaitingMax} messages until it is started`);
    }
    this.#waiting.push(data);
  }

  #deliver(data: unknown): void {
    // A task of its own, after what runs now and its microtasks.
    setTimeout(() => {
      dispatch(this, markTrusted(new MessageEvent("message", { data })));
    }, 0);
  }

  start(): void {
    const waiting = this.#waiting;
    this.#waiting = null;
    for (const data of waiting ?? []) this.#deliver(data);
  }

  close(): void {
    const other = this.#other;
    this.#other = null;
    if (other !== null) other.#other = null;
  }

  get onmessage(): Function | null { return this.#handler; }
  set onmessage(value: unknown) {
    this.#handler = typeof value === "function" ? value : null;
    this.start();
  }
}
defineInterface(MessagePort);

export class MessageChannel {
  #port1 = new MessagePort(internal);
  #port2 = new MessagePort(internal);
  constructor() {
    entangle(this.#port1, this.#port2);
  }
  get port1(): MessagePort { return this.#port1; }
  get port2(): MessagePort { return this.#port2; }
}
defineInterface(MessageChannel);
