// SPDX-License-Identifier: Apache-2.0
// process.env: every value in it is a string. It begins with the worker's variables and secrets, where the
// compatibility flag nodejs_compat_populate_process_env is on; what is set later stays in this isolate.
import { worker } from "mayfly:core";

function toText(value: unknown): string {
  if (typeof value === "symbol") throw new TypeError("Cannot convert a symbol value to a string");
  return `${value as string}`;
}

function initial(): Record<string, string> {
  const values: Record<string, string> = {};
  if (!worker.config.compatibility.nodejs_compat_populate_process_env) return values;
  for (const [name, value] of Object.entries(worker.env)) {
    // Other values are JSON in Workers, bindings are left out.
    if (typeof value === "string") values[name] = value;
    else if (isPlain(value)) values[name] = JSON.stringify(value);
  }
  return values;
}

function isPlain(value: unknown): boolean {
  if (value === null || typeof value === "number" || typeof value === "boolean") return true;
  if (typeof value !== "object" || ops.proxyDetails(value) !== undefined) return false;
  return Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
}

export function makeEnv(): Record<string, string> {
  return new Proxy(initial(), {
    set(target, name, value) {
      if (typeof name === "symbol") throw new TypeError("Cannot convert a symbol value to a string");
      target[name] = toText(value);
      return true;
    },
    defineProperty(target, name, descriptor) {
      if ("value" in descriptor) descriptor = { ...descriptor, value: toText(descriptor.value) };
      return Reflect.defineProperty(target, name, descriptor);
    },
  });
}
