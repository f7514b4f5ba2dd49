// SPDX-License-Identifier: Apache-2.0
import { currentContext } from "mayfly:core";

/** ctx.waitUntil of the request that is running. */
export function waitUntil(promise: unknown): void {
  if (arguments.length === 0) {
    throw new TypeError("Failed to execute 'waitUntil' on 'EntrypointsModule': parameter 1 is not of type 'Promise'.");
  }
  const context = currentContext();
  if (context === null) throw new Error("waitUntil() can only be called while a request is being handled.");
  context.waitUntil(promise);
}

/** Ends this isolate: calls in flight fail with `reason`, and the next get() of its name loads it anew. */
export function abortIsolate(reason?: unknown): never {
  ops.abortSelf(reason === undefined ? "The isolate was aborted by its own code." : String(reason));
  throw new Error("The isolate is ending.");
}
