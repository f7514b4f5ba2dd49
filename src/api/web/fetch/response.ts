// SPDX-License-Identifier: Apache-2.0
// https://fetch.spec.whatwg.org/#response-class
import { defineInterface, requireArguments, toDictionary } from "mayfly:core";
import { Body, BodyState, bodyOf, contentTypeOf, extractBody, setBody } from "./body.ts";
import { Headers, headerOf, headersFromHead, headersToHead, makeImmutable, setHeader } from "./headers.ts";

interface Options {
  status?: unknown;
  statusText?: unknown;
  headers?: unknown;
  cf?: unknown;
  webSocket?: unknown;
  encodeBody?: unknown;
}

const internal = Symbol("response");
const redirectStatuses = [301, 302, 303, 307, 308];

export const isNullBodyStatus = (status: number): boolean =>
  status === 101 || status === 204 || status === 205 || status === 304;
export const isRedirectStatus = (status: number): boolean => redirectStatuses.includes(status);

function toStatus(status: unknown, webSocket: unknown): number {
  const number = Math.trunc(Number(status));
  if (webSocket !== null) {
    if (number === 101) return number;
    throw new RangeError("Responses with a WebSocket must have status code 101.");
  }
  if (!(number >= 200 && number <= 599)) {
    throw new RangeError("Responses may only be constructed with status codes in the range 200 to 599, inclusive.");
  }
  return number;
}

function toWebSocket(given: unknown): object | null {
  if (given === undefined || given === null) return null;
  if (requireGroup("mayfly:web/websocket").isWebSocket(given)) return given as object;
  throw new TypeError("Incorrect type for the 'webSocket' field on 'InitializerDict': the provided value is not of type " +
      "'WebSocket'.");
}

function toStatusText(statusText: unknown): string {
  const text = `${statusText}`;
  if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(text)) throw new TypeError("Invalid statusText");
  return text;
}

export let isResponse: (value: unknown) => value is Response;
/** A response as it came in a message: `head` is "STATUS TEXT\nname\nvalue...". */
export let makeReceivedResponse: (status: number, head: string, body: BodyState | null, url: string,
                                  redirected: boolean) => Response;
/** The head of a message for it, with the framing that the body wants. */
export let responseHead: (response: Response) => string;
/** What a client and a worker speak by, after status 101; null of every other response. */
export let webSocketOf: (response: Response) => object | null;
export let setWebSocket: (response: Response, webSocket: object) => void;

export class Response extends Body {
  #status = 200;
  #statusText = "";
  #headers: Headers | undefined;
  // As received, until headers are asked for.
  #head: string | undefined;
  // The content-type of the body, which is all there is as long as #headers is undefined.
  #contentType: string | null = null;
  #type: "default" | "error" = "default";
  #url = "";
  #redirected = false;
  #cf: unknown;
  #encodeBody: "automatic" | "manual" = "automatic";
  #receivedBody: BodyState | null | undefined;
  #webSocket: object | null = null;

  static {
    isResponse = (value): value is Response => typeof value === "object" && value !== null && #status in value;
    makeReceivedResponse = (status, head, body, url, redirected) => {
      const response = new Response(internal);
      const end = head.indexOf("\n");
      response.#status = status;
      response.#statusText = end < 0 ? head : head.slice(0, end);
      response.#head = end < 0 ? "" : head.slice(end + 1);
      response.#url = url;
      response.#redirected = redirected;
      response.#receivedBody = body;
      setBody(response, body);
      return response;
    };
    webSocketOf = (response) => response.#webSocket;
    setWebSocket = (response, webSocket) => {
      response.#webSocket = webSocket;
    };
    responseHead = (response) => {
      const body = bodyOf(response);
      const headers = response.#headHeaders(body);
      return headers === "" ? response.#statusText : `${response.#statusText}\n${headers}`;
    };
  }

  constructor(body: unknown = null, init: unknown = undefined) {
    super();
    if (body === internal) return;
    const options = toDictionary<Options>(init as Options, "Failed to construct 'Response': its second argument");
    this.#webSocket = toWebSocket(options.webSocket);
    if (options.status !== undefined || this.#webSocket !== null) {
      this.#status = toStatus(options.status ?? 200, this.#webSocket);
    }
    if (options.statusText !== undefined) this.#statusText = toStatusText(options.statusText);
    if (options.headers !== undefined && options.headers !== null) this.#headers = new Headers(options.headers);
    if (options.encodeBody !== undefined && options.encodeBody !== null) {
      if (options.encodeBody !== "automatic" && options.encodeBody !== "manual") {
        throw new TypeError(`encodeBody: unexpected value: ${options.encodeBody}`);
      }
      this.#encodeBody = options.encodeBody;
    }
    this.#cf = options.cf;
    if (body !== null && body !== undefined) this.#setBody(...extractBody(body));
  }

  static json(data: unknown, init: unknown = undefined): Response {
    requireArguments("Failed to execute 'json' on 'Response'", arguments.length, 1);
    const text = JSON.stringify(data);
    if (text === undefined) throw new TypeError("Failed to execute 'json' on 'Response': the data is not JSON serializable.");
    const response = new Response(null, init);
    response.#setBody(new BodyState(text), "application/json");
    return response;
  }

  static redirect(url: unknown, status: unknown = 302): Response {
    requireArguments("Failed to execute 'redirect' on 'Response'", arguments.length, 1);
    const href = ops.urlParse(`${url}`);
    if (href === undefined) throw new TypeError(`Unable to parse URL: ${url}`);
    const number = Math.trunc(Number(status));
    if (!isRedirectStatus(number)) {
      throw new RangeError(
        `${status} is not a redirect status code. It must be one of: 301, 302, 303, 307, or 308.`);
    }
    const response = new Response(null, { status: number, headers: { location: href } });
    makeImmutable(response.#headers!);
    return response;
  }

  static error(): Response {
    const response = new Response();
    response.#status = 0;
    response.#type = "error";
    makeImmutable(response.headers);
    return response;
  }

  #setBody(body: BodyState, type: string | null): void {
    if (isNullBodyStatus(this.#status)) {
      if (body.content?.length === 0) return;
      throw new TypeError("Response with null body status (101, 204, 205, or 304) cannot have a body.");
    }
    setBody(this, body);
    if (type === null) return;
    if (this.#headers === undefined) this.#contentType = type;
    else if (headerOf(this.#headers, "content-type") === null) setHeader(this.#headers, "content-type", type);
  }

  #headHeaders(body: BodyState | null): string {
    const unchanged = body === this.#receivedBody;
    if (this.#headers === undefined) {
      if (this.#head !== undefined && unchanged) return this.#head;
      if (this.#head === undefined && body?.length === undefined) {
        return this.#contentType === null ? "" : `content-type\n${this.#contentType}`;
      }
    }
    return headersToHead(this.headers, unchanged ? "unchanged" : body === null ? "none" : "replaced", body?.length);
  }

  override [contentTypeOf](): string | null {
    return this.#headers === undefined && this.#head === undefined
      ? this.#contentType
      : headerOf(this.headers, "content-type");
  }

  clone(): Response {
    if (this.#webSocket !== null) throw new TypeError("Cannot clone a response to a WebSocket handshake.");
    const body = bodyOf(this);
    const copy = new Response(internal);
    if (body !== null) setBody(copy, body.clone());
    copy.#status = this.#status;
    copy.#statusText = this.#statusText;
    copy.#headers = this.#headers === undefined ? undefined : new Headers(this.#headers);
    copy.#head = this.#head;
    copy.#contentType = this.#contentType;
    copy.#type = this.#type;
    copy.#url = this.#url;
    copy.#redirected = this.#redirected;
    copy.#cf = this.#cf;
    copy.#encodeBody = this.#encodeBody;
    copy.#receivedBody = this.#receivedBody === body ? bodyOf(copy) : undefined;
    return copy;
  }

  get status(): number {
    return this.#status;
  }

  get statusText(): string {
    return this.#statusText;
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

  get ok(): boolean {
    return this.#status >= 200 && this.#status <= 299;
  }

  get redirected(): boolean {
    return this.#redirected;
  }

  get url(): string {
    return this.#url;
  }

  get webSocket(): object | null {
    return this.#webSocket;
  }

  get cf(): unknown {
    return this.#cf;
  }

  get type(): string {
    return this.#type;
  }

  get encodeBody(): string {
    return this.#encodeBody;
  }
}

defineInterface(Response);
