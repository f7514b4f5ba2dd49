// SPDX-License-Identifier: Apache-2.0
// https://nodejs.org/api/http.html#class-httpoutgoingmessage: the headers of what is sent, by a client or a server.
import { invalidArgType, isHttpToken, nodeError, validateString } from "mayfly:node/internal";

const { Writable } = requireGroup("mayfly:node/stream").default;

export function validateHeaderName(name: unknown, label = "Header name"): void {
  if (typeof name !== "string" || !isHttpToken(name)) {
    throw nodeError(TypeError, "ERR_INVALID_HTTP_TOKEN", `${label} must be a valid HTTP token ["${String(name)}"]`);
  }
}

export function validateHeaderValue(name: unknown, value: unknown): void {
  if (value === undefined) {
    throw nodeError(TypeError, "ERR_HTTP_INVALID_HEADER_VALUE", `Invalid value "undefined" for header "${String(name)}"`);
  }
  if (/[^\t\x20-\x7e\x80-\xff]/.test(String(value))) {
    throw nodeError(TypeError, "ERR_INVALID_CHAR", `Invalid character in header content ["${String(name)}"]`);
  }
}

export function validateMethod(method: unknown): asserts method is string {
  validateString(method, "options.method");
  if (!isHttpToken(method)) throw nodeError(TypeError, "ERR_INVALID_HTTP_TOKEN", `Method must be a valid HTTP token ["${method}"]`);
}

export class OutgoingMessage extends Writable {
  #headers = new Map<string, [name: string, value: string | string[]]>();
  #sent = false;
  sendDate = true;

  constructor(options: object = {}) {
    super({ autoDestroy: false, decodeStrings: true, ...options });
  }
  setHeader(name: string, value: any): this {
    this._checkUnsent("set");
    validateHeaderName(name);
    if (value === undefined) validateHeaderValue(name, value);
    for (const each of Array.isArray(value) ? value : [value]) validateHeaderValue(name, each);
    this.#headers.set(name.toLowerCase(), [name, Array.isArray(value) ? value.map(String) : String(value)]);
    return this;
  }
  setHeaders(headers: any): this {
    if (headers === null || typeof headers?.entries !== "function") throw invalidArgType("headers", ["Headers", "Map"], headers);
    const cookies: string[] = [];
    for (const [name, value] of headers) {
      if (`${name}`.toLowerCase() === "set-cookie") cookies.push(value);
      else this.setHeader(name, value);
    }
    if (cookies.length > 0) this.setHeader("set-cookie", cookies.flat());
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
    this._checkUnsent("remove");
    this.#headers.delete(`${name}`.toLowerCase());
  }
  get headersSent(): boolean {
    return this.#sent;
  }
  /** All headers of an object, a list of names and values, or a list of pairs. */
  _addHeaders(headers: any): void {
    if (Array.isArray(headers)) {
      const list = headers.flat();
      for (let at = 0; at + 1 < list.length; at += 2) this.appendHeader(list[at], list[at + 1]);
    } else {
      for (const [name, value] of Object.entries(headers ?? {})) if (value !== undefined) this.setHeader(name, value);
    }
  }
  /** As they are sent, without the names that are not the message's own. */
  _toHeaders(left: string[]): Headers {
    const headers = new (requireGroup("mayfly:web/fetch").Headers)();
    for (const [key, [, value]] of this.#headers) {
      if (left.includes(key)) continue;
      for (const each of [value].flat()) headers.append(key, each);
    }
    return headers;
  }
  _markSent(): void {
    this.#sent = true;
  }
  _checkUnsent(action: string): void {
    if (this.#sent) throw nodeError(Error, "ERR_HTTP_HEADERS_SENT", `Cannot ${action} headers after they are sent to the client`);
  }
  addTrailers(_headers: unknown): void {
    throw nodeError(Error, "ERR_METHOD_NOT_IMPLEMENTED", "The addTrailers method is not implemented");
  }
  flushHeaders(): void {}
}
