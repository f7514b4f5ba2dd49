// SPDX-License-Identifier: Apache-2.0
// node:zlib. https://nodejs.org/api/zlib.html
import { Buffer } from "mayfly:node/buffer";
import { invalidArgType, isBytes, validateFunction, validateUint32 } from "mayfly:node/internal";

import { codes, constants } from "./constants.ts";
import { Engine, type Format, ZlibBase } from "./streams.ts";

const classes: Record<string, Format> = {
  Deflate: "deflate", Inflate: "inflate", Gzip: "gzip", Gunzip: "gunzip", DeflateRaw: "deflateRaw", InflateRaw: "inflateRaw",
  Unzip: "unzip", BrotliCompress: "brotliCompress", BrotliDecompress: "brotliDecompress",
  ZstdCompress: "zstdCompress", ZstdDecompress: "zstdDecompress",
};

function toInput(value: unknown): Uint8Array {
  if (typeof value === "string") return Buffer.from(value);
  if (!isBytes(value)) throw invalidArgType("buffer", ["string", "Buffer", "TypedArray", "DataView", "ArrayBuffer"], value);
  return ArrayBuffer.isView(value) ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength) : new Uint8Array(value);
}

function runAtOnce(format: Format, value: unknown, options?: any): any {
  const input = toInput(value);
  const engine = new Engine(format, options);
  const parts: Uint8Array[] = [];
  try {
    engine.run(input, engine.finishFlush, true, (chunk) => parts.push(chunk));
  } finally {
    engine.close();
  }
  const result = parts.length === 1 ? parts[0] : Buffer.concat(parts);
  return options?.info ? { buffer: result, engine } : result;
}

/** CRC-32 of the data, going on from `value`. */
function crc32(data: unknown, value: unknown = 0): number {
  if (typeof data !== "string" && !ArrayBuffer.isView(data)) throw invalidArgType("data", ["string", "Buffer", "TypedArray", "DataView"], data);
  validateUint32(value, "value");
  return ops.checksum(typeof data === "string" ? Buffer.from(data) : data, value);
}

const module: Record<string, any> = { codes: Object.freeze(codes), constants: Object.freeze(constants), crc32 };
for (const [name, format] of Object.entries(classes)) {
  const class_ = class extends ZlibBase {
    constructor(options?: unknown) {
      super(format, options);
    }
  };
  Object.defineProperty(class_, "name", { value: name });
  // Old code calls these without new.
  module[name] = new Proxy(class_, { apply: (target, _self, [options]) => new target(options) });
  module[`create${name}`] = (options?: unknown) => new class_(options);
  module[`${format}Sync`] = (value: unknown, options?: unknown) => runAtOnce(format, value, options);
  module[format] = (value: unknown, options: any, callback?: any) => {
    if (typeof options === "function") [options, callback] = [undefined, options];
    validateFunction(callback, "callback");
    const input = Uint8Array.from(toInput(value));
    const { nextTick } = requireGroup("mayfly:node/process");
    let result: unknown;
    try {
      result = runAtOnce(format, input, options);
    } catch (error) {
      if ((error as any).code?.startsWith?.("ERR_INVALID_ARG") || (error as any).code === "ERR_OUT_OF_RANGE") throw error;
      nextTick(callback, error);
      return;
    }
    nextTick(callback, null, result);
  };
}
// Also by themselves, as of old.
for (const [name, value] of Object.entries(constants)) if (!/^(BROTLI|ZSTD)_/.test(name)) module[name] = value;

export default module;
