// SPDX-License-Identifier: Apache-2.0
export { Crypto, CryptoKey, SubtleCrypto, crypto } from "./crypto.ts";
