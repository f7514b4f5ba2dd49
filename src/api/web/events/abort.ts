// SPDX-License-Identifier: Apache-2.0
// https://dom.spec.whatwg.org/#aborting-ongoing-activities
import { defineInterface, requireArguments } from "mayfly:core";

import { DOMException } from "./dom_exception.ts";
import { Event, EventTarget, defineHandler, dispatch, hasListeners, listenerAdded, markTrusted } from "./event.ts";

const { setTimeout } = globalThis;
const kInternal = Symbol("AbortSignal");
const unset = Symbol("not aborted");

/** Makes a signal that nobody but the caller can abort. */
export let makeSignal: () => AbortSignal;
/** Aborts the signal; undefined as the reason becomes an AbortError. Repetition has no effect. */
export let abortSignal: (signal: AbortSignal, reason: unknown) => void;

export class AbortSignal extends EventTarget {
  #reason: unknown = unset;
  // A signal made by any() is held by its sources weakly until somebody listens to it, so that a source which lives
  // long does not collect dependents.
  #sources: Set<AbortSignal> | undefined;
  #dependents: Set<WeakRef<AbortSignal>> | undefined;
  #listenedDependents: Set<AbortSignal> | undefined;

  constructor(...key: symbol[]) {
    if (key[0] !== kInternal) throw new TypeError("Illegal constructor");
    super();
  }

  static {
    makeSignal = () => new AbortSignal(kInternal);
    abortSignal = (signal, reason) => signal.#abort(reason);
  }

  static abort(reason?: unknown): AbortSignal {
    const signal = makeSignal();
    signal.#reason = reason === undefined ? abortError() : reason;
    return signal;
  }

  static timeout(milliseconds: number): AbortSignal {
    requireArguments("AbortSignal.timeout", arguments.length, 1);
    const delay = Math.trunc(Number(milliseconds));
    if (!(delay >= 0 && delay <= Number.MAX_SAFE_INTEGER)) {
      throw new TypeError(`AbortSignal.timeout: ${milliseconds} is not a number of milliseconds from 0 to 2^53 - 1`);
    }
    const signal = makeSignal();
    setTimeout(() => {
      signal.#abort(new DOMException("The operation was aborted due to timeout", "TimeoutError"));
    }, delay);
    return signal;
  }

  static any(signals: Iterable<AbortSignal>): AbortSignal {
    requireArguments("AbortSignal.any", arguments.length, 1);
    const result = makeSignal();
    const all = Array.from(signals);
    for (const signal of all) {
      if (!(#reason in signal)) throw new TypeError("AbortSignal.any: not all are AbortSignals");
    }
    for (const signal of all) {
      if (signal.#reason !== unset) {
        result.#reason = signal.#reason;
        return result;
      }
    }
    const sources = (result.#sources = new Set<AbortSignal>());
    for (const signal of all) for (const source of signal.#sources ?? [signal]) sources.add(source);
    const weak = new WeakRef(result);
    for (const source of sources) {
      const dependents = (source.#dependents ??= new Set());
      for (const dependent of dependents) if (dependent.deref() === undefined) dependents.delete(dependent);
      dependents.add(weak);
    }
    return result;
  }

  get aborted(): boolean {
    return this.#reason !== unset;
  }
  get reason(): any {
    return this.#reason === unset ? undefined : this.#reason;
  }
  throwIfAborted(): void {
    if (this.#reason !== unset) throw this.#reason;
  }

  override [listenerAdded](type: string): void {
    if (type !== "abort" || this.#reason !== unset) return;
    for (const source of this.#sources ?? []) (source.#listenedDependents ??= new Set()).add(this);
  }

  #abort(reason: unknown): void {
    if (this.#reason !== unset) return;
    this.#reason = reason === undefined ? abortError() : reason;
    const dependents: AbortSignal[] = [];
    for (const weak of this.#dependents ?? []) {
      const dependent = weak.deref();
      if (dependent === undefined || dependent.#reason !== unset) continue;
      dependent.#reason = this.#reason;
      for (const source of dependent.#sources!) source.#listenedDependents?.delete(dependent);
      dependents.push(dependent);
    }
    this.#dependents = this.#listenedDependents = undefined;
    fire(this);
    for (const dependent of dependents) fire(dependent);
  }
}
defineInterface(AbortSignal);
defineHandler(AbortSignal.prototype, "abort");

function abortError(): DOMException {
  return new DOMException("The operation was aborted", "AbortError");
}

function fire(signal: AbortSignal): void {
  if (hasListeners(signal, "abort")) dispatch(signal, markTrusted(new Event("abort")));
}

export class AbortController {
  #signal = makeSignal();

  get signal(): AbortSignal {
    return this.#signal;
  }
  abort(reason?: unknown): void {
    abortSignal(this.#signal, reason);
  }
}
defineInterface(AbortController);
