// SPDX-License-Identifier: Apache-2.0
// https://nodejs.org/api/async_context.html#class-asyncresource
// As in Workers, resources have no ids: every id is 0.
import { requireFunction, runInFrame } from "./async_local_storage.ts";

const { apply } = Reflect;

type Run = (...args: any[]) => any;

export class AsyncResource {
  #frame: unknown = ops.getAsyncFrame();

  constructor(type: string, options?: { triggerAsyncId?: number }) {
    void type;
    if (options === undefined || options === null) return;
    if (typeof options !== "object" && typeof options !== "number") {
      throw new TypeError("Failed to construct 'AsyncResource': constructor parameter 2 is not of type 'Options'.");
    }
  }

  asyncId(): number {
    void this.#frame;
    return 0;
  }

  triggerAsyncId(): number {
    void this.#frame;
    return 0;
  }

  /** There are no hooks that could be told. */
  emitDestroy(): this {
    void this.#frame;
    return this;
  }

  runInAsyncScope(run: Run, self?: unknown, ...args: unknown[]): unknown {
    requireFunction(run, "runInAsyncScope", "AsyncResource", 1);
    return runInFrame(this.#frame, run, self, args);
  }

  bind(run: Run, self?: unknown): Run {
    requireFunction(run, "bind", "AsyncResource", 1);
    const frame = this.#frame;
    const bound = function (this: unknown, ...args: unknown[]): unknown {
      return runInFrame(frame, run, self === undefined ? this : self, args);
    };
    Object.defineProperty(bound, "asyncResource", { value: this, writable: true, configurable: true, enumerable: true });
    return bound;
  }

  static bind(run: Run, type?: string, self?: unknown): Run {
    requireFunction(run, "bind", "AsyncResource", 1);
    return apply(AsyncResource.prototype.bind, new AsyncResource(type ?? "bound-anonymous-fn"), [run, self]);
  }
}
Object.defineProperty(AsyncResource.prototype, Symbol.toStringTag, { value: "AsyncResource", configurable: true });
