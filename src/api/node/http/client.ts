// SPDX-License-Identifier: Apache-2.0
// https://nodejs.org/api/http.html#class-httpclientrequest, over fetch(): what fetch may reach, it may, and no more. There
// are no sockets: events and options of connections are accepted where they change nothing.
import { abortError, nextTick, nodeError, validateFunction, validateNumber, validateString } from "mayfly:node/internal";

import { IncomingMessage } from "./message.ts";
import { MessageSocket } from "./message_socket.ts";
import { OutgoingMessage, validateMethod } from "./outgoing.ts";

const { Buffer } = requireGroup("mayfly:node/buffer");
const core = (): any => requireGroup("mayfly:node/timers").default;
/** Requests without a body of their own. */
const bodiless = new Set(["GET", "HEAD", "DELETE", "OPTIONS", "TRACE", "CONNECT"]);

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

export class ClientRequest extends OutgoingMessage {
  method: string;
  path: string;
  host: string;
  protocol: string;
  agent: unknown;
  aborted = false;
  reusedSocket = false;
  res: IncomingMessage | undefined;
  socket = new MessageSocket(false, undefined, (error) => this.destroy(error));
  maxHeadersCount = null;
  #url: URL;
  #body: Uint8Array[] = [];
  #controller: AbortController;
  #timer: any;
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
    validateMethod(method);
    const url = urlOf(options, protocol);
    super();
    this.method = method.toUpperCase();
    this.path = options.path ?? "/";
    this.protocol = protocol;
    this.host = options.hostname ?? options.host ?? "localhost";
    this.agent = options.agent;
    this.#url = url;
    this.#controller = new (requireGroup("mayfly:web/events").AbortController)();
    this._addHeaders(options.headers);
    if (options.auth && !this.hasHeader("authorization")) {
      this.setHeader("Authorization", `Basic ${Buffer.from(options.auth).toString("base64")}`);
    }
    if (callback !== undefined && callback !== null) {
      validateFunction(callback, "callback");
      this.once("response", callback);
    }
    const { signal, timeout } = options;
    if (signal) {
      if (signal.aborted) nextTick(() => this.destroy(abortError(undefined, { cause: signal.reason })));
      else signal.addEventListener("abort", () => this.destroy(abortError(undefined, { cause: signal.reason })), { once: true });
    }
    if (timeout !== undefined) this.setTimeout(timeout);
  }

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
    if (this.headersSent || this.destroyed) return;
    this._markSent();
    const body = Buffer.concat(this.#body);
    this.#body = [];
    const headers = this._toHeaders(["host", "connection", "transfer-encoding", "content-length"]);
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
    nextTick(() => this.emit("abort"));
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
  };
}
