// SPDX-License-Identifier: Apache-2.0
// `tracing`: spans of a worker's own. Nothing collects them yet, so no span is traced, and what is told to one goes
// nowhere; which span is the active one is known, as with AsyncLocalStorage.

import { AsyncFrame, currentContext, currentFrame } from "mayfly:core";

const kConstruct = Symbol("construct");
const activeKey = {};

type Callback = (...args: unknown[]) => unknown;

function wrong(method: string, on: string, parameter: number, type: string): TypeError {
  return new TypeError(`Failed to execute '${method}' on '${on}': parameter ${parameter} is not of type '${type}'.`);
}

function checkObject(value: unknown, method: string, type: string): object {
  if (value === null || typeof value !== "object") throw wrong(method, "Span", 1, type);
  return value;
}

function checkName(value: unknown, method: string, on: string): void {
  // Everything else becomes a string.
  if (value === undefined) throw wrong(method, on, 1, "string");
}

function checkCallback(value: unknown, method: string): Callback {
  if (typeof value !== "function") throw wrong(method, "Tracing", 2, "Function");
  return value as Callback;
}

export class Span {
  constructor(key: unknown) {
    if (key !== kConstruct) throw new TypeError("Illegal constructor");
  }
  get isTraced(): boolean {
    return false;
  }
  spanContext(): { traceId: string; spanId: string; traceFlags: number } {
    return { traceId: "0".repeat(32), spanId: "0".repeat(16), traceFlags: 0 };
  }
  setAttribute(key: unknown, _value: unknown): this {
    checkName(key, "setAttribute", "Span");
    return this;
  }
  setAttributes(attributes: unknown): this {
    checkObject(attributes, "setAttributes", "object");
    return this;
  }
  recordException(exception: unknown): void {
    if (exception === undefined) throw wrong("recordException", "Span", 1, "Value");
  }
  updateName(name: unknown): this {
    checkName(name, "updateName", "Span");
    return this;
  }
  setStatus(status: unknown): this {
    const { code } = checkObject(status, "setStatus", "TracingSpanStatus") as { code?: unknown };
    if (code !== "unset" && code !== "ok" && code !== "error") {
      throw new TypeError("Span status code must be 'unset', 'ok', or 'error'.");
    }
    return this;
  }
  end(): void {}
}

function runIn(span: Span, callback: Callback, args: unknown[]): unknown {
  const previous = currentFrame();
  const storage = new Map(previous?.storage ?? []);
  storage.set(activeKey, span);
  ops.setAsyncFrame(new AsyncFrame(currentContext(), storage));
  try {
    return callback(...args);
  } finally {
    ops.setAsyncFrame(previous);
  }
}

/** The active span where none was entered. */
const outermost = new Span(kConstruct);

export class Tracing {
  constructor(key: unknown) {
    if (key !== kConstruct) throw new TypeError("Illegal constructor");
  }

  enterSpan(name: unknown, callback: unknown, ...args: unknown[]): unknown {
    checkName(name, "enterSpan", "Tracing");
    const span = new Span(kConstruct);
    return runIn(span, checkCallback(callback, "enterSpan"), [span, ...args]);
  }
  startActiveSpan(name: unknown, callback: unknown, ...args: unknown[]): unknown {
    checkName(name, "startActiveSpan", "Tracing");
    const span = new Span(kConstruct);
    return runIn(span, checkCallback(callback, "startActiveSpan"), [span, ...args]);
  }
  startSpan(name: unknown): Span {
    checkName(name, "startSpan", "Tracing");
    return new Span(kConstruct);
  }
  getActiveSpan(): Span {
    return (currentFrame()?.storage?.get(activeKey) as Span | undefined) ?? outermost;
  }
  withActiveSpan(span: unknown, callback: unknown, ...args: unknown[]): unknown {
    if (!(span instanceof Span)) throw wrong("withActiveSpan", "Tracing", 1, "Span");
    return runIn(span, checkCallback(callback, "withActiveSpan"), args);
  }
  get Span(): typeof Span {
    return Span;
  }
}

for (const type of [Span, Tracing]) {
  Object.defineProperty(type.prototype, Symbol.toStringTag, { value: type.name, configurable: true });
}

export const tracing = new Tracing(kConstruct);
