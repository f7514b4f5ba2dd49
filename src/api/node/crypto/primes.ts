// SPDX-License-Identifier: Apache-2.0
// https://nodejs.org/api/crypto.html#cryptogenerateprimesize-options-callback and checkPrime.
import { Buffer } from "mayfly:node/buffer";
import {
  invalidArgType, isBytes, nodeError, outOfRange, validateBoolean, validateFunction, validateInt32, validateObject, validateUint32,
} from "mayfly:node/internal";

import { viewOf } from "./keys.ts";
import { later } from "./values.ts";

const kPrimeBitsMax = 8192;

function checkSize(bits: number): void {
  if (bits > kPrimeBitsMax) {
    throw nodeError(Error, "ERR_CRYPTO_UNSUPPORTED_OPERATION", `Primes of more than ${kPrimeBitsMax} bits are not supported, not even one of ${bits}`);
  }
}

/** Throws Node's error where none is found. */
export function primeBytes(bits: number, safe: boolean, add: Uint8Array = new Uint8Array(0), rem: Uint8Array = new Uint8Array(0)): ArrayBuffer {
  checkSize(bits);
  const prime = ops.primeGenerate(bits, safe, add, rem);
  if (typeof prime === "string") throw nodeError(Error, "ERR_CRYPTO_OPERATION_FAILED", prime);
  return prime;
}

function toNumberBytes(value: unknown, name: string): Uint8Array {
  if (typeof value === "bigint") {
    if (value < 0n) throw outOfRange(name, ">= 0", value);
    const text = value.toString(16);
    return Buffer.from(text.length % 2 === 0 ? text : `0${text}`, "hex");
  }
  if (!isBytes(value)) throw invalidArgType(name, ["ArrayBuffer", "TypedArray", "Buffer", "DataView", "bigint"], value);
  return viewOf(value);
}

function prepare(size: unknown, options: any = {}): () => ArrayBuffer | bigint {
  validateInt32(size, "size", 1);
  validateObject(options, "options");
  const { safe = false, bigint = false, add, rem } = options as any;
  validateBoolean(safe, "options.safe");
  validateBoolean(bigint, "options.bigint");
  const step = add === undefined ? undefined : toNumberBytes(add, "options.add");
  const rest = rem === undefined ? undefined : toNumberBytes(rem, "options.rem");
  if (step !== undefined && bitsOf(step) > size) throw outOfRange("options.add", "invalid options.add", add);
  if (step !== undefined && rest !== undefined && Buffer.compare(padTo(rest, 1024), padTo(step, 1024)) >= 0) throw outOfRange("options.rem", "invalid options.rem", rem);
  return () => {
    const prime = primeBytes(size, safe, step, rest);
    return bigint ? BigInt(`0x${Buffer.from(prime).toString("hex")}`) : prime;
  };
}

function bitsOf(bytes: Uint8Array): number {
  const first = bytes.findIndex((byte) => byte !== 0);
  return first < 0 ? 0 : (bytes.length - first) * 8 - (Math.clz32(bytes[first]!) - 24);
}
function padTo(bytes: Uint8Array, size: number): Uint8Array {
  const whole = new Uint8Array(Math.max(size, bytes.length));
  whole.set(bytes, whole.length - bytes.length);
  return whole;
}

export function generatePrimeSync(size: unknown, options?: unknown): ArrayBuffer | bigint {
  return prepare(size, options)();
}
export function generatePrime(size: unknown, options: unknown, callback?: unknown): void {
  if (typeof options === "function") [options, callback] = [undefined, options];
  validateFunction(callback, "callback");
  later(callback as never, prepare(size, options));
}

function prepareCheck(candidate: unknown, options: any = {}): () => boolean {
  const bytes = toNumberBytes(candidate, "candidate");
  validateObject(options, "options");
  const { checks = 0 } = options as any;
  validateUint32(checks, "options.checks");
  checkSize(bitsOf(bytes));
  return () => {
    const result = ops.primeCheck(bytes);
    if (typeof result === "string") throw nodeError(Error, "ERR_CRYPTO_OPERATION_FAILED", result);
    return result;
  };
}
export function checkPrimeSync(candidate: unknown, options?: unknown): boolean {
  return prepareCheck(candidate, options)();
}
export function checkPrime(candidate: unknown, options: unknown, callback?: unknown): void {
  if (typeof options === "function") [options, callback] = [undefined, options];
  validateFunction(callback, "callback");
  later(callback as never, prepareCheck(candidate, options));
}
