// SPDX-License-Identifier: Apache-2.0
// Keys out of passwords and secrets: pbkdf2, hkdf, scrypt.
import {
  nodeError, validateFunction, validateInteger, validateObject, validateString, validateUint32,
} from "mayfly:node/internal";

import { later, made, toBuffer, toBytes, toSecret } from "./values.ts";

type Run = (...args: any[]) => any;

function checkDigest(digest: unknown): string {
  validateString(digest, "digest");
  if (ops.digestSize(digest) === 0) throw nodeError(TypeError, "ERR_CRYPTO_INVALID_DIGEST", `Invalid digest: ${digest}`);
  return digest;
}

function preparePbkdf2(password: unknown, salt: unknown, iterations: unknown, length: unknown, digest: unknown): () => unknown {
  const name = checkDigest(digest);
  const secret = toSecret(password, "password");
  const salted = toBytes(salt, "salt");
  validateInteger(iterations, "iterations", 1, 2 ** 31 - 1);
  validateInteger(length, "keylen", 0, 2 ** 31 - 1);
  return () => (length === 0 ? toBuffer(new ArrayBuffer(0)) : toBuffer(made(ops.pbkdf2(name, secret as never, salted as never, iterations, length))));
}

export function pbkdf2Sync(password: unknown, salt: unknown, iterations: unknown, length: unknown, digest: unknown): any {
  return preparePbkdf2(password, salt, iterations, length, digest)();
}

export function pbkdf2(password: unknown, salt: unknown, iterations: unknown, length: unknown, digest: unknown, callback?: unknown): void {
  if (typeof digest === "function") [digest, callback] = [undefined, digest];
  const run = preparePbkdf2(password, salt, iterations, length, digest);
  validateFunction(callback, "callback");
  later(callback as Run, run);
}

function prepareHkdf(digest: unknown, key: unknown, salt: unknown, info: unknown, length: unknown): () => unknown {
  const name = checkDigest(digest);
  const secret = toSecret(key, "ikm");
  const salted = toBytes(salt, "salt");
  const context = toBytes(info, "info");
  validateInteger(length, "length", 0, 2 ** 31 - 1);
  if (context.byteLength > 1024) {
    throw nodeError(RangeError, "ERR_OUT_OF_RANGE", `The value of "info" is out of range. It must be must not contain more than 1024 bytes. Received ${context.byteLength}`);
  }
  if (length > 255 * ops.digestSize(name)) throw nodeError(RangeError, "ERR_CRYPTO_INVALID_KEYLEN", "Invalid key length");
  return () => made(ops.hkdf(name, secret as never, salted as never, context as never, length));
}

export function hkdfSync(digest: unknown, key: unknown, salt: unknown, info: unknown, length: unknown): any {
  return prepareHkdf(digest, key, salt, info, length)();
}

export function hkdf(digest: unknown, key: unknown, salt: unknown, info: unknown, length: unknown, callback: unknown): void {
  const run = prepareHkdf(digest, key, salt, info, length);
  validateFunction(callback, "callback");
  later(callback as Run, run);
}

function prepareScrypt(password: unknown, salt: unknown, length: unknown, options: any): () => unknown {
  const secret = toSecret(password, "password");
  const salted = toBytes(salt, "salt");
  validateInteger(length, "keylen", 0, 2 ** 31 - 1);
  let [n, r, p, memory] = [16384, 8, 1, 32 * 1024 * 1024];
  if (options !== undefined) {
    validateObject(options, "options");
    for (const [name, long] of [["N", "cost"], ["r", "blockSize"], ["p", "parallelization"]] as const) {
      const values = options as Record<string, unknown>;
      if (values[name] !== undefined && values[long] !== undefined) {
        throw nodeError(TypeError, "ERR_INCOMPATIBLE_OPTION_PAIR", `Option "${name}" cannot be used in combination with option "${long}"`);
      }
      const value = values[name] ?? values[long];
      if (value === undefined) continue;
      validateUint32(value, name);
      if (name === "N") n = value;
      else if (name === "r") r = value;
      else p = value;
    }
    if ((options as any).maxmem !== undefined) {
      memory = (options as any).maxmem;
      validateInteger(memory, "maxmem", 0);
    }
  }
  return () => {
    const result = ops.scrypt(secret, salted, n, r, p, memory, length);
    if (typeof result === "string") throw nodeError(RangeError, "ERR_CRYPTO_INVALID_SCRYPT_PARAMS", result);
    return toBuffer(result);
  };
}

export function scryptSync(password: unknown, salt: unknown, length: unknown, options?: unknown): any {
  return prepareScrypt(password, salt, length, options)();
}

export function scrypt(password: unknown, salt: unknown, length: unknown, options: unknown, callback?: unknown): void {
  if (callback === undefined) [options, callback] = [undefined, options];
  const run = prepareScrypt(password, salt, length, options);
  validateFunction(callback, "callback");
  later(callback as Run, run);
}
