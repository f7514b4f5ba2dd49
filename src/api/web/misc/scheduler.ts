// SPDX-License-Identifier: Apache-2.0
// scheduler.wait, which Workers have from https://github.com/WICG/scheduling-apis.
import { defineInterface, requireArguments } from "mayfly:core";

const { clearTimeout, setTimeout } = globalThis;
const internal = Symbol("scheduler");

export class Scheduler {
  constructor(...key: symbol[]) {
    if (key[0] !== internal) throw new TypeError("Illegal constructor");
  }

  wait(delay: number, options: { signal?: AbortSignal } | null = {}): Promise<void> {
    requireArguments("Scheduler.wait", arguments.length, 1);
    const signal = options?.signal;
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const abort = () => {
        clearTimeout(timer);
        reject(signal!.reason);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener("abort", abort);
        resolve();
      }, delay);
      signal?.addEventListener("abort", abort, { once: true });
    });
  }
}
defineInterface(Scheduler);

export const scheduler = new Scheduler(internal);
