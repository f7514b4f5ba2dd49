// SPDX-License-Identifier: Apache-2.0
// promisify, callbackify, deprecate and other functions around functions.
import {
  invalidArgType, nodeError, validateAbortSignal, validateFunction, validateObject, validateString,
} from "mayfly:node/internal";

import { formatWithOptions } from "./format.ts";

const { apply } = Reflect;
const { defineProperties, getOwnPropertyDescriptors, getPrototypeOf, setPrototypeOf } = Object;

type Run = (...args: any[]) => any;

export const kPromisify = Symbol.for("nodejs.util.promisify.custom");
/** Names of the values that a callback gets, for functions whose promise brings an object of them. */
export const kPromisifyArgs = Symbol.for("nodejs.util.promisify.customArgs");

export function promisify(original: any): Run {
  validateFunction(original, "original");
  const custom = (original as any)[kPromisify];
  if (custom) {
    validateFunction(custom, "util.promisify.custom");
    return Object.defineProperty(custom, kPromisify, { value: custom, writable: false, enumerable: false, configurable: true });
  }
  const names: string[] | undefined = (original as any)[kPromisifyArgs];
  const promised = function (this: unknown, ...args: unknown[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      apply(original as Run, this, [...args, (error: unknown, ...values: unknown[]) => {
        if (error) reject(error);
        else if (names !== undefined && values.length > 1) resolve(Object.fromEntries(names.map((name, at) => [name, values[at]])));
        else resolve(values[0]);
      }]);
    });
  };
  setPrototypeOf(promised, getPrototypeOf(original));
  Object.defineProperty(promised, kPromisify, { value: promised, writable: false, enumerable: false, configurable: true });
  return defineProperties(promised, getOwnPropertyDescriptors(original));
}
promisify.custom = kPromisify;

export function callbackify(original: unknown): Run {
  validateFunction(original, "original");
  const nextTick = (run: Run, ...args: unknown[]): void => requireGroup("mayfly:node/process").process.nextTick(run, ...args);
  const called = function (this: unknown, ...args: unknown[]): void {
    const callback = args.pop();
    validateFunction(callback, "last argument");
    const done = callback.bind(this);
    apply(original, this, args).then(
      (value: unknown) => nextTick(done, null, value),
      (reason: unknown) => {
        if (!reason) {
          const error = nodeError(Error, "ERR_FALSY_VALUE_REJECTION", "Promise was rejected with falsy value") as any;
          error.reason = reason;
          reason = error;
        }
        nextTick(done, reason);
      });
  };
  const descriptors = getOwnPropertyDescriptors(original) as any;
  if (typeof descriptors.length?.value === "number") descriptors.length.value++;
  if (typeof descriptors.name?.value === "string") descriptors.name.value += "Callbackified";
  return defineProperties(called, descriptors);
}

export function inherits(class_: any, parent: any): void {
  if (class_ === undefined || class_ === null) throw invalidArgType("ctor", "Function", class_);
  if (parent === undefined || parent === null) throw invalidArgType("superCtor", "Function", parent);
  if (parent.prototype === undefined) throw invalidArgType("superCtor.prototype", "Object", parent.prototype);
  Object.defineProperty(class_, "super_", { value: parent, writable: true, configurable: true });
  setPrototypeOf(class_.prototype, parent.prototype);
}

const warned = new Set<string>();

export function deprecate(run: any, message: string, code?: string): any {
  validateFunction(run, "fn");
  if (code !== undefined) validateString(code, "code");
  let told = false;
  const deprecated = function (this: unknown, ...args: unknown[]): unknown {
    if (!told) {
      told = true;
      if (code === undefined || !warned.has(code)) {
        if (code !== undefined) warned.add(code);
        requireGroup("mayfly:node/process").process.emitWarning(message, "DeprecationWarning", code, deprecated);
      }
    }
    if (new.target) return Reflect.construct(run as never, args, new.target === deprecated ? (run as never) : new.target);
    return apply(run as Run, this, args);
  };
  setPrototypeOf(deprecated, run);
  if ((run as any).prototype) deprecated.prototype = (run as any).prototype;
  Object.defineProperty(deprecated, "length", { value: run.length, configurable: true });
  return deprecated;
}

/** NODE_DEBUG is read from process.env, which may be set at any time. */
export function debuglog(section: string, created?: (log: Run) => void): Run {
  const name = `${section}`.toUpperCase();
  const enabled = (): boolean => {
    const { env } = requireGroup("mayfly:node/process").process;
    const pattern = `${env.NODE_DEBUG ?? ""}`.toUpperCase();
    return pattern !== "" && pattern.split(",").some((each) =>
      new RegExp(`^${each.trim().replace(/[|\\{}()[\]^$+?.]/g, "\\$&").replaceAll("*", ".*")}$`).test(name));
  };
  const log = (...args: unknown[]): void => {
    if (created !== undefined) created(log);
    if (enabled()) globalThis.console.error(`${name} 1: ${formatWithOptions({}, ...args)}`);
  };
  return Object.defineProperty(log, "enabled", { get: enabled, configurable: true, enumerable: true });
}

// What is waited for stays.
const kept = new Set<object>();

export async function aborted(signal: AbortSignal, resource: object): Promise<void> {
  if (signal === undefined) throw invalidArgType("signal", "AbortSignal", signal);
  validateAbortSignal(signal, "signal");
  validateObject(resource, "resource", { array: true, function: true });
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    kept.add(signal);
    signal.addEventListener("abort", () => {
      kept.delete(signal);
      resolve();
    }, { once: true });
  });
}
