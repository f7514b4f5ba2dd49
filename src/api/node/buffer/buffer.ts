// SPDX-License-Identifier: Apache-2.0
// https://nodejs.org/api/buffer.html#class-buffer
// Buffer is an old-style function whose instances are FastBuffers, Uint8Arrays with more methods: `Buffer(5)` without
// `new` still works. There is no pool: each Buffer made by size has an ArrayBuffer of its own, filled with zeros.
import { invalidArgType, isBytes, nodeError, validateInteger, validateNumber } from "mayfly:node/internal";

import { byteLengthOf, findEncoding, kUtf8, toEncoding } from "./encodings.ts";
import { defineMethods } from "./methods.ts";
import { defineNumbers } from "./numbers.ts";

const { isView } = ArrayBuffer;
const { isArray } = Array;
const { min, trunc } = Math;

export const kMaxLength = 2 ** 31 - 1;

export class FastBuffer extends Uint8Array {}

export type BufferLike = Uint8Array & Record<string, any>;

function checkSize(size: unknown): asserts size is number {
  validateNumber(size, "size", 0, kMaxLength);
}

function make(size: number): BufferLike {
  return new FastBuffer(trunc(size)) as BufferLike;
}

function fromString(text: string, label: unknown): BufferLike {
  const encoding = typeof label === "string" && label !== "" ? toEncoding(label) : kUtf8;
  const size = byteLengthOf(text, encoding);
  const buffer = make(size);
  if (size === 0) return buffer;
  const written = ops.bufferWrite(buffer, text, 0, size, encoding);
  return written === size ? buffer : (buffer.slice(0, written) as BufferLike);
}

function fromArrayBuffer(source: ArrayBuffer, offset: unknown, length: unknown): BufferLike {
  let start = offset === undefined ? 0 : Number(offset);
  if (Number.isNaN(start)) start = 0;
  const most = source.byteLength - start;
  if (most < 0) throw nodeError(RangeError, "ERR_BUFFER_OUT_OF_BOUNDS", '"offset" is outside of buffer bounds');
  if (length === undefined) return new FastBuffer(source, start, source.resizable ? undefined : most) as BufferLike;
  let count = Number(length);
  if (!(count > 0)) count = 0;
  if (count > most) throw nodeError(RangeError, "ERR_BUFFER_OUT_OF_BOUNDS", '"length" is outside of buffer bounds');
  return new FastBuffer(source, start, count) as BufferLike;
}

function fromArrayLike(source: ArrayLike<number>): BufferLike {
  const { length } = source;
  if (!(length > 0)) return make(0);
  checkSize(length);
  const buffer = make(length);
  if (isView(source)) buffer.set(source as never);
  else for (let index = 0; index < buffer.length; index++) buffer[index] = source[index]!;
  return buffer;
}

function fromObject(source: any): BufferLike | undefined {
  if (source.length !== undefined || ops.typeOf(source.buffer) === "ArrayBuffer") {
    return typeof source.length === "number" ? fromArrayLike(source) : make(0);
  }
  if (source.type === "Buffer" && isArray(source.data)) return fromArrayLike(source.data);
  return undefined;
}

function describeFirst(value: unknown): Error {
  const error = invalidArgType("first argument", "string", value);
  const received = error.message.slice(error.message.indexOf(" Received"));
  return nodeError(TypeError, "ERR_INVALID_ARG_TYPE", "The first argument must be of type string or an instance of " +
    `Buffer, ArrayBuffer, or Array or an Array-like Object.${received}`);
}

function from(value: any, encodingOrOffset?: unknown, length?: unknown): BufferLike {
  if (typeof value === "string") return fromString(value, encodingOrOffset);
  if (typeof value === "object" && value !== null) {
    if (ops.typeOf(value) === "ArrayBuffer") return fromArrayBuffer(value, encodingOrOffset, length);
    const primitive = value.valueOf?.();
    if (primitive !== undefined && primitive !== null && primitive !== value &&
        (typeof primitive === "string" || typeof primitive === "object")) {
      return from(primitive, encodingOrOffset, length);
    }
    const made = fromObject(value);
    if (made !== undefined) return made;
    if (typeof value[Symbol.toPrimitive] === "function") {
      const text = value[Symbol.toPrimitive]("string");
      if (typeof text === "string") return fromString(text, encodingOrOffset);
    }
  }
  throw describeFirst(value);
}

export const Buffer: any = function Buffer(value: unknown, encodingOrOffset?: unknown, length?: unknown): BufferLike {
  if (typeof value !== "number") return from(value, encodingOrOffset, length);
  if (typeof encodingOrOffset === "string") throw invalidArgType("string", "string", value);
  return alloc(value);
};

function alloc(size: number, fill?: unknown, encoding?: unknown): BufferLike {
  checkSize(size);
  const buffer = make(size);
  if (fill === undefined || fill === 0 || size === 0) return buffer;
  return (buffer as any).fill(fill, encoding);
}

function allocUnsafe(size: number): BufferLike {
  checkSize(size);
  return make(size);
}

function byteLength(value: unknown, label?: unknown): number {
  if (typeof value !== "string") {
    if (isBytes(value)) return value.byteLength;
    throw nodeError(TypeError, "ERR_INVALID_ARG_TYPE", 'The "string" argument must be of type string or an instance ' +
      `of Buffer or ArrayBuffer.${/ Received.*$/s.exec(invalidArgType("x", "string", value).message)![0]}`);
  }
  const encoding = label === undefined || label === null ? kUtf8 : findEncoding(label) ?? kUtf8;
  return byteLengthOf(value, encoding);
}

function compare(a: unknown, b: unknown): number {
  if (!isUint8Array(a)) throw invalidArgType("buf1", ["Buffer", "Uint8Array"], a);
  if (!isUint8Array(b)) throw invalidArgType("buf2", ["Buffer", "Uint8Array"], b);
  return ops.bufferCompare(a, 0, a.length, b, 0, b.length);
}

function concat(list: unknown, length?: unknown): BufferLike {
  if (!isArray(list)) throw invalidArgType("list", "Array", list);
  if (list.length === 0) return make(0);
  let total = 0;
  if (length === undefined) {
    for (const each of list) if (typeof each?.length === "number") total += each.length;
  } else {
    validateInteger(length, "length", 0);
    total = length;
  }
  checkSize(total);
  const buffer = make(total);
  let at = 0;
  for (let index = 0; index < list.length; index++) {
    const each = list[index];
    if (!isUint8Array(each)) throw invalidArgType(`list[${index}]`, ["Buffer", "Uint8Array"], each);
    if (at < total) at += ops.bufferCopy(each, 0, min(each.length, total - at), buffer, at);
  }
  return buffer;
}

function copyBytesFrom(view: any, offset?: number, length?: number): BufferLike {
  if (!isView(view) || view instanceof DataView) throw invalidArgType("view", ["TypedArray"], view);
  const typed = view as Uint8Array;
  if (typed.length === 0) return make(0);
  if (offset !== undefined) validateInteger(offset, "offset", 0);
  if (length !== undefined) validateInteger(length, "length", 0);
  const start = offset ?? 0;
  const part = typed.subarray(start, length === undefined ? undefined : start + length);
  return fromArrayLike(new Uint8Array(part.buffer, part.byteOffset, part.byteLength));
}

/** By what it is, not by its prototype. */
export function isUint8Array(value: unknown): value is Uint8Array {
  return isView(value) && ops.typeOf(value) === "Uint8Array";
}

const prototype = FastBuffer.prototype as any;
prototype.constructor = Buffer;
Buffer.prototype = prototype;
Object.setPrototypeOf(Buffer, Uint8Array);
Object.defineProperty(Buffer, "name", { value: "Buffer", configurable: true }); // the bundler may rename the function
Object.defineProperty(Buffer, Symbol.species, { get: () => FastBuffer, configurable: true });

Object.assign(Buffer, {
  poolSize: 8192,
  from,
  of(...values: number[]): BufferLike {
    const buffer = make(values.length);
    for (let index = 0; index < values.length; index++) buffer[index] = values[index]!;
    return buffer;
  },
  alloc,
  allocUnsafe,
  allocUnsafeSlow: allocUnsafe,
  isBuffer: (value: unknown): boolean => value instanceof Buffer,
  compare,
  isEncoding: (label: unknown): boolean => typeof label === "string" && findEncoding(label) !== undefined,
  concat,
  copyBytesFrom,
  byteLength,
});

defineMethods(prototype, FastBuffer);
defineNumbers(prototype);
