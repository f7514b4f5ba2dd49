// SPDX-License-Identifier: Apache-2.0
// https://console.spec.whatwg.org/. Each call is one entry of the worker's log.
import { currentContext } from "mayfly:core";
import { format } from "./format.ts";
import { type InspectOptions, inspect } from "./inspect.ts";
import { table } from "./table.ts";

type Level = "debug" | "info" | "log" | "warn" | "error";

const kLabelsMax = 1000;

const { captureStackTrace } = Error as unknown as { captureStackTrace(holder: object, top: Function): void };

let indent = "";
const counts = new Map<string, number>();
const timers = new Map<string, number>();

/** `values`: what tails get. */
function print(level: Level, text: string, values: unknown[] = [text]): void {
  ops.log("console", level, indent === "" ? text : indent + text.replaceAll("\n", `\n${indent}`));
  currentContext()?.trace?.log(level, values, (value) => inspect(value));
}

const labelOf = (label: unknown) => (label === undefined ? "default" : `${label as string}`);

function remember(map: Map<string, number>, label: string, value: number): void {
  if (map.size >= kLabelsMax && !map.has(label)) map.delete(map.keys().next().value!);
  map.set(label, value);
}

function duration(milliseconds: number): string {
  if (milliseconds >= 60_000) return `${(milliseconds / 60_000).toFixed(3)}m`;
  return milliseconds >= 1000 ? `${(milliseconds / 1000).toFixed(3)}s` : `${milliseconds}ms`;
}

function printTimer(label: unknown, data: unknown[]): boolean {
  const name = labelOf(label);
  const start = timers.get(name);
  if (start === undefined) {
    print("warn", `Timer '${name}' does not exist`);
    return false;
  }
  const text = `${name}: ${duration(ops.monotonicNow() - start)}`;
  print("log", data.length === 0 ? text : `${text} ${format(["", ...data]).slice(1)}`);
  return true;
}

const methods = {
  log(...data: unknown[]) { print("log", format(data), data); },
  info(...data: unknown[]) { print("info", format(data), data); },
  debug(...data: unknown[]) { print("debug", format(data), data); },
  warn(...data: unknown[]) { print("warn", format(data), data); },
  error(...data: unknown[]) { print("error", format(data), data); },
  trace(...data: unknown[]) {
    const holder = { stack: "" };
    captureStackTrace(holder, methods.trace);
    const lines = `${holder.stack}`.split("\n").slice(1);
    print("log", [`Trace${data.length > 0 ? `: ${format(data)}` : ""}`, ...lines].join("\n"));
  },
  assert(condition: unknown = false, ...data: unknown[]) {
    if (condition) return;
    if (typeof data[0] === "string") data[0] = `Assertion failed: ${data[0]}`;
    else data.unshift(data.length > 0 ? "Assertion failed:" : "Assertion failed");
    print("error", format(data));
  },
  dir(value: unknown, options?: InspectOptions) { print("log", inspect(value, options ?? {})); },
  dirxml(...data: unknown[]) { print("log", format(data)); },
  table(data: unknown, columns?: unknown) { print("log", table(data, columns) ?? format([data])); },
  group(...data: unknown[]) {
    if (data.length > 0) print("log", format(data));
    if (indent.length < 100) indent += "  ";
  },
  groupCollapsed(...data: unknown[]) { methods.group(...data); },
  groupEnd() { indent = indent.slice(2); },
  count(label?: unknown) {
    const name = labelOf(label);
    const count = (counts.get(name) ?? 0) + 1;
    remember(counts, name, count);
    print("log", `${name}: ${count}`);
  },
  countReset(label?: unknown) {
    if (!counts.delete(labelOf(label))) print("warn", `Count for '${labelOf(label)}' does not exist`);
  },
  time(label?: unknown) {
    const name = labelOf(label);
    if (timers.has(name)) print("warn", `Timer '${name}' already exists`);
    else remember(timers, name, ops.monotonicNow());
  },
  timeLog(label?: unknown, ...data: unknown[]) { printTimer(label, data); },
  timeEnd(label?: unknown) { if (printTimer(label, [])) timers.delete(labelOf(label)); },
  clear() { indent = ""; },
};

// A namespace object of WebIDL: its prototype is an empty object, its methods are its own.
export const console: typeof methods = Object.assign(Object.create({}), methods);
Object.defineProperty(console, Symbol.toStringTag, { value: "console", configurable: true });
