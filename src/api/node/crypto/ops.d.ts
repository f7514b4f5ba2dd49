// SPDX-License-Identifier: Apache-2.0
// The ops of node_crypto_ops.cc. Contexts are held by native code. A text that is returned is the reason of a failure.
type CryptoInput = ArrayBufferView | ArrayBufferLike;

interface Ops {
  /** In bytes; 0 when there is no such digest. */
  digestSize(hash: string): number;
  digestCopy(context: ArrayBuffer): ArrayBuffer | string;
  digestFinishXof(context: ArrayBuffer, bytes: number): ArrayBuffer | string;
  hmacOpen(hash: string, key: CryptoInput): ArrayBuffer | string;
  hmacUpdate(context: ArrayBuffer, data: CryptoInput): void;
  hmacFinish(context: ArrayBuffer): ArrayBuffer | string;
  scrypt(password: CryptoInput, salt: CryptoInput, n: number, r: number, p: number, memoryMax: number,
         bytes: number): ArrayBuffer | string;
  /** [key bytes, iv bytes, block bytes, mode, nid] */
  cipherInfo(name: string): [number, number, number, number, number] | undefined;
  cipherOpen(name: string, encrypt: boolean, key: CryptoInput, iv: CryptoInput): ArrayBuffer | string;
  cipherUpdate(context: ArrayBuffer, data: CryptoInput): Uint8Array | string;
  cipherAdditional(context: ArrayBuffer, data: CryptoInput): string | undefined;
  cipherFinish(context: ArrayBuffer): ArrayBuffer | string;
  cipherPadding(context: ArrayBuffer, on: boolean): void;
  cipherTag(context: ArrayBuffer, bytes: number): ArrayBuffer | string;
  cipherSetTag(context: ArrayBuffer, tag: CryptoInput): string | undefined;
}
