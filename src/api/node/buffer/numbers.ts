// SPDX-License-Identifier: Apache-2.0
// https://nodejs.org/api/buffer.html#bufreadbigint64beoffset and on: numbers in bytes.
import { invalidArgType, nodeError, outOfRange, validateNumber } from "mayfly:node/internal";

const float32 = new Float32Array(1);
const float64 = new Float64Array(1);
const bytesOf32 = new Uint8Array(float32.buffer);
const bytesOf64 = new Uint8Array(float64.buffer);
const { isInteger } = Number;

function boundsError(value: unknown, length: number, name = "offset"): Error {
  validateNumber(value, name);
  if (!isInteger(value)) return outOfRange(name, "an integer", value);
  if (length < 0) {
    return nodeError(RangeError, "ERR_BUFFER_OUT_OF_BOUNDS", "Attempt to access memory outside buffer bounds");
  }
  return outOfRange(name, `>= ${name === "offset" ? 0 : 1} and <= ${length}`, value);
}

/** That `size` bytes from `offset` on are there. */
function checkPlace(bytes: any, offset: unknown, size: number): asserts offset is number {
  validateNumber(offset, "offset");
  if (bytes[offset] === undefined || bytes[offset + size - 1] === undefined) throw boundsError(offset, bytes.length - size);
}

function checkSize(size: unknown): asserts size is number {
  if (size === undefined) throw invalidArgType("byteLength", "number", size);
  validateNumber(size, "byteLength");
  if (!(isInteger(size) && size >= 1 && size <= 6)) throw boundsError(size, 6, "byteLength");
}

function rangeText(low: number | bigint, high: number | bigint, bits: number): string {
  const n = typeof low === "bigint" ? "n" : "";
  if (bits <= 32) return `>= ${low}${n} and <= ${high}${n}`;
  if (low == 0) return `>= 0${n} and < 2${n} ** ${bits}${n}`;
  return `>= -(2${n} ** ${bits - 1}${n}) and < 2${n} ** ${bits - 1}${n}`;
}

function readUnsigned(bytes: any, offset: unknown, size: number, little: boolean): number {
  checkPlace(bytes, offset, size);
  let value = 0;
  if (little) for (let i = size - 1; i >= 0; i--) value = value * 256 + bytes[offset + i];
  else for (let i = 0; i < size; i++) value = value * 256 + bytes[offset + i];
  return value;
}

function readSigned(bytes: any, offset: unknown, size: number, little: boolean): number {
  const value = readUnsigned(bytes, offset, size, little);
  const limit = 2 ** (size * 8 - 1);
  return value >= limit ? value - 2 * limit : value;
}

function writeNumber(bytes: any, input: unknown, offset: unknown, size: number, little: boolean, signed: boolean): number {
  let value = +(input as number);
  const limit = 2 ** (size * 8 - (signed ? 1 : 0));
  const low = signed ? -limit : 0;
  if (value > limit - 1 || value < low) throw outOfRange("value", rangeText(low, limit - 1, size * 8), input);
  checkPlace(bytes, offset, size);
  if (value < 0) value = Math.ceil(value) + 2 ** (size * 8);
  for (let i = 0; i < size; i++) {
    bytes[offset + (little ? i : size - 1 - i)] = value % 256;
    value = Math.floor(value / 256);
  }
  return offset + size;
}

function readBig(bytes: any, offset: unknown, little: boolean, signed: boolean): bigint {
  checkPlace(bytes, offset, 8);
  const low = BigInt(readUnsigned(bytes, offset + (little ? 0 : 4), 4, little));
  const highAt = offset + (little ? 4 : 0);
  const high = BigInt(signed ? readSigned(bytes, highAt, 4, little) : readUnsigned(bytes, highAt, 4, little));
  return (high << 32n) + low;
}

function writeBig(bytes: any, value: unknown, offset: unknown, little: boolean, signed: boolean): number {
  if (typeof value !== "bigint") throw invalidArgType("value", "bigint", value);
  const low = signed ? -(2n ** 63n) : 0n;
  const high = signed ? 2n ** 63n - 1n : 2n ** 64n - 1n;
  if (value > high || value < low) throw outOfRange("value", rangeText(low, high, 64), value);
  checkPlace(bytes, offset, 8);
  let left = value < 0n ? value + 2n ** 64n : value;
  for (let i = 0; i < 8; i++) {
    bytes[offset + (little ? i : 7 - i)] = Number(left & 255n);
    left >>= 8n;
  }
  return offset + 8;
}

function readFloat(bytes: any, offset: unknown, scratch: Uint8Array, value: Float32Array | Float64Array, little: boolean): number {
  const size = scratch.length;
  checkPlace(bytes, offset, size);
  for (let i = 0; i < size; i++) scratch[little ? i : size - 1 - i] = bytes[offset + i];
  return value[0]!;
}

function writeFloat(
  bytes: any, input: unknown, offset: unknown, scratch: Uint8Array, value: Float32Array | Float64Array, little: boolean,
): number {
  const size = scratch.length;
  value[0] = +(input as number);
  checkPlace(bytes, offset, size);
  for (let i = 0; i < size; i++) bytes[offset + i] = scratch[little ? i : size - 1 - i]!;
  return offset + size;
}

export function defineNumbers(prototype: any): void {
  const methods: Record<string, Function> = {};
  for (const little of [true, false]) {
    const end = little ? "LE" : "BE";
    for (const size of [1, 2, 4]) {
      if (size === 1 && !little) continue;
      const name = size === 1 ? "8" : `${size * 8}${end}`;
      methods[`readUInt${name}`] = function (this: any, offset = 0) { return readUnsigned(this, offset, size, little); };
      methods[`readInt${name}`] = function (this: any, offset = 0) { return readSigned(this, offset, size, little); };
      methods[`writeUInt${name}`] = function (this: any, value: unknown, offset = 0) {
        return writeNumber(this, value, offset, size, little, false);
      };
      methods[`writeInt${name}`] = function (this: any, value: unknown, offset = 0) {
        return writeNumber(this, value, offset, size, little, true);
      };
    }
    methods[`readUInt${end}`] = function (this: any, offset: unknown, size: unknown) {
      if (offset === undefined) throw invalidArgType("offset", "number", offset);
      checkSize(size);
      return readUnsigned(this, offset, size, little);
    };
    methods[`readInt${end}`] = function (this: any, offset: unknown, size: unknown) {
      if (offset === undefined) throw invalidArgType("offset", "number", offset);
      checkSize(size);
      return readSigned(this, offset, size, little);
    };
    methods[`writeUInt${end}`] = function (this: any, value: unknown, offset: unknown, size: unknown) {
      checkSize(size);
      return writeNumber(this, value, offset, size, little, false);
    };
    methods[`writeInt${end}`] = function (this: any, value: unknown, offset: unknown, size: unknown) {
      checkSize(size);
      return writeNumber(this, value, offset, size, little, true);
    };
    methods[`readBigUInt64${end}`] = function (this: any, offset = 0) { return readBig(this, offset, little, false); };
    methods[`readBigInt64${end}`] = function (this: any, offset = 0) { return readBig(this, offset, little, true); };
    methods[`writeBigUInt64${end}`] = function (this: any, value: unknown, offset = 0) {
      return writeBig(this, value, offset, little, false);
    };
    methods[`writeBigInt64${end}`] = function (this: any, value: unknown, offset = 0) {
      return writeBig(this, value, offset, little, true);
    };
    for (const [name, scratch, value] of [["Float", bytesOf32, float32], ["Double", bytesOf64, float64]] as const) {
      methods[`read${name}${end}`] = function (this: any, offset = 0) { return readFloat(this, offset, scratch, value, little); };
      methods[`write${name}${end}`] = function (this: any, input: unknown, offset = 0) {
        return writeFloat(this, input, offset, scratch, value, little);
      };
    }
  }
  for (const [name, method] of Object.entries(methods)) {
    Object.defineProperty(method, "name", { value: name, configurable: true });
    // Node has each of the unsigned ones under two spellings.
    for (const each of name.includes("UInt") ? [name, name.replace("UInt", "Uint")] : [name]) {
      Object.defineProperty(prototype, each, { value: method, writable: true, configurable: true, enumerable: true });
    }
  }
}
