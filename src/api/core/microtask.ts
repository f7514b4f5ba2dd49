// SPDX-License-Identifier: Apache-2.0
// A microtask by way of a settled promise: V8 offers its queue to no JavaScript.

const settled = Promise.resolve();
const { then } = Promise.prototype;
const { apply } = Reflect;

/** `task` must not throw. */
export function enqueueMicrotask(task: () => void): void {
  void apply(then, settled, [task]);
}
