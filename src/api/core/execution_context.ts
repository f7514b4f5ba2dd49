// SPDX-License-Identifier: Apache-2.0
// `ctx`: what user code sees of its request context.

import type { RequestContext } from "./context.ts";
import { illegalInvocation } from "./errors.ts";

let readExports: () => object;
/** entrypoint.ts makes ctx.exports. */
export function setExportsReader(read: () => object): void {
  readExports = read;
}

const kAborted = "Worker execution was aborted due to call to ctx.abort().";

function isObject(value: unknown): value is object {
  return value !== null && typeof value === "object";
}

function checkThis(isContext: boolean): void {
  if (!isContext) throw illegalInvocation();
}

export class ExecutionContext {
  readonly #context: RequestContext;
  declare readonly props: object;

  constructor(context: RequestContext, props: object) {
    this.#context = context;
    this.props = props;
  }

  /** The stubs of this worker's own entrypoints. */
  get exports(): object {
    checkThis(isObject(this) && #context in this);
    return readExports();
  }

  /** Keeps the event alive until `promise` settles; a rejection is logged. */
  waitUntil(promise: unknown): void {
    checkThis(isObject(this) && #context in this);
    if (arguments.length === 0) {
      throw new TypeError("Failed to execute 'waitUntil' on 'ExecutionContext': parameter 1 is not of type 'Promise'.");
    }
    this.#context.waitUntil(promise);
  }

  /**
   * Ends this event: its callers get `reason`, promises given to waitUntil() are not waited for. Throws `reason`, so that
   * what follows is not run.
   */
  abort(reason?: unknown): never {
    checkThis(isObject(this) && #context in this);
    const error = isObject(reason) ? reason : new Error(reason === undefined ? kAborted : String(reason));
    this.#context.abort(error);
    throw error;
  }

  get tracing(): object {
    checkThis(isObject(this) && #context in this);
    return requireGroup("mayfly:platform/workers").tracing;
  }

  /** There is no origin server behind a worker here: an error is a 500 whatever was asked for. */
  passThroughOnException(): void {
    checkThis(isObject(this) && #context in this);
  }
}

Object.defineProperty(ExecutionContext.prototype, Symbol.toStringTag, { value: "ExecutionContext", configurable: true });

/** Without the compatibility flag `enable_ctx_exports` there is no such member. */
export function withoutExports(): void {
  delete (ExecutionContext.prototype as { exports?: object }).exports;
}
