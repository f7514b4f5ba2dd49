// SPDX-License-Identifier: Apache-2.0
// https://nodejs.org/api/crypto.html#class-keyobject: what a key is, and how it is written. Keys of pairs are held by
// native code, the same that crypto.subtle holds.
import { Buffer } from "mayfly:node/buffer";
import {
  invalidArgType, invalidArgValue, isBytes, nextTick, nodeError, validateFunction, validateInteger, validateObject,
  validateOneOf, validateString,
} from "mayfly:node/internal";

const create = Symbol("create");
let stateOf: (key: KeyObject) => KeyState;

type KeyType = "secret" | "public" | "private";

interface KeyState {
  type: KeyType;
  material: Uint8Array | NativeKey;
}

export class KeyObject {
  #state: KeyState;

  constructor(type: unknown, material: unknown, key?: symbol) {
    if (key !== create) {
      validateOneOf(type, "type", ["secret", "public", "private"]);
      throw invalidArgType("handle", "object", material);
    }
    this.#state = { type: type as KeyType, material: material as Uint8Array | NativeKey };
  }
  static {
    stateOf = (key) => key.#state;
  }

  static from(key: unknown): KeyObject {
    const web = requireGroup("mayfly:web/crypto");
    if (!(key instanceof web.CryptoKey)) throw invalidArgType("key", "CryptoKey", key);
    const { type, material } = web.keyState(key, "key");
    return type === "secret" ? makeSecret(material as Uint8Array) : makeKey(type, material as NativeKey);
  }

  get type(): KeyType {
    return this.#state.type;
  }
  equals(other: unknown): boolean {
    if (!(other instanceof KeyObject)) throw invalidArgType("otherKeyObject", "KeyObject", other);
    const [own, theirs] = [this.#state, other.#state];
    if (own.type !== theirs.type) return false;
    if (own.type !== "secret") return ops.keyEquals(own.material as NativeKey, theirs.material as NativeKey);
    const [a, b] = [own.material as Uint8Array, theirs.material as Uint8Array];
    return a.length === b.length && ops.timingSafeEqual(a, b);
  }
  async toCryptoKey(algorithm: any, extractable: boolean, usages: string[]): Promise<unknown> {
    const { subtle } = requireGroup("mayfly:web/crypto").crypto;
    const { type, material } = this.#state;
    if (type === "secret") return subtle.importKey("raw", material, algorithm, extractable, usages);
    const format = type === "public" ? "spki" : "pkcs8";
    return subtle.importKey(format, ops.keyToDer(format, material as NativeKey), algorithm, extractable, usages);
  }
  get [Symbol.toStringTag](): string {
    return "KeyObject";
  }
}

export class SecretKeyObject extends KeyObject {
  get symmetricKeySize(): number {
    return secretOf(this).length;
  }
  export(options?: { format?: string }): unknown {
    const bytes = secretOf(this);
    if (options !== undefined) {
      validateObject(options, "options");
      validateOneOf(options.format, "options.format", [undefined, "buffer", "jwk"]);
      if (options.format === "jwk") return { kty: "oct", k: Buffer.from(bytes).toString("base64url") };
    }
    return Buffer.from(bytes);
  }
}

/** Names of curves in JSON Web Keys, which are those of kinds too, by OpenSSL's. */
const jwkCurves: Record<string, string> = {
  __proto__: null as never, prime256v1: "P-256", secp384r1: "P-384", secp521r1: "P-521", secp256k1: "secp256k1",
};
const rawKinds: Record<string, string> = {
  __proto__: null as never, ed25519: "Ed25519", ed448: "Ed448", x25519: "X25519", x448: "X448",
};

/** "sha256" for OpenSSL's "SHA2-256". */
const digestName = (name: string): string => name.toLowerCase().replace(/^sha2-/, "sha");

class AsymmetricKeyObject extends KeyObject {
  get asymmetricKeyType(): string {
    return keyDetails(this)[0];
  }
  get asymmetricKeyDetails(): object {
    const [type, bits, exponent, group, hash, mgf1, salt] = keyDetails(this);
    if (type === "ec") return { namedCurve: group };
    if (type !== "rsa" && type !== "rsa-pss") return {};
    const publicExponent = BigInt(`0x${Buffer.from(exponent).toString("hex") || "0"}`);
    const details: Record<string, unknown> = { modulusLength: bits, publicExponent };
    if (type === "rsa-pss" && hash !== "") {
      Object.assign(details, { hashAlgorithm: digestName(hash), mgf1HashAlgorithm: digestName(mgf1 || hash), saltLength: salt });
    }
    return details;
  }
  export(options: unknown): unknown {
    validateObject(options, "options");
    const { format } = options as { format?: unknown };
    if (format === "jwk") {
      if ((options as { passphrase?: unknown }).passphrase !== undefined) throw incompatible("jwk", "does not support encryption.");
      return toJwk(this);
    }
    return writeKey(this, options, "options");
  }
}
export class PublicKeyObject extends AsymmetricKeyObject {}
export class PrivateKeyObject extends AsymmetricKeyObject {}

function toJwk(key: AsymmetricKeyObject): object {
  const [type, , , group] = keyDetails(key);
  const kind = type === "rsa" ? "RSA" : type === "ec" ? jwkCurves[group] : rawKinds[type];
  if (kind === undefined) {
    if (type === "ec") throw nodeError(Error, "ERR_CRYPTO_JWK_UNSUPPORTED_CURVE", `Unsupported JWK EC curve: ${group}.`);
    throw nodeError(Error, "ERR_CRYPTO_JWK_UNSUPPORTED_KEY_TYPE", "Unsupported JWK Key Type.");
  }
  const list = ops.keyToParts(kind, nativeOf(key), key.type === "private");
  if (typeof list === "string") throw nodeError(Error, "ERR_CRYPTO_OPERATION_FAILED", list);
  const jwk: Record<string, string> = type === "rsa" ? { kty: "RSA" } : { kty: type === "ec" ? "EC" : "OKP", crv: kind };
  const order = ["n", "e", "x", "y", "d", "p", "q", "dp", "dq", "qi"];
  for (const name of order) {
    const at = list.indexOf(name);
    if (at >= 0) jwk[name] = Buffer.from(list[at + 1] as ArrayBuffer).toString("base64url");
  }
  return jwk;
}

export function incompatible(encoding: string, what: string): Error {
  return nodeError(Error, "ERR_CRYPTO_INCOMPATIBLE_KEY_OPTIONS", `The selected key encoding ${encoding} ${what}`);
}

/** PEM as text, DER as a Buffer; `name` is that of the options for errors. */
export function writeKey(key: KeyObject, options: any, name: string): unknown {
  const { format, type: encoding, cipher, passphrase } = options;
  const isPrivate = key.type === "private";
  const type = keyDetails(key)[0];
  if (format !== "pem" && format !== "der") throw invalidArgValue(`${name}.format`, format);
  const encodings = isPrivate ? ["pkcs1", "pkcs8", "sec1"] : ["pkcs1", "spki"];
  if (!encodings.includes(encoding)) throw invalidArgValue(`${name}.type`, encoding);
  if (encoding === "pkcs1" && type !== "rsa") throw incompatible("pkcs1", "can only be used for RSA keys.");
  if (encoding === "sec1" && type !== "ec") throw incompatible("sec1", "can only be used for EC keys.");
  let secret: Uint8Array = new Uint8Array(0);
  let cipherName = "";
  if (isPrivate && cipher !== undefined && cipher !== null) {
    validateString(cipher, `${name}.cipher`);
    if (format === "der" && encoding !== "pkcs8") throw incompatible(encoding, "does not support encryption.");
    if (ops.cipherInfo(cipher) === undefined) throw nodeError(Error, "ERR_CRYPTO_UNKNOWN_CIPHER", "Unknown cipher");
    secret = passphraseBytes(passphrase, `${name}.passphrase`);
    cipherName = cipher;
  } else if (isPrivate && passphrase !== undefined) {
    throw invalidArgValue(`${name}.cipher`, cipher);
  }
  const written = ops.keyWrite(isPrivate, format, encoding, nativeOf(key), cipherName, secret);
  if (typeof written === "string") throw nodeError(Error, "ERR_CRYPTO_OPERATION_FAILED", written);
  return format === "pem" ? Buffer.from(written).toString() : Buffer.from(written);
}

export function passphraseBytes(passphrase: unknown, name: string): Uint8Array {
  if (typeof passphrase === "string") return Buffer.from(passphrase);
  if (!isBytes(passphrase)) throw invalidArgType(name, ["string", "ArrayBuffer", "Buffer", "TypedArray", "DataView"], passphrase);
  if (passphrase.byteLength > 1024) throw invalidArgValue(name, passphrase, "must have at most 1024 bytes");
  return viewOf(passphrase);
}

export function viewOf(bytes: ArrayBufferView | ArrayBuffer): Uint8Array {
  return ArrayBuffer.isView(bytes) ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength) : new Uint8Array(bytes);
}

export function nativeOf(key: KeyObject): NativeKey {
  return stateOf(key).material as NativeKey;
}

export function keyDetails(key: KeyObject): ReturnType<Ops["keyDetails"]> {
  return ops.keyDetails(nativeOf(key));
}

export function makeKey(type: "public" | "private", key: NativeKey): PublicKeyObject | PrivateKeyObject {
  return type === "public" ? new PublicKeyObject(type, key, create) : new PrivateKeyObject(type, key, create);
}

export function isSecret(key: KeyObject): boolean {
  return stateOf(key).type === "secret";
}

/** The bytes of a secret key. */
export function secretOf(key: KeyObject): Uint8Array {
  const { type, material } = stateOf(key);
  if (type !== "secret") throw wrongType(type, "secret");
  return material as Uint8Array;
}

export function wrongType(type: string, expected: string): Error {
  return nodeError(TypeError, "ERR_CRYPTO_INVALID_KEY_OBJECT_TYPE", `Invalid key object type ${type}, expected ${expected}.`);
}

function makeSecret(bytes: Uint8Array): KeyObject {
  return new SecretKeyObject("secret", Uint8Array.from(bytes), create);
}

export function createSecretKey(key: unknown, encoding?: unknown): KeyObject {
  if (typeof key === "string") return makeSecret(Buffer.from(key, encoding));
  if (!isBytes(key)) throw invalidArgType("key", ["string", "ArrayBuffer", "Buffer", "TypedArray", "DataView"], key);
  return makeSecret(viewOf(key));
}

export function generateKeySync(type: unknown, options: any): KeyObject {
  validateString(type, "type");
  validateObject(options, "options");
  const { length } = options as { length: number };
  if (type === "hmac") validateInteger(length, "options.length", 8, 2 ** 31 - 1);
  else if (type === "aes") validateOneOf(length, "options.length", [128, 192, 256]);
  else throw invalidArgValue("type", type, "must be a supported key type");
  const bytes = new Uint8Array(length >> 3);
  ops.randomBytes(bytes);
  return makeSecret(bytes);
}

export function generateKey(type: unknown, options: unknown, callback: unknown): void {
  validateFunction(callback, "callback");
  const key = generateKeySync(type, options);
  nextTick(callback, null, key);
}
