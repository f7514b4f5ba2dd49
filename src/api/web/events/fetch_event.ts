// SPDX-License-Identifier: Apache-2.0
// The service-worker syntax: a worker without a default export whose top level calls addEventListener("fetch").
// https://developers.cloudflare.com/workers/reference/migrate-to-module-workers/
import { defineInterface, requireArguments, worker } from "mayfly:core";

import { Event, type EventTarget, dispatch, markTrusted } from "./event.ts";

interface Context {
  waitUntil(promise: unknown): void;
  passThroughOnException(): void;
}

const internal = Symbol("FetchEvent");
let answerOf: (event: FetchEvent) => unknown;

export class ExtendableEvent extends Event {
  #context: Context | null = null;
  constructor(type: string, ...rest: unknown[]) {
    super(type, {});
    if (rest[0] === internal) this.#context = rest[1] as Context;
  }
  waitUntil(promise: unknown): void {
    requireArguments("ExtendableEvent.waitUntil", arguments.length, 1);
    if (this.#context === null) throw new TypeError("ExtendableEvent.waitUntil: no event of the worker is being handled");
    this.#context.waitUntil(promise);
  }
}

export class FetchEvent extends ExtendableEvent {
  #request: Request;
  #answer: { response: unknown } | null = null;

  constructor(...key: unknown[]) {
    if (key[0] !== internal) throw new TypeError("Illegal constructor");
    super("fetch", internal, key[1]);
    this.#request = key[2] as Request;
  }
  static {
    answerOf = (event) => {
      if (event.#answer === null) throw new Error('No listener for "fetch" has called event.respondWith().');
      return event.#answer.response;
    };
  }

  get request(): Request { return this.#request; }
  respondWith(response: unknown): void {
    requireArguments("FetchEvent.respondWith", arguments.length, 1);
    if (this.#answer !== null) throw new TypeError("FetchEvent.respondWith() has already been called for this event");
    this.#answer = { response };
    this.stopImmediatePropagation();
  }
  passThroughOnException(): void {
    void this.#request;
  }
}
for (const class_ of [ExtendableEvent, FetchEvent]) defineInterface(class_);

/** Has events of the worker dispatched at `target`, where it exports no default handlers. */
export function serveListeners(target: EventTarget): void {
  worker.listeners ??= {
    fetch(request: Request, _env: object, context: Context): unknown {
      const event = markTrusted(new FetchEvent(internal, context, request));
      let failed: { error: unknown } | null = null;
      dispatch(target, event, (error) => (failed ??= { error }));
      if (failed !== null) throw (failed as { error: unknown }).error;
      return answerOf(event);
    },
  };
}
