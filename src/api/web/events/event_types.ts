// SPDX-License-Identifier: Apache-2.0
// The events with data of their own.
import { defineInterface, requireArguments, toDictionary } from "mayfly:core";

import { Event } from "./event.ts";

type Init = Record<string, any>;

export class CustomEvent extends Event {
  #detail: unknown;
  constructor(type: string, init?: Init | null) {
    requireArguments("CustomEvent constructor", arguments.length, 1);
    super(type, init);
    this.#detail = toDictionary<Init>(init, "The event's init").detail ?? null;
  }
  get detail(): unknown { return this.#detail; }
}

export class MessageEvent extends Event {
  #init: Init;
  constructor(type: string, init?: Init | null) {
    requireArguments("MessageEvent constructor", arguments.length, 1);
    super(type, init);
    const { data = null, origin = "", lastEventId = "", source = null, ports = [] } = toDictionary<Init>(init, "init");
    const texts = { origin: `${origin}`, lastEventId: `${lastEventId}` };
    this.#init = { data, ...texts, source, ports: Object.freeze(Array.from(ports)) };
  }
  get data(): unknown { return this.#init.data; }
  get origin(): string { return this.#init.origin; }
  get lastEventId(): string { return this.#init.lastEventId; }
  get source(): unknown { return this.#init.source; }
  get ports(): unknown[] { return this.#init.ports; }
}

export class ErrorEvent extends Event {
  #init: Init;
  constructor(type: string, init?: Init | null) {
    requireArguments("ErrorEvent constructor", arguments.length, 1);
    super(type, init);
    const { message = "", filename = "", lineno = 0, colno = 0, error } = toDictionary<Init>(init, "The event's init");
    this.#init = { message: `${message}`, filename: `${filename}`, lineno: lineno >>> 0, colno: colno >>> 0, error };
  }
  get message(): string { return this.#init.message; }
  get filename(): string { return this.#init.filename; }
  get lineno(): number { return this.#init.lineno; }
  get colno(): number { return this.#init.colno; }
  get error(): unknown { return this.#init.error; }
}

export class CloseEvent extends Event {
  #init: Init;
  constructor(type: string, init?: Init | null) {
    requireArguments("CloseEvent constructor", arguments.length, 1);
    super(type, init);
    const { code = 0, reason = "", wasClean = false } = toDictionary<Init>(init, "The event's init");
    this.#init = { code: code & 0xffff, reason: `${reason}`, wasClean: !!wasClean };
  }
  get code(): number { return this.#init.code; }
  get reason(): string { return this.#init.reason; }
  get wasClean(): boolean { return this.#init.wasClean; }
}

export class PromiseRejectionEvent extends Event {
  #promise: Promise<unknown>;
  #reason: unknown;
  constructor(type: string, init: Init) {
    requireArguments("PromiseRejectionEvent constructor", arguments.length, 2);
    super(type, init);
    const { promise, reason } = toDictionary<Init>(init, "The event's init");
    if (promise === undefined) throw new TypeError("PromiseRejectionEvent constructor: init.promise is required");
    this.#promise = promise;
    this.#reason = reason;
  }
  get promise(): Promise<unknown> { return this.#promise; }
  get reason(): unknown { return this.#reason; }
}

for (const class_ of [CustomEvent, MessageEvent, ErrorEvent, CloseEvent, PromiseRejectionEvent]) defineInterface(class_);
