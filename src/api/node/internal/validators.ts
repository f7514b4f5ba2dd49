// SPDX-License-Identifier: Apache-2.0
// What an argument must be, with Node's errors where it is not.
import { invalidArgType, invalidArgValue, nodeError, outOfRange } from "./errors.ts";

const { MIN_SAFE_INTEGER, MAX_SAFE_INTEGER, isInteger } = Number;

export function validateString(value: unknown, name: string): asserts value is string {
  if (typeof value !== "string") throw invalidArgType(name, "string", value);
}

export function validateFunction(value: unknown, name: string): asserts value is (...args: any[]) => any {
  if (typeof value !== "function") throw invalidArgType(name, "Function", value);
}

export function validateBoolean(value: unknown, name: string): asserts value is boolean {
  if (typeof value !== "boolean") throw invalidArgType(name, "boolean", value);
}

export function validateNumber(value: unknown, name: string, min?: number, max?: number): asserts value is number {
  if (typeof value !== "number") throw invalidArgType(name, "number", value);
  const low = min !== undefined && value < min;
  if (low || (max !== undefined && value > max) || ((min !== undefined || max !== undefined) && Number.isNaN(value))) {
    throw outOfRange(name, `${min !== undefined ? `>= ${min}` : ""}${min !== undefined && max !== undefined ? " && " : ""}` +
      `${max !== undefined ? `<= ${max}` : ""}`, value);
  }
}

export function validateInteger(
  value: unknown, name: string, min = MIN_SAFE_INTEGER, max = MAX_SAFE_INTEGER,
): asserts value is number {
  if (typeof value !== "number") throw invalidArgType(name, "number", value);
  if (!isInteger(value)) throw outOfRange(name, "an integer", value);
  if (value < min || value > max) throw outOfRange(name, `>= ${min} && <= ${max}`, value);
}

export function validateInt32(value: unknown, name: string, min = -2147483648, max = 2147483647): asserts value is number {
  validateInteger(value, name, min, max);
}

export function validateUint32(value: unknown, name: string, positive = false): asserts value is number {
  if (typeof value !== "number") throw invalidArgType(name, "number", value);
  if (!isInteger(value)) throw outOfRange(name, "an integer", value);
  const min = positive ? 1 : 0;
  if (value < min || value > 4294967295) throw outOfRange(name, `>= ${min} && <= 4294967295`, value);
}

export function validateObject(
  value: unknown, name: string, allow: { null?: boolean; array?: boolean; function?: boolean } = {},
): asserts value is object {
  if (value === null ? !allow.null
    : Array.isArray(value) ? !allow.array
    : typeof value !== "object" && !(allow.function && typeof value === "function")) {
    throw invalidArgType(name, "Object", value);
  }
}

export function validateArray(value: unknown, name: string, minLength = 0): asserts value is unknown[] {
  if (!Array.isArray(value)) throw invalidArgType(name, "Array", value);
  if (value.length < minLength) throw invalidArgValue(name, value, `must be longer than ${minLength}`);
}

export function validateOneOf(value: unknown, name: string, oneOf: unknown[]): void {
  if (oneOf.includes(value)) return;
  const allowed = oneOf.map((one) => (typeof one === "string" ? `'${one}'` : String(one))).join(", ");
  throw invalidArgValue(name, value, `must be one of: ${allowed}`);
}

export function validateAbortSignal(signal: unknown, name: string): void {
  if (signal !== undefined && (signal === null || typeof signal !== "object" || !("aborted" in signal))) {
    throw invalidArgType(name, "AbortSignal", signal);
  }
}

const tokenPattern = /^[\^_`a-zA-Z\-0-9!#$%&'*+.|~]+$/;

export function isHttpToken(value: string): boolean {
  return tokenPattern.test(value);
}

export function missingArgs(...names: string[]): Error {
  const quoted = names.map((name) => `"${name}"`);
  const list = quoted.length < 3 ? quoted.join(" and ")
    : `${quoted.slice(0, -1).join(", ")}, and ${quoted[quoted.length - 1]}`;
  return nodeError(TypeError, "ERR_MISSING_ARGS",
    `The ${list} argument${quoted.length > 1 ? "s" : ""} must be specified`);
}
