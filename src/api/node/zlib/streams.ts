// SPDX-License-Identifier: Apache-2.0
// https://nodejs.org/api/zlib.html#class-zlibzlibbase: a stream around a codec, which the functions use too.
import { Buffer } from "mayfly:node/buffer";
import { invalidArgType, isBytes, nextTick, nodeError, outOfRange, validateFunction, validateInteger, validateObject } from "mayfly:node/internal";

import { constants, zstdErrors } from "./constants.ts";

const { Transform, finished } = requireGroup("mayfly:node/stream").default;
const counts = new Uint32Array(2);
const nothing = new Uint8Array(0);

export type Format = "deflate" | "inflate" | "gzip" | "gunzip" | "deflateRaw" | "inflateRaw" | "unzip" | "brotliCompress" | "brotliDecompress"
  | "zstdCompress" | "zstdDecompress";

function failure(reason: string): Error {
  const [code, number, ...rest] = reason.split(":");
  const error = new Error(rest.join(":")) as any;
  error.code = code === "ZSTD" ? zstdErrors[Number(number)] ?? "ZSTD_error_GENERIC" : code;
  error.errno = Number(number);
  return error;
}

function checkOption(options: any, name: string, low: number, high: number, fallback: number): number {
  const value = options?.[name];
  if (value === undefined || (typeof value === "number" && Number.isNaN(value))) return fallback;
  if (typeof value !== "number") throw invalidArgType(`options.${name}`, "number", value);
  if (!(value >= low && value <= high)) throw outOfRange(`options.${name}`, `>= ${low} and <= ${high}`, value);
  return value;
}

function isDecoder(format: Format): boolean {
  return format.startsWith("in") || format === "gunzip" || format === "unzip" || format === "brotliDecompress" || format === "zstdDecompress";
}

/** The numbers of a family of formats: of its flushes, the last, the one that finishes, and the one of flush(). */
const families = {
  zlib: { kind: 0, lastFlush: 5, finish: 4, flush: 3 },
  brotli: { kind: 2, lastFlush: 3, finish: 2, flush: 1 },
  zstd: { kind: 4, lastFlush: 2, finish: 2, flush: 1 },
};
const parameterKeys = { brotli: 9, zstd: 1000 };

/** A codec with its options, run over inputs. */
export class Engine {
  readonly format: Format;
  readonly chunkSize: number;
  readonly flush: number;
  readonly finishFlush: number;
  /** What flush() means without a kind. */
  readonly flushAll: number;
  readonly bytesMax: number;
  level: number;
  strategy: number;
  #codec: ArrayBuffer;
  #ended = false;
  #closed = false;
  bytesRead = 0;
  bytesMade = 0;

  constructor(format: Format, options: any) {
    if (options !== undefined && options !== null) validateObject(options, "options", { array: true, function: true });
    const name = format.startsWith("brotli") ? "brotli" : format.startsWith("zstd") ? "zstd" : "zlib";
    const family = families[name];
    const zlib = name === "zlib";
    this.format = format;
    this.flushAll = family.flush;
    this.chunkSize = checkOption(options, "chunkSize", 64, Infinity, 16384);
    this.bytesMax = checkOption(options, "maxOutputLength", 1, 2 ** 53 - 1, 2 ** 31 - 1);
    this.flush = checkOption(options, "flush", 0, family.lastFlush, 0);
    this.finishFlush = checkOption(options, "finishFlush", 0, family.lastFlush, family.finish);
    this.level = zlib ? checkOption(options, "level", -1, 9, -1) : -1;
    this.strategy = zlib ? checkOption(options, "strategy", 0, 4, 0) : 0;
    const memoryLevel = zlib ? checkOption(options, "memLevel", 1, 9, 8) : 8;
    const decoder = isDecoder(format);
    let bits = !zlib ? 15 : options?.windowBits === 0 && decoder ? 0 : checkOption(options, "windowBits", format === "gzip" ? 9 : 8, 15, 15);
    if (format === "gzip" || format === "gunzip") bits += 16;
    else if (format === "unzip") bits += 32;
    else if (format === "deflateRaw" || format === "inflateRaw") bits = -(format === "deflateRaw" && bits === 8 ? 9 : bits || 15);
    let { dictionary } = options ?? {};
    if (dictionary !== undefined && !isBytes(dictionary)) {
      throw invalidArgType("options.dictionary", ["Buffer", "TypedArray", "DataView", "ArrayBuffer"], dictionary);
    }
    const codec = ops.codecOpen(family.kind + (decoder ? 1 : 0), this.level, bits, memoryLevel, this.strategy, dictionary);
    if (typeof codec === "string") throw nodeError(Error, "ERR_ZLIB_INITIALIZATION_FAILED", "Initialization failed");
    this.#codec = codec;
    if (name !== "zlib") this.#setParameters(name, options?.params);
    if (format === "zstdCompress" && options?.pledgedSrcSize !== undefined) {
      validateInteger(options.pledgedSrcSize, "options.pledgedSrcSize", 0);
      if (!ops.codecPledge(codec, options.pledgedSrcSize)) throw nodeError(Error, "ERR_ZLIB_INITIALIZATION_FAILED", "Initialization failed");
    }
  }

  #setParameters(family: "brotli" | "zstd", parameters: unknown): void {
    if (parameters === undefined) return;
    validateObject(parameters, "options.params");
    for (const [key, value] of Object.entries(parameters)) {
      const number = Number(key);
      if (!Number.isInteger(number) || number < 0 || number > parameterKeys[family]) {
        throw nodeError(RangeError, `ERR_${family.toUpperCase()}_INVALID_PARAM`, `${key} is not a valid ${family === "brotli" ? "Brotli" : "zstd"} parameter`);
      }
      if (typeof value !== "number" && typeof value !== "boolean") throw invalidArgType("options.params[key]", "number", value);
      if (!ops.codecSet(this.#codec, number, Number(value) | 0)) throw nodeError(Error, "ERR_ZLIB_INITIALIZATION_FAILED", "Initialization failed");
    }
  }

  /** The flush with which decoded data must have ended. */
  get #wholeFlush(): number {
    return this.format === "brotliDecompress" || this.format === "zstdDecompress" ? 2 : 4;
  }
  get ended(): boolean {
    return this.#ended;
  }

  /** Runs the codec over `input`; `take` gets what it makes. With `finish`, the data must end with it. */
  run(input: Uint8Array, flush: number, finish: boolean, take: (chunk: any) => void): void {
    let rest = input;
    // An encoder that was given nothing still has to write its end.
    while (!this.#ended || rest.length > 0) {
      if (this.#ended && !this.#beginAgain(rest)) return;
      const output = Buffer.alloc(this.chunkSize);
      const status = ops.codecWrite(this.#codec, rest, flush, output, counts);
      if (typeof status === "string") throw failure(status);
      const [read, made] = counts as unknown as [number, number];
      this.bytesRead += read;
      rest = rest.subarray(read);
      if (made > 0) {
        this.bytesMade += made;
        if (this.bytesMade > this.bytesMax) {
          throw nodeError(RangeError, "ERR_BUFFER_TOO_LARGE", `Cannot create a Buffer larger than ${this.bytesMax} bytes`);
        }
        take(output.subarray(0, made));
      }
      if (status === 1) {
        this.#ended = true;
        continue;
      }
      if (made < output.length && (read === 0 || rest.length === 0)) break;
    }
    if (finish && !this.#ended && isDecoder(this.format) && flush === this.#wholeFlush) {
      throw failure("Z_BUF_ERROR:-5:unexpected end of file");
    }
  }

  /** After the end of a gzip member or a frame of zstd another may follow; what is anything else is left out. */
  #beginAgain(rest: Uint8Array): boolean {
    if (this.format === "zstdDecompress") {
      this.#ended = rest[0] !== 0x28 && (rest[0]! & 0xf0) !== 0x50;
      return !this.#ended;
    }
    if ((this.format !== "gunzip" && this.format !== "unzip") || rest[0] !== 0x1f) return false;
    ops.codecReset(this.#codec);
    this.#ended = false;
    return true;
  }

  reset(): void {
    if (this.#closed) return;
    const reason = ops.codecReset(this.#codec);
    if (reason !== undefined) throw failure(reason);
    this.#ended = false;
  }

  setParameters(level: number, strategy: number, take: (chunk: any) => void): void {
    const output = Buffer.alloc(Math.max(this.chunkSize, 65536));
    const reason = ops.codecParameters(this.#codec, level, strategy, output, counts);
    if (reason !== undefined) throw failure(reason);
    this.level = level;
    this.strategy = strategy;
    if (counts[1]! > 0) take(output.subarray(0, counts[1]));
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    ops.codecClose(this.#codec);
  }
}

const kFlush = Symbol("flush");

export class ZlibBase extends Transform {
  #engine: Engine;

  constructor(format: Format, options?: any) {
    const engine = new Engine(format, options);
    super({ autoDestroy: true, ...options, objectMode: false, writableObjectMode: false, readableObjectMode: false });
    this.#engine = engine;
  }

  get bytesWritten(): number {
    return this.#engine.bytesRead;
  }
  get _closed(): boolean {
    return this.destroyed;
  }
  get _level(): number {
    return this.#engine.level;
  }
  get _strategy(): number {
    return this.#engine.strategy;
  }

  _transform(chunk: any, _encoding: unknown, done: (error?: unknown) => void): void {
    const flush = chunk[kFlush] ?? this.#engine.flush;
    this.#run(chunk, flush, false, done);
  }
  _flush(done: (error?: unknown) => void): void {
    this.#run(nothing, this.#engine.finishFlush, true, done);
  }
  #run(input: Uint8Array, flush: number, finish: boolean, done: (error?: unknown) => void): void {
    try {
      this.#engine.run(input, flush, finish, (chunk) => this.push(chunk));
    } catch (error) {
      done(error);
      return;
    }
    done();
  }
  _destroy(error: unknown, done: (error: unknown) => void): void {
    this.#engine.close();
    done(error);
  }

  flush(kind?: any, callback?: any): void {
    if (typeof kind === "function" || (kind === undefined && callback === undefined)) {
      [kind, callback] = [this.#engine.flushAll, kind];
    }
    if (this.writableFinished || this.destroyed) {
      if (callback) nextTick(callback);
    } else if (this.writableEnded) {
      if (callback) this.once("end", callback);
    } else {
      const marker = Buffer.alloc(0);
      marker[kFlush] = kind;
      this.write(marker, "", callback);
    }
  }
  params(level: any, strategy: any, callback: any): void {
    validateInteger(level, "level", -1, 9);
    validateInteger(strategy, "strategy", 0, 4);
    if (callback !== undefined) validateFunction(callback, "callback");
    this.flush(constants.Z_SYNC_FLUSH, () => {
      try {
        this.#engine.setParameters(level, strategy, (chunk) => this.push(chunk));
      } catch (error) {
        this.destroy(error);
        return;
      }
      callback?.();
    });
  }
  reset(): void {
    this.#engine.reset();
  }
  close(callback?: any): void {
    if (callback) finished(this, () => callback());
    this.destroy();
  }
}
