// SPDX-License-Identifier: Apache-2.0
// https://fetch.spec.whatwg.org/#request-class
// Of the members, those that mean something in a server: as in Workers there is no mode, credentials, referrer and the like.
import { defineInterface, requireArguments, toDictionary } from "mayfly:core";
import { Body, type BodyState, bodyOf, contentTypeOf, extractBody, setBody } from "./body.ts";
import { Headers, headerOf, headersFromHead, headersToHead, setHeader } from "./headers.ts";

type Redirect = "follow" | "error" | "manual";
interface Fetcher {
  fetch(request: Request): Promise<Response>;
}

interface Options {
  method?: unknown;
  headers?: unknown;
  body?: unknown;
  redirect?: unknown;
  signal?: unknown;
  cf?: unknown;
  fetcher?: unknown;
  cache?: unknown;
  integrity?: unknown;
}

const internal = Symbol("request");
const cacheModes = ["default", "no-store", "reload", "no-cache", "force-cache", "only-if-cached"];

function toMethod(method: unknown): string {
  const text = `${method}`.toUpperCase();
  if (!/^[!#$%&'*+\-.^_`|~0-9A-Z]+$/.test(text) || text === "CONNECT") {
    throw new TypeError(`Invalid HTTP method string: ${method}`);
  }
  return text;
}

function toRedirect(redirect: unknown): Redirect {
  if (redirect === "follow" || redirect === "error" || redirect === "manual") return redirect;
  throw new TypeError(`Invalid redirect value, must be one of "follow", "error" or "manual": ${redirect}`);
}

function toSignal(signal: unknown): AbortSignal | undefined {
  if (signal === null) return undefined;
  if (signal instanceof requireGroup("mayfly:web/events").AbortSignal) return signal as AbortSignal;
  throw new TypeError(
    "Incorrect type for the 'signal' field on 'RequestInitializerDict': the provided value is not of type 'AbortSignal'.");
}

function toUrl(input: unknown): string {
  const text = `${input}`;
  const href = ops.urlParse(text);
  if (href === undefined) throw new TypeError(`Invalid URL: ${text}`);
  return href;
}

/** What fetch needs of a request. */
export interface RequestParts {
  method: string;
  url: string;
  headers: Headers;
  redirect: Redirect;
  signal: AbortSignal | undefined;
  fetcher: Fetcher | null;
}

export let isRequest: (value: unknown) => value is Request;
/** A request as it came in a message: `head` is "METHOD\nURL\nname\nvalue...". */
export let makeReceivedRequest: (head: string, body: BodyState | null) => Request;
export let requestParts: (request: Request) => RequestParts;
/** The headers of a message for it, with the framing that the body wants. */
export let requestHeaderLines: (request: Request) => string;
/** The signal that it was given, if any. */
export let givenSignal: (request: Request) => AbortSignal | undefined;
/** The caller has gone: aborts request.signal. */
export let abortRequest: (request: Request, reason?: unknown) => void;

export class Request extends Body {
  #method = "GET";
  // As received, until it is asked for: then it is parsed, so that what is looked at is what is fetched.
  #receivedUrl: string | undefined;
  #url = "";
  #headers: Headers | undefined;
  // As received, until headers are asked for.
  #head: string | undefined;
  // The content-type of the body, which is all there is as long as #headers is undefined.
  #contentType: string | null = null;
  #redirect: Redirect = "follow";
  #signal: AbortSignal | undefined;
  // Aborts #signal where that is ours.
  #abort: ((reason: unknown) => void) | undefined;
  #aborted: { reason: unknown } | undefined;
  #cf: unknown;
  #fetcher: Fetcher | null = null;
  #cache: string | undefined;
  #receivedBody: BodyState | null | undefined;

  static {
    isRequest = (value): value is Request => typeof value === "object" && value !== null && #method in value;
    makeReceivedRequest = (head, body) => {
      const methodEnd = head.indexOf("\n");
      const urlEnd = head.indexOf("\n", methodEnd + 1);
      if (methodEnd < 1) throw new TypeError("A request arrived without a method and a URL.");
      const request = new Request(internal);
      request.#method = head.slice(0, methodEnd);
      request.#receivedUrl = head.slice(methodEnd + 1, urlEnd < 0 ? undefined : urlEnd);
      request.#head = urlEnd < 0 ? "" : head.slice(urlEnd + 1);
      request.#redirect = "manual";
      request.#cf = {};
      request.#receivedBody = body;
      setBody(request, body);
      return request;
    };
    requestParts = (request) => ({
      method: request.#method,
      url: request.url,
      headers: request.headers,
      redirect: request.#redirect,
      signal: request.#signal,
      fetcher: request.#fetcher,
    });
    requestHeaderLines = (request) => {
      const body = bodyOf(request);
      const unchanged = body === request.#receivedBody;
      if (request.#headers === undefined && request.#head !== undefined && unchanged) return request.#head;
      return headersToHead(request.headers, unchanged ? "unchanged" : body === null ? "none" : "replaced", body?.length);
    };
    givenSignal = (request) => (request.#abort === undefined ? request.#signal : undefined);
    abortRequest = (request, reason) => {
      request.#aborted ??= { reason };
      request.#abort?.(reason);
    };
  }

  constructor(input: unknown, init: unknown = undefined) {
    super();
    if (input === internal) return;
    requireArguments("Failed to construct 'Request'", arguments.length, 1);
    const options = toDictionary<Options>(init as Options, "Failed to construct 'Request': its second argument");
    const from = isRequest(input) ? input : undefined;
    if (from === undefined) {
      this.#url = toUrl(input);
    } else {
      this.#method = from.#method;
      this.#url = from.#url;
      this.#receivedUrl = from.#receivedUrl;
      this.#redirect = from.#redirect;
      this.#signal = from.#signal;
      this.#cf = from.#cf;
      this.#fetcher = from.#fetcher;
      this.#cache = from.#cache;
    }
    const { headers, redirect, method, signal, fetcher, cache, cf } = options;
    if (method !== undefined) this.#method = toMethod(method);
    if (redirect !== undefined) this.#redirect = toRedirect(redirect);
    if (signal !== undefined) this.#signal = toSignal(signal);
    if (cf !== undefined) this.#cf = cf;
    if (fetcher !== undefined) this.#fetcher = fetcher as Fetcher | null;
    if (cache !== undefined && cache !== null) {
      if (!cacheModes.includes(cache as string)) throw new TypeError(`Unsupported cache mode: ${cache}`);
      this.#cache = cache as string;
    }
    if (options.integrity) throw new TypeError("Failed to construct 'Request': integrity is not supported.");
    if (headers !== undefined && headers !== null) this.#headers = new Headers(headers);
    else if (from !== undefined) this.#headers = new Headers(from.headers);
    this.#initBody(from, isRequest(init) ? init : options);
  }

  #initBody(from: Request | undefined, init: Request | Options): void {
    const source = isRequest(init) ? bodyOf(init) : init.body;
    if (source !== null && source !== undefined) {
      this.#refuseBodyOfGet();
      if (isRequest(init)) setBody(this, bodyOf(init)!.detach());
      else this.#setBody(...extractBody(source));
    } else if (source === undefined && from !== undefined) {
      const body = bodyOf(from);
      if (body === null) return;
      this.#refuseBodyOfGet();
      if (!body.usable) throw new TypeError("Cannot reconstruct a Request with a used body.");
      setBody(this, body.detach());
    }
  }

  #refuseBodyOfGet(): void {
    if (this.#method === "GET" || this.#method === "HEAD") {
      throw new TypeError("Request with a GET or HEAD method cannot have a body.");
    }
  }

  #setBody(body: BodyState, type: string | null): void {
    setBody(this, body);
    if (type === null) return;
    if (this.#headers === undefined) this.#contentType = type;
    else if (headerOf(this.#headers, "content-type") === null) setHeader(this.#headers, "content-type", type);
  }

  override [contentTypeOf](): string | null {
    return headerOf(this.headers, "content-type");
  }

  clone(): Request {
    const body = bodyOf(this);
    const copy = new Request(internal);
    if (body !== null) setBody(copy, body.clone());
    copy.#method = this.#method;
    copy.#url = this.#url;
    copy.#receivedUrl = this.#receivedUrl;
    copy.#headers = this.#headers === undefined ? undefined : new Headers(this.#headers);
    copy.#head = this.#head;
    copy.#contentType = this.#contentType;
    copy.#redirect = this.#redirect;
    copy.#signal = this.#head === undefined ? this.#signal : this.signal;
    copy.#cf = this.#cf;
    copy.#fetcher = this.#fetcher;
    copy.#cache = this.#cache;
    copy.#receivedBody = this.#receivedBody === body ? bodyOf(copy) : undefined;
    return copy;
  }

  get method(): string {
    return this.#method;
  }

  get url(): string {
    if (this.#receivedUrl !== undefined) {
      this.#url = toUrl(this.#receivedUrl);
      this.#receivedUrl = undefined;
    }
    return this.#url;
  }

  get headers(): Headers {
    if (this.#headers !== undefined) return this.#headers;
    if (this.#head !== undefined) {
      this.#headers = headersFromHead(this.#head, true);
    } else {
      this.#headers = new Headers();
      if (this.#contentType !== null) setHeader(this.#headers, "content-type", this.#contentType);
    }
    return this.#headers;
  }

  get redirect(): Redirect {
    return this.#redirect;
  }

  get fetcher(): Fetcher | null {
    return this.#fetcher;
  }

  get signal(): AbortSignal {
    if (this.#signal !== undefined) return this.#signal;
    const { makeSignal, abortSignal } = requireGroup("mayfly:web/events");
    const signal: AbortSignal = this.#signal = makeSignal();
    this.#abort = (reason) => abortSignal(signal, reason);
    if (this.#aborted !== undefined) this.#abort(this.#aborted.reason);
    return signal;
  }

  get cf(): unknown {
    return this.#cf;
  }

  get integrity(): string {
    this.#method;
    return "";
  }

  get keepalive(): boolean {
    this.#method;
    return false;
  }

  get cache(): string | undefined {
    return this.#cache;
  }
}

defineInterface(Request);
