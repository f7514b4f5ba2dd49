// SPDX-License-Identifier: Apache-2.0
// node:assert, node:assert/strict. https://nodejs.org/api/assert.html
import { invalidArgType, invalidArgValue, missingArgs, nodeError, validateFunction } from "mayfly:node/internal";
import { deepEqual as compare, inspect, types } from "mayfly:node/util";

import { AssertionError } from "./assertion_error.ts";

type Message = string | Error | undefined;

function fail(actual: unknown, expected: unknown, message: Message, operator: string, start: Function): never {
  if (message instanceof Error) throw message;
  throw new AssertionError({ actual, expected, message, operator, stackStartFn: start });
}

function okWith(args: unknown[], start: Function): void {
  if (args[0]) return;
  let message = args[1] as Message;
  let generated = false;
  if (args.length === 0) {
    message = "No value argument passed to `assert.ok()`";
    generated = true;
  } else if (message === undefined || message === null) {
    message = "The expression evaluated to a falsy value:\n\n  assert.ok(" + `${inspect(args[0])})\n`;
    generated = true;
  } else if (message instanceof Error) {
    throw message;
  }
  const error = new AssertionError({ actual: args[0], expected: true, message, operator: "==", stackStartFn: start });
  error.generatedMessage = generated;
  throw error;
}

function assert(...args: unknown[]): void {
  okWith(args, assert);
}
function ok(...args: unknown[]): void {
  okWith(args, ok);
}

function failNow(message?: Message): never {
  if (message instanceof Error) throw message;
  const error = new AssertionError({ message: message ?? "Failed", operator: "fail", stackStartFn: failNow });
  error.generatedMessage = message === undefined;
  throw error;
}

function needTwo(count: number): void {
  if (count < 2) throw missingArgs("actual", "expected");
}

const loosely = (a: any, b: any): boolean => a == b || (Number.isNaN(a) && Number.isNaN(b));
const comparisons: Record<string, [operator: string, (a: unknown, b: unknown) => boolean]> = {
  equal: ["==", loosely],
  notEqual: ["!=", (a, b) => !loosely(a, b)],
  strictEqual: ["strictEqual", Object.is],
  notStrictEqual: ["notStrictEqual", (a, b) => !Object.is(a, b)],
  deepEqual: ["deepEqual", (a, b) => compare(a, b, "loose")],
  notDeepEqual: ["notDeepEqual", (a, b) => !compare(a, b, "loose")],
  deepStrictEqual: ["deepStrictEqual", (a, b) => compare(a, b, "strict")],
  notDeepStrictEqual: ["notDeepStrictEqual", (a, b) => !compare(a, b, "strict")],
  partialDeepStrictEqual: ["partialDeepStrictEqual", (a, b) => compare(a, b, "partial")],
};
const members: Record<string, any> = { ok, fail: failNow, AssertionError };
for (const [name, [operator, holds]] of Object.entries(comparisons)) {
  const check = function (actual: unknown, expected: unknown, message?: Message): void {
    needTwo(arguments.length);
    if (!holds(actual, expected)) fail(actual, expected, message, operator, check);
  };
  members[name] = Object.defineProperty(check, "name", { value: name, configurable: true });
}

type Expected = Function | RegExp | object | undefined;

/** Throws unless `error` is what `expected` asks for. */
function checkExpected(error: any, expected: Expected, message: Message, start: Function): void {
  if (expected === undefined) return;
  if (typeof expected !== "function") {
    if (types.isRegExp!(expected)) {
      if ((expected as RegExp).test(String(error))) return;
      fail(error, expected, message ?? `The input did not match the regular expression ${inspect(expected)}. Input:\n\n${inspect(String(error))}\n`,
        start.name, start);
    }
    if ((typeof error !== "object" && typeof error !== "function") || error === null) {
      fail(error, expected, message, "deepStrictEqual", start);
    }
    const keys = Object.keys(expected);
    if (expected instanceof Error) keys.push("name", "message");
    else if (keys.length === 0) throw invalidArgValue("error", expected, "may not be an empty object");
    for (const key of keys) {
      const wanted = (expected as any)[key];
      if (typeof error[key] === "string" && types.isRegExp!(wanted) && wanted.test(error[key])) continue;
      if (key in error && compare(error[key], wanted, "strict")) continue;
      const [a, b]: any[] = [{}, {}];
      for (const each of keys) {
        if (each in error) a[each] = error[each];
        b[each] = (expected as any)[each];
      }
      const failure = new AssertionError({ actual: a, expected: b, operator: "deepStrictEqual", stackStartFn: start, message });
      failure.actual = error;
      failure.expected = expected;
      failure.operator = start.name;
      throw message instanceof Error ? message : failure;
    }
    return;
  }
  if (expected.prototype !== undefined && error instanceof (expected as any)) return;
  if (Object.prototype.isPrototypeOf.call(Error, expected)) {
    const text = message ?? `The error is expected to be an instance of "${expected.name}". Received ` +
      (types.isNativeError!(error) || error instanceof Error ? `"${error.name}"` : `"${inspect(error, { depth: -1 })}"`) +
      (error instanceof Error && error.message ? `\n\nError message:\n\n${error.message}` : "");
    failGenerated(error, expected, text, message, start);
  }
  const result = Reflect.apply(expected, {}, [error]);
  if (result !== true) {
    const name = expected.name ? `"${expected.name}" ` : "";
    const text = message ?? `The ${name}validation function is expected to return "true". Received ${inspect(result)}\n\nCaught error:\n\n${String(error?.stack ?? error)}`;
    failGenerated(error, expected, text, message, start);
  }
}

function failGenerated(actual: unknown, expected: unknown, text: Message, given: Message, start: Function): never {
  if (text instanceof Error) throw text;
  const error = new AssertionError({ actual, expected, message: text, operator: start.name, stackStartFn: start });
  error.generatedMessage = given === undefined;
  throw error;
}

const kNothing = Symbol("nothing was thrown");

function expectThrown(actual: unknown, expected: any, message: Message, start: Function): void {
  if (typeof expected === "string") {
    if (message !== undefined) throw invalidArgType("error", ["Object", "Error", "Function", "RegExp"], expected);
    if (actual !== kNothing && (actual as any)?.message === expected) {
      throw nodeError(TypeError, "ERR_AMBIGUOUS_ARGUMENT",
        `The "error/message" argument is ambiguous. The error message "${expected}" is identical to the message.`);
    }
    message = expected;
    expected = undefined;
  } else if (expected !== undefined && expected !== null && typeof expected !== "object" && typeof expected !== "function") {
    throw invalidArgType("error", ["Object", "Error", "Function", "RegExp"], expected);
  }
  if (actual === kNothing) {
    const details = `${expected?.name ? ` (${expected.name})` : ""}${message ? `: ${message}` : "."}`;
    const kind = start === members.rejects ? "rejection" : "exception";
    if (message instanceof Error) throw message;
    throw new AssertionError({ actual: undefined, expected, operator: start.name, message: `Missing expected ${kind}${details}`, stackStartFn: start });
  }
  checkExpected(actual, expected, message, start);
}

function expectNotThrown(actual: any, expected: any, message: Message, start: Function): void {
  if (actual === kNothing) return;
  if (typeof expected === "string") {
    message = expected;
    expected = undefined;
  }
  if (expected === undefined || (typeof expected === "function" && actual instanceof expected) ||
      (types.isRegExp!(expected) && expected.test(String(actual)))) {
    const kind = start === members.doesNotReject ? "rejection" : "exception";
    throw new AssertionError({
      actual, expected, operator: start.name, stackStartFn: start,
      message: `Got unwanted ${kind}${message ? `: ${message}` : "."}\nActual message: "${actual?.message}"`,
    });
  }
  throw actual;
}

function caught(run: unknown): unknown {
  validateFunction(run, "fn");
  try {
    run();
  } catch (error) {
    return error;
  }
  return kNothing;
}

async function rejected(promise: any): Promise<unknown> {
  let waited = promise;
  if (typeof promise === "function") {
    waited = promise();
    if (typeof waited?.then !== "function") {
      throw nodeError(TypeError, "ERR_INVALID_RETURN_VALUE",
        `Expected instance of Promise to be returned from the "promiseFn" function but got ${waited === null || typeof waited !== "object" ? `type ${typeof waited}` : `an instance of ${waited.constructor?.name}`}.`);
    }
  } else if (typeof promise?.then !== "function") {
    throw invalidArgType("promiseFn", ["Function", "Promise"], promise);
  }
  try {
    await waited;
  } catch (error) {
    return error;
  }
  return kNothing;
}

Object.assign(members, {
  throws(run: unknown, expected?: unknown, message?: Message): void {
    expectThrown(caught(run), expected, message, members.throws);
  },
  doesNotThrow(run: unknown, expected?: unknown, message?: Message): void {
    expectNotThrown(caught(run), expected, message, members.doesNotThrow);
  },
  async rejects(promise: unknown, expected?: unknown, message?: Message): Promise<void> {
    expectThrown(await rejected(promise), expected, message, members.rejects);
  },
  async doesNotReject(promise: unknown, expected?: unknown, message?: Message): Promise<void> {
    expectNotThrown(await rejected(promise), expected, message, members.doesNotReject);
  },
  ifError(value: any): void {
    if (value === null || value === undefined) return;
    const text = typeof value === "object" && typeof value.message === "string"
      ? (value.message.length === 0 && value.constructor ? value.constructor.name : value.message) : inspect(value);
    throw new AssertionError({
      actual: value, expected: null, operator: "ifError", message: `ifError got unwanted exception: ${text}`, stackStartFn: members.ifError,
    });
  },
  match(text: unknown, pattern: unknown, message?: Message): void {
    checkMatch(text, pattern, message, true, members.match);
  },
  doesNotMatch(text: unknown, pattern: unknown, message?: Message): void {
    checkMatch(text, pattern, message, false, members.doesNotMatch);
  },
});

function checkMatch(text: unknown, pattern: any, message: Message, wanted: boolean, start: Function): void {
  if (!types.isRegExp!(pattern)) throw invalidArgType("regexp", "RegExp", pattern);
  if (typeof text === "string" && (RegExp.prototype.exec.call(pattern, text) !== null) === wanted) return;
  if (message instanceof Error) throw message;
  const generated = message === undefined;
  message ??= typeof text !== "string"
    ? `The "string" argument must be of type string. Received type ${typeof text} (${inspect(text)})`
    : `${wanted ? "The input did not match the regular expression " : "The input was expected to not match the regular expression "}${inspect(pattern)}. Input:\n\n${inspect(text)}\n`;
  const error = new AssertionError({ actual: text, expected: pattern, message, operator: start.name, stackStartFn: start });
  error.generatedMessage = generated;
  throw error;
}

/** The functions as methods, strict ones unless `strict` is false. */
function Assert(this: any, options?: { strict?: boolean }): void {
  if (!new.target) throw nodeError(TypeError, "ERR_CONSTRUCT_CALL_REQUIRED", "Class constructor Assert cannot be invoked without `new`");
  Object.assign(this, members, options?.strict === false ? {} : strictOnes());
}

function strictOnes(): Record<string, unknown> {
  const { strictEqual, notStrictEqual, deepStrictEqual, notDeepStrictEqual } = members;
  return { equal: strictEqual, notEqual: notStrictEqual, deepEqual: deepStrictEqual, notDeepEqual: notDeepStrictEqual };
}

function strict(...args: unknown[]): void {
  okWith(args, strict);
}

const module: any = Object.assign(assert, members, { Assert });
module.strict = Object.assign(strict, members, { Assert }, strictOnes());
module.strict.strict = module.strict;

export default module;
