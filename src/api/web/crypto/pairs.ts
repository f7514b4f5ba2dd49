// SPDX-License-Identifier: Apache-2.0
// Algorithms whose keys come in pairs: RSA, and elliptic curves. What they have in common is all but what they are used for,
// how a JSON Web Key names them, and the operations.
import { type Format, type Implementation, checkUsages, wrongFormat } from "./algorithm.ts";
import { type Jwk, checkJwk, finishJwk } from "./jwk.ts";
import { type CryptoKey, type KeyAlgorithm, type KeyState, type Usage, makeKey } from "./key.ts";
import { type Algorithm, hashNames } from "./normalize.ts";
import { type Bytes, failure, fromBase64Url, has, made, toBase64Url } from "./values.ts";

const native = (key: KeyState): NativeKey => key.material as NativeKey;

interface Family {
  publicUsages: Usage[];
  privateUsages: Usage[];
  kty: "RSA" | "EC" | "OKP";
  use: "sig" | "enc" | undefined;
  /** The kind of key that is meant (ops.d.ts). */
  kind(algorithm: { name: string; namedCurve?: string }): string;
  /** Values of a JSON Web Key's alg that fit, the one to be written first. Undefined: any fits and none is written. */
  alg(algorithm: Algorithm | KeyAlgorithm): string[] | undefined;
  describe(algorithm: Algorithm, key: NativeKey): KeyAlgorithm;
  make(algorithm: Algorithm): NativeKey;
}

const publicParts = { RSA: ["n", "e"], EC: ["x", "y"], OKP: ["x"] } as const;
const privateParts = { RSA: ["d", "p", "q", "dp", "dq", "qi"], EC: ["d"], OKP: ["d"] } as const;

function importJwk(family: Family, jwk: Jwk, kind: string): NativeKey {
  if (family.kty !== "RSA" && jwk.crv !== kind) {
    throw failure("DataError", `The JSON Web Key is of the curve "${jwk.crv}", not "${kind}"`);
  }
  if (jwk.oth !== undefined) throw failure("NotSupportedError", "RSA keys of more than two primes are not supported");
  const names: string[] = [...publicParts[family.kty]];
  if (jwk.d !== undefined) names.push(...privateParts[family.kty]);
  const values = names.map((name) => fromBase64Url(jwk[name as "d"], name));
  return made(ops.keyFromParts(kind, names, values), "DataError");
}

function exportJwk(family: Family, key: KeyState): Jwk {
  const kind = family.kind(key.algorithm);
  const parts = made(ops.keyToParts(kind, native(key), key.type === "private"));
  const jwk: Jwk = { kty: family.kty };
  if (family.kty !== "RSA") jwk.crv = kind;
  const alg = family.alg(key.algorithm)?.[0];
  if (alg !== undefined && family.kty !== "EC") jwk.alg = alg; // of curves the standard writes none
  for (let at = 0; at < parts.length; at += 2) jwk[parts[at] as "d"] = toBase64Url(parts[at + 1] as ArrayBuffer);
  return finishJwk(jwk, key);
}

function pairs(name: string, family: Family, operations: Partial<Implementation>): Implementation {
  const { publicUsages, privateUsages } = family;

  function finish(type: "public" | "private", algorithm: KeyAlgorithm, material: NativeKey, extractable: boolean,
                  usages: Usage[]): CryptoKey {
    return makeKey({ type, extractable, algorithm, usages, material });
  }

  return {
    generate(algorithm, extractable, usages) {
      checkUsages(usages, [...privateUsages, ...publicUsages], name);
      const kind = family.kind(algorithm);
      const own = family.make(algorithm);
      const about = family.describe(algorithm, own);
      const theirs = made(ops.keyToPublic(kind, own));
      const pick = (allowed: Usage[]) => usages.filter((usage) => has(allowed, usage));
      return {
        publicKey: finish("public", about, theirs, true, pick(publicUsages)),
        privateKey: finish("private", about, own, extractable, pick(privateUsages)),
      };
    },
    import(format, data, algorithm, extractable, usages) {
      const kind = family.kind(algorithm);
      const isPrivate = format === "pkcs8" || (format === "jwk" && (data as Jwk).d !== undefined);
      if (format === "raw" && family.kty === "RSA") throw wrongFormat(format, name);
      checkUsages(usages, isPrivate ? privateUsages : publicUsages, `a ${isPrivate ? "private" : "public"} key of ${name}`);
      let key: NativeKey;
      if (format === "jwk") {
        checkJwk(data as Jwk, family.kty, family.use, family.alg(algorithm), extractable, usages);
        key = importJwk(family, data as Jwk, kind);
      } else if (format === "raw") {
        key = made(ops.keyFromPoint(kind, data as Bytes), "DataError");
      } else {
        key = made(ops.keyFromDer(format, kind, data as Bytes), "DataError");
      }
      return finish(isPrivate ? "private" : "public", family.describe(algorithm, key), key, extractable, usages);
    },
    export(format: Format, key) {
      if (format === "jwk") return exportJwk(family, key);
      const kind = family.kind(key.algorithm);
      const wanted = format === "pkcs8" ? "private" : "public";
      if (format === "raw" && family.kty === "RSA") throw wrongFormat(format, name);
      if (key.type !== wanted) {
        throw failure("InvalidAccessError", `A ${key.type} key cannot be exported in the format "${format}"`);
      }
      return made(format === "raw" ? ops.keyToPoint(kind, native(key)) : ops.keyToDer(format, native(key)));
    },
    ...operations,
  };
}

// --- RSA ---

const kModulusBits = { min: 256, max: 16384 };

function makeRsa({ modulusLength, publicExponent }: Algorithm): NativeKey {
  const exponent = publicExponent!.reduce((sum, byte) => sum * 256 + byte, 0);
  if (exponent !== 3 && exponent !== 65537) {
    throw failure("OperationError", `The public exponent must be 3 or 65537, not ${exponent}`);
  }
  if (modulusLength! % 8 !== 0 || modulusLength! < kModulusBits.min || modulusLength! > kModulusBits.max) {
    throw failure("OperationError", `The length of the modulus must be a multiple of 8 from ${kModulusBits.min} to ` +
      `${kModulusBits.max} bits, not ${modulusLength}`);
  }
  return made(ops.keyGenerateRsa(modulusLength!, publicExponent!));
}

function describeRsa({ name, hash }: Algorithm, key: NativeKey): KeyAlgorithm {
  const parts = made(ops.keyToParts("RSA", key, false));
  const publicExponent = new Uint8Array(parts[parts.indexOf("e") + 1] as ArrayBuffer);
  return { name, modulusLength: ops.keyBits(key), publicExponent, hash: { name: hash! } };
}

const hashOf = ({ hash }: Algorithm | KeyAlgorithm): string => (typeof hash === "string" ? hash : hash!.name);

function rsa(publicUsages: Usage[], privateUsages: Usage[], use: "sig" | "enc", alg: (digits: string) => string): Family {
  return {
    publicUsages, privateUsages, kty: "RSA", use,
    kind: () => "RSA",
    alg: (algorithm) => [alg(hashOf(algorithm).slice(4))],
    describe: describeRsa,
    make: makeRsa,
  };
}

const rsaHash = (key: KeyState): string => hashNames[key.algorithm.hash!.name]!;

const signing: Partial<Implementation> = {
  sign: ({ name, saltLength = 0 }, key, data) => made(ops.keySign(name, native(key), rsaHash(key), saltLength, data)),
  verify: ({ name, saltLength = 0 }, key, signature, data) =>
    ops.keyVerify(name, native(key), rsaHash(key), saltLength, signature, data),
};

const oaep = (encrypt: boolean) => ({ label }: Algorithm, key: KeyState, data: Bytes): ArrayBuffer =>
  made(ops.rsaOaep(encrypt, native(key), rsaHash(key), label, data));

// --- curves ---

const coordinateBits: Record<string, number> = { __proto__: null as never, "P-256": 256, "P-384": 384, "P-521": 528 };
const ecdsaAlg: Record<string, string> = { __proto__: null as never, "P-256": "ES256", "P-384": "ES384", "P-521": "ES512" };

function curve(publicUsages: Usage[], privateUsages: Usage[], signs: boolean): Family {
  const kind = ({ namedCurve }: { namedCurve?: string }): string => {
    if (coordinateBits[namedCurve!] === undefined) {
      throw failure("NotSupportedError", `The curve "${namedCurve}" is none of P-256, P-384 and P-521`);
    }
    return namedCurve!;
  };
  return {
    publicUsages, privateUsages, kty: "EC", use: signs ? "sig" : "enc", kind,
    alg: () => undefined,
    describe: ({ name, namedCurve }) => ({ name, namedCurve: namedCurve! }),
    make: (algorithm) => made(ops.keyGenerate(kind(algorithm))),
  };
}

/** Ed25519 and X25519, whose curve is in the name. */
function edwards(publicUsages: Usage[], privateUsages: Usage[], use: "sig" | "enc", alg: string[] | undefined): Family {
  return {
    publicUsages, privateUsages, kty: "OKP", use,
    kind: ({ name }) => name,
    alg: () => alg,
    describe: ({ name }) => ({ name }),
    make: ({ name }) => made(ops.keyGenerate(name)),
  };
}

const agreeing = (secretBits: (key: KeyState) => number): Partial<Implementation> => ({
  deriveBits({ name, public: theirs }, key, length) {
    if (theirs!.type !== "public" || theirs!.algorithm.name !== name ||
        theirs!.algorithm.namedCurve !== key.algorithm.namedCurve) {
      throw failure("InvalidAccessError", `The member public of ${name} must be a public key of the same curve`);
    }
    if (key.type !== "private") throw failure("InvalidAccessError", `${name} needs a private key`);
    const secret = made(ops.keyAgree(native(key), native(theirs!)));
    if (length === null) return secret;
    if (length > secretBits(key)) {
      throw failure("OperationError", `${name} gives ${secretBits(key)} bits on this curve, not ${length}`);
    }
    const bits = new Uint8Array(secret, 0, Math.ceil(length / 8)).slice();
    if (length % 8 !== 0) bits[bits.length - 1]! &= 0xff << (8 - (length % 8));
    return bits.buffer;
  },
});

const ecdsa: Partial<Implementation> = {
  sign: ({ hash }, key, data) => made(ops.keySign("ECDSA", native(key), hashNames[hash!]!, 0, data)),
  verify: ({ hash }, key, signature, data) => ops.keyVerify("ECDSA", native(key), hashNames[hash!]!, 0, signature, data),
};
const eddsa: Partial<Implementation> = {
  sign: (_algorithm, key, data) => made(ops.keySign("Ed25519", native(key), "", 0, data)),
  verify: (_algorithm, key, signature, data) => ops.keyVerify("Ed25519", native(key), "", 0, signature, data),
};

const ecdsaFamily = curve(["verify"], ["sign"], true);
const oaepAlg = (digits: string): string => (digits === "1" ? "RSA-OAEP" : `RSA-OAEP-${digits}`);

export const pairAlgorithms: Record<string, Implementation> = {
  "RSASSA-PKCS1-v1_5": pairs("RSASSA-PKCS1-v1_5", rsa(["verify"], ["sign"], "sig", (digits) => `RS${digits}`), signing),
  "RSA-PSS": pairs("RSA-PSS", rsa(["verify"], ["sign"], "sig", (digits) => `PS${digits}`), signing),
  "RSA-OAEP": pairs("RSA-OAEP", rsa(["encrypt", "wrapKey"], ["decrypt", "unwrapKey"], "enc", oaepAlg),
    { encrypt: oaep(true), decrypt: oaep(false) }),
  ECDSA: pairs("ECDSA", { ...ecdsaFamily, alg: ({ namedCurve }) => [ecdsaAlg[namedCurve!]!] }, ecdsa),
  ECDH: pairs("ECDH", curve([], ["deriveKey", "deriveBits"], false),
    agreeing((key) => coordinateBits[key.algorithm.namedCurve!]!)),
  Ed25519: pairs("Ed25519", edwards(["verify"], ["sign"], "sig", ["EdDSA", "Ed25519"]), eddsa),
  X25519: pairs("X25519", edwards([], ["deriveKey", "deriveBits"], "enc", undefined), agreeing(() => 256)),
};
