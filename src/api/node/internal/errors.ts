// SPDX-License-Identifier: Apache-2.0
// Errors as Node makes them: with a code, and texts that programs match on.
// https://nodejs.org/api/errors.html#nodejs-error-codes
const { defineProperty } = Object;
const { isView } = ArrayBuffer;

type ErrorClass = new (message?: string) => Error;

/** `class_` with a code, which its toString() and stack show as Node's do. */
export function nodeError(class_: ErrorClass, code: string, message: string): Error & { code: string } {
  const error = new class_(message) as Error & { code: string };
  const { name } = error;
  defineProperty(error, "code", { value: code, writable: true, enumerable: true, configurable: true });
  defineProperty(error, "toString", {
    value(this: Error) { return `${this.name} [${code}]: ${this.message}`; },
    writable: true, configurable: true,
  });
  const { stack } = error;
  if (typeof stack === "string" && stack.startsWith(`${name}: `)) {
    defineProperty(error, "stack", {
      value: `${name} [${code}]${stack.slice(name.length)}`, writable: true, configurable: true,
    });
  }
  return error;
}

/** What was received, for the end of an ERR_INVALID_ARG_TYPE. */
export function describeReceived(value: any): string {
  if (value === null || value === undefined) return ` Received ${value}`;
  if (typeof value === "function") return ` Received function ${value.name}`;
  if (typeof value === "object") {
    const name = value.constructor?.name;
    if (typeof name === "string" && name !== "") return ` Received an instance of ${name}`;
    return ` Received ${requireGroup("mayfly:node/util").inspect(value, { depth: -1 })}`;
  }
  let shown = requireGroup("mayfly:node/util").inspect(value, { colors: false }) as string;
  if (shown.length > 28) shown = `${shown.slice(0, 25)}...`;
  return ` Received type ${typeof value} (${shown})`;
}

const typeNames = new Set(
  ["string", "function", "number", "object", "Function", "Object", "boolean", "bigint", "symbol"]);

function listOf(words: string[], kind: string): string {
  if (words.length === 1) return `${kind}${words[0]}`;
  if (words.length === 2) return `one ${kind}${words[0]} or ${words[1]}`;
  return `one ${kind}${words.slice(0, -1).join(", ")}, or ${words[words.length - 1]}`;
}

function expectation(expected: string | string[]): string {
  const all = Array.isArray(expected) ? expected : [expected];
  const types: string[] = [];
  const instances: string[] = [];
  const others: string[] = [];
  for (const each of all) {
    if (typeNames.has(each)) types.push(each.toLowerCase());
    else if (/^([A-Z][a-z0-9]*)+$/.test(each)) instances.push(each);
    else others.push(each);
  }
  // "object" beside classes is said as a class.
  const object = types.indexOf("object");
  if (instances.length > 0 && object >= 0) {
    types.splice(object, 1);
    instances.push("Object");
  }
  const parts: string[] = [];
  if (types.length > 0) {
    parts.push(types.length === 1 ? `of type ${types[0]}` : listOf(types, "of type "));
  }
  if (instances.length > 0) parts.push(instances.length === 1 ? `an instance of ${instances[0]}` :
    `an instance of ${instances.slice(0, -1).join(", ")}${instances.length > 2 ? "," : ""} or ${instances.at(-1)}`);
  if (others.length > 0) {
    parts.push(others.length === 1 ? (others[0]!.toLowerCase() !== others[0] ? `an ${others[0]}` : others[0]!)
      : listOf(others, "").replace(/^one /, "one of "));
  }
  return parts.join(" or ");
}

function nameOf(name: string): string {
  if (name.endsWith(" argument")) return `The ${name}`;
  return `The "${name}" ${name.includes(".") ? "property" : "argument"}`;
}

export function invalidArgType(name: string, expected: string | string[], actual: unknown): Error {
  return nodeError(TypeError, "ERR_INVALID_ARG_TYPE",
    `${nameOf(name)} must be ${expectation(expected)}.${describeReceived(actual)}`);
}

export function invalidArgValue(name: string, value: unknown, reason = "is invalid"): Error {
  let shown = requireGroup("mayfly:node/util").inspect(value) as string;
  if (shown.length > 128) shown = `${shown.slice(0, 128)}...`;
  return nodeError(TypeError, "ERR_INVALID_ARG_VALUE",
    `The ${name.includes(".") ? "property" : "argument"} '${name}' ${reason}. Received ${shown}`);
}

function withSeparators(text: string): string {
  let result = "";
  let end = text.length;
  const start = text[0] === "-" ? 1 : 0;
  for (; end >= start + 4; end -= 3) result = `_${text.slice(end - 3, end)}${result}`;
  return `${text.slice(0, end)}${result}`;
}

export function outOfRange(name: string, range: string, input: unknown): Error {
  let received: string;
  if (typeof input === "number" && Number.isInteger(input) && Math.abs(input) > 2 ** 32) {
    received = withSeparators(String(input));
  } else if (typeof input === "bigint") {
    received = String(input);
    if (input > 2n ** 32n || input < -(2n ** 32n)) received = withSeparators(received);
    received += "n";
  } else {
    received = requireGroup("mayfly:node/util").inspect(input);
  }
  return nodeError(RangeError, "ERR_OUT_OF_RANGE",
    `The value of "${name}" is out of range. It must be ${range}. Received ${received}`);
}

export function unknownEncoding(encoding: unknown): Error {
  return nodeError(TypeError, "ERR_UNKNOWN_ENCODING", `Unknown encoding: ${String(encoding)}`);
}

/** For what a worker cannot have at all. */
export function notImplemented(what: string): Error {
  return nodeError(Error, "ERR_METHOD_NOT_IMPLEMENTED", `The ${what} method is not implemented`);
}

export function abortError(message = "The operation was aborted", options?: { cause?: unknown }): Error {
  const error = new Error(message, options?.cause === undefined ? undefined : { cause: options.cause });
  defineProperty(error, "name", { value: "AbortError", writable: true, enumerable: true, configurable: true });
  defineProperty(error, "code", { value: "ABORT_ERR", writable: true, enumerable: true, configurable: true });
  return error;
}

/** Whether it is bytes: an ArrayBuffer or a view of one. */
export function isBytes(value: any): value is ArrayBufferView | ArrayBuffer {
  return isView(value) || ops.typeOf(value) === "ArrayBuffer";
}
