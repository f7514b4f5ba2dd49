// SPDX-License-Identifier: Apache-2.0
// `env` and `exports` as importable objects. They show the worker's own, or, within withEnv and withExports, what was
// given there: kept in the async frame, like the values of AsyncLocalStorage.

import { AsyncFrame, currentContext, currentFrame, exportsObject, worker } from "mayfly:core";

const envKey = {};
const exportsKey = {};
const nothing: object = Object.freeze({});

function currentEnv(): object {
  const given = currentFrame()?.storage?.get(envKey) as object | undefined;
  return given ?? (worker.config.compatibility.disallow_importable_env === true ? nothing : worker.env);
}

function currentExports(): object {
  return (currentFrame()?.storage?.get(exportsKey) as object | undefined) ?? exportsObject();
}

/** An object that is whatever `current` says at the time. */
function view(current: () => object): object {
  return new Proxy({}, {
    get: (_target, key) => Reflect.get(current(), key) as unknown,
    set: (_target, key, value) => Reflect.set(current(), key, value),
    has: (_target, key) => Reflect.has(current(), key),
    deleteProperty: (_target, key) => Reflect.deleteProperty(current(), key),
    defineProperty: (_target, key, descriptor) =>
      Reflect.defineProperty(current(), key, { ...descriptor, configurable: true }),
    ownKeys: () => Reflect.ownKeys(current()),
    getOwnPropertyDescriptor(_target, key) {
      const descriptor = Reflect.getOwnPropertyDescriptor(current(), key);
      // The proxy's own target has no such property, so it may not be reported as fixed.
      if (descriptor !== undefined) descriptor.configurable = true;
      return descriptor;
    },
  });
}

export const env = view(currentEnv);
export const exports = view(currentExports);

function checkCallback(run: unknown, method: string, parameter: number): void {
  if (typeof run === "function") return;
  throw new TypeError(`Failed to execute '${method}' on 'EnvModule': parameter ${parameter} is not of type 'function'.`);
}

function runWith<T>(values: [key: object, value: object][], run: () => T): T {
  const storage = new Map(currentFrame()?.storage ?? []);
  for (const [key, value] of values) storage.set(key, value);
  const previous = currentFrame();
  ops.setAsyncFrame(new AsyncFrame(currentContext(), storage));
  try {
    return run();
  } finally {
    ops.setAsyncFrame(previous);
  }
}

function checkObject(value: unknown, what: string): object {
  if (value === null || typeof value !== "object") throw new TypeError(`${what}: the first argument must be an ` +
      "object.");
  return value;
}

export function withEnv<T>(newEnv: unknown, run: () => T): T {
  checkCallback(run, "withEnv", 2);
  return runWith([[envKey, checkObject(newEnv, "withEnv")]], run);
}

export function withExports<T>(newExports: unknown, run: () => T): T {
  checkCallback(run, "withExports", 2);
  return runWith([[exportsKey, checkObject(newExports, "withExports")]], run);
}

export function withEnvAndExports<T>(newEnv: unknown, newExports: unknown, run: () => T): T {
  checkCallback(run, "withEnvAndExports", 3);
  return runWith([
    [envKey, checkObject(newEnv, "withEnvAndExports")],
    [exportsKey, checkObject(newExports, "withEnvAndExports")],
  ], run);
}
