// SPDX-License-Identifier: Apache-2.0
// https://nodejs.org/api/util.html#utilformatformat-args
import { validateObject } from "mayfly:node/internal";

import { inspect } from "./inspect.ts";

function formatNumber(value: number): string {
  return Object.is(value, -0) ? "-0" : `${value}`;
}

/** Whether String() shows of it what its author wrote. */
function hasOwnText(value: any): boolean {
  if (ops.proxyDetails(value) !== undefined) return false;
  if (typeof value[Symbol.toPrimitive] === "function" && !isBuiltIn(value, Symbol.toPrimitive)) return true;
  return typeof value.toString === "function" && !isBuiltIn(value, "toString");
}

const builtInClasses = new Set(("Object Array Function Map Set Promise Symbol ArrayBuffer WeakMap WeakSet WeakRef Date RegExp " +
  "DataView Error TypeError RangeError SyntaxError ReferenceError EvalError URIError AggregateError Number String " +
  "Boolean BigInt TypedArray Uint8Array").split(" "));

function isBuiltIn(value: object, key: string | symbol): boolean {
  let at: object | null = value;
  while (at !== null && !Object.hasOwn(at, key)) at = Object.getPrototypeOf(at);
  if (at === null || at === value) return at === null;
  const { constructor } = at as { constructor?: { name?: string } };
  return builtInClasses.has(constructor?.name ?? "");
}

function show(value: unknown, options: object, kind: string): string | undefined {
  switch (kind) {
    case "s":
      if (typeof value === "number") return formatNumber(value);
      if (typeof value === "bigint") return `${value}n`;
      if (typeof value !== "object" || value === null || hasOwnText(value)) return String(value);
      return inspect(value, { ...options, depth: 0, colors: false, compact: 3 });
    case "j":
      try {
        return JSON.stringify(value);
      } catch (error) {
        if (error instanceof TypeError && /circular/.test(error.message)) return "[Circular]";
        throw error;
      }
    case "d":
      if (typeof value === "bigint") return `${value}n`;
      return typeof value === "symbol" ? "NaN" : formatNumber(Number(value));
    case "i":
      if (typeof value === "bigint") return `${value}n`;
      return typeof value === "symbol" ? "NaN" : formatNumber(parseInt(value as string));
    case "f": return typeof value === "symbol" ? "NaN" : formatNumber(parseFloat(value as string));
    case "O": return inspect(value, options);
    case "o": return inspect(value, { ...options, showHidden: true, showProxy: true, depth: 4 });
    default: return "";
  }
}

export function formatWithOptions(options: object, ...args: unknown[]): string {
  validateObject(options, "inspectOptions", { array: true, function: true });
  const first = args[0];
  if (typeof first !== "string") {
    return args.map((each) => (typeof each === "string" ? each : inspect(each, { ...options, compact: 3, depth: 2, ...options }))).join(" ");
  }
  if (args.length === 1) return first;
  let next = 1;
  let text = "";
  let last = 0;
  for (let at = 0; at < first.length - 1; at++) {
    if (first[at] !== "%") continue;
    const kind = first[at + 1]!;
    if (kind === "%") {
      text += `${first.slice(last, at)}%`;
      last = at + 2;
      at++;
    } else if (next < args.length && "sjdifOoc".includes(kind)) {
      text += first.slice(last, at) + show(args[next++], options, kind);
      last = at + 2;
      at++;
    }
  }
  text += first.slice(last);
  for (; next < args.length; next++) {
    const value = args[next];
    text += ` ${typeof value === "string" ? value : inspect(value, { compact: 3, ...options })}`;
  }
  return text;
}

export function format(...args: unknown[]): string {
  return formatWithOptions({}, ...args);
}
