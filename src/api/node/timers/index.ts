// SPDX-License-Identifier: Apache-2.0
// node:timers and node:timers/promises. With nodejs_compat_v2 these are the global ones: they return objects, as Node's.
// A timer keeps nothing running here: it ends with the request in which it was set, so ref() and unref() only say so.
import { clearInterval, clearTimeout, setInterval as setCoreInterval, setTimeout as setCoreTimeout } from "mayfly:core";
import { abortError, validateAbortSignal, validateBoolean, validateFunction, validateNumber } from "mayfly:node/internal";

const kPromisify = Symbol.for("nodejs.util.promisify.custom");

type Run = (...args: any[]) => void;

/** Nothing is kept running by a timer: what is said of it is told again. */
class Referenced {
  #ref = true;

  ref(): this {
    this.#ref = true;
    return this;
  }
  unref(): this {
    this.#ref = false;
    return this;
  }
  hasRef(): boolean {
    return this.#ref;
  }
}

export class Timeout extends Referenced {
  #id: number;
  #run: Run;
  #delay: unknown;
  #args: unknown[];
  #repeats: boolean;

  constructor(run: Run, delay: unknown, args: unknown[], repeats: boolean) {
    super();
    this.#run = run;
    this.#delay = delay;
    this.#args = args;
    this.#repeats = repeats;
    this.#id = this.#set();
  }

  #set(): number {
    const set = this.#repeats ? setCoreInterval : setCoreTimeout;
    return set(this.#run, this.#delay, ...this.#args);
  }
  refresh(): this {
    clearTimeout(this.#id);
    this.#id = this.#set();
    return this;
  }
  close(): this {
    clearTimeout(this.#id);
    return this;
  }
  [Symbol.toPrimitive](): number {
    return this.#id;
  }
  [Symbol.dispose](): void {
    clearTimeout(this.#id);
  }
}

export class Immediate extends Referenced {
  #id: number;
  constructor(run: Run, args: unknown[]) {
    super();
    this.#id = setCoreTimeout(run, 0, ...args);
  }
  static clear(immediate: unknown): void {
    if (typeof immediate === "object" && immediate !== null && #id in immediate) clearTimeout(immediate.#id);
  }
  [Symbol.dispose](): void {
    clearTimeout(this.#id);
  }
}

export function setTimeout(callback: Run, delay?: unknown, ...args: unknown[]): Timeout {
  validateFunction(callback, "callback");
  return new Timeout(callback, delay, args, false);
}

export function setInterval(callback: Run, delay?: unknown, ...args: unknown[]): Timeout {
  validateFunction(callback, "callback");
  return new Timeout(callback, delay, args, true);
}

export function setImmediate(callback: Run, ...args: unknown[]): Immediate {
  validateFunction(callback, "callback");
  return new Immediate(callback, args);
}

export function clearImmediate(immediate?: unknown): void {
  Immediate.clear(immediate);
}

interface Options {
  signal?: AbortSignal;
  ref?: boolean;
}

/** Settles what `start` starts, or rejects when the signal aborts first. */
function promised<T>(value: T, options: Options, start: (done: () => void) => () => void): Promise<T> {
  try {
    validateAbortSignal(options?.signal, "options.signal");
    if (options?.ref !== undefined) validateBoolean(options.ref, "options.ref");
  } catch (error) {
    return Promise.reject(error);
  }
  const signal = options?.signal;
  if (signal?.aborted) return Promise.reject(abortError(undefined, { cause: signal.reason }));
  return new Promise((resolve, reject) => {
    const stop = start(() => {
      signal?.removeEventListener("abort", abort);
      resolve(value);
    });
    const abort = (): void => {
      stop();
      reject(abortError(undefined, { cause: signal!.reason }));
    };
    signal?.addEventListener("abort", abort, { once: true });
  });
}

function wait<T>(delay?: number, value?: T, options: Options = {}): Promise<T | undefined> {
  try {
    if (delay !== undefined) validateNumber(delay, "delay");
  } catch (error) {
    return Promise.reject(error);
  }
  return promised(value, options, (done) => {
    const id = setCoreTimeout(done, delay);
    return () => clearTimeout(id);
  });
}

function waitImmediate<T>(value?: T, options: Options = {}): Promise<T | undefined> {
  return promised(value, options, (done) => {
    const id = setCoreTimeout(done, 0);
    return () => clearTimeout(id);
  });
}

async function* everyInterval<T>(delay?: number, value?: T, options: Options = {}): AsyncGenerator<T | undefined> {
  if (delay !== undefined) validateNumber(delay, "delay");
  validateAbortSignal(options?.signal, "options.signal");
  if (options?.ref !== undefined) validateBoolean(options.ref, "options.ref");
  const signal = options?.signal;
  if (signal?.aborted) throw abortError(undefined, { cause: signal.reason });
  let due = 0;
  let wake: (() => void) | undefined;
  const abort = (): void => wake?.();
  const id = setCoreInterval(() => {
    due++;
    wake?.();
  }, delay);
  signal?.addEventListener("abort", abort, { once: true });
  try {
    while (true) {
      if (due === 0 && !signal?.aborted) await new Promise<void>((resolve) => (wake = resolve));
      if (signal?.aborted) throw abortError(undefined, { cause: signal.reason });
      for (; due > 0; due--) yield value;
    }
  } finally {
    clearInterval(id);
    signal?.removeEventListener("abort", abort);
  }
}

const promises = {
  setTimeout: wait, setImmediate: waitImmediate, setInterval: everyInterval,
  scheduler: {
    wait: (delay: number, options?: Options): Promise<unknown> => wait(delay, undefined, options),
    yield: (): Promise<unknown> => waitImmediate(),
  },
};
Object.defineProperty(setTimeout, kPromisify, { get: () => wait, enumerable: true });
Object.defineProperty(setImmediate, kPromisify, { get: () => waitImmediate, enumerable: true });

/** Of old: an item with _onTimeout and _idleTimeout. */
function enroll(item: any, delay: number): void {
  item._idleTimeout = delay;
}
function active(item: any): void {
  clearTimeout(item._timer);
  if (item._idleTimeout >= 0) item._timer = setCoreTimeout(() => item._onTimeout?.(), item._idleTimeout);
}
function unenroll(item: any): void {
  clearTimeout(item._timer);
  item._idleTimeout = -1;
}

export default {
  setTimeout, clearTimeout, setImmediate, clearImmediate, setInterval, clearInterval, active, enroll, unenroll, promises,
};
