// SPDX-License-Identifier: Apache-2.0
// The ops of encoding_ops.cc.
interface Ops {
  /** The string as UTF-8; lone surrogates become U+FFFD. */
  utf8Encode(text: string): Uint8Array<ArrayBuffer>;
  /** Writes as many whole characters as fit. `counts` (2 numbers) receives: code units read, bytes written. */
  utf8EncodeInto(text: string, into: Uint8Array, counts: Uint32Array): void;
  /** Undefined when `fatal` and the bytes are not UTF-8. */
  utf8Decode(bytes: ArrayBufferView | ArrayBufferLike, fatal: boolean): string | undefined;
  /** An even number of bytes. Undefined when `fatal` and there is a lone surrogate. */
  utf16Decode(bytes: Uint8Array, bigEndian: boolean, fatal: boolean): string | undefined;
  /**
   * Decodes with the converter that ICU has for `encoding`; undefined when `fatal` and the bytes are wrong. Without
   * `flush`, `pending` (1 number) receives how many of the last bytes belong to a character that is not complete.
   */
  icuDecode(
    encoding: string, bytes: Uint8Array, fatal: boolean, flush: boolean, pending: Uint32Array,
  ): string | undefined;
  /** Undefined when the string has a character above U+00FF. */
  base64Encode(binary: string): string | undefined;
  /** Undefined when the string is no (forgiving) base64. */
  base64Decode(base64: string): string | undefined;
}
