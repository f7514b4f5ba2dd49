// SPDX-License-Identifier: Apache-2.0
// https://nodejs.org/api/http.html#class-httpclientrequest, over fetch(): what fetch may reach, it may, and no more. There
// are no sockets: events and options of connections are accepted where they change nothing.
import { abortError, isHttpToken, nodeError, validateFunction, validateNumber, validateString } from "mayfly:node/internal";

import { IncomingMessage } from "./message.ts";

const { Writable } = requireGroup("mayfly:node/stream").default;
const { Buffer } = requireGroup("mayfly:node/buffer");
const core = (): any => requireGroup("mayfly:node/timers").default;
const badValue = /[^\t\x20-\x7e\x80-\xff]/;
/** Requests without a body of their own. */
const bodiless = new Set(["GET", "HEAD", "DELETE", "OPTIONS", "TRACE", "CONNECT"]);

export function validateHeaderName(name: unknown, label = "Header name"): void {
  if (typeof name !== "string" || !isHttpToken(name)) {
    throw nodeError(TypeError, "ERR_INVALID_HTTP_TOKEN", `${label} must be a valid HTTP token ["${String(name)}"]`);
  }
}

export function validateHeaderValue(name: string, value: unknown): void {
  if (value === undefined) {
    throw nodeError(TypeError, "ERR_HTTP_INVALID_HEADER_VALUE", `Invalid value "${value}" for header "${name}"`);
  }
  if (badValue.test(String(value))) {
    throw nodeError(TypeError, "ERR_INVALID_CHAR", `Invalid character in header content ["${name}"]`);
  }
}

export class Agent {
  options: object;
  protocol: string;
  defaultPort: number;
  maxSockets = Infinity;
  maxFreeSockets = 256;
  maxTotalSockets = Infinity;
  keepAlive = true;
  sockets = {};
  freeSockets = {};
  requests = {};

  constructor(options: any = {}, protocol = "http:") {
    this.options = { ...options };
    this.protocol = protocol;
    this.defaultPort = protocol === "https:" ? 443 : 80;
  }
  destroy(): void {}
  getName(options: any = {}): string {
    return `${options.host ?? "localhost"}:${options.port ?? ""}:${options.localAddress ?? ""}`;
  }
}

function urlOf(options: any, protocol: string): URL {
  const host = options.hostname ?? options.host ?? "localhost";
  validateString(host, "options.host");
  const path = options.path ?? "/";
  if (typeof path === "string" && /[^\x21-\xff]/.test(path)) {
    throw nodeError(TypeError, "ERR_UNESCAPED_CHARACTERS", "Request path contains unescaped characters");
  }
  const port = options.port ? `:${options.port}` : "";
  const name = host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
  return new (requireGroup("mayfly:web/url").URL)(`${protocol}//${name}${port}${path.startsWith("/") ? path : `/${path}`}`);
}

export class ClientRequest extends Writable {
  method: string;
  path: string;
  host: string;
  protocol: string;
  agent: unknown;
  aborted = false;
  reusedSocket = false;
  res: IncomingMessage | undefined;
  socket = { setNoDelay() {}, setKeepAlive() {}, setTimeout() {}, ref() {}, unref() {}, on() {}, once() {}, destroy() {} };
  maxHeadersCount = null;
  #url: URL;
  #headers = new Map<string, [name: string, value: string | string[]]>();
  #body: Uint8Array[] = [];
  #controller: AbortController;
  #timer: any;
  #sent = false;
  #settled = false;

  constructor(input: any, given: any, callback: unknown, protocol = "http:") {
    let options: any = {};
    if (typeof input === "string") input = new (requireGroup("mayfly:web/url").URL)(input);
    if (typeof input?.href === "string" && typeof input.searchParams === "object") {
      options = requireGroup("mayfly:node/url").default.urlToHttpOptions(input);
    } else {
      [given, callback] = [input, given];
    }
    if (typeof given === "function") [given, callback] = [undefined, given];
    options = { ...options, ...given };
    const wanted = options.protocol ?? options.agent?.protocol ?? protocol;
    if (wanted !== protocol) {
      throw nodeError(TypeError, "ERR_INVALID_PROTOCOL", `Protocol "${wanted}" not supported. Expected "${protocol}"`);
    }
    const method = options.method ?? "GET";
    validateString(method, "options.method");
    if (!isHttpToken(method)) throw nodeError(TypeError, "ERR_INVALID_HTTP_TOKEN", `Method must be a valid HTTP token ["${method}"]`);
    const url = urlOf(options, protocol);
    super({ autoDestroy: false, decodeStrings: true });
    this.method = method.toUpperCase();
    this.path = options.path ?? "/";
    this.protocol = protocol;
    this.host = options.hostname ?? options.host ?? "localhost";
    this.agent = options.agent;
    this.#url = url;
    this.#controller = new (requireGroup("mayfly:web/events").AbortController)();
    if (Array.isArray(options.headers)) {
      for (let at = 0; at + 1 < options.headers.length; at += 2) this.appendHeader(options.headers[at], options.headers[at + 1]);
    } else {
      for (const [name, value] of Object.entries(options.headers ?? {})) if (value !== undefined) this.setHeader(name, value);
    }
    if (options.auth && !this.hasHeader("authorization")) {
      this.setHeader("Authorization", `Basic ${Buffer.from(options.auth).toString("base64")}`);
    }
    if (callback !== undefined && callback !== null) {
      validateFunction(callback, "callback");
      this.once("response", callback);
    }
    const { signal, timeout } = options;
    if (signal) {
      if (signal.aborted) requireGroup("mayfly:node/process").nextTick(() => this.destroy(abortError(undefined, { cause: signal.reason })));
      else signal.addEventListener("abort", () => this.destroy(abortError(undefined, { cause: signal.reason })), { once: true });
    }
    if (timeout !== undefined) this.setTimeout(timeout);
  }

  setHeader(name: string, value: any): this {
    this.#checkUnsent("set");
    validateHeaderName(name);
    if (value === undefined) validateHeaderValue(name, value);
    for (const each of Array.isArray(value) ? value : [value]) validateHeaderValue(name, each);
    this.#headers.set(name.toLowerCase(), [name, Array.isArray(value) ? value.map(String) : String(value)]);
    return this;
  }
  setHeaders(headers: any): this {
    for (const [name, value] of headers) this.setHeader(name, value);
    return this;
  }
  appendHeader(name: string, value: any): this {
    const before = this.getHeader(name);
    return this.setHeader(name, before === undefined ? value : [before, value].flat());
  }
  getHeader(name: string): string | string[] | undefined {
    return this.#headers.get(`${name}`.toLowerCase())?.[1];
  }
  getHeaders(): Record<string, unknown> {
    return Object.fromEntries([...this.#headers].map(([key, [, value]]) => [key, value]));
  }
  getHeaderNames(): string[] {
    return [...this.#headers.keys()];
  }
  getRawHeaderNames(): string[] {
    return [...this.#headers.values()].map(([name]) => name);
  }
  hasHeader(name: string): boolean {
    return this.#headers.has(`${name}`.toLowerCase());
  }
  removeHeader(name: string): void {
    this.#checkUnsent("remove");
    this.#headers.delete(`${name}`.toLowerCase());
  }
  get headersSent(): boolean {
    return this.#sent;
  }
  #checkUnsent(action: string): void {
    if (this.#sent) throw nodeError(Error, "ERR_HTTP_HEADERS_SENT", `Cannot ${action} headers after they are sent to the client`);
  }

  flushHeaders(): void {}
  setNoDelay(): void {}
  setSocketKeepAlive(): void {}
  setTimeout(delay: unknown, callback?: () => void): this {
    validateNumber(delay, "msecs");
    if (callback) this.once("timeout", callback);
    core().clearTimeout(this.#timer);
    if (delay > 0 && !this.#settled) this.#timer = core().setTimeout(() => this.emit("timeout"), delay);
    return this;
  }

  _write(chunk: Uint8Array, _encoding: unknown, done: () => void): void {
    this.#body.push(Uint8Array.from(chunk));
    done();
  }
  _final(done: (error?: unknown) => void): void {
    this.#send();
    done();
  }
  #send(): void {
    if (this.#sent || this.destroyed) return;
    this.#sent = true;
    const body = Buffer.concat(this.#body);
    this.#body = [];
    const headers = new (requireGroup("mayfly:web/fetch").Headers)();
    for (const [key, [, value]] of this.#headers) {
      if (key === "host" || key === "connection" || key === "transfer-encoding" || key === "content-length") continue;
      for (const each of [value].flat()) headers.append(key, each);
    }
    const withBody = body.length > 0 && this.method !== "GET" && this.method !== "HEAD";
    const init = {
      method: this.method, headers, redirect: "manual", signal: this.#controller.signal,
      body: withBody ? body : bodiless.has(this.method) ? undefined : body,
    };
    this.emit("socket", this.socket);
    requireGroup("mayfly:web/fetch").fetch(this.#url, init).then(
      (response: Response) => this.#respond(response),
      (error: unknown) => {
        if (!this.destroyed) this.destroy(error);
      });
  }
  #respond(response: Response): void {
    core().clearTimeout(this.#timer);
    this.#settled = true;
    if (this.destroyed) return;
    const message = new IncomingMessage(response);
    this.res = message;
    (message as any).req = this;
    message.once("close", () => {
      if (!this.destroyed) this.destroy();
    });
    // As Node: what nobody takes is thrown away.
    if (!this.emit("response", message)) message.resume();
  }

  abort(): void {
    if (this.aborted) return;
    this.aborted = true;
    requireGroup("mayfly:node/process").nextTick(() => this.emit("abort"));
    this.destroy();
  }
  _destroy(error: any, done: (error: unknown) => void): void {
    core().clearTimeout(this.#timer);
    if (!this.#settled) {
      this.#settled = true;
      this.#controller.abort();
      if (!error) {
        error = new Error("socket hang up");
        error.code = "ECONNRESET";
      }
    } else if (this.res !== undefined && !this.res.complete && !this.res.destroyed) {
      this.res.destroy(error);
    }
    done(error);
  }
}

export function makeClient(protocol: string): Record<string, unknown> {
  const globalAgent = new Agent({ keepAlive: true }, protocol);
  const request = (input: unknown, options?: unknown, callback?: unknown): ClientRequest => new ClientRequest(input, options, callback, protocol);
  return {
    request,
    get(input: unknown, options?: unknown, callback?: unknown): ClientRequest {
      const made = request(input, options, callback);
      made.end();
      return made;
    },
    globalAgent,
    createServer: refuseServer, Server: refuseServer,
  };
}

export function refuseServer(): never {
  throw nodeError(Error, "ERR_METHOD_NOT_IMPLEMENTED",
    "Servers of node:http are not supported by Mayfly: export a fetch() handler");
}
