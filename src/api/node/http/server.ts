// SPDX-License-Identifier: Apache-2.0
// https://nodejs.org/api/http.html#class-httpserver: a server listens to no socket. It is known by its port to
// httpServerHandler() of cloudflare:node, whose fetch() handler gives it its requests.
import { Buffer } from "mayfly:node/buffer";
import { EventEmitter } from "mayfly:node/events";
import { invalidArgType, nextTick, nodeError, validateFunction, validateInteger, validateObject } from "mayfly:node/internal";

import { IncomingMessage } from "./message.ts";
import { STATUS_CODES } from "./names.ts";
import { OutgoingMessage } from "./outgoing.ts";

const withoutBody = (status: number): boolean => status === 204 || status === 205 || status === 304;
const kFirstOwnPort = 49152;
const servers = new Map<number, Server>();

export class ServerResponse extends OutgoingMessage {
  statusCode = 200;
  statusMessage: string | undefined;
  req: IncomingMessage;
  strictContentLength = false;
  shouldKeepAlive = true;
  #respond!: (response: Response) => void;
  #fail!: (error: unknown) => void;
  #response: Promise<Response>;
  #written = false;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  /** The reader is behind: what goes on when it has taken something. */
  #taken: (() => void) | undefined;
  #parts: Uint8Array[] = [];
  #over = false;
  /** end() was called: what comes is the last. */
  #ending = false;

  constructor(request: IncomingMessage) {
    super({ autoDestroy: true, emitClose: true });
    this.req = request;
    this.#response = new Promise((resolve, reject) => {
      this.#respond = resolve;
      this.#fail = reject;
    });
    this.#response.catch(() => {});
  }
  /** Settles when the headers are sent. */
  get _response(): Promise<Response> {
    return this.#response;
  }

  writeHead(status: unknown, reason?: unknown, headers?: unknown): this {
    const code = Number(status) | 0;
    if (code < 100 || code > 999) throw nodeError(RangeError, "ERR_HTTP_INVALID_STATUS_CODE", `Invalid status code: ${String(status)}`);
    if (this.headersSent) throw nodeError(Error, "ERR_HTTP_HEADERS_SENT", "Cannot write headers after they are sent to the client");
    if (typeof reason === "string") this.statusMessage = reason;
    else headers ??= reason;
    this.statusCode = code;
    this._addHeaders(headers);
    this._markSent();
    return this;
  }
  override flushHeaders(): void {
    this.#start(false);
  }

  /** The response begins; `whole`: with all of its body. */
  #start(whole: boolean): void {
    if (this.#written) return;
    this.#written = true;
    const status = Number(this.statusCode) | 0;
    if (!this.headersSent) {
      if (status < 100 || status > 999) throw nodeError(RangeError, "ERR_HTTP_INVALID_STATUS_CODE", `Invalid status code: ${String(this.statusCode)}`);
      this._markSent();
    }
    const statusText = this.statusMessage ?? STATUS_CODES[status] ?? "";
    this.statusMessage = statusText;
    const headers = this._toHeaders(["connection", "transfer-encoding", "keep-alive"]);
    const { Response } = requireGroup("mayfly:web/fetch");
    let body: unknown = null;
    if (withoutBody(status) || this.req.method === "HEAD") this.#controller = undefined;
    else if (whole) body = this.#parts.length === 0 ? null : Buffer.concat(this.#parts);
    else body = this.#stream();
    this.#parts = [];
    try {
      this.#respond(new Response(body, { status, statusText, headers, encodeBody: headers.has("content-encoding") ? "manual" : "automatic" }));
    } catch (error) {
      this.#fail(error);
      this.destroy(error);
    }
  }
  #stream(): ReadableStream {
    const { ReadableStream } = requireGroup("mayfly:web/streams");
    return new ReadableStream({
      start: (controller: ReadableStreamDefaultController<Uint8Array>) => {
        this.#controller = controller;
      },
      pull: () => {
        const taken = this.#taken;
        this.#taken = undefined;
        taken?.();
      },
      cancel: () => {
        this.#over = true;
        this.req.aborted = true;
        this.req.emit("aborted");
        this.destroy();
      },
    });
  }
  end(...args: any[]): this {
    this.#ending = true;
    return super.end(...args);
  }
  _write(chunk: Uint8Array, _encoding: unknown, done: () => void): void {
    const bytes = new Uint8Array(chunk);
    if (!this.#written && this.#ending) {
      this.#parts.push(bytes);
      done();
      return;
    }
    this.#start(false);
    const controller = this.#controller;
    if (controller === undefined || bytes.length === 0) {
      done();
      return;
    }
    controller.enqueue(bytes);
    if ((controller.desiredSize ?? 0) > 0) done();
    else this.#taken = done;
  }
  _final(done: () => void): void {
    this.#start(true);
    this.#over = true;
    this.#controller?.close();
    done();
  }
  _destroy(error: unknown, done: (error: unknown) => void): void {
    const reason = error ?? Object.assign(new Error("aborted"), { code: "ECONNRESET" });
    if (!this.#written) this.#fail(reason);
    else if (!this.#over) this.#controller?.error(reason);
    this.#over = true;
    const taken = this.#taken;
    this.#taken = undefined;
    taken?.();
    done(error);
  }

  get finished(): boolean {
    return this.writableEnded;
  }
  get socket(): object {
    return this.req.socket;
  }
  get connection(): object {
    return this.req.socket;
  }
  setTimeout(_delay: number, callback?: () => void): this {
    if (callback) this.once("timeout", callback);
    return this;
  }
  // Informational responses cannot be sent.
  writeContinue(callback?: () => void): void {
    if (callback) nextTick(callback);
  }
  writeProcessing(callback?: () => void): void {
    if (callback) nextTick(callback);
  }
  writeEarlyHints(_hints: unknown, callback?: () => void): void {
    if (callback) nextTick(callback);
  }
  assignSocket(): void {}
  detachSocket(): void {}
}

export class Server extends EventEmitter {
  timeout = 0;
  maxHeadersCount = null;
  maxRequestsPerSocket = 0;
  requestTimeout = 300_000;
  headersTimeout = 60_000;
  keepAliveTimeout = 5_000;
  connectionsCheckingInterval = 30_000;
  #port: number | undefined;
  #classes: { IncomingMessage: typeof IncomingMessage; ServerResponse: typeof ServerResponse };

  constructor(options?: any, listener?: unknown) {
    super();
    if (typeof options === "function") [options, listener] = [undefined, options];
    if (options !== undefined) validateObject(options, "options");
    if (listener !== undefined) {
      validateFunction(listener, "requestListener");
      this.on("request", listener);
    }
    this.#classes = { IncomingMessage: options?.IncomingMessage ?? IncomingMessage, ServerResponse: options?.ServerResponse ?? ServerResponse };
  }
  get listening(): boolean {
    return this.#port !== undefined;
  }
  /** listen(port, host, backlog, callback), listen(options, callback) */
  listen(...args: any[]): this {
    const callback = args.at(-1);
    const [first] = args;
    const given = typeof first === "object" && first !== null ? first.port : typeof first === "function" ? undefined : first;
    if (typeof first === "object" && first !== null && (first.path !== undefined || first.fd !== undefined)) {
      throw nodeError(Error, "ERR_METHOD_NOT_IMPLEMENTED", "A server can listen to a port only");
    }
    if (this.#port !== undefined) throw nodeError(Error, "ERR_SERVER_ALREADY_LISTEN", "Listen method has been called more than once without closing.");
    let port = given === undefined || given === null ? 0 : typeof given === "string" ? Number(given) : given;
    if (typeof port !== "number" || !Number.isInteger(port) || port < 0 || port > 65535) {
      throw nodeError(RangeError, "ERR_SOCKET_BAD_PORT", `options.port should be >= 0 and < 65536. Received ${requireGroup("mayfly:node/util").inspect(given)}.`);
    }
    if (port === 0) for (port = kFirstOwnPort; servers.has(port); ) port++;
    if (servers.has(port)) {
      const error = Object.assign(new Error(`listen EADDRINUSE: address already in use :::${port}`), { code: "EADDRINUSE", errno: -98, syscall: "listen", address: "::", port });
      nextTick(() => this.emit("error", error));
      return this;
    }
    this.#port = port;
    servers.set(port, this);
    if (typeof callback === "function") this.once("listening", callback);
    nextTick(() => this.emit("listening"));
    return this;
  }
  address(): object | null {
    return this.#port === undefined ? null : { port: this.#port, family: "IPv4", address: "127.0.0.1" };
  }
  close(callback?: (error?: Error) => void): this {
    if (callback !== undefined) validateFunction(callback, "callback");
    if (this.#port === undefined) {
      if (callback) nextTick(callback, nodeError(Error, "ERR_SERVER_NOT_RUNNING", "Server is not running."));
      return this;
    }
    servers.delete(this.#port);
    this.#port = undefined;
    if (callback) this.once("close", callback);
    nextTick(() => this.emit("close"));
    return this;
  }
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#port !== undefined) await new Promise((done) => this.close(done as never));
  }
  closeAllConnections(): void {}
  closeIdleConnections(): void {}
  setTimeout(delay: number, callback?: () => void): this {
    this.timeout = delay;
    if (callback) this.on("timeout", callback);
    return this;
  }
  getConnections(callback: (error: null, count: number) => void): this {
    nextTick(callback, null, 0);
    return this;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }

  _serve(request: Request): Promise<Response> {
    const message = new this.#classes.IncomingMessage(request);
    const response = new this.#classes.ServerResponse(message);
    if (!this.emit("request", message, response)) {
      response.statusCode = 404;
      response.end();
    }
    return response._response;
  }
}

/** A request for the server of a port. */
export async function serve(port: unknown, request: unknown): Promise<Response> {
  validateInteger(port, "port", 0, 65535);
  if (!(request instanceof requireGroup("mayfly:web/fetch").Request)) throw invalidArgType("request", "Request", request);
  const server = servers.get(port);
  if (server === undefined) throw nodeError(Error, "ERR_SERVER_NOT_RUNNING", `No server of node:http listens to the port ${port}`);
  return server._serve(request as Request);
}
