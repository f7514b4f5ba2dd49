// SPDX-License-Identifier: Apache-2.0
// What the files of this folder share: errors of the specification, and bytes from outside.

export type Bytes = Uint8Array<ArrayBuffer>;

const { isView } = ArrayBuffer;

type ErrorName = "DataError" | "InvalidAccessError" | "NotSupportedError" | "OperationError" | "QuotaExceededError" |
  "SyntaxError" | "TypeMismatchError";

export function failure(name: ErrorName, message: string): Error {
  return new (requireGroup("mayfly:web/events").DOMException)(message, name);
}

/** What an op has made, or its reason not to as an error. */
export function made<T>(result: T | string, name: ErrorName = "OperationError"): T {
  if (typeof result === "string") throw failure(name, result);
  return result;
}

/** Array.prototype.includes, which a program may have replaced. */
export function has<T>(list: readonly T[], item: T): boolean {
  for (let index = 0; index < list.length; index++) if (list[index] === item) return true;
  return false;
}

export function isBufferSource(value: unknown): value is BufferSource {
  return isView(value) || value instanceof ArrayBuffer;
}

/** A copy, which nobody can change while it is used. */
export function copyBytes(source: unknown, what: string): Bytes {
  if (!isBufferSource(source)) throw new TypeError(`${what} must be an ArrayBuffer or a view of one`);
  const view = isView(source) ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
    : new Uint8Array(source);
  return new Uint8Array(view);
}

/** WebIDL's [EnforceRange]. */
export function toInteger(value: unknown, max: number, what: string): number {
  const number = Number(value);
  const whole = Math.trunc(number);
  if (!(whole >= 0 && whole <= max)) throw new TypeError(`${what} must be a number from 0 to ${max}`);
  return whole;
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** https://www.rfc-editor.org/rfc/rfc7515#section-2 */
export function toBase64Url(buffer: ArrayBuffer): string {
  const bytes = new Uint8Array(buffer);
  let text = "";
  for (let at = 0; at < bytes.length; at += 3) {
    const left = bytes.length - at;
    const group = bytes[at]! << 16 | (bytes[at + 1] ?? 0) << 8 | (bytes[at + 2] ?? 0);
    for (let digit = 0; digit < Math.min(left, 3) + 1; digit++) text += alphabet[(group >> (18 - 6 * digit)) & 63];
  }
  return text;
}

export function fromBase64Url(text: unknown, what: string): Bytes {
  if (typeof text !== "string") throw failure("DataError", `The key lacks the member ${what}`);
  if (text.length % 4 === 1) throw failure("DataError", `The member ${what} of the key is no base64url`);
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
  let bits = 0;
  let size = 0;
  let at = 0;
  for (let index = 0; index < text.length; index++) {
    const digit = alphabet.indexOf(text[index]!);
    if (digit < 0) throw failure("DataError", `The member ${what} of the key is no base64url`);
    bits = (bits << 6 | digit) & 0xffff;
    size += 6;
    if (size >= 8) {
      size -= 8;
      bytes[at++] = bits >> size;
    }
  }
  return bytes;
}
