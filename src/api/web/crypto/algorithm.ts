// SPDX-License-Identifier: Apache-2.0
// What an algorithm can do: the operations of https://w3c.github.io/webcrypto/#algorithms that it has.
import type { Jwk } from "./jwk.ts";
import type { CryptoKey, KeyState, Usage } from "./key.ts";
import type { Algorithm } from "./normalize.ts";
import { type Bytes, failure, has } from "./values.ts";

export type Format = "raw" | "pkcs8" | "spki" | "jwk";

export interface Implementation {
  generate?(algorithm: Algorithm, extractable: boolean, usages: Usage[]): CryptoKey | CryptoKeyPair;
  import(format: Format, data: Bytes | Jwk, algorithm: Algorithm, extractable: boolean, usages: Usage[]): CryptoKey;
  /** Absent where no key of it can be exported. */
  export?(format: Format, key: KeyState): ArrayBuffer | Jwk;
  encrypt?(algorithm: Algorithm, key: KeyState, data: Bytes): ArrayBuffer;
  decrypt?(algorithm: Algorithm, key: KeyState, data: Bytes): ArrayBuffer;
  wrap?(key: KeyState, data: Bytes): ArrayBuffer;
  unwrap?(key: KeyState, data: Bytes): ArrayBuffer;
  sign?(algorithm: Algorithm, key: KeyState, data: Bytes): ArrayBuffer;
  verify?(algorithm: Algorithm, key: KeyState, signature: Bytes, data: Bytes): boolean;
  /** `length` in bits; null for as many as there are. */
  deriveBits?(algorithm: Algorithm, key: KeyState, length: number | null): ArrayBuffer;
  /** Of a key to be derived, in bits; null where the algorithm takes any. */
  keyLength?(algorithm: Algorithm): number | null;
}

export interface CryptoKeyPair {
  publicKey: CryptoKey;
  privateKey: CryptoKey;
}

export function checkUsages(wanted: Usage[], allowed: readonly Usage[], what: string): void {
  for (const usage of wanted) {
    if (!has(allowed, usage)) {
      const list = allowed.length === 0 ? "no usage" : allowed.join(", ");
      throw failure("SyntaxError", `The usage "${usage}" is not one of ${what}, which has ${list}`);
    }
  }
}

export function wrongFormat(format: string, name: string): Error {
  return failure("NotSupportedError", `The format "${format}" is none for this key of ${name}`);
}
