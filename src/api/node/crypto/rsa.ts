// SPDX-License-Identifier: Apache-2.0
// https://nodejs.org/api/crypto.html#cryptopublicencryptkey-buffer and its three siblings.
import { nodeError, validateInteger, validateString } from "mayfly:node/internal";

import { nativeKey } from "./key_input.ts";
import { toBuffer, toBytes } from "./values.ts";

const kPkcs1Padding = 1;
const kOaepPadding = 4;
const empty = new Uint8Array(0);

type Use = "publicEncrypt" | "privateDecrypt" | "privateEncrypt" | "publicDecrypt";

function use(name: Use, padding: number): (key: unknown, data: unknown) => unknown {
  const wanted = name === "publicEncrypt" || name === "publicDecrypt" ? "public" : "private";
  const run = (key: any, data: unknown): unknown => {
    const own = nativeKey(key, wanted);
    const beside = typeof key === "object" && key !== null && !ArrayBuffer.isView(key) ? key : {};
    const { padding: chosen = padding, oaepHash = "sha1", oaepLabel, encoding } = beside;
    validateInteger(chosen, "key.padding", 0, 2 ** 31 - 1);
    validateString(oaepHash, "key.oaepHash");
    if (ops.digestSize(oaepHash) === 0) throw nodeError(TypeError, "ERR_CRYPTO_INVALID_DIGEST", `Invalid digest: ${oaepHash}`);
    const label = oaepLabel === undefined ? empty : toBytes(oaepLabel, "key.oaepLabel", encoding);
    const result = ops.keyRsa(name, own, chosen, oaepHash, label, toBytes(data, "buffer", encoding));
    if (typeof result === "string") throw nodeError(Error, "ERR_CRYPTO_OPERATION_FAILED", result);
    return toBuffer(result);
  };
  return Object.defineProperty(run, "name", { value: name });
}

export const publicEncrypt = use("publicEncrypt", kOaepPadding);
export const privateDecrypt = use("privateDecrypt", kOaepPadding);
export const privateEncrypt = use("privateEncrypt", kPkcs1Padding);
export const publicDecrypt = use("publicDecrypt", kPkcs1Padding);
