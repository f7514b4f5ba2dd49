// SPDX-License-Identifier: Apache-2.0
// Errors on their way over a pipe. An error leaves as a plain record (also readable for native peers) and arrives as an
// error of the same class, with `remote` set. A thrown object that is no error travels in `thrown`, anything else as
// text.

interface WireError extends ErrorRecord {
  /** A DOMException: `name` is its own, not a class's. */
  dom?: boolean;
  /** Made by the runtime about a call, not thrown by the code that was called. */
  system?: boolean;
  /** Present when what was thrown is not an Error. */
  thrown?: { value: unknown };
}

const errorClasses: Record<string, ErrorConstructor> = {
  __proto__: null as never,
  Error,
  TypeError: TypeError as ErrorConstructor,
  RangeError: RangeError as ErrorConstructor,
  SyntaxError: SyntaxError as ErrorConstructor,
  ReferenceError: ReferenceError as ErrorConstructor,
  EvalError: EvalError as ErrorConstructor,
  URIError: URIError as ErrorConstructor,
};

/** Those whose constructor takes more than a message. */
const errorMakers: Record<string, (message: string) => Error> = {
  __proto__: null as never,
  AggregateError: (message) => new AggregateError([], message),
  SuppressedError: (message) => new SuppressedError(undefined, undefined, message),
};

const { hasOwn, defineProperty, getOwnPropertyNames, keys } = Object;
// V8 adds Error.isError to a context that it makes from a snapshot, not to the one the snapshot is made of.
export const isError = (value: unknown): value is Error =>
  (Error as unknown as { isError(value: unknown): value is Error }).isError(value);

/** The class behind the global DOMException, which user code may have replaced. */
function domExceptionClass(): typeof DOMException {
  return requireGroup("mayfly:web/events").DOMException;
}

function isDomException(error: object): boolean {
  try {
    // Asking for the class would load its group; an object that has no such tag cannot be one.
    return (error as { [Symbol.toStringTag]?: unknown })[Symbol.toStringTag] === "DOMException" &&
        error instanceof domExceptionClass();
  } catch {
    return false;
  }
}

/** What a method is that was called on something else than its own. */
export function illegalInvocation(): TypeError {
  return new TypeError("Illegal invocation: function called with incorrect `this` reference. See " +
      "https://developers.cloudflare.com/workers/observability/errors/#illegal-invocation-errors for details.");
}

function textOf(value: unknown): string {
  try {
    return String(value);
  } catch {
    return "an object that cannot be shown as text";
  }
}

/** What to call an object in a message. */
export function typeName(object: object): string {
  try {
    const { constructor } = object as { constructor?: { name?: unknown } };
    if (typeof constructor?.name === "string" && constructor.name !== "") return constructor.name;
  } catch {
    // A getter or a trap that throws.
  }
  return "Object";
}

function readText(error: object, key: "name" | "message" | "stack" | "code"): string {
  try {
    const value: unknown = (error as Record<string, unknown>)[key];
    return typeof value === "string" ? value : value === undefined ? "" : textOf(value);
  } catch {
    return "";
  }
}

const systemErrors = new WeakSet<object>();

/** Has `error` not count as remote where it arrives: it does not come from the code that was called. */
export function markSystem<T>(error: T): T {
  if (error !== null && typeof error === "object") systemErrors.add(error);
  return error;
}

export function systemError(message: string): Error {
  return markSystem(new Error(message));
}

const limitErrors = new WeakSet<object>();

/** Makes `error` one about a limit, or another state of the runtime that has a name: the name is its code, too. */
export function nameLimit<T extends Error>(error: T, name: string, code = name): T {
  if (name !== "Error") define(error, "name", name, false);
  define(error, "code", code, true);
  limitErrors.add(error);
  return error;
}

/** One of ours, or one that C++ made: those have their code as their name, but for one that is the platform's. */
function isLimitError(error: object): boolean {
  if (limitErrors.has(error)) return true;
  if (!hasOwn(error, "code")) return false;
  const code = readText(error, "code");
  return code === "RpcMessageTooLarge" || (code !== "" && code === readText(error, "name"));
}

/** docs/operating/limits.md has the names. */
export function limitError(name: string, message: string): Error {
  return nameLimit(new Error(message), name);
}

/** Own properties beside those that every error has. */
function ownProperties(error: object): object | undefined {
  let props: Record<string, unknown> | undefined;
  const named = isLimitError(error);
  for (const key of getOwnPropertyNames(error)) {
    if (key === "message" || key === "stack" || key === "cause" || key === "remote") continue;
    if (named && (key === "name" || key === "code")) continue;
    try {
      const value = (error as Record<string, unknown>)[key];
      if (typeof value !== "function" && typeof value !== "symbol") (props ??= {})[key] = value;
    } catch {
      // A getter that throws is not a property worth sending.
    }
  }
  return props;
}

export function errorToRecord(error: unknown, withProperties: boolean): ErrorRecord {
  if (error === null || typeof error !== "object") {
    return { name: "Error", message: textOf(error) };
  }
  if (isDomException(error)) {
    const record: WireError = { name: readText(error, "name"), message: readText(error, "message"), dom: true };
    record.stack = readText(error, "stack");
    return record;
  }
  if (!isError(error)) {
    const record: WireError = { name: "Error", message: readText(error, "message") || textOf(error) };
    record.thrown = { value: error };
    return record;
  }
  const record: WireError = {
    name: readText(error, "name") || "Error",
    message: readText(error, "message"),
    stack: readText(error, "stack"),
  };
  if (withProperties) {
    const props = ownProperties(error);
    if (props !== undefined) record.props = props;
    if (hasOwn(error, "cause")) record.cause = error.cause;
  }
  if (systemErrors.has(error)) record.system = true;
  if (isLimitError(error)) record.code = readText(error, "code");
  return record;
}

/** The compatibility flag `enhanced_error_serialization`; set at start. */
let enhanced = true;
export function setEnhancedErrors(enabled: boolean): void {
  enhanced = enabled;
}

/** What is sent for an error that was thrown. */
export function thrownRecord(error: unknown): ErrorRecord {
  return enhanced ? errorToRecord(error, true) : legacyRecord(error, true);
}

/** What is sent for an error that is a value among others. */
export function valueRecord(error: unknown): ErrorRecord {
  return enhanced ? errorToRecord(error, true) : legacyRecord(error, false);
}

/** What is thrown for a record that came over a pipe. */
export function thrownError(record: unknown): unknown {
  const error = recordToError(record, true, enhanced);
  if (isError(error)) fromAfar.add(error);
  return error;
}

/** Errors whose stacks end where they were thrown, in another worker. */
const fromAfar = new WeakSet<object>();

/** Adds to the stack of an error from afar, once, what waits for it here: the async frames of the moment. */
export function addPlaces(error: unknown): void {
  if (error === null || typeof error !== "object" || !fromAfar.delete(error)) return;
  const places = readText(new Error(), "stack").split("\n").filter((line) => /^ +at async /.test(line));
  const stack = readText(error, "stack");
  if (places.length > 0 && stack !== "") define(error, "stack", `${stack}\n${places.join("\n")}`, false);
}

/**
 * The record where the flag is off: the class of an error, if that is the language's own, and its message. One that is
 * thrown says its name there, a value among others keeps its cause.
 */
function legacyRecord(error: unknown, isThrown: boolean): ErrorRecord {
  if (error !== null && typeof error === "object" && !isError(error) && !isDomException(error)) {
    return { name: "Error", message: `#<${typeName(error)}>` };
  }
  const record = errorToRecord(error, false) as WireError;
  const name = record.name as string;
  if (record.dom || record.code !== undefined || errorClasses[name] !== undefined || (isThrown && errorMakers[name] !== undefined)) return record;
  if (isThrown) record.message = `${name}: ${record.message as string}`;
  else if (hasOwn(error as Error, "cause")) record.cause = (error as Error).cause;
  record.name = "Error";
  return record;
}

/** The record without what might not be clonable, for a second try. */
export function bareRecord(record: ErrorRecord): ErrorRecord {
  const { name, message, stack, code } = record;
  return {
    name: cut(name, 256),
    message: cut(message, 64 * 1024),
    stack: cut(stack, 64 * 1024),
    ...(code === undefined ? {} : { code: cut(code, 256) }),
  };
}

function cut<T>(text: T, lengthMax: number): T | string {
  if (typeof text !== "string" || text.length <= lengthMax) return text;
  return `${text.slice(0, lengthMax)}... (${text.length} characters)`;
}

function define(error: object, key: string, value: unknown, enumerable: boolean): void {
  defineProperty(error, key, { value, enumerable, writable: true, configurable: true });
}

/**
 * The error for a record that came over a pipe; anything malformed becomes an error that says so. `remote`: it was
 * thrown there. `withProperties`: it gets what the record says beyond class, message and stack.
 */
export function recordToError(payload: unknown, remote: boolean, withProperties: boolean): unknown {
  if (payload === null || typeof payload !== "object") return new Error("The other side failed without saying why.");
  const record = payload as WireError;
  if (withProperties && record.thrown !== undefined && record.thrown !== null && typeof record.thrown === "object") {
    const { value } = record.thrown;
    if (value !== null && typeof value === "object") define(value, "remote", true, true);
    return value;
  }
  const name = typeof record.name === "string" ? record.name : "Error";
  const message = typeof record.message === "string" ? record.message : "";
  let error: Error;
  if (record.dom === true) {
    error = new (domExceptionClass())(message, name);
  } else {
    const known = errorClasses[name];
    const make = errorMakers[name];
    error = make === undefined ? new (known ?? Error)(message) : make(message);
    if (known === undefined && make === undefined) define(error, "name", name, false);
  }
  if (typeof record.stack === "string" && record.stack !== "") define(error, "stack", record.stack, false);
  if (typeof record.code === "string" && record.code !== "") nameLimit(error, name, record.code);
  if (withProperties && "cause" in record) define(error, "cause", record.cause, false);
  const props = record.props;
  if (withProperties && props !== null && typeof props === "object") {
    // What such an error has anyway (errors of an AggregateError) does not become enumerable.
    for (const key of keys(props)) define(error, key, (props as Record<string, unknown>)[key], !hasOwn(error, key) || key === "name");
  }
  if (remote && record.system !== true) define(error, "remote", true, true);
  return error;
}

/** For logs: the stack, or what stands in for it, and the causes. Never throws. */
export function describeError(error: unknown): string {
  if (error === null || typeof error !== "object") return `Uncaught ${textOf(error)}`;
  const seen = new Set<unknown>();
  let text = "";
  let current: unknown = error;
  for (let prefix = ""; current !== null && typeof current === "object"; prefix = "\n  [cause]: ") {
    if (seen.has(current)) break;
    seen.add(current);
    const title = [readText(current, "name"), readText(current, "message")].filter((part) => part !== "").join(": ");
    const stack = readText(current, "stack");
    text += prefix + (stack === "" ? title || textOf(current) : stack);
    try {
      current = (current as { cause?: unknown }).cause;
    } catch {
      break;
    }
  }
  return text;
}

/** DataCloneError: what structured cloning and RPC refuse. */
export function cloneError(message: string): Error {
  return new (domExceptionClass())(message, "DataCloneError");
}

export function abortError(message: string): Error {
  return new (domExceptionClass())(message, "AbortError");
}
