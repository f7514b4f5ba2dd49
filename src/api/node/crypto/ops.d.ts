// SPDX-License-Identifier: Apache-2.0
// The ops of node_crypto_ops.cc and key_ops.cc. Contexts are held by native code. A text that is returned is the reason of a failure.
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
  /** `tagBytes` is for CCM and OCB, which must know it beforehand. */
  cipherOpen(name: string, encrypt: boolean, key: CryptoInput, iv: CryptoInput, tagBytes: number): ArrayBuffer | string;
  cipherUpdate(context: ArrayBuffer, data: CryptoInput): Uint8Array | string;
  /** `textBytes`: of the text that will follow, for CCM. */
  cipherAdditional(context: ArrayBuffer, data: CryptoInput, textBytes: number): string | undefined;
  cipherFinish(context: ArrayBuffer): ArrayBuffer | string;
  cipherPadding(context: ArrayBuffer, on: boolean): void;
  cipherTag(context: ArrayBuffer, bytes: number): ArrayBuffer | string;
  cipherSetTag(context: ArrayBuffer, tag: CryptoInput): string | undefined;

  /** `encoding` of DER: pkcs1, pkcs8, sec1, spki. A public key is found in a private one of PEM too. */
  keyRead(isPrivate: boolean, text: "pem" | "der", encoding: string, data: CryptoInput,
          passphrase: CryptoInput | undefined): NativeKey | string;
  keyWrite(isPrivate: boolean, text: "pem" | "der", encoding: string, key: NativeKey, cipher: string,
           passphrase: CryptoInput): ArrayBuffer | string;
  keyDetails(key: NativeKey): [type: string, bits: number, publicExponent: ArrayBuffer, group: string, hash: string,
                               mgf1Hash: string, saltBytes: number];
  keyEquals(left: NativeKey, right: NativeKey): boolean;
  keyPublicPart(key: NativeKey): NativeKey | string;
  /** Empty texts and -1 where nothing is said. */
  keyGenerateRsaPss(bits: number, publicExponent: CryptoInput, hash: string, mgf1Hash: string,
                    saltBytes: number): NativeKey | string;
  keyGenerateOfType(type: string, group: string): NativeKey | string;
  keyGenerateDh(prime: CryptoInput, generator: number): NativeKey | string;
  /** OpenSSL's numbers for padding and salt. `fixed`: ECDSA in the form of IEEE P1363. */
  keySignDigest(key: NativeKey, hash: string, padding: number, saltBytes: number | undefined, fixed: boolean,
                digest: CryptoInput): ArrayBuffer | string;
  keyVerifyDigest(key: NativeKey, hash: string, padding: number, saltBytes: number | undefined, fixed: boolean,
                  signature: CryptoInput, digest: CryptoInput): boolean;
  keyRsa(use: string, key: NativeKey, padding: number, oaepHash: string, oaepLabel: CryptoInput,
         data: CryptoInput): ArrayBuffer | string;
  primeGenerate(bits: number, safe: boolean, add: CryptoInput, rem: CryptoInput): ArrayBuffer | string;
  primeCheck(candidate: CryptoInput): boolean | string;
  /** Numbers are big-endian. */
  dhGroup(name: string): ArrayBuffer | undefined;
  dhPrivate(prime: CryptoInput, generator: CryptoInput): ArrayBuffer | string;
  dhPublic(prime: CryptoInput, generator: CryptoInput, own: CryptoInput): ArrayBuffer | string;
  dhSecret(prime: CryptoInput, own: CryptoInput, theirs: CryptoInput): ArrayBuffer | string;
  curveNames(): string[];
  curveExists(curve: string): boolean;
  ecdhPrivate(curve: string): ArrayBuffer | string;
  ecdhPublic(curve: string, own: CryptoInput): ArrayBuffer | string;
  ecdhConvert(curve: string, point: CryptoInput, form: "compressed" | "uncompressed" | "hybrid"): ArrayBuffer | string;
  ecdhSecret(curve: string, own: CryptoInput, theirs: CryptoInput): ArrayBuffer | string;
}
