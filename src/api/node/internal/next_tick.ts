// SPDX-License-Identifier: Apache-2.0

/** process.nextTick(), found when it is used: a worker that needs no process has none made. */
export function nextTick(run: (...args: any[]) => void, ...args: unknown[]): void {
  requireGroup("mayfly:node/process").nextTick(run, ...args);
}
