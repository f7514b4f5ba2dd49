// SPDX-License-Identifier: Apache-2.0
// Algorithms whose keys are bytes: AES, HMAC, and those that derive keys from secrets.
import { type Format, type Implementation, checkUsages, wrongFormat } from "./algorithm.ts";
import { type Jwk, checkJwk, finishJwk } from "./jwk.ts";
import { type CryptoKey, type KeyAlgorithm, type KeyState, type Usage, makeKey } from "./key.ts";
import { type Algorithm, hashNames } from "./normalize.ts";
import { type Bytes, failure, fromBase64Url, has, made, toBase64Url } from "./values.ts";

const bytesOf = (key: KeyState): Bytes => key.material as Bytes;

function makeSecret(algorithm: KeyAlgorithm, material: Bytes, extractable: boolean, usages: Usage[]): CryptoKey {
  return makeKey({ type: "secret", extractable, algorithm, usages, material });
}

function random(bytes: number): Bytes {
  const material = new Uint8Array(bytes);
  for (let at = 0; at < bytes; at += 65536) ops.randomBytes(material.subarray(at, at + 65536));
  return material;
}

function exportSecret(format: Format, key: KeyState, alg: string): ArrayBuffer | Jwk {
  const bytes = bytesOf(key);
  if (format === "raw") return bytes.slice().buffer;
  if (format === "jwk") return finishJwk({ kty: "oct", k: toBase64Url(bytes.buffer), alg }, key);
  throw wrongFormat(format, key.algorithm.name);
}

// --- AES ---

const aesUsages: Record<string, Usage[]> = {
  __proto__: null as never,
  "AES-CBC": ["encrypt", "decrypt", "wrapKey", "unwrapKey"],
  "AES-CTR": ["encrypt", "decrypt", "wrapKey", "unwrapKey"],
  "AES-GCM": ["encrypt", "decrypt", "wrapKey", "unwrapKey"],
  "AES-KW": ["wrapKey", "unwrapKey"],
};
const isAesLength = (bits: number): boolean => bits === 128 || bits === 192 || bits === 256;

function checkAesLength(bits: number): void {
  if (!isAesLength(bits)) throw failure("OperationError", `An AES key has 128, 192 or 256 bits, not ${bits}`);
}

/** `A128CBC`: how a JSON Web Key names it. */
const aesAlg = (name: string, bits: number): string => `A${bits}${name.slice(4)}`;

function aes(name: string, operations: Partial<Implementation>): Implementation {
  const allowed = aesUsages[name]!;
  return {
    generate({ length }, extractable, usages) {
      checkUsages(usages, allowed, name);
      checkAesLength(length!);
      return makeSecret({ name, length: length! }, random(length! / 8), extractable, usages);
    },
    import(format, data, _algorithm, extractable, usages) {
      checkUsages(usages, allowed, name);
      let bytes: Bytes;
      if (format === "raw") {
        bytes = data as Bytes;
      } else if (format === "jwk") {
        const jwk = data as Jwk;
        if (jwk.kty === "oct") bytes = fromBase64Url(jwk.k, "k");
        else bytes = new Uint8Array(0);
        checkJwk(jwk, "oct", "enc", [aesAlg(name, bytes.length * 8)], extractable, usages);
      } else {
        throw wrongFormat(format, name);
      }
      const length = bytes.length * 8;
      if (!isAesLength(length)) throw failure("DataError", `An AES key has 128, 192 or 256 bits, not ${length}`);
      return makeSecret({ name, length }, bytes, extractable, usages);
    },
    export: (format, key) => exportSecret(format, key, aesAlg(name, key.algorithm.length!)),
    keyLength({ length }) {
      checkAesLength(length!);
      return length!;
    },
    ...operations,
  };
}

function checkBlock(bytes: Bytes, what: string): void {
  if (bytes.length !== 16) throw failure("OperationError", `The ${what} must have 16 bytes, not ${bytes.length}`);
}

const cbc = (encrypt: boolean) => ({ iv }: Algorithm, key: KeyState, data: Bytes): ArrayBuffer => {
  checkBlock(iv!, "iv");
  return made(ops.aesCbc(encrypt, bytesOf(key), iv!, data));
};

function ctr({ counter, length }: Algorithm, key: KeyState, data: Bytes): ArrayBuffer {
  checkBlock(counter!, "counter");
  if (length! < 1 || length! > 128) {
    throw failure("OperationError", `The length of the counter must be from 1 to 128 bits, not ${length}`);
  }
  return made(ops.aesCtr(bytesOf(key), counter!, length!, data));
}

const gcm = (encrypt: boolean) => ({ iv, additionalData, tagLength = 128 }: Algorithm, key: KeyState,
                                   data: Bytes): ArrayBuffer => {
  if (!has([32, 64, 96, 104, 112, 120, 128], tagLength)) {
    throw failure("OperationError", `The tag has 32, 64, 96, 104, 112, 120 or 128 bits, not ${tagLength}`);
  }
  return made(ops.aesGcm(encrypt, bytesOf(key), iv!, additionalData, tagLength / 8, data));
};

// --- HMAC ---

const blockBits: Record<string, number> = {
  __proto__: null as never, "SHA-1": 512, "SHA-256": 512, "SHA-384": 1024, "SHA-512": 1024,
};

function hmacLength({ hash, length }: Algorithm): number {
  if (length === undefined) return blockBits[hash!]!;
  if (length === 0) throw failure("OperationError", "An HMAC key cannot have the length 0");
  return length;
}

const hmacHash = (key: KeyState): string => hashNames[key.algorithm.hash!.name]!;
const kHmacBytesMax = 1 << 20;

/** The bits of the last byte beyond `bits` are no part of a key. */
function trimmed(bytes: Bytes, bits: number): Bytes {
  const spare = bytes.length * 8 - bits;
  if (spare > 0) bytes[bytes.length - 1]! &= 0xff << spare;
  return bytes;
}

const hmac: Implementation = {
  generate(algorithm, extractable, usages) {
    checkUsages(usages, ["sign", "verify"], "HMAC");
    const length = hmacLength(algorithm);
    const size = Math.ceil(length / 8);
    if (size > kHmacBytesMax) {
      throw failure("OperationError", `An HMAC key of ${length} bits is too long: ${kHmacBytesMax * 8} are the most`);
    }
    return makeSecret({ name: "HMAC", hash: { name: algorithm.hash! }, length }, trimmed(random(size), length), extractable,
      usages);
  },
  import(format, data, { hash, length }, extractable, usages) {
    checkUsages(usages, ["sign", "verify"], "HMAC");
    let bytes: Bytes;
    if (format === "raw") {
      bytes = data as Bytes;
    } else if (format === "jwk") {
      const jwk = data as Jwk;
      checkJwk(jwk, "oct", "sig", [`HS${hash!.slice(4)}`], extractable, usages);
      bytes = fromBase64Url(jwk.k, "k");
    } else {
      throw wrongFormat(format, "HMAC");
    }
    let bits = bytes.length * 8;
    if (bits === 0) throw failure("DataError", "An HMAC key cannot be empty");
    if (length !== undefined) {
      if (length > bits || length <= bits - 8) {
        throw failure("DataError", `The length ${length} is not that of a key of ${bytes.length} bytes`);
      }
      bits = length;
    }
    return makeSecret({ name: "HMAC", hash: { name: hash! }, length: bits }, trimmed(bytes, bits), extractable, usages);
  },
  export: (format, key) => exportSecret(format, key, `HS${key.algorithm.hash!.name.slice(4)}`),
  sign: (_algorithm, key, data) => made(ops.hmac(hmacHash(key), bytesOf(key), data)),
  verify(_algorithm, key, signature, data) {
    const own = made(ops.hmac(hmacHash(key), bytesOf(key), data));
    return own.byteLength === signature.length && ops.timingSafeEqual(own, signature);
  },
  keyLength: hmacLength,
};

// --- HKDF, PBKDF2 ---

function deriving(name: string, derive: (algorithm: Algorithm, key: KeyState, bytes: number) => ArrayBuffer): Implementation {
  return {
    import(format, data, _algorithm, extractable, usages) {
      if (format !== "raw") throw wrongFormat(format, name);
      checkUsages(usages, ["deriveKey", "deriveBits"], name);
      if (extractable) throw failure("SyntaxError", `A key of ${name} cannot be extractable`);
      return makeSecret({ name }, data as Bytes, false, usages);
    },
    deriveBits(algorithm, key, length) {
      if (length === null || length % 8 !== 0) {
        throw failure("OperationError", `The length of what ${name} derives must be a multiple of 8 bits, not ${length}`);
      }
      return derive(algorithm, key, length / 8);
    },
    keyLength: () => null,
  };
}

const hkdf = deriving("HKDF", ({ hash, salt, info }, key, bytes) =>
  made(ops.hkdf(hashNames[hash!]!, bytesOf(key), salt!, info!, bytes)));

const pbkdf2 = deriving("PBKDF2", ({ hash, salt, iterations }, key, bytes) => {
  if (iterations === 0) throw failure("OperationError", "PBKDF2 needs at least one iteration");
  return made(ops.pbkdf2(hashNames[hash!]!, bytesOf(key), salt!, iterations!, bytes));
});

export const secretAlgorithms: Record<string, Implementation> = {
  "AES-CBC": aes("AES-CBC", { encrypt: cbc(true), decrypt: cbc(false) }),
  "AES-CTR": aes("AES-CTR", { encrypt: ctr, decrypt: ctr }),
  "AES-GCM": aes("AES-GCM", { encrypt: gcm(true), decrypt: gcm(false) }),
  "AES-KW": aes("AES-KW", {
    wrap: (key, data) => made(ops.aesKw(true, bytesOf(key), data)),
    unwrap: (key, data) => made(ops.aesKw(false, bytesOf(key), data)),
  }),
  HMAC: hmac,
  HKDF: hkdf,
  PBKDF2: pbkdf2,
};
