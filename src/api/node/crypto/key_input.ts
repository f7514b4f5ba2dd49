// SPDX-License-Identifier: Apache-2.0
// What functions take as a key of a pair: a KeyObject or CryptoKey, a file as text or bytes, a JSON Web Key, or an object
// with one of these and how it is to be read. https://nodejs.org/api/crypto.html#cryptocreateprivatekeykey
import { Buffer } from "mayfly:node/buffer";
import { invalidArgType, invalidArgValue, isBytes, nodeError, validateObject } from "mayfly:node/internal";

import { KeyObject, isSecret, makeKey, nativeOf, passphraseBytes, viewOf, wrongType } from "./keys.ts";

type Part = "public" | "private";

const fileTypes = ["ArrayBuffer", "Buffer", "TypedArray", "DataView", "string"];
const keyTypes = [...fileTypes, "KeyObject", "CryptoKey"];

const jwkParts: Record<string, [open: string[], secret: string[]]> = {
  __proto__: null as never, RSA: [["n", "e"], ["d", "p", "q", "dp", "dq", "qi"]], EC: [["x", "y"], ["d"]], OKP: [["x"], ["d"]],
};
const jwkCurves: Record<string, string[]> = {
  __proto__: null as never, EC: ["P-256", "P-384", "P-521", "secp256k1"], OKP: ["Ed25519", "Ed448", "X25519", "X448"],
};
const coordinateBytes: Record<string, number> = { __proto__: null as never, "P-256": 32, "P-384": 48, "P-521": 66, secp256k1: 32 };

function readJwk(jwk: unknown, wanted: Part): NativeKey {
  validateObject(jwk, "key.key");
  const { kty, crv } = jwk as Record<string, any>;
  const parts = typeof kty === "string" ? jwkParts[kty] : undefined;
  if (parts === undefined) throw nodeError(TypeError, "ERR_INVALID_ARG_VALUE", `The property 'key.kty' must be one of: 'RSA', 'EC', 'OKP'. Received ${String(kty)}`);
  if (kty !== "RSA" && !jwkCurves[kty]!.includes(crv)) throw nodeError(TypeError, "ERR_CRYPTO_INVALID_CURVE", `Unsupported JWK curve: ${String(crv)}`);
  const isPrivate = typeof (jwk as any).d === "string";
  if (wanted === "private" && !isPrivate) throw invalidJwk(kty);
  const names = isPrivate ? [...parts[0], ...parts[1]] : parts[0];
  const values = names.map((name) => {
    const value = (jwk as Record<string, unknown>)[name];
    if (typeof value !== "string") throw invalidJwk(kty);
    return padded(Buffer.from(value, "base64url"), kty === "EC" ? coordinateBytes[crv]! : 0);
  });
  const kind = kty === "RSA" ? "RSA" : crv;
  const key = ops.keyFromParts(kind, names, values);
  if (typeof key === "string") throw invalidJwk(kty, key);
  return wanted === "public" && isPrivate ? publicPart(key) : key;
}

function invalidJwk(kty: string, reason = ""): Error {
  return nodeError(Error, "ERR_CRYPTO_INVALID_JWK", `Invalid JWK ${kty} key${reason === "" ? "" : `: ${reason}`}`);
}

/** With zeros before it, where it is shorter than it should be. */
function padded(bytes: Uint8Array, size: number): Uint8Array {
  if (bytes.length >= size) return bytes;
  const whole = new Uint8Array(size);
  whole.set(bytes, size - bytes.length);
  return whole;
}

function publicPart(key: NativeKey): NativeKey {
  const part = ops.keyPublicPart(key);
  if (typeof part === "string") throw nodeError(Error, "ERR_CRYPTO_OPERATION_FAILED", part);
  return part;
}

/** What OpenSSL says of a file as Node's errors. */
function unreadable(reason: string, wanted: Part): Error {
  if (reason === "Passphrase required for encrypted key") return nodeError(TypeError, "ERR_MISSING_PASSPHRASE", reason);
  if (reason === "bad decrypt") return nodeError(Error, "ERR_OSSL_BAD_DECRYPT", "Failed to read the key: bad decrypt");
  return nodeError(Error, "ERR_OSSL_UNSUPPORTED", `Failed to read ${wanted} key: ${reason}`);
}

function bytesOf(value: unknown, encoding: unknown, name: string): Uint8Array {
  if (typeof value === "string") return Buffer.from(value, encoding === "buffer" || encoding === undefined ? "utf8" : encoding);
  if (!isBytes(value)) throw invalidArgType(name, keyTypes, value);
  return viewOf(value);
}

/** DER that says what it is in its own words: the encodings of the part, one after the other. */
function readDer(bytes: Uint8Array, type: unknown, wanted: Part, secret: Uint8Array | undefined): NativeKey | string {
  const allowed = wanted === "private" ? ["pkcs8", "pkcs1", "sec1"] : ["spki", "pkcs1"];
  if (type !== undefined) {
    const known = ["pkcs1", "pkcs8", "sec1", "spki"];
    if (typeof type !== "string" || !known.includes(type) || (wanted === "private" && type === "spki")) throw invalidArgValue("key.type", type);
    const isPrivate = type === "pkcs8" || type === "sec1" || (type === "pkcs1" && wanted === "private");
    const key = ops.keyRead(isPrivate, "der", type, bytes, secret);
    return wanted === "public" && isPrivate && typeof key !== "string" ? publicPart(key) : key;
  }
  let first: string | undefined;
  for (const each of allowed) {
    const key = ops.keyRead(wanted === "private", "der", each, bytes, secret);
    if (typeof key !== "string") return key;
    first ??= key;
  }
  return first!;
}

function readFile(data: unknown, options: any, wanted: Part, name: string): NativeKey {
  const { format, type, passphrase, encoding } = options;
  if (format !== undefined && format !== "pem" && format !== "der") throw invalidArgValue("key.format", format);
  const secret = passphrase === undefined || passphrase === null ? undefined : passphraseBytes(passphrase, "key.passphrase");
  const bytes = bytesOf(data, encoding, name);
  const key = format === "der" ? readDer(bytes, type, wanted, secret) : ops.keyRead(wanted === "private", "pem", "", bytes, secret);
  if (typeof key === "string") throw unreadable(key, wanted);
  return key;
}

const isCryptoKey = (value: unknown): boolean => value instanceof requireGroup("mayfly:web/crypto").CryptoKey;

function fromObject(key: KeyObject, wanted: Part): NativeKey {
  if (isSecret(key)) throw wrongType("secret", wanted === "private" ? "private" : "private or public");
  if (wanted === "private" && key.type !== "private") throw wrongType("public", "private");
  return nativeOf(key);
}

/** A key that is used, as it was given: `wanted: "public"` takes a private one too, and gives it whole. */
export function nativeKey(given: unknown, wanted: Part, name = "key"): NativeKey {
  const isObject = typeof given === "object" && given !== null && !isBytes(given);
  if (!isObject) {
    if (typeof given !== "string" && !isBytes(given)) throw invalidArgType(name, keyTypes, given);
    return readFile(given, {}, wanted, name);
  }
  if (given instanceof KeyObject) return fromObject(given, wanted);
  if (isCryptoKey(given)) return fromObject(KeyObject.from(given), wanted);
  const options = given as { key?: unknown; format?: unknown };
  const { key } = options;
  if (key instanceof KeyObject) return fromObject(key, wanted);
  if (isCryptoKey(key)) return fromObject(KeyObject.from(key), wanted);
  if (options.format === "jwk") return readJwk(key, wanted);
  if (typeof key !== "string" && !isBytes(key)) throw invalidArgType(`${name}.key`, keyTypes, key);
  return readFile(key, options, wanted, `${name}.key`);
}

function refuseObjects(key: unknown): void {
  if (key instanceof KeyObject || isCryptoKey(key)) throw invalidArgType("key", [...fileTypes, "Object"], key);
}

export function createPrivateKey(key: unknown): KeyObject {
  refuseObjects(key);
  refuseObjects((key as { key?: unknown } | null | undefined)?.key);
  return makeKey("private", nativeKey(key, "private"));
}

export function createPublicKey(key: any): KeyObject {
  const object = key instanceof KeyObject ? key : key?.key instanceof KeyObject ? key.key : undefined;
  if (object !== undefined && object.type !== "private") throw wrongType(object.type, "private");
  return makeKey("public", publicPart(nativeKey(key, "public")));
}
