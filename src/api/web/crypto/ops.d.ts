// SPDX-License-Identifier: Apache-2.0
// The ops of crypto_ops.cc.
interface Ops {
  /** Fills the view with random bytes. */
  randomBytes(view: ArrayBufferView): void;
  randomUuid(): string;
  /** `algorithm` as OpenSSL names it: SHA1, SHA256, SHA384, SHA512, MD5. */
  digest(algorithm: string, data: ArrayBufferView | ArrayBufferLike): ArrayBuffer;
  /** Both of the same length. */
  timingSafeEqual(left: ArrayBufferView | ArrayBufferLike, right: ArrayBufferView | ArrayBufferLike): boolean;
}
