// SPDX-License-Identifier: Apache-2.0
// What the functions of node:crypto take and give.
import { Buffer } from "mayfly:node/buffer";
import { invalidArgType, isBytes, nodeError } from "mayfly:node/internal";

import { KeyObject, secretOf } from "./keys.ts";

requireGroup("mayfly:web/crypto"); // whose ops these modules use too

const { isView } = ArrayBuffer;

export function toBuffer(bytes: ArrayBuffer | Uint8Array): any {
  return isView(bytes) ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) : Buffer.from(bytes);
}

/** Bytes of a text, a view or an ArrayBuffer. */
export function toBytes(value: unknown, name: string, encoding?: unknown): CryptoInput {
  if (typeof value === "string") return Buffer.from(value, encoding === "buffer" ? "utf8" : encoding);
  if (!isBytes(value)) throw invalidArgType(name, ["string", "ArrayBuffer", "Buffer", "TypedArray", "DataView"], value);
  return value;
}

/** The bytes of a secret: also those of a KeyObject or CryptoKey. */
export function toSecret(value: unknown, name: string, encoding?: unknown): CryptoInput {
  if (value instanceof KeyObject) return secretOf(value);
  if (typeof value === "object" && value !== null && value instanceof (requireGroup("mayfly:web/crypto").CryptoKey)) {
    return secretOf(KeyObject.from(value));
  }
  if (typeof value !== "string" && !isBytes(value)) {
    throw invalidArgType(name, ["ArrayBuffer", "Buffer", "TypedArray", "DataView", "string", "KeyObject", "CryptoKey"], value);
  }
  return toBytes(value, name, encoding);
}

/** A result in an encoding, or as a Buffer. */
export function encode(bytes: ArrayBuffer | Uint8Array, encoding: unknown): any {
  const buffer = toBuffer(bytes);
  return encoding === undefined || encoding === null || encoding === "buffer" ? buffer : buffer.toString(encoding);
}

/** What an op made, or its reason as an error. */
export function made<T>(result: T | string, code = "ERR_CRYPTO_OPERATION_FAILED"): T {
  if (typeof result === "string") throw nodeError(Error, code, result);
  return result;
}

/** For functions with a callback: what `run` gives or throws, later. */
export function later(callback: (...args: any[]) => void, run: () => unknown): void {
  const { nextTick } = requireGroup("mayfly:node/process");
  let result: unknown;
  try {
    result = run();
  } catch (error) {
    nextTick(callback, error);
    return;
  }
  nextTick(callback, null, result);
}
