// SPDX-License-Identifier: Apache-2.0
// https://w3c.github.io/webcrypto/#subtlecrypto-interface, and timingSafeEqual() of Workers. What a program hands over is
// read whole before anything is done with it, so that nothing it has code in (getters, buffers) can change it meanwhile.
// Operations run where they are called and count as the event's CPU time; the promise settles afterwards.
import { defineInterface, requireArguments } from "mayfly:core";

import type { CryptoKeyPair, Format, Implementation } from "./algorithm.ts";
import { type Jwk, readJwk } from "./jwk.ts";
import { CryptoKey, type KeyState, type Usage, keyState, usages as knownUsages } from "./key.ts";
import { type Algorithm, hashNames, normalize } from "./normalize.ts";
import { pairAlgorithms } from "./pairs.ts";
import { secretAlgorithms } from "./secret.ts";
import { type Bytes, copyBytes, failure, has, isBufferSource, toInteger } from "./values.ts";

export const internal = Symbol("crypto");
type AlgorithmArgument = string | { name: string };

const algorithms: Record<string, Implementation> = { __proto__: null as never, ...secretAlgorithms, ...pairAlgorithms };
const implementationOf = (name: string): Implementation => algorithms[name]!;

const formats = ["raw", "pkcs8", "spki", "jwk"];

function toFormat(format: unknown): Format {
  const text = `${format as string}`;
  if (!has(formats, text)) throw new TypeError(`"${text}" is no format of keys: there are ${formats.join(", ")}`);
  return text as Format;
}

function toUsages(given: unknown): Usage[] {
  if (typeof given !== "object" || given === null) throw new TypeError("The usages of a key must be a list of texts");
  const list = Array.from(given as Iterable<unknown>, (each) => `${each as string}` as Usage);
  for (const usage of list) if (!has(knownUsages, usage)) throw new TypeError(`"${usage}" is no usage of keys`);
  return list;
}

/** The key may be used so: what it is of, and what it is for. */
function checkKey(key: KeyState, { name }: Algorithm, usage: Usage): void {
  if (key.algorithm.name !== name) {
    throw failure("InvalidAccessError", `The key is one of ${key.algorithm.name}, not of ${name}`);
  }
  if (!has(key.usages, usage)) {
    throw failure("InvalidAccessError", `The key is not for ${usage}: its usages are [${key.usages.join(", ")}]`);
  }
}

/** A private or secret key that is of no use is a mistake. */
function checkUsable(key: CryptoKey): CryptoKey {
  if (key.type !== "public" && key.usages.length === 0) {
    throw failure("SyntaxError", `A ${key.type} key must have at least one usage`);
  }
  return key;
}

function importKey(format: Format, data: Bytes | Jwk, algorithm: Algorithm, extractable: boolean, usages: Usage[]): CryptoKey {
  return checkUsable(implementationOf(algorithm.name).import(format, data, algorithm, extractable, usages));
}

function exportKey(format: Format, key: KeyState): ArrayBuffer | Jwk {
  const { export: write } = implementationOf(key.algorithm.name);
  if (write === undefined) throw failure("NotSupportedError", `Keys of ${key.algorithm.name} cannot be exported`);
  if (!key.extractable) throw failure("InvalidAccessError", "The key is not extractable");
  return write(format, key);
}

/** wrapKey and unwrapKey work with what can only encrypt, too. */
function normalizeWrapping(operation: "wrapKey" | "unwrapKey", given: unknown): Algorithm {
  try {
    return normalize(operation, given);
  } catch {
    return normalize(operation === "wrapKey" ? "encrypt" : "decrypt", given);
  }
}

function readData(operation: string, data: unknown): Bytes {
  return copyBytes(data, `SubtleCrypto.${operation}: the data`);
}

export class SubtleCrypto {
  #brand: true;

  constructor(...key: symbol[]) {
    if (key[0] !== internal) throw new TypeError("Illegal constructor");
    this.#brand = true;
  }

  #cipher(operation: "encrypt" | "decrypt", algorithm: unknown, key: unknown, data: unknown): ArrayBuffer {
    const state = keyState(key, `SubtleCrypto.${operation}: the key`);
    const bytes = readData(operation, data);
    const normalized = normalize(operation, algorithm);
    checkKey(state, normalized, operation);
    return implementationOf(normalized.name)[operation]!(normalized, state, bytes);
  }

  async encrypt(algorithm: AlgorithmArgument, key: CryptoKey, data: BufferSource): Promise<ArrayBuffer> {
    requireArguments("SubtleCrypto.encrypt", arguments.length, 3);
    return this.#cipher("encrypt", algorithm, key, data);
  }

  async decrypt(algorithm: AlgorithmArgument, key: CryptoKey, data: BufferSource): Promise<ArrayBuffer> {
    requireArguments("SubtleCrypto.decrypt", arguments.length, 3);
    return this.#cipher("decrypt", algorithm, key, data);
  }

  async sign(algorithm: AlgorithmArgument, key: CryptoKey, data: BufferSource): Promise<ArrayBuffer> {
    void this.#brand;
    requireArguments("SubtleCrypto.sign", arguments.length, 3);
    const state = keyState(key, "SubtleCrypto.sign: the key");
    const bytes = readData("sign", data);
    const normalized = normalize("sign", algorithm);
    checkKey(state, normalized, "sign");
    return implementationOf(normalized.name).sign!(normalized, state, bytes);
  }

  async verify(algorithm: AlgorithmArgument, key: CryptoKey, signature: BufferSource, data: BufferSource): Promise<boolean> {
    void this.#brand;
    requireArguments("SubtleCrypto.verify", arguments.length, 4);
    const state = keyState(key, "SubtleCrypto.verify: the key");
    const signed = copyBytes(signature, "SubtleCrypto.verify: the signature");
    const bytes = readData("verify", data);
    const normalized = normalize("verify", algorithm);
    checkKey(state, normalized, "verify");
    return implementationOf(normalized.name).verify!(normalized, state, signed, bytes);
  }

  async digest(algorithm: AlgorithmArgument, data: BufferSource): Promise<ArrayBuffer> {
    void this.#brand;
    requireArguments("SubtleCrypto.digest", arguments.length, 2);
    // No code of the program's runs once the algorithm is read, so the data need not be copied.
    const { name } = normalize("digest", algorithm);
    if (!isBufferSource(data)) {
      throw new TypeError("SubtleCrypto.digest: the data must be an ArrayBuffer or a view of one");
    }
    return ops.digest(hashNames[name]!, data);
  }

  async generateKey(algorithm: AlgorithmArgument, extractable: boolean, keyUsages: string[]): Promise<CryptoKey | CryptoKeyPair> {
    void this.#brand;
    requireArguments("SubtleCrypto.generateKey", arguments.length, 3);
    const usages = toUsages(keyUsages);
    const normalized = normalize("generateKey", algorithm);
    const made = implementationOf(normalized.name).generate!(normalized, Boolean(extractable), usages);
    checkUsable(made instanceof CryptoKey ? made : made.privateKey);
    return made;
  }

  async deriveKey(algorithm: AlgorithmArgument, baseKey: CryptoKey, derivedKeyType: AlgorithmArgument, extractable: boolean,
                  keyUsages: string[]): Promise<CryptoKey> {
    void this.#brand;
    requireArguments("SubtleCrypto.deriveKey", arguments.length, 5);
    const state = keyState(baseKey, "SubtleCrypto.deriveKey: the key");
    const usages = toUsages(keyUsages);
    const normalized = normalize("deriveBits", algorithm);
    const wanted = normalize("importKey", derivedKeyType);
    const sized = normalize("getKeyLength", derivedKeyType);
    checkKey(state, normalized, "deriveKey");
    const length = implementationOf(sized.name).keyLength!(sized);
    const secret = implementationOf(normalized.name).deriveBits!(normalized, state, length);
    return importKey("raw", new Uint8Array(secret), wanted, Boolean(extractable), usages);
  }

  async deriveBits(algorithm: AlgorithmArgument, baseKey: CryptoKey, length: number | null = null): Promise<ArrayBuffer> {
    void this.#brand;
    requireArguments("SubtleCrypto.deriveBits", arguments.length, 2);
    const state = keyState(baseKey, "SubtleCrypto.deriveBits: the key");
    const bits = length === null ? null : toInteger(length, 0xffffffff, "SubtleCrypto.deriveBits: the length");
    const normalized = normalize("deriveBits", algorithm);
    checkKey(state, normalized, "deriveBits");
    return implementationOf(normalized.name).deriveBits!(normalized, state, bits);
  }

  async importKey(format: string, keyData: BufferSource | object, algorithm: AlgorithmArgument, extractable: boolean,
                  keyUsages: string[]): Promise<CryptoKey> {
    void this.#brand;
    requireArguments("SubtleCrypto.importKey", arguments.length, 5);
    const as = toFormat(format);
    const usages = toUsages(keyUsages);
    const data = as === "jwk" ? readJwk(keyData) : copyBytes(keyData, `SubtleCrypto.importKey: key data of the format ${as}`);
    return importKey(as, data, normalize("importKey", algorithm), Boolean(extractable), usages);
  }

  async exportKey(format: string, key: CryptoKey): Promise<ArrayBuffer | object> {
    void this.#brand;
    requireArguments("SubtleCrypto.exportKey", arguments.length, 2);
    return exportKey(toFormat(format), keyState(key, "SubtleCrypto.exportKey: the key"));
  }

  async wrapKey(format: string, key: CryptoKey, wrappingKey: CryptoKey, wrapAlgorithm: AlgorithmArgument): Promise<ArrayBuffer> {
    void this.#brand;
    requireArguments("SubtleCrypto.wrapKey", arguments.length, 4);
    const as = toFormat(format);
    const state = keyState(key, "SubtleCrypto.wrapKey: the key");
    const wrapping = keyState(wrappingKey, "SubtleCrypto.wrapKey: the wrapping key");
    const normalized = normalizeWrapping("wrapKey", wrapAlgorithm);
    checkKey(wrapping, normalized, "wrapKey");
    const exported = exportKey(as, state);
    let bytes: Bytes;
    if (exported instanceof ArrayBuffer) {
      bytes = new Uint8Array(exported);
    } else {
      let text = JSON.stringify(exported);
      // AES-KW takes whole blocks; JSON does not mind the spaces.
      if (normalized.name === "AES-KW") text = text.padEnd(Math.ceil(text.length / 8) * 8);
      bytes = ops.utf8Encode(text);
    }
    const { wrap, encrypt } = implementationOf(normalized.name);
    return wrap !== undefined ? wrap(wrapping, bytes) : encrypt!(normalized, wrapping, bytes);
  }

  async unwrapKey(format: string, wrappedKey: BufferSource, unwrappingKey: CryptoKey, unwrapAlgorithm: AlgorithmArgument,
                  unwrappedKeyAlgorithm: AlgorithmArgument, extractable: boolean, keyUsages: string[]): Promise<CryptoKey> {
    void this.#brand;
    requireArguments("SubtleCrypto.unwrapKey", arguments.length, 7);
    const as = toFormat(format);
    const wrapped = copyBytes(wrappedKey, "SubtleCrypto.unwrapKey: the wrapped key");
    const unwrapping = keyState(unwrappingKey, "SubtleCrypto.unwrapKey: the unwrapping key");
    const usages = toUsages(keyUsages);
    const normalized = normalizeWrapping("unwrapKey", unwrapAlgorithm);
    const wanted = normalize("importKey", unwrappedKeyAlgorithm);
    checkKey(unwrapping, normalized, "unwrapKey");
    const { unwrap, decrypt } = implementationOf(normalized.name);
    const bytes = new Uint8Array(unwrap !== undefined ? unwrap(unwrapping, wrapped) : decrypt!(normalized, unwrapping, wrapped));
    return importKey(as, as === "jwk" ? parseJwk(bytes) : bytes, wanted, Boolean(extractable), usages);
  }

  timingSafeEqual(left: BufferSource, right: BufferSource): boolean {
    void this.#brand;
    requireArguments("SubtleCrypto.timingSafeEqual", arguments.length, 2);
    if (!isBufferSource(left) || !isBufferSource(right)) {
      throw new TypeError("SubtleCrypto.timingSafeEqual: both arguments must be ArrayBuffers or views of one");
    }
    if (left.byteLength !== right.byteLength) throw new TypeError("Input buffers must have the same byte length");
    return ops.timingSafeEqual(left, right);
  }
}
defineInterface(SubtleCrypto);

function parseJwk(bytes: Bytes): Jwk {
  let parsed: unknown;
  try {
    parsed = JSON.parse(ops.utf8Decode(bytes, false)!);
  } catch {
    throw failure("DataError", "What was unwrapped is no JSON");
  }
  if (typeof parsed !== "object" || parsed === null) throw failure("DataError", "What was unwrapped is no JSON Web Key");
  return readJwk(parsed);
}


