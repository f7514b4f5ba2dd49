// SPDX-License-Identifier: Apache-2.0
// https://nodejs.org/api/crypto.html#cryptogeneratekeypairsynctype-options
import { Buffer } from "mayfly:node/buffer";
import {
  invalidArgType, invalidArgValue, isBytes, nodeError, validateFunction, validateInteger, validateObject, validateString, validateUint32,
} from "mayfly:node/internal";

import { PrivateKeyObject, PublicKeyObject, makeKey, viewOf, writeKey } from "./keys.ts";
import { primeBytes } from "./primes.ts";

const kModulusBits = { min: 512, max: 16384 };
const groups: Record<string, string> = {
  __proto__: null as never, modp5: "modp_1536", modp14: "modp_2048", modp15: "modp_3072", modp16: "modp_4096", modp17: "modp_6144", modp18: "modp_8192",
};

function failed(reason: string): Error {
  return nodeError(Error, "ERR_CRYPTO_OPERATION_FAILED", reason);
}

function bigEndian(number: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(number);
  return bytes;
}

function generateRsa(type: string, options: any): NativeKey | string {
  const { modulusLength, publicExponent = 0x10001 } = options;
  validateUint32(modulusLength, "options.modulusLength");
  validateUint32(publicExponent, "options.publicExponent");
  if (modulusLength < kModulusBits.min || modulusLength > kModulusBits.max) {
    throw failed(`An RSA key must have ${kModulusBits.min} to ${kModulusBits.max} bits, not ${modulusLength}`);
  }
  if (publicExponent % 2 === 0 || publicExponent < 3) throw failed(`The public exponent must be odd and above 1, not ${publicExponent}`);
  if (type === "rsa") return ops.keyGenerateRsa(modulusLength, bigEndian(publicExponent));
  const { hashAlgorithm, mgf1HashAlgorithm, hash, mgf1Hash, saltLength } = options;
  const ownHash = hashAlgorithm ?? hash ?? "";
  const ownMgf1 = mgf1HashAlgorithm ?? mgf1Hash ?? "";
  validateString(ownHash, "options.hashAlgorithm");
  validateString(ownMgf1, "options.mgf1HashAlgorithm");
  if (saltLength !== undefined) validateInteger(saltLength, "options.saltLength", 0, 2 ** 31 - 1);
  return ops.keyGenerateRsaPss(modulusLength, bigEndian(publicExponent), ownHash, ownMgf1, saltLength ?? -1);
}

function generateEc({ namedCurve, paramEncoding }: any): NativeKey | string {
  validateString(namedCurve, "options.namedCurve");
  if (paramEncoding !== undefined && paramEncoding !== "named") {
    throw invalidArgValue("options.paramEncoding", paramEncoding, "must be 'named': a curve is one that has a name");
  }
  const key = ops.keyGenerateOfType("ec", namedCurve);
  if (typeof key === "string") throw nodeError(TypeError, "ERR_CRYPTO_INVALID_CURVE", "Invalid EC curve name");
  return key;
}

function generateDh(options: any): NativeKey | string {
  const { group, prime, primeLength, generator = 2 } = options;
  if (group !== undefined) {
    validateString(group, "options.group");
    if (prime !== undefined || primeLength !== undefined || options.generator !== undefined) {
      throw nodeError(TypeError, "ERR_INCOMPATIBLE_OPTION_PAIR", `Option "group" cannot be used in combination with option "${prime !== undefined ? "prime" : primeLength !== undefined ? "primeLength" : "generator"}"`);
    }
    if (groups[group] === undefined) throw nodeError(Error, "ERR_CRYPTO_UNKNOWN_DH_GROUP", "Unknown DH group");
    return ops.keyGenerateOfType("dh", groups[group]!);
  }
  validateUint32(generator, "options.generator");
  if (prime !== undefined) {
    if (!isBytes(prime)) throw invalidArgType("options.prime", ["Buffer", "TypedArray", "DataView", "ArrayBuffer"], prime);
    return ops.keyGenerateDh(viewOf(prime), generator);
  }
  if (primeLength === undefined) throw nodeError(TypeError, "ERR_MISSING_OPTION", "At least one of the group, prime, or primeLength options is required");
  validateUint32(primeLength, "options.primeLength");
  return ops.keyGenerateDh(primeBytes(primeLength, true), generator);
}

function generate(type: string, options: any): NativeKey {
  let key: NativeKey | string;
  if (type === "rsa" || type === "rsa-pss") key = generateRsa(type, options);
  else if (type === "ec") key = generateEc(options);
  else if (type === "dh") key = generateDh(options);
  else if (["ed25519", "ed448", "x25519", "x448"].includes(type)) key = ops.keyGenerateOfType(type, "");
  else throw invalidArgValue("type", type, "must be a supported key type");
  if (typeof key === "string") throw failed(key);
  return key;
}

interface Pair {
  publicKey: unknown;
  privateKey: unknown;
}

/** What is checked is checked now, what is made is made when the function that is returned is called. */
function prepare(type: unknown, options: any): () => Pair {
  validateString(type, "type");
  if (options !== undefined && options !== null) validateObject(options, "options");
  else if (!/^(ed|x)/.test(type)) throw invalidArgType("options", "Object", options);
  const { publicKeyEncoding, privateKeyEncoding } = options ?? {};
  for (const [name, value] of Object.entries({ publicKeyEncoding, privateKeyEncoding })) {
    if (value !== undefined && (value === null || typeof value !== "object")) throw invalidArgValue(`options.${name}`, value);
  }
  return () => {
    const whole = generate(type, options ?? {});
    const open = ops.keyPublicPart(whole);
    if (typeof open === "string") throw failed(open);
    const written = (key: PublicKeyObject | PrivateKeyObject, encoding: any, name: string): unknown =>
      encoding === undefined ? key : encoding.format === "jwk" ? key.export(encoding) : writeKey(key, encoding, `options.${name}`);
    return {
      publicKey: written(makeKey("public", open), publicKeyEncoding, "publicKeyEncoding"),
      privateKey: written(makeKey("private", whole), privateKeyEncoding, "privateKeyEncoding"),
    };
  };
}

export function generateKeyPairSync(type: unknown, options?: unknown): Pair {
  return prepare(type, options)();
}

export function generateKeyPair(type: unknown, options: unknown, callback?: unknown): void {
  if (typeof options === "function") [options, callback] = [undefined, options];
  validateFunction(callback, "callback");
  const run = prepare(type, options);
  const { nextTick } = requireGroup("mayfly:node/process");
  try {
    const { publicKey, privateKey } = run();
    nextTick(callback, null, publicKey, privateKey);
  } catch (error) {
    nextTick(callback, error);
  }
}
Object.defineProperty(generateKeyPair, Symbol.for("nodejs.util.promisify.customArgs"), { value: ["publicKey", "privateKey"] });
