// SPDX-License-Identifier: Apache-2.0
// The methods of Buffer that deal with text and ranges of bytes.
import {
  invalidArgType, invalidArgValue, nodeError, outOfRange, unknownEncoding, validateInteger, validateString,
} from "mayfly:node/internal";

import { encodings, findEncoding, kUtf16, kUtf8, toEncoding } from "./encodings.ts";

const { isView } = ArrayBuffer;
const { min, max, trunc } = Math;
const inspectCustom = Symbol.for("nodejs.util.inspect.custom");

export const kStringMaxLength = 0x1fffffe8;
/** How many bytes util.inspect shows. */
export const settings = { inspectMaxBytes: 50 };

function isUint8Array(value: unknown): value is Uint8Array {
  return isView(value) && ops.typeOf(value) === "Uint8Array";
}

/** A place as slice() and the like take it: truncated, NaN as 0, negative ones from the end where `wraps`. */
function toPlace(value: unknown, fallback: number, length: number, wraps: boolean): number {
  if (value === undefined) return fallback;
  let place = trunc(Number(value));
  if (!(place === place)) place = 0;
  if (place < 0) return wraps ? max(place + length, 0) : 0;
  return min(place, length);
}

function toText(bytes: any, start: number, end: number, encoding: number): string {
  const size = end - start;
  if (size <= 0) return "";
  const units = encodings[encoding] === "hex" ? size * 2 : encodings[encoding] === "utf16le" ? size / 2
    : encodings[encoding] === "base64" || encodings[encoding] === "base64url" ? (size * 4) / 3 : size;
  if (units > kStringMaxLength && encoding !== kUtf8) {
    throw nodeError(Error, "ERR_STRING_TOO_LONG",
      `Cannot create a string longer than 0x${kStringMaxLength.toString(16)} characters`);
  }
  return ops.bufferToString(bytes, start, end, encoding);
}

function toString(this: any, label?: unknown, from?: unknown, to?: unknown): string {
  if (arguments.length === 0) return toText(this, 0, this.length, kUtf8);
  const { length } = this;
  const start = toPlace(from, 0, length, false);
  const end = toPlace(to, length, length, false);
  if (end <= start) return "";
  if (label === undefined) return toText(this, start, end, kUtf8);
  const encoding = findEncoding(`${label as string}`);
  if (encoding === undefined) throw unknownEncoding(label);
  return toText(this, start, end, encoding);
}

function write(this: any, text: unknown, offset?: unknown, length?: unknown, label?: unknown): number {
  validateString(text, "argument");
  let start = 0;
  let room = this.length as number;
  if (typeof offset === "string") {
    label = offset;
  } else if (offset !== undefined) {
    validateInteger(offset, "offset", 0, this.length);
    start = offset;
    room -= start;
    if (typeof length === "string") {
      label = length;
    } else if (length !== undefined) {
      validateInteger(length, "length", 0, this.length);
      room = min(length, room);
    }
  } else if (typeof length === "string") {
    label = length;
  }
  return ops.bufferWrite(this, text, start, start + room, toEncoding(label));
}

function copy(this: any, target: any, targetStart?: unknown, from?: unknown, to?: unknown): number {
  if (!isUint8Array(this)) throw invalidArgType("source", ["Buffer", "Uint8Array"], this);
  if (!isView(target)) throw invalidArgType("target", ["Buffer", "Uint8Array"], target);
  const toInteger = (value: unknown, fallback: number): number => {
    if (value === undefined) return fallback;
    const number = trunc(Number(value));
    return number === number ? number : 0;
  };
  const at = toInteger(targetStart, 0);
  if (at < 0) throw outOfRange("targetStart", ">= 0", targetStart);
  const start = toInteger(from, 0);
  if (start < 0 || start > this.length) throw outOfRange("sourceStart", `>= 0 && <= ${this.length}`, from);
  const end = toInteger(to, this.length);
  if (end < 0) throw outOfRange("sourceEnd", ">= 0", to);
  if (at >= target.byteLength || start >= end) return 0;
  const bytes = new Uint8Array(target.buffer, target.byteOffset, target.byteLength);
  return ops.bufferCopy(this, start, end, bytes, at);
}

function equals(this: any, other: unknown): boolean {
  if (!isUint8Array(other)) throw invalidArgType("otherBuffer", ["Buffer", "Uint8Array"], other);
  if (this === other) return true;
  return this.length === other.length && ops.bufferCompare(this, 0, this.length, other, 0, other.length) === 0;
}

function compare(this: any, target: unknown, from?: unknown, to?: unknown, ownFrom?: unknown, ownTo?: unknown): number {
  if (!isUint8Array(target)) throw invalidArgType("target", ["Buffer", "Uint8Array"], target);
  const check = (value: unknown, name: string, fallback: number, most: number): number => {
    if (value === undefined) return fallback;
    validateInteger(value, name, 0, most);
    return value;
  };
  const start = check(from, "targetStart", 0, Number.MAX_SAFE_INTEGER);
  const end = check(to, "targetEnd", target.length, target.length);
  const ownStart = check(ownFrom, "sourceStart", 0, Number.MAX_SAFE_INTEGER);
  const ownEnd = check(ownTo, "sourceEnd", this.length, this.length);
  if (ownStart >= ownEnd) return start >= end ? 0 : -1;
  if (start >= end) return 1;
  return ops.bufferCompare(this, ownStart, ownEnd, target, start, end);
}

function find(buffer: any, value: any, offset: any, label: any, forward: boolean): number {
  if (typeof offset === "string") {
    label = offset;
    offset = undefined;
  }
  const { length } = buffer;
  let start = offset === undefined ? (forward ? 0 : length) : +offset;
  if (start !== start) start = forward ? 0 : length;
  start = trunc(min(max(start, -0x80000000), 0x7fffffff));
  if (typeof value === "number") {
    const method = forward ? Uint8Array.prototype.indexOf : Uint8Array.prototype.lastIndexOf;
    return offset === undefined || start === length ? Reflect.apply(method, buffer, [value & 255])
      : Reflect.apply(method, buffer, [value & 255, start]);
  }
  let needle: any;
  let step: 1 | 2 = 1;
  if (typeof value === "string") {
    const encoding = label === undefined ? kUtf8 : findEncoding(label);
    if (encoding === undefined) throw unknownEncoding(label);
    if (encoding === kUtf16) step = 2;
    needle = requireGroup("mayfly:node/buffer").Buffer.from(value, encodings[encoding]);
  } else if (isUint8Array(value)) {
    if (label !== undefined && findEncoding(label) === kUtf16) step = 2;
    needle = value;
  } else {
    throw invalidArgType("value", ["number", "string", "Buffer", "Uint8Array"], value);
  }
  if (start < 0) start += length;
  if (start < 0) {
    if (!forward) return -1;
    start = 0;
  }
  if (needle.length === 0) return min(start, length);
  if (forward && start >= length) return -1;
  return ops.bufferIndexOf(buffer, needle, start, forward, step);
}

function fill(this: any, value: any, from?: any, to?: any, label?: any): unknown {
  let pattern: Uint8Array;
  if (typeof value === "string") {
    if (from === undefined || typeof from === "string") {
      label = from;
      from = undefined;
    } else if (typeof to === "string") {
      label = to;
      to = undefined;
    }
    const encoding = label === undefined || label === null ? kUtf8 : findEncoding(label);
    if (encoding === undefined) {
      if (typeof label !== "string") throw invalidArgType("encoding", "string", label);
      throw unknownEncoding(label);
    }
    pattern = value.length === 0 ? new Uint8Array(1) : requireGroup("mayfly:node/buffer").Buffer.from(value, encodings[encoding]);
    if (pattern.length === 0) throw invalidArgValue("value", value);
  } else if (isUint8Array(value)) {
    if (value.length === 0) throw invalidArgValue("value", value);
    pattern = value;
  } else {
    const number = typeof value === "boolean" ? Number(value) : (value as number) & 255;
    pattern = Uint8Array.of(number);
  }
  let start = 0;
  let end = this.length as number;
  if (from !== undefined) {
    validateInteger(from, "offset", 0, Number.MAX_SAFE_INTEGER);
    start = from;
    if (to !== undefined) {
      validateInteger(to, "end", 0, this.length);
      end = to;
    }
  }
  if (start < end) ops.bufferFill(this, pattern, start, end);
  return this;
}

function inspect(this: any, _depth: unknown, context: any): string {
  const shown = min(settings.inspectMaxBytes, this.length);
  let text = toText(this, 0, shown, 6).replace(/(.{2})/g, "$1 ").trim();
  const left = this.length - shown;
  if (left > 0) text += ` ... ${left} more byte${left > 1 ? "s" : ""}`;
  const extras = Object.keys(this).filter((key) => !/^\d+$/.test(key));
  if (extras.length > 0 && context) {
    const own: Record<string, unknown> = { __proto__: null };
    for (const key of extras) own[key] = this[key];
    if (this.length > 0) text += ", ";
    const inspected = requireGroup("mayfly:node/util").inspect(own, { ...context, breakLength: Infinity, compact: true });
    text += inspected.slice(27, -2);
  }
  let name = "Buffer";
  try {
    const { constructor } = this;
    if (typeof constructor === "function" && constructor.name) name = constructor.name;
  } catch {}
  return `<${name}${text === "" ? "" : ` ${text}`}>`;
}

function swap(buffer: any, size: 2 | 4 | 8): any {
  if (buffer.length % size !== 0) {
    throw nodeError(RangeError, "ERR_INVALID_BUFFER_SIZE", `Buffer size must be a multiple of ${size * 8}-bits`);
  }
  ops.bufferSwap(buffer, size);
  return buffer;
}

/** `class_` is that of the instances. */
export function defineMethods(prototype: any, class_: new (...args: any[]) => any): void {
  const slice = function subarray(this: any, from?: unknown, to?: unknown): unknown {
    const length = this.length as number;
    const start = toPlace(from, 0, length, true);
    const end = toPlace(to, length, length, true);
    return new class_(this.buffer, this.byteOffset + start, max(end - start, 0));
  };
  const methods: Record<string, unknown> = {
    toString, toLocaleString: toString, write, copy, equals, compare, fill, inspect,
    [inspectCustom]: inspect,
    subarray: slice,
    slice(this: any, from?: unknown, to?: unknown) { return this.subarray(from, to); },
    indexOf(this: any, value: unknown, offset?: unknown, label?: unknown) { return find(this, value, offset, label, true); },
    lastIndexOf(this: any, value: unknown, offset?: unknown, label?: unknown) {
      return find(this, value, offset, label, false);
    },
    includes(this: any, value: unknown, offset?: unknown, label?: unknown) { return this.indexOf(value, offset, label) !== -1; },
    toJSON(this: any) { return { type: "Buffer", data: Array.from(this as Uint8Array) }; },
    swap16(this: any) { return swap(this, 2); },
    swap32(this: any) { return swap(this, 4); },
    swap64(this: any) { return swap(this, 8); },
  };
  for (const [index, name] of encodings.entries()) {
    const suffix = name === "utf16le" ? "ucs2" : name;
    methods[`${suffix}Slice`] = function (this: any, from?: unknown, to?: unknown) {
      return toText(this, toPlace(from, 0, this.length, false), toPlace(to, this.length, this.length, false), index);
    };
    methods[`${suffix}Write`] = function (this: any, text: string, offset = 0, length = this.length - offset) {
      validateString(text, "argument");
      validateInteger(offset, "offset", 0, this.length);
      return ops.bufferWrite(this, text, offset, min(offset + length, this.length), index);
    };
  }
  for (const key of Reflect.ownKeys(methods)) {
    Object.defineProperty(prototype, key, {
      value: methods[key as string], writable: true, configurable: true, enumerable: true,
    });
  }
  Object.defineProperty(prototype, "parent", {
    get(this: any) { return isUint8Array(this) ? this.buffer : undefined; }, configurable: true, enumerable: true,
  });
  Object.defineProperty(prototype, "offset", {
    get(this: any) { return isUint8Array(this) ? this.byteOffset : undefined; }, configurable: true, enumerable: true,
  });
}
