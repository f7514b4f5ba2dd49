// SPDX-License-Identifier: Apache-2.0
// The ops of buffer_ops.cc. Offsets are whole numbers; what lies outside of the bytes is cut off. `encoding` is the
// place in `encodings` (encodings.ts).
interface Ops {
  /** Writes whole characters as far as they fit between `start` and `end`; returns the number of bytes. */
  bufferWrite(target: Uint8Array, text: string, start: number, end: number, encoding: number): number;
  bufferToString(source: Uint8Array, start: number, end: number, encoding: number): string;
  bufferUtf8Length(text: string): number;
  bufferCompare(a: Uint8Array, aStart: number, aEnd: number, b: Uint8Array, bStart: number, bEnd: number): -1 | 0 | 1;
  bufferIndexOf(haystack: Uint8Array, needle: Uint8Array, start: number, forward: boolean, step: 1 | 2): number;
  bufferFill(target: Uint8Array, pattern: Uint8Array, start: number, end: number): void;
  /** Returns how many bytes were copied. */
  bufferCopy(source: Uint8Array, start: number, end: number, target: Uint8Array, targetStart: number): number;
  bufferSwap(target: Uint8Array, size: 2 | 4 | 8): void;
  bufferIsAscii(bytes: ArrayBufferView | ArrayBuffer): boolean;
  bufferIsUtf8(bytes: ArrayBufferView | ArrayBuffer): boolean;
}
