// SPDX-License-Identifier: Apache-2.0
// node:buffer
import { invalidArgType, isBytes, nodeError, validateNumber } from "mayfly:node/internal";

import { Buffer, kMaxLength } from "./buffer.ts";
import { findEncoding, normalizeEncoding } from "./encodings.ts";
import { kStringMaxLength, settings } from "./methods.ts";

const { isView } = ArrayBuffer;

function checkReadable(input: unknown): asserts input is ArrayBufferView | ArrayBuffer {
  if (!isBytes(input)) throw invalidArgType("input", ["ArrayBuffer", "Buffer", "TypedArray"], input);
  if ((isView(input) ? input.buffer : (input as ArrayBuffer) as any).detached) {
    throw nodeError(Error, "ERR_INVALID_STATE", "Invalid state: Cannot validate on a detached buffer");
  }
}

function isAscii(input: unknown): boolean {
  checkReadable(input);
  return ops.bufferIsAscii(input);
}

function isUtf8(input: unknown): boolean {
  checkReadable(input);
  return ops.bufferIsUtf8(input);
}

function transcode(source: unknown, from: string, to: string): any {
  if (!isView(source) || ops.typeOf(source) !== "Uint8Array") throw invalidArgType("source", ["Buffer", "Uint8Array"], source);
  const [read, write] = [from, to].map((label) => normalizeEncoding(label));
  for (const encoding of [read, write]) {
    if (encoding === undefined || encoding === "base64" || encoding === "base64url" || encoding === "hex") {
      const error = nodeError(Error, "U_ILLEGAL_ARGUMENT_ERROR", "Unable to transcode Buffer [U_ILLEGAL_ARGUMENT_ERROR]");
      (error as any).errno = 1;
      throw error;
    }
  }
  const bytes = Buffer.from((source as Uint8Array).buffer, source.byteOffset, source.byteLength);
  const text: string = bytes.toString(read);
  if (write === "ascii" || write === "latin1") {
    const most = write === "ascii" ? 0x7f : 0xff;
    return Buffer.from(Array.from(text, (char) => (char.codePointAt(0)! > most ? 0x3f : char.codePointAt(0)!)));
  }
  return Buffer.from(text, write);
}

function SlowBuffer(size: number): any {
  return Buffer.allocUnsafeSlow(size);
}
SlowBuffer.prototype = Buffer.prototype;
Object.setPrototypeOf(SlowBuffer, Uint8Array);

/** There are no blob: addresses. */
function resolveObjectURL(): undefined {
  return undefined;
}

const constants = { MAX_LENGTH: kMaxLength, MAX_STRING_LENGTH: kStringMaxLength };

export { Buffer, findEncoding, normalizeEncoding };
export default Object.defineProperties({
  Buffer, SlowBuffer, transcode, isUtf8, isAscii, kMaxLength, kStringMaxLength, constants, resolveObjectURL,
}, {
  atob: { get: () => requireGroup("mayfly:web/encoding").atob, enumerable: true },
  btoa: { get: () => requireGroup("mayfly:web/encoding").btoa, enumerable: true },
  Blob: { get: () => requireGroup("mayfly:web/file").Blob, enumerable: true },
  File: { get: () => requireGroup("mayfly:web/file").File, enumerable: true },
  INSPECT_MAX_BYTES: {
    get: () => settings.inspectMaxBytes,
    set(value) {
      validateNumber(value, "INSPECT_MAX_BYTES", 0);
      settings.inspectMaxBytes = value;
    },
    enumerable: true,
  },
});
