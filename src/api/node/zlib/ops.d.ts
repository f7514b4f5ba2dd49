// SPDX-License-Identifier: Apache-2.0
// The ops of codec_ops.cc. A failure is a text, "CODE:number:message".
interface Ops {
  /** `kind`: 0 deflate, 1 inflate, 2 brotli's encoder, 3 its decoder, 4 zstd's encoder, 5 its decoder. `windowBits` as zlib has them. */
  codecOpen(kind: number, level: number, windowBits: number, memoryLevel: number, strategy: number,
            dictionary: ArrayBufferView | ArrayBuffer | undefined): ArrayBuffer | string;
  /** 0: go on, 1: the compressed data have ended. `counts` (2 numbers) receives how many bytes were read and written. */
  codecWrite(codec: ArrayBuffer, input: Uint8Array, flush: number, output: Uint8Array, counts: Uint32Array): number | string;
  codecReset(codec: ArrayBuffer): string | undefined;
  /** Frees what it holds now. */
  codecClose(codec: ArrayBuffer): void;
  codecParameters(codec: ArrayBuffer, level: number, strategy: number, output: Uint8Array, counts: Uint32Array): string | undefined;
  /** A parameter of brotli or zstd. */
  codecSet(codec: ArrayBuffer, parameter: number, value: number): boolean;
  /** How many bytes will come, for zstd's encoder. */
  codecPledge(codec: ArrayBuffer, bytes: number): boolean;
  checksum(data: ArrayBufferView, before: number): number;
}
