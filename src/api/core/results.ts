// SPDX-License-Identifier: Apache-2.0
// Results of calls can be disposed of: `using result = await stub.method()` disposes of every stub in it.

const { isArray } = Array;
const { defineProperty, getPrototypeOf, prototype: objectPrototype } = Object;

export function disposeAll(stubs: Disposable[] | null): void {
  if (stubs !== null) for (const stub of stubs) stub[Symbol.dispose]();
}

function define(value: object, dispose: () => void): void {
  defineProperty(value, Symbol.dispose, { value: dispose, writable: true, configurable: true, enumerable: false });
}

const nothing = (): void => {};

/** A result with these stubs in it (null: none). */
export function disposable(value: unknown, stubs: Disposable[] | null): unknown {
  if (value === null || typeof value !== "object") return value;
  const dispose = stubs === null ? nothing : () => disposeAll(stubs);
  if (getPrototypeOf(value) === objectPrototype || isArray(value)) define(value, dispose);
  // Any other (a Map, an error) if there is something to dispose of.
  else if (stubs !== null && !(Symbol.dispose in value)) define(value, dispose);
  return value;
}
