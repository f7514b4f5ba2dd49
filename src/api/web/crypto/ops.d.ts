// SPDX-License-Identifier: Apache-2.0
// The ops of crypto_ops.cc and subtle_ops.cc. `hash` is a digest as OpenSSL names it: SHA1, SHA256, SHA384, SHA512, MD5.
// `kind` is RSA, P-256, P-384, P-521, Ed25519 or X25519. Where a text may be returned, it is the reason of the failure.
type Bytes = ArrayBufferView | ArrayBufferLike;
/** A pair of keys or a public key, held by native code. */
type NativeKey = ArrayBuffer & { readonly nativeKey: unique symbol };

interface Ops {
  /** Fills the view with random bytes. */
  randomBytes(view: ArrayBufferView): void;
  randomUuid(): string;
  digest(hash: string, data: Bytes): ArrayBuffer;
  /** Both of the same length. */
  timingSafeEqual(left: Bytes, right: Bytes): boolean;

  digestOpen(hash: string): ArrayBuffer | string;
  digestUpdate(context: ArrayBuffer, data: Bytes): void;
  digestFinish(context: ArrayBuffer): ArrayBuffer | string;

  hmac(hash: string, key: Bytes, data: Bytes): ArrayBuffer | string;
  aesCbc(encrypt: boolean, key: Bytes, iv: Bytes, data: Bytes): ArrayBuffer | string;
  aesCtr(key: Bytes, counter: Bytes, counterBits: number, data: Bytes): ArrayBuffer | string;
  aesGcm(encrypt: boolean, key: Bytes, iv: Bytes, additional: Bytes | undefined, tagBytes: number,
         data: Bytes): ArrayBuffer | string;
  aesKw(encrypt: boolean, key: Bytes, data: Bytes): ArrayBuffer | string;

  hkdf(hash: string, secret: Bytes, salt: Bytes, info: Bytes, bytes: number): ArrayBuffer | string;
  pbkdf2(hash: string, password: Bytes, salt: Bytes, iterations: number, bytes: number): ArrayBuffer | string;
  keyAgree(own: NativeKey, theirs: NativeKey): ArrayBuffer | string;

  keyGenerateRsa(modulusBits: number, publicExponent: Bytes): NativeKey | string;
  keyGenerate(kind: string): NativeKey | string;
  keyFromDer(format: "pkcs8" | "spki", kind: string, der: Bytes): NativeKey | string;
  keyFromPoint(kind: string, point: Bytes): NativeKey | string;
  /** The parts of a JSON Web Key by their names there. */
  keyFromParts(kind: string, names: string[], values: Bytes[]): NativeKey | string;
  keyToDer(format: "pkcs8" | "spki", key: NativeKey): ArrayBuffer | string;
  keyToPoint(kind: string, key: NativeKey): ArrayBuffer | string;
  /** Name, bytes, name, bytes... */
  keyToParts(kind: string, key: NativeKey, withPrivate: boolean): (string | ArrayBuffer)[] | string;
  keyToPublic(kind: string, key: NativeKey): NativeKey | string;
  keyBits(key: NativeKey): number;

  /** `scheme`: the name of the algorithm. `hash` and `saltBytes` where it has them. */
  keySign(scheme: string, key: NativeKey, hash: string, saltBytes: number, data: Bytes): ArrayBuffer | string;
  keyVerify(scheme: string, key: NativeKey, hash: string, saltBytes: number, signature: Bytes, data: Bytes): boolean;
  rsaOaep(encrypt: boolean, key: NativeKey, hash: string, label: Bytes | undefined, data: Bytes): ArrayBuffer | string;
}
