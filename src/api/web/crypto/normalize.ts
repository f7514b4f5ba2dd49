// SPDX-License-Identifier: Apache-2.0
// https://w3c.github.io/webcrypto/#algorithm-normalization
// Which algorithms an operation knows, and what it reads of an algorithm that is given to it: each member once, in the
// order of WebIDL, before anything is done.
import { type KeyState, keyState } from "./key.ts";
import { type Bytes, copyBytes, failure, toInteger } from "./values.ts";

/** By the name of a digest, what OpenSSL calls it. MD5 is no part of the standard, but of Workers, for digests alone. */
export const hashNames: Record<string, string> = {
  __proto__: null as never, "SHA-1": "SHA1", "SHA-256": "SHA256", "SHA-384": "SHA384", "SHA-512": "SHA512", MD5: "MD5",
};

/** An algorithm as it was given, read. */
export interface Algorithm {
  name: string;
  hash?: string;
  length?: number;
  namedCurve?: string;
  iv?: Bytes;
  counter?: Bytes;
  additionalData?: Bytes;
  tagLength?: number;
  label?: Bytes;
  salt?: Bytes;
  info?: Bytes;
  iterations?: number;
  saltLength?: number;
  modulusLength?: number;
  publicExponent?: Bytes;
  public?: KeyState;
}

export type Operation = "encrypt" | "decrypt" | "sign" | "verify" | "digest" | "generateKey" | "deriveBits" |
  "importKey" | "getKeyLength" | "wrapKey" | "unwrapKey";

type Reader = (value: unknown, what: string) => unknown;

const readers: Record<string, Reader> = {
  __proto__: null as never,
  additionalData: copyBytes,
  counter: copyBytes,
  hash: (value) => normalize("digest", value, "MD5").name,
  info: copyBytes,
  iterations: (value, what) => toInteger(value, 0xffffffff, what),
  iv: copyBytes,
  label: copyBytes,
  modulusLength: (value, what) => toInteger(value, 0xffffffff, what),
  namedCurve: (value) => `${value}`,
  public: (value, what) => keyState(value, what),
  publicExponent(value, what) {
    if (!(value instanceof Uint8Array)) throw new TypeError(`${what} must be a Uint8Array`);
    return copyBytes(value, what);
  },
  salt: copyBytes,
  saltLength: (value, what) => toInteger(value, 0xffffffff, what),
  tagLength: (value, what) => toInteger(value, 0xff, what),
};

/** An octet of the counter of AES-CTR; an unsigned long of HMAC; an unsigned short of the other keys. */
const lengthMax = (name: string, operation: Operation): number =>
  operation === "encrypt" || operation === "decrypt" ? 0xff : name === "HMAC" ? 0xffffffff : 0xffff;

// The members in the order of their names; `?` for one that may be left out.
const aes = { generateKey: "length", importKey: "", getKeyLength: "length" };
const rsa = { generateKey: "hash modulusLength publicExponent", importKey: "hash" };
const curve = { generateKey: "namedCurve", importKey: "namedCurve" };
const known: Record<string, Partial<Record<Operation, string>>> = {
  __proto__: null as never,
  "SHA-1": { digest: "" },
  "SHA-256": { digest: "" },
  "SHA-384": { digest: "" },
  "SHA-512": { digest: "" },
  MD5: { digest: "" },
  "AES-CBC": { encrypt: "iv", decrypt: "iv", ...aes },
  "AES-CTR": { encrypt: "counter length", decrypt: "counter length", ...aes },
  "AES-GCM": { encrypt: "additionalData? iv tagLength?", decrypt: "additionalData? iv tagLength?", ...aes },
  "AES-KW": { wrapKey: "", unwrapKey: "", ...aes },
  HMAC: { sign: "", verify: "", generateKey: "hash length?", importKey: "hash length?", getKeyLength: "hash length?" },
  "RSASSA-PKCS1-v1_5": { sign: "", verify: "", ...rsa },
  "RSA-PSS": { sign: "saltLength", verify: "saltLength", ...rsa },
  "RSA-OAEP": { encrypt: "label?", decrypt: "label?", ...rsa },
  ECDSA: { sign: "hash", verify: "hash", ...curve },
  ECDH: { deriveBits: "public", ...curve },
  Ed25519: { sign: "", verify: "", generateKey: "", importKey: "" },
  X25519: { deriveBits: "public", generateKey: "", importKey: "" },
  HKDF: { deriveBits: "hash info salt", importKey: "", getKeyLength: "" },
  PBKDF2: { deriveBits: "hash iterations salt", importKey: "", getKeyLength: "" },
};
const byUpperCase = new Map(Object.keys(known).map((name) => [name.toUpperCase(), name]));

/** Throws TypeError for what is malformed, NotSupportedError for an algorithm that has no such operation. */
export function normalize(operation: Operation, given: unknown, except?: string): Algorithm {
  const source = (typeof given === "object" && given !== null) || typeof given === "function"
    ? (given as Record<string, unknown>) : { name: `${given as string}` };
  const givenName = source.name;
  if (givenName === undefined) throw new TypeError("The algorithm has no name");
  const name = byUpperCase.get(`${givenName as string}`.toUpperCase());
  const members = name === undefined || name === except ? undefined : known[name]![operation];
  if (name === undefined || members === undefined) {
    throw failure("NotSupportedError", `Unrecognized or unimplemented algorithm "${givenName as string}" for ${operation}()`);
  }
  const algorithm: Record<string, unknown> & Algorithm = { name };
  for (const word of members === "" ? [] : members.split(" ")) {
    const optional = word.endsWith("?");
    const member = optional ? word.slice(0, -1) : word;
    const value = source[member];
    if (value === undefined) {
      if (optional) continue;
      throw new TypeError(`The algorithm ${name} needs the member ${member} for ${operation}()`);
    }
    const what = `The member ${member} of the algorithm ${name}`;
    algorithm[member] = member === "length"
      ? toInteger(value, lengthMax(name, operation), what)
      : readers[member]!(value, what);
  }
  return algorithm;
}
