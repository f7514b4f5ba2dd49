// SPDX-License-Identifier: Apache-2.0
// https://w3c.github.io/webcrypto/#cryptokey-interface
import { defineInterface } from "mayfly:core";

import { type Bytes, has } from "./values.ts";

export const usages = [
  "encrypt", "decrypt", "sign", "verify", "deriveKey", "deriveBits", "wrapKey", "unwrapKey",
] as const;
export type Usage = (typeof usages)[number];

/** The fields that the algorithm of a key has, each where the algorithm has it. */
export interface KeyAlgorithm {
  name: string;
  length?: number;
  hash?: { name: string };
  namedCurve?: string;
  modulusLength?: number;
  publicExponent?: Bytes;
}

/** The bytes of a secret key; the keys that OpenSSL holds otherwise. */
export type Material = Bytes | NativeKey;

const internal = Symbol("CryptoKey");
let stateOf: (key: CryptoKey) => KeyState;

export interface KeyState {
  type: "secret" | "public" | "private";
  extractable: boolean;
  algorithm: KeyAlgorithm;
  usages: Usage[];
  material: Material;
}

function copyAlgorithm(algorithm: KeyAlgorithm): KeyAlgorithm {
  const copy: KeyAlgorithm = { ...algorithm };
  if (copy.hash !== undefined) copy.hash = { ...copy.hash };
  if (copy.publicExponent !== undefined) copy.publicExponent = new Uint8Array(copy.publicExponent);
  return copy;
}

export class CryptoKey {
  #state: KeyState;
  // What is shown is a copy: a program may change it, and the key stays what it is.
  #algorithm: KeyAlgorithm | undefined;
  #usages: Usage[] | undefined;

  constructor(...state: unknown[]) {
    if (state[0] !== internal) throw new TypeError("Illegal constructor");
    this.#state = state[1] as KeyState;
  }
  static {
    stateOf = (key) => key.#state;
  }

  get type(): string { return this.#state.type; }
  get extractable(): boolean { return this.#state.extractable; }
  get algorithm(): KeyAlgorithm { return (this.#algorithm ??= copyAlgorithm(this.#state.algorithm)); }
  get usages(): Usage[] { return (this.#usages ??= [...this.#state.usages]); }
}
defineInterface(CryptoKey);

/** Usages in the order of the standard, each once. */
export function makeKey(state: KeyState): CryptoKey {
  return new CryptoKey(internal, { ...state, usages: usages.filter((usage) => has(state.usages, usage)) });
}

/** Throws TypeError for what is no CryptoKey. */
export function keyState(key: unknown, what: string): KeyState {
  try {
    return stateOf(key as CryptoKey);
  } catch {
    throw new TypeError(`${what} must be a CryptoKey`);
  }
}
