// SPDX-License-Identifier: Apache-2.0
// https://nodejs.org/api/async_context.html
// The values stand in the async frame, which V8 carries along promise reactions and the built-ins along timers. A frame
// never changes: run() makes another. Each event begins with an empty one, and nothing of it crosses RPC.
import { AsyncFrame, currentContext, currentFrame } from "mayfly:core";

const { getAsyncFrame, setAsyncFrame } = ops;
const { apply } = Reflect;

type Run = (...args: any[]) => any;

/** Runs in `frame` what is given, and then goes back to the frame of before. */
function runIn(frame: unknown, run: Run, self: unknown, args: unknown[]): unknown {
  const previous = getAsyncFrame();
  setAsyncFrame(frame);
  try {
    return apply(run, self, args);
  } finally {
    setAsyncFrame(previous);
  }
}

/** A frame may not be carried from one event to another: what it can reach belongs to its own. */
export function runInFrame(frame: unknown, run: Run, self: unknown, args: unknown[]): unknown {
  const context = frame instanceof AsyncFrame ? frame.context : null;
  if (context !== null && context !== currentContext()) {
    throw new Error(
      "Cannot call this AsyncLocalStorage bound function outside of the request in which it was created.");
  }
  // What was made while the worker started belongs to none: its values go along into the event that calls it.
  if (context === null && currentContext() !== null) {
    frame = new AsyncFrame(currentContext(), frame instanceof AsyncFrame ? frame.storage : null);
  }
  return runIn(frame, run, self, args);
}

export function requireFunction(value: unknown, method: string, owner: string, parameter: number): asserts value is Run {
  if (typeof value === "function") return;
  throw new TypeError(`Failed to execute '${method}' on '${owner}': parameter ${parameter} is not of type ` +
    `'${method === "bind" ? "Function" : "function"}'.`);
}

export class AsyncLocalStorage {
  #name = "";
  #default: unknown;

  constructor(options?: { defaultValue?: unknown; name?: string }) {
    if (options === undefined || options === null) return;
    if (typeof options !== "object" && typeof options !== "function") {
      throw new TypeError("Failed to construct 'AsyncLocalStorage': constructor parameter 1 is not of type " +
        "'AsyncLocalStorageOptions'.");
    }
    this.#default = options.defaultValue;
    if (options.name !== undefined) this.#name = `${options.name}`;
  }

  get name(): string {
    return this.#name;
  }

  getStore(): unknown {
    const storage = currentFrame()?.storage;
    return storage?.has(this) ? storage.get(this) : this.#default;
  }

  run(store: unknown, run: Run, ...args: unknown[]): unknown {
    requireFunction(run, "run", "AsyncLocalStorage", 2);
    return runIn(this.#with(store), run, undefined, args);
  }

  exit(run: Run, ...args: unknown[]): unknown {
    requireFunction(run, "exit", "AsyncLocalStorage", 1);
    return runIn(this.#with(undefined), run, undefined, args);
  }

  enterWith(store: unknown): void {
    setAsyncFrame(this.#with(store));
  }

  disable(): void {
    const frame = currentFrame();
    if (!frame?.storage?.has(this)) return;
    const storage = new Map(frame.storage);
    storage.delete(this);
    setAsyncFrame(new AsyncFrame(frame.context, storage));
  }

  #with(store: unknown): AsyncFrame {
    const frame = currentFrame();
    const storage = new Map(frame?.storage ?? []);
    storage.set(this, store);
    return new AsyncFrame(frame?.context ?? null, storage);
  }

  static bind(run: Run): Run {
    requireFunction(run, "bind", "AsyncLocalStorage", 1);
    const frame = getAsyncFrame();
    return (...args: unknown[]) => runInFrame(frame, run, undefined, args);
  }

  static snapshot(): Run {
    const frame = getAsyncFrame();
    return (...args: unknown[]) => {
      const [run, ...rest] = args;
      if (typeof run !== "function") throw new TypeError("The first argument must be a function");
      return runInFrame(frame, run as Run, undefined, rest);
    };
  }
}
Object.defineProperty(AsyncLocalStorage.prototype, Symbol.toStringTag, { value: "AsyncLocalStorage", configurable: true });
