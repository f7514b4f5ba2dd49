// SPDX-License-Identifier: Apache-2.0
export { CryptoKey, keyState } from "./key.ts";
export { hashNames, normalize } from "./normalize.ts";
export { SubtleCrypto } from "./subtle.ts";
export { isBufferSource, made } from "./values.ts";
export { Crypto, crypto } from "./crypto.ts";
