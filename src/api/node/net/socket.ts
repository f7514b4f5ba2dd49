// SPDX-License-Identifier: Apache-2.0
// https://nodejs.org/api/net.html#class-netsocket: a client's, over connect() of cloudflare:sockets. So it leads where
// that leads, and ends with its request.
import { Buffer } from "mayfly:node/buffer";
import { clearTimeout, setTimeout } from "mayfly:core";
import { invalidArgType, invalidArgValue, nextTick, nodeError, validateFunction, validateNumber, validateString } from "mayfly:node/internal";

import { isIP, toPort } from "./addresses.ts";

const { Duplex } = requireGroup("mayfly:node/stream").default;
/** What the platform says of a failure as an error of the operating system. */
function connectFailure(error: any, host: string, port: number): Error {
  const text = String(error?.message);
  const code = error?.name === "EgressDenied" ? "EACCES" : error?.name === "EgressDnsFailed" ? "ENOTFOUND" : /refused/i.test(text) ? "ECONNREFUSED"
    : /timed? ?out/i.test(text) ? "ETIMEDOUT" : "ECONNRESET";
  const failure = new Error(`connect ${code} ${host}:${port}`, { cause: error });
  return Object.assign(failure, { code, syscall: "connect", address: host, port });
}

/** connect(options, callback), connect(port, host, callback), connect(path, callback) */
export function normalizeArgs(args: any[]): [options: any, callback: ((...args: any[]) => void) | null] {
  if (Array.isArray(args[0])) args = args[0];
  let options: any = {};
  const [first] = args;
  if (typeof first === "object" && first !== null) options = first;
  else if (typeof first === "string" && Number.isNaN(Number(first))) options = { path: first };
  else if (args.length > 0) options = typeof args[1] === "string" ? { port: first, host: args[1] } : { port: first };
  const last = args.at(-1);
  return [options, typeof last === "function" ? last : null];
}

export class Socket extends Duplex {
  connecting = false;
  autoSelectFamilyAttemptedAddresses: string[] | undefined;
  timeout = 0;
  server = null;
  _host: string | undefined;
  #wire: any;
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  #writer: WritableStreamDefaultWriter<Uint8Array> | undefined;
  #address: { host: string; port: number } | undefined;
  #reading = false;
  #timer: number | undefined;
  #bytesRead = 0;
  #bytesWritten = 0;
  /** What is written before there is a connection. */
  #waiting: (() => void) | undefined;
  /** The connection went on to another socket, with TLS. */
  #handedOver = false;

  constructor(options: any = {}) {
    if (typeof options === "number") options = { fd: options };
    if (options?.handle !== undefined || options?.fd !== undefined) {
      throw nodeError(Error, "ERR_METHOD_NOT_IMPLEMENTED", "Sockets of handles and file descriptors are not supported: a worker has none");
    }
    if (options?.objectMode || options?.readableObjectMode || options?.writableObjectMode) {
      throw invalidArgValue("options.objectMode", true, "is not supported");
    }
    super({
      allowHalfOpen: Boolean(options?.allowHalfOpen), autoDestroy: true, emitClose: false, decodeStrings: true,
      highWaterMark: options?.highWaterMark, readable: true, writable: true, signal: options?.signal,
    });
    if (typeof options?.timeout === "number") this.setTimeout(options.timeout);
  }

  /** How the connection is made: TLS does it otherwise. */
  _open(address: { hostname: string; port: number }): any {
    return requireGroup("mayfly:platform/sockets").connect(address, { secureTransport: "starttls", allowHalfOpen: true });
  }

  connect(...args: any[]): this {
    const [options, callback] = normalizeArgs(args);
    if (options.path !== undefined) {
      throw nodeError(TypeError, "ERR_INVALID_ARG_VALUE", `The argument 'path' is not supported. Received ${requireGroup("mayfly:node/util").inspect(options.path)}`);
    }
    if (options.port === undefined) {
      throw nodeError(TypeError, "ERR_MISSING_ARGS", 'The "options" or "port" or "path" argument must be specified');
    }
    if (typeof options.port !== "number" && typeof options.port !== "string") throw invalidArgType("options.port", ["number", "string"], options.port);
    const port = toPort(options.port);
    const host = options.host ?? "localhost";
    validateString(host, "options.host");
    if (options.lookup !== undefined) validateFunction(options.lookup, "options.lookup");
    if (callback !== null) this.once("connect", callback);
    if (this.connecting || this.#wire !== undefined) throw nodeError(Error, "EALREADY", "connect EALREADY: the socket is connecting or connected");
    this.connecting = true;
    this._host = host;
    this.#address = { host, port };
    this.#touch();
    if (options.noDelay) this.setNoDelay(true);
    if (options.keepAlive) this.setKeepAlive(true);
    try {
      this._adopt(this._open({ hostname: host.includes(":") && !host.startsWith("[") ? `[${host}]` : host, port }));
    } catch (error) {
      this.connecting = false;
      nextTick(() => this.destroy(connectFailure(error, host, port)));
    }
    return this;
  }

  /** Goes on with a socket of the platform. */
  _adopt(wire: any): void {
    this.#wire = wire;
    this.connecting = true;
    wire.closed.catch(() => {});
    wire.opened.then(
      () => {
        if (this.destroyed) return;
        this.connecting = false;
        this.#reader = wire.readable.getReader();
        this.#writer = wire.writable.getWriter();
        this.#writer!.closed.catch(() => {});
        this.#touch();
        this.emit("connect");
        this.emit("ready");
        this._opened();
        this.#waiting?.();
        this.#waiting = undefined;
        if (this.#reading) this.#pull();
        else this.read(0);
      },
      (error: unknown) => {
        this.connecting = false;
        const { host, port } = this.#address ?? { host: "", port: 0 };
        this.destroy(connectFailure(error, host, port));
      });
  }
  /** For what comes after "connect" with TLS. */
  _opened(): void {}

  /** Where another socket is connected to, which goes on as this one. */
  _follow(other: Socket): void {
    this.#address = other.#address;
    this._host = other._host;
  }
  /** Gives the platform's socket to another one. */
  async _handOver(servername: string): Promise<any> {
    if (this.connecting) await new Promise((done) => this.once("connect", done));
    if (this.#wire === undefined || this.destroyed) throw nodeError(Error, "ERR_SOCKET_CLOSED", "Socket is closed");
    this.#handedOver = true;
    clearTimeout(this.#timer);
    return this.#wire.startTls({ expectedServerHostname: servername });
  }

  _read(): void {
    if (this.#reading) return;
    this.#reading = true;
    if (this.#reader !== undefined) this.#pull();
  }
  #pull(): void {
    this.#reader!.read().then(
      ({ done, value }) => {
        this.#reading = false;
        if (this.destroyed || this.#handedOver) return;
        this.#touch();
        if (done) {
          this.push(null);
          return;
        }
        this.#bytesRead += value.byteLength;
        this.push(Buffer.from(value.buffer, value.byteOffset, value.byteLength));
      },
      (error: unknown) => {
        this.#reading = false;
        if (!this.destroyed && !this.#handedOver) this.destroy(this.#resetBy(error));
      });
  }
  #resetBy(error: unknown): Error {
    return Object.assign(new Error(`read ECONNRESET: ${String((error as Error)?.message)}`, { cause: error }), { code: "ECONNRESET", syscall: "read" });
  }

  /** `run`, once there is a connection. */
  #connected(run: () => void, done: (error: unknown) => void): void {
    if (this.#writer !== undefined) run();
    else if (this.connecting) this.#waiting = run;
    else done(nodeError(Error, "ERR_SOCKET_CLOSED", "Socket is closed"));
  }
  _write(chunk: Uint8Array, _encoding: unknown, done: (error?: unknown) => void): void {
    this.#connected(() => {
      this.#touch();
      // Copied: the chunk is its owner's again when this is done.
      this.#writer!.write(new Uint8Array(chunk)).then(
        () => {
          this.#bytesWritten += chunk.length;
          done();
        },
        (error) => done(Object.assign(new Error(`write EPIPE: ${error?.message}`, { cause: error }), { code: "EPIPE", syscall: "write" })));
    }, done);
  }
  _final(done: (error?: unknown) => void): void {
    if (this.#wire === undefined && !this.connecting) {
      done();
      return;
    }
    this.#connected(() => this.#writer!.close().then(() => done(), () => done()), done);
  }
  _destroy(error: unknown, done: (error: unknown) => void): void {
    this.connecting = false;
    clearTimeout(this.#timer);
    if (!this.#handedOver) {
      const closing = this.#wire?.close();
      closing?.catch(() => {});
    }
    done(error);
    nextTick(() => this.emit("close", Boolean(error)));
  }
  destroySoon(): void {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once("finish", this.destroy);
  }
  resetAndDestroy(): this {
    if (this.#wire === undefined && !this.connecting) {
      this.destroy(nodeError(Error, "ERR_SOCKET_CLOSED", "Socket is closed"));
      return this;
    }
    return this.destroy();
  }

  #touch(): void {
    if (this.timeout === 0) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.emit("timeout"), this.timeout);
  }
  setTimeout(delay: unknown, callback?: unknown): this {
    validateNumber(delay, "msecs", 0, 2 ** 31 - 1);
    if (callback !== undefined) validateFunction(callback, "callback");
    this.timeout = delay;
    clearTimeout(this.#timer);
    if (delay === 0) {
      if (callback !== undefined) this.removeListener("timeout", callback);
    } else {
      if (callback !== undefined) this.once("timeout", callback);
      this.#touch();
    }
    return this;
  }
  // Of the operating system: there is nothing to set.
  setNoDelay(_on?: boolean): this {
    return this;
  }
  setKeepAlive(_on?: boolean, _delay?: number): this {
    return this;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }

  get pending(): boolean {
    return this.#writer === undefined;
  }
  get readyState(): string {
    if (this.connecting) return "opening";
    if (this.#writer === undefined) return "closed";
    if (this.readable && this.writable) return "open";
    return this.readable ? "readOnly" : this.writable ? "writeOnly" : "closed";
  }
  get bytesRead(): number {
    return this.#bytesRead;
  }
  get bytesWritten(): number {
    return this.#bytesWritten + this.writableLength;
  }
  get bufferSize(): number {
    return this.writableLength;
  }
  get #peer(): { host: string; port: number } | undefined {
    return this.#writer === undefined || this.destroyed ? undefined : this.#address;
  }
  get remoteAddress(): string | undefined {
    return this.#peer?.host;
  }
  get remotePort(): number | undefined {
    return this.#peer?.port;
  }
  get remoteFamily(): string | undefined {
    const host = this.#peer?.host;
    return host === undefined ? undefined : isIP(host) === 6 ? "IPv6" : "IPv4";
  }
  // What is on this side is not told.
  get localAddress(): string {
    return "0.0.0.0";
  }
  get localPort(): number {
    return 0;
  }
  get localFamily(): string {
    return "IPv4";
  }
  address(): object {
    return {};
  }
}
