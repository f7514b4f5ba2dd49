// SPDX-License-Identifier: Apache-2.0
// https://html.spec.whatwg.org/#microtask-queuing
import { enqueueMicrotask, requireArguments } from "mayfly:core";

export function queueMicrotask(callback: () => void): void {
  requireArguments("queueMicrotask", arguments.length, 1);
  if (typeof callback !== "function") throw new TypeError("queueMicrotask: the argument must be a function");
  enqueueMicrotask(() => {
    try {
      callback();
    } catch (error) {
      requireGroup("mayfly:web/events").reportError(error);
    }
  });
}
