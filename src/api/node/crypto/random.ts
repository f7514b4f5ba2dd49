// SPDX-License-Identifier: Apache-2.0
// https://nodejs.org/api/crypto.html#cryptorandombytessize-callback and on.
import { Buffer } from "mayfly:node/buffer";
import {
  invalidArgType, isBytes, nodeError, outOfRange, validateBoolean, validateFunction, validateNumber, validateObject,
} from "mayfly:node/internal";

import { later } from "./values.ts";

const kMax = 2 ** 31 - 1;
type Callback = (error: unknown, value?: any) => void;

export function randomBytes(size: unknown, callback?: Callback): any {
  validateNumber(size, "size", 0, kMax);
  if (callback !== undefined) validateFunction(callback, "callback");
  const fill = (): unknown => {
    const buffer = Buffer.alloc(size);
    ops.randomBytes(buffer);
    return buffer;
  };
  if (callback === undefined) return fill();
  later(callback, fill);
}

export function randomFillSync(buffer: any, offset: any = 0, size?: any): any {
  if (!isBytes(buffer)) throw invalidArgType("buf", ["ArrayBuffer", "ArrayBufferView"], buffer);
  const unit = (buffer as any).BYTES_PER_ELEMENT ?? 1;
  validateNumber(offset, "offset", 0, buffer.byteLength / unit);
  size ??= buffer.byteLength / unit - offset;
  validateNumber(size, "size", 0, kMax);
  if ((offset + size) * unit > buffer.byteLength) throw outOfRange("size + offset", `<= ${buffer.byteLength}`, (offset + size) * unit);
  const start = ArrayBuffer.isView(buffer) ? buffer.byteOffset : 0;
  const memory = ArrayBuffer.isView(buffer) ? buffer.buffer : (buffer as ArrayBuffer);
  if (size > 0) ops.randomBytes(new Uint8Array(memory, start + offset * unit, size * unit));
  return buffer;
}

export function randomFill(buffer: unknown, ...rest: any[]): void {
  const callback = rest.pop();
  validateFunction(callback, "callback");
  later(callback, () => randomFillSync(buffer, ...rest));
}

/** Below `range`, each number as likely as the others. */
function below(range: number): number {
  const limit = 2 ** 48 - (2 ** 48 % range);
  const bytes = Buffer.alloc(6);
  while (true) {
    ops.randomBytes(bytes);
    const value = bytes.readUIntBE(0, 6);
    if (value < limit) return value % range;
  }
}

export function randomInt(min: any, max?: any, callback?: any): any {
  if (max === undefined || typeof max === "function") [min, max, callback] = [0, min, max];
  if (!Number.isSafeInteger(min)) throw invalidArgType("min", "a safe integer", min);
  if (!Number.isSafeInteger(max)) throw invalidArgType("max", "a safe integer", max);
  if (max <= min) throw outOfRange("max", `greater than the value of "min" (${min})`, max);
  if (max - min > 2 ** 48 - 1) throw outOfRange(min === 0 ? "max" : "max - min", `<= ${2 ** 48 - 1}`, max - min);
  if (callback === undefined) return min + below(max - min);
  validateFunction(callback, "callback");
  later(callback as Callback, () => min + below(max - min));
}

export function randomUUID(options?: { disableEntropyCache?: boolean }): string {
  if (options !== undefined) {
    validateObject(options, "options");
    if (options.disableEntropyCache !== undefined) validateBoolean(options.disableEntropyCache, "options.disableEntropyCache");
  }
  return ops.randomUuid();
}

export function timingSafeEqual(left: unknown, right: unknown): boolean {
  if (!isBytes(left)) throw invalidArgType("buf1", ["ArrayBuffer", "Buffer", "TypedArray", "DataView"], left);
  if (!isBytes(right)) throw invalidArgType("buf2", ["ArrayBuffer", "Buffer", "TypedArray", "DataView"], right);
  if (left.byteLength !== right.byteLength) {
    throw nodeError(RangeError, "ERR_CRYPTO_TIMING_SAFE_EQUAL_LENGTH", "Input buffers must have the same byte length");
  }
  return ops.timingSafeEqual(left, right);
}
