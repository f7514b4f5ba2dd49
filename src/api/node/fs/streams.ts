// SPDX-License-Identifier: Apache-2.0
// https://nodejs.org/api/fs.html#fscreatereadstreampath-options
import { Buffer } from "mayfly:node/buffer";
import { validateInteger } from "mayfly:node/internal";

import { closeSync, openSync, readSync, writeSync } from "./sync.ts";
import { toPath } from "./tree.ts";

const { Readable, Writable } = requireGroup("mayfly:node/stream").default;
const { nextTick } = requireGroup("mayfly:node/process");

function toOptions(options: any): any {
  return typeof options === "string" ? { encoding: options } : options ?? {};
}

/** Opens the file of a stream, which tells of it, or is destroyed by the error. */
function open(stream: any, path: unknown, flags: unknown, mode: unknown): void {
  try {
    stream.fd = openSync(path, flags, mode);
    nextTick(() => {
      stream.emit("open", stream.fd);
      stream.emit("ready");
    });
  } catch (error) {
    nextTick(() => stream.destroy(error));
  }
}

/** Closes the file of a stream that ends with `error`, and returns the error that it ends with then. */
function close(stream: { fd: number | null }, error: unknown): unknown {
  if (stream.fd === null) return error;
  try {
    closeSync(stream.fd);
  } catch (failure) {
    error ??= failure;
  }
  stream.fd = null;
  return error;
}

export class ReadStream extends Readable {
  fd: number | null;
  path: unknown;
  bytesRead = 0;
  #position: number | undefined;
  #end: number;
  #autoClose: boolean;

  constructor(path: unknown, given?: unknown) {
    const options = toOptions(given);
    super({ highWaterMark: options.highWaterMark ?? 65536, encoding: options.encoding, signal: options.signal, emitClose: options.emitClose });
    const { start, end = Infinity } = options;
    if (start !== undefined) validateInteger(start, "start", 0);
    if (end !== Infinity) validateInteger(end, "end", 0);
    this.#position = start;
    this.#end = end;
    this.#autoClose = options.autoClose ?? true;
    this.path = options.fd === undefined ? toPath(path) : undefined;
    this.fd = options.fd ?? null;
    if (this.fd === null) open(this, path, options.flags ?? "r", options.mode);
  }
  _read(size: number): void {
    if (this.fd === null) return;
    const at = this.#position ?? this.bytesRead;
    const count = Math.min(size, this.#end - at + 1);
    if (count <= 0) {
      this.push(null);
      return;
    }
    const buffer = Buffer.alloc(count);
    let read: number;
    try {
      read = readSync(this.fd, buffer, 0, count, at);
    } catch (error) {
      this.destroy(error);
      return;
    }
    this.bytesRead += read;
    if (this.#position !== undefined) this.#position += read;
    this.push(read > 0 ? buffer.subarray(0, read) : null);
  }
  _destroy(error: unknown, done: (error: unknown) => void): void {
    done(this.#autoClose ? close(this, error) : error);
  }
  close(callback?: () => void): void {
    if (callback) this.once("close", callback);
    this.destroy();
  }
}

export class WriteStream extends Writable {
  fd: number | null;
  path: unknown;
  bytesWritten = 0;
  #position: number | undefined;
  #autoClose: boolean;

  constructor(path: unknown, given?: unknown) {
    const options = toOptions(given);
    super({ highWaterMark: options.highWaterMark, decodeStrings: true, defaultEncoding: options.encoding, signal: options.signal, emitClose: options.emitClose });
    this.#position = options.start;
    this.#autoClose = options.autoClose ?? true;
    this.path = options.fd === undefined ? toPath(path) : undefined;
    this.fd = options.fd ?? null;
    if (this.fd === null) open(this, path, options.flags ?? (options.start === undefined ? "w" : "r+"), options.mode);
  }
  _write(chunk: Uint8Array, _encoding: unknown, done: (error?: unknown) => void): void {
    try {
      const written = writeSync(this.fd, chunk, 0, chunk.length, this.#position);
      this.bytesWritten += written;
      if (this.#position !== undefined) this.#position += written;
    } catch (error) {
      done(error);
      return;
    }
    done();
  }
  _destroy(error: unknown, done: (error: unknown) => void): void {
    done(this.#autoClose ? close(this, error) : error);
  }
  close(callback?: () => void): void {
    if (callback) this.once("close", callback);
    this.end();
  }
}
