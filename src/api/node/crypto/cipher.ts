// SPDX-License-Identifier: Apache-2.0
// https://nodejs.org/api/crypto.html#class-cipheriv and Decipheriv: streams too.
import { invalidArgType, invalidArgValue, nodeError, validateInteger, validateObject, validateString } from "mayfly:node/internal";

import { encode, made, toBytes, toSecret } from "./values.ts";

const { Transform } = requireGroup("mayfly:node/stream").default;
const { StringDecoder } = requireGroup("mayfly:node/string_decoder");

const kGcm = 6;
const kCcm = 7;
const kOcb = 0x10003;
const modes: Record<number, string> = {
  0: "stream", 1: "ecb", 2: "cbc", 3: "cfb", 4: "ofb", 5: "ctr", 6: "gcm", 7: "ccm", 0x10001: "xts", 0x10002: "wrap", 0x10003: "ocb",
};
const kChaCha20Poly1305 = 1018;

export function getCipherInfo(nameOrNid: unknown, options?: any): object | undefined {
  if (typeof nameOrNid !== "string" && typeof nameOrNid !== "number") throw invalidArgType("nameOrNid", ["string", "number"], nameOrNid);
  if (options !== undefined) validateObject(options, "options");
  const { keyLength, ivLength } = (options ?? {}) as { keyLength?: number; ivLength?: number };
  const info = typeof nameOrNid === "string" ? ops.cipherInfo(nameOrNid) : undefined;
  if (info === undefined) return undefined;
  const [key, iv, block, mode, nid] = info;
  if (keyLength !== undefined && keyLength !== key) return undefined;
  if (ivLength !== undefined && ivLength !== iv && !(mode === kGcm || nid === kChaCha20Poly1305)) return undefined;
  return {
    mode: modes[mode], name: (nameOrNid as string).toLowerCase(), nid, ...(mode === 0 ? {} : { blockSize: block }),
    ...(iv > 0 ? { ivLength: ivLength ?? iv } : {}), keyLength: key,
  };
}

function badState(operation: string): Error {
  return nodeError(Error, "ERR_CRYPTO_INVALID_STATE", `Invalid state for operation ${operation}`);
}

class CipherBase extends Transform {
  #context: ArrayBuffer;
  #encrypt: boolean;
  #authenticated: boolean;
  #tagLength: number;
  #tag: ArrayBuffer | undefined;
  #tagSet = false;
  #finished = false;
  /** CCM takes its text in one piece, and tells of a wrong tag at once: final() throws it. */
  #ccm: boolean;
  #fixedTag: boolean;
  #updated = false;
  #refused = false;
  #decoder: any;

  constructor(encrypt: boolean, name: unknown, key: unknown, iv: unknown, options?: any) {
    super(options);
    validateString(name, "cipher");
    const secret = toSecret(key, "key", options?.encoding);
    if (iv !== null && typeof iv !== "string" && !ArrayBuffer.isView(iv) && ops.typeOf(iv) !== "ArrayBuffer") {
      throw invalidArgType("iv", ["string", "ArrayBuffer", "Buffer", "TypedArray", "DataView"], iv);
    }
    const start = iv === null ? new Uint8Array(0) : toBytes(iv, "iv");
    const info = ops.cipherInfo(name);
    if (info === undefined) throw nodeError(Error, "ERR_CRYPTO_UNKNOWN_CIPHER", "Unknown cipher");
    const [keyBytes, , , mode, nid] = info;
    this.#ccm = mode === kCcm;
    const needsTagLength = mode === kCcm || mode === kOcb;
    this.#fixedTag = needsTagLength;
    if (needsTagLength && options?.authTagLength === undefined) {
      throw nodeError(TypeError, "ERR_CRYPTO_INVALID_AUTH_TAG", `authTagLength required for ${name}`);
    }
    if (secret.byteLength !== keyBytes) throw nodeError(RangeError, "ERR_CRYPTO_INVALID_KEYLEN", "Invalid key length");
    this.#authenticated = mode === kGcm || needsTagLength || nid === kChaCha20Poly1305;
    this.#tagLength = options?.authTagLength ?? 16;
    validateInteger(this.#tagLength, "options.authTagLength", 0, 16);
    if (this.#authenticated && !needsTagLength && ![4, 8, 12, 13, 14, 15, 16].includes(this.#tagLength)) {
      throw nodeError(TypeError, "ERR_CRYPTO_INVALID_AUTH_TAG", `Invalid authentication tag length: ${this.#tagLength}`);
    }
    const context = ops.cipherOpen(name, encrypt, secret, start, this.#tagLength);
    if (typeof context === "string") {
      if (/tag length/.test(context)) throw nodeError(TypeError, "ERR_CRYPTO_INVALID_AUTH_TAG", `${context}: ${this.#tagLength}`);
      throw nodeError(TypeError, context === "Invalid initialization vector" ? "ERR_CRYPTO_INVALID_IV" : "ERR_CRYPTO_OPERATION_FAILED", context);
    }
    this.#context = context;
    this.#encrypt = encrypt;
  }

  #text(bytes: ArrayBuffer | Uint8Array, encoding: unknown, last: boolean): any {
    if (encoding === undefined || encoding === null || encoding === "buffer") return encode(bytes, undefined);
    this.#decoder ??= new StringDecoder(encoding);
    const buffer = encode(bytes, undefined);
    return last ? this.#decoder.end(buffer) : this.#decoder.write(buffer);
  }

  update(data: unknown, inputEncoding?: unknown, outputEncoding?: unknown): any {
    if (this.#finished) throw badState("update");
    if (typeof data !== "string" && !ArrayBuffer.isView(data)) throw invalidArgType("data", ["string", "Buffer", "TypedArray", "DataView"], data);
    const bytes = toBytes(data, "data", inputEncoding);
    if (this.#ccm) {
      if (this.#updated || (!this.#encrypt && !this.#tagSet)) throw badState("update");
      this.#updated = true;
    }
    const result = ops.cipherUpdate(this.#context, bytes);
    if (typeof result !== "string") return this.#text(result, outputEncoding, false);
    if (!this.#ccm || this.#encrypt) return made(result);
    this.#refused = true;
    return this.#text(new Uint8Array(0), outputEncoding, false);
  }
  final(outputEncoding?: unknown): any {
    if (this.#finished) throw badState("final");
    this.#finished = true;
    if (this.#authenticated && !this.#encrypt && !this.#tagSet) {
      throw new Error("Unsupported state or unable to authenticate data");
    }
    if (this.#refused) throw new Error("Unsupported state or unable to authenticate data");
    if (this.#ccm && !this.#encrypt) return this.#text(new Uint8Array(0), outputEncoding, true);
    const last = ops.cipherFinish(this.#context);
    if (typeof last === "string") {
      if (this.#authenticated) throw new Error("Unsupported state or unable to authenticate data");
      throw nodeError(Error, /bad decrypt/i.test(last) ? "ERR_OSSL_BAD_DECRYPT" : /wrong final block/i.test(last) ? "ERR_OSSL_WRONG_FINAL_BLOCK_LENGTH" : "ERR_CRYPTO_OPERATION_FAILED", last);
    }
    if (this.#authenticated && this.#encrypt) this.#tag = made(ops.cipherTag(this.#context, this.#tagLength));
    return this.#text(last, outputEncoding, true);
  }
  setAutoPadding(on = true): this {
    if (this.#finished) throw badState("setAutoPadding");
    ops.cipherPadding(this.#context, !!on);
    return this;
  }
  setAAD(data: unknown, options?: any): this {
    if (this.#finished || !this.#authenticated) throw badState("setAAD");
    const { encoding, plaintextLength } = options ?? {};
    if (this.#ccm) validateInteger(plaintextLength, "options.plaintextLength", 0, 2 ** 31 - 1);
    if (this.#ccm && !this.#encrypt && !this.#tagSet) throw badState("setAAD");
    const reason = ops.cipherAdditional(this.#context, toBytes(data, "buffer", encoding), plaintextLength ?? 0);
    if (reason !== undefined) throw badState("setAAD");
    return this;
  }
  getAuthTag(): any {
    if (this.#tag === undefined) throw badState("getAuthTag");
    return encode(this.#tag.slice(0), undefined);
  }
  setAuthTag(tag: unknown, encoding?: unknown): this {
    if (this.#finished || !this.#authenticated || this.#encrypt || this.#tagSet) throw badState("setAuthTag");
    const bytes = toBytes(tag, "buffer", encoding);
    if (bytes.byteLength > 16 || (this.#fixedTag ? bytes.byteLength !== this.#tagLength : ![4, 8, 12, 13, 14, 15, 16].includes(bytes.byteLength))) {
      throw nodeError(TypeError, "ERR_CRYPTO_INVALID_AUTH_TAG", `Invalid authentication tag length: ${bytes.byteLength}`);
    }
    const reason = ops.cipherSetTag(this.#context, bytes);
    if (reason !== undefined) throw invalidArgValue("buffer", tag, reason);
    this.#tagSet = true;
    return this;
  }
  static isEncrypting(cipher: CipherBase): boolean {
    return cipher.#encrypt;
  }
  _transform(chunk: unknown, encoding: unknown, done: () => void): void {
    this.push(this.update(chunk, encoding));
    done();
  }
  _flush(done: (error?: unknown) => void): void {
    try {
      this.push(this.final());
    } catch (error) {
      done(error);
      return;
    }
    done();
  }
}

function withoutMembers(name: string, hidden: string[], encrypt: boolean): any {
  const class_ = class extends CipherBase {
    constructor(cipher: unknown, key: unknown, iv: unknown, options?: unknown) {
      super(encrypt, cipher, key, iv, options);
    }
  };
  Object.defineProperty(class_, "name", { value: name });
  for (const member of hidden) Object.defineProperty(class_.prototype, member, { value: undefined, writable: true, configurable: true });
  return class_;
}

export const Cipheriv = withoutMembers("Cipheriv", ["setAuthTag"], true);
export const Decipheriv = withoutMembers("Decipheriv", ["getAuthTag"], false);
