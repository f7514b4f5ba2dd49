// SPDX-License-Identifier: Apache-2.0
// The ops of compression_ops.cc.
interface Ops {
  /** The state of a compressor or decompressor; `windowBits` as zlib has them. Freed by the garbage collector. */
  zlibOpen(compress: boolean, windowBits: number): ArrayBuffer;
  /**
   * Feeds `input` and fills `output` as far as that goes. `counts` (2 numbers) receives how many bytes were read and
   * written. True at the end of the compressed data. Throws TypeError for data that is not of the format.
   */
  zlibWrite(state: ArrayBuffer, input: Uint8Array, finish: boolean, output: Uint8Array, counts: Uint32Array): boolean;
}
