// SPDX-License-Identifier: Apache-2.0
// Promises that were rejected while nobody listened: told to the worker's own listeners, else logged.

import { describeError } from "./errors.ts";

/** hooks.unhandledRejection */
export function reportRejection(promise: Promise<unknown>, reason: unknown): void {
  try {
    const events = requireGroup("mayfly:web/events") as {
      dispatchUnhandledRejection(promise: Promise<unknown>, reason: unknown): boolean;
    };
    if (!events.dispatchUnhandledRejection(promise, reason)) return;
  } catch (error) {
    ops.log("exception", "error", describeError(error));
  }
  ops.log("exception", "error", `Uncaught (in promise) ${describeError(reason)}`);
}
