// SPDX-License-Identifier: Apache-2.0
// The functions of node:events: they take emitters and event targets alike.
import { abortError, invalidArgType, validateAbortSignal, validateFunction, validateNumber } from "mayfly:node/internal";

import { EventEmitter, kErrorMonitor } from "./emitter.ts";

const { getPrototypeOf } = Object;
const asyncIteratorPrototype = getPrototypeOf(getPrototypeOf(async function* () {}).prototype);

type Listener = (...args: any[]) => void;
type Name = string | symbol;
interface SignalOption { signal?: AbortSignal }

function isEventTarget(value: any): value is EventTarget {
  return value instanceof (requireGroup("mayfly:web/events").EventTarget);
}

function subscribe(emitter: any, name: Name, listener: Listener, once = false): void {
  if (typeof emitter?.on === "function") {
    if (once) emitter.once(name, listener);
    else emitter.on(name, listener);
  } else if (typeof emitter?.addEventListener === "function") {
    emitter.addEventListener(name, listener, { once });
  } else {
    throw invalidArgType("emitter", "EventEmitter", emitter);
  }
}

function unsubscribe(emitter: any, name: Name, listener: Listener): void {
  if (typeof emitter?.removeListener === "function") emitter.removeListener(name, listener);
  else if (typeof emitter?.removeEventListener === "function") emitter.removeEventListener(name, listener);
  else throw invalidArgType("emitter", "EventEmitter", emitter);
}

export async function once(emitter: any, name: Name, options: SignalOption = {}): Promise<unknown[]> {
  const signal = options?.signal;
  validateAbortSignal(signal, "options.signal");
  if (signal?.aborted) throw abortError(undefined, { cause: signal.reason });
  return new Promise((resolve, reject) => {
    const finish = (): void => {
      unsubscribe(emitter, name, succeed);
      if (withErrors) emitter.removeListener("error", fail);
      signal?.removeEventListener("abort", abort);
    };
    const succeed = (...args: unknown[]): void => {
      finish();
      resolve(args);
    };
    const fail = (error: unknown): void => {
      finish();
      reject(error);
    };
    const abort = (): void => fail(abortError(undefined, { cause: signal!.reason }));
    subscribe(emitter, name, succeed, true);
    const withErrors = name !== "error" && typeof emitter.once === "function";
    if (withErrors) emitter.once("error", fail);
    signal?.addEventListener("abort", abort, { once: true });
  });
}

interface OnOptions extends SignalOption {
  close?: Name[];
  highWaterMark?: number;
  lowWaterMark?: number;
}

/** An async iterator of what `name` is emitted with. Bounded by highWaterMark where the emitter can pause. */
export function on(emitter: any, name: Name, options: OnOptions = {}): AsyncIterableIterator<unknown[]> {
  const signal = options?.signal;
  validateAbortSignal(signal, "options.signal");
  if (signal?.aborted) throw abortError(undefined, { cause: signal.reason });
  const high = options.highWaterMark ?? Number.MAX_SAFE_INTEGER;
  const low = options.lowWaterMark ?? 1;
  validateNumber(high, "options.highWaterMark", 1);
  validateNumber(low, "options.lowWaterMark", 1);
  const unread: unknown[][] = [];
  const waiting: { resolve(result: IteratorResult<unknown[]>): void; reject(error: unknown): void }[] = [];
  let failure: { error: unknown } | null = null;
  let finished = false;
  let paused = false;

  const take = (...args: unknown[]): void => {
    const next = waiting.shift();
    if (next !== undefined) {
      next.resolve({ value: args, done: false });
      return;
    }
    unread.push(args);
    if (!paused && unread.length > high && typeof emitter.pause === "function") {
      paused = true;
      emitter.pause();
    }
  };
  const fail = (error: unknown): void => {
    const next = waiting.shift();
    if (next !== undefined) next.reject(error);
    else failure = { error };
    void close();
  };
  const abort = (): void => fail(abortError(undefined, { cause: signal!.reason }));
  const close = (): Promise<IteratorResult<unknown[]>> => {
    unsubscribe(emitter, name, take);
    if (name !== "error" && typeof emitter.on === "function") emitter.removeListener("error", fail);
    for (const each of options.close ?? []) unsubscribe(emitter, each, close as Listener);
    signal?.removeEventListener("abort", abort);
    finished = true;
    for (const each of waiting.splice(0)) each.resolve({ value: undefined, done: true });
    return Promise.resolve({ value: undefined, done: true });
  };

  subscribe(emitter, name, take);
  if (name !== "error" && typeof emitter.on === "function") emitter.on("error", fail);
  for (const each of options.close ?? []) subscribe(emitter, each, close as Listener);
  signal?.addEventListener("abort", abort, { once: true });

  return Object.setPrototypeOf({
    next(): Promise<IteratorResult<unknown[]>> {
      if (unread.length > 0) {
        const value = unread.shift()!;
        if (paused && unread.length < low) {
          paused = false;
          emitter.resume();
        }
        return Promise.resolve({ value, done: false });
      }
      if (failure !== null) {
        const { error } = failure;
        failure = null;
        return Promise.reject(error);
      }
      if (finished) return close();
      return new Promise((resolve, reject) => waiting.push({ resolve, reject }));
    },
    return: close,
    throw(error: unknown) {
      if (!(error instanceof Error)) throw invalidArgType("EventEmitter.AsyncIterator", "Error", error);
      fail(error);
      return Promise.resolve({ value: undefined, done: true });
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  }, asyncIteratorPrototype);
}

export function listenerCount(emitter: any, type: Name): number {
  return typeof emitter.listenerCount === "function" ? emitter.listenerCount(type)
    : getEventListeners(emitter, type).length;
}

export function getEventListeners(emitter: any, type: Name): Listener[] {
  if (typeof emitter?.listeners === "function") return emitter.listeners(type);
  if (isEventTarget(emitter)) return requireGroup("mayfly:web/events").listenersOf(emitter, type);
  throw invalidArgType("emitter", ["EventEmitter", "EventTarget"], emitter);
}

// Event targets have no limit that could be exceeded; what was asked for is remembered.
const targetLimits = new WeakMap<object, number>();

export function getMaxListeners(emitter: any): number {
  if (typeof emitter?.getMaxListeners === "function") return emitter.getMaxListeners();
  if (isEventTarget(emitter)) return targetLimits.get(emitter) ?? (EventEmitter as any).defaultMaxListeners;
  throw invalidArgType("emitter", ["EventEmitter", "EventTarget"], emitter);
}

export function setMaxListeners(count = (EventEmitter as any).defaultMaxListeners, ...targets: any[]): void {
  validateNumber(count, "setMaxListeners", 0);
  if (targets.length === 0) (EventEmitter as any).defaultMaxListeners = count;
  for (const target of targets) {
    if (isEventTarget(target)) targetLimits.set(target, count);
    else if (typeof target?.setMaxListeners === "function") target.setMaxListeners(count);
    else throw invalidArgType("eventTargets", ["EventEmitter", "EventTarget"], target);
  }
}

export function addAbortListener(signal: AbortSignal, listener: (event?: Event) => void): Disposable {
  if (signal === undefined) throw invalidArgType("signal", "AbortSignal", signal);
  validateAbortSignal(signal, "signal");
  validateFunction(listener, "listener");
  let remove: (() => void) | undefined;
  if (signal.aborted) {
    queueMicrotask(() => listener());
  } else {
    signal.addEventListener("abort", listener, { once: true });
    remove = () => signal.removeEventListener("abort", listener);
  }
  return { __proto__: null, [Symbol.dispose]() { remove?.(); } } as never;
}

export { kErrorMonitor };
