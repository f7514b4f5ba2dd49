// SPDX-License-Identifier: Apache-2.0
// The ops of html_rewriter_ops.cc.
interface Ops {
  /** One character for each byte, and back. */
  latin1Decode(bytes: Uint8Array): string;
  latin1Encode(text: string): Uint8Array<ArrayBuffer>;
}
