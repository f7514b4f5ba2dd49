// SPDX-License-Identifier: Apache-2.0
// Requests and responses as messages of a session (docs/design/messages.md), and what fetch does with redirects: a peer
// answers what it was asked, and following is the caller's work.
import {
  type IncomingStream, MessageFlag, MessageType, type ResponseMessage, type Session, checkBodySize, isEgress, nameLimit,
} from "mayfly:core";
import { packedAs, unpacked, unpackedHead } from "./content_encoding.ts";
import { type Bytes, BodyState, type Content, bodyOf } from "./body.ts";
import { type Headers, deleteHeader, fromHeadText, headerOf, headersFrom, headersToHead } from "./headers.ts";
import { type Request, isRequest, makeReceivedRequest, requestHeaderLines, requestParts } from "./request.ts";
import {
  type Response, isNullBodyStatus, isRedirectStatus, isResponse, makeReceivedResponse, responseHead, webSocketOf,
} from "./response.ts";
import { asksForWebSocket, dial, sendWebSocket } from "./upgrade.ts";

const kInlineBytesMax = 1024 * 1024;
const kRedirectsMax = 20;

function receiveBody(session: Session, head: string, flags: number, stream: number, payload: unknown): BodyState | null {
  if (flags & MessageFlag.bodyStream) return BodyState.received(session.receiveStream(stream), head);
  if (!(flags & MessageFlag.bodyInline)) return null;
  if (payload instanceof Uint8Array) checkBodySize(payload.byteLength);
  return new BodyState(payload instanceof Uint8Array ? payload as Bytes : "");
}

/** Before the headers are written, which may tell the length: what is too long to go inline becomes a stream. */
function frameBody(body: BodyState | null): void {
  if (body?.content !== undefined && body.content.length > kInlineBytesMax) body.stream();
}

interface SentBody {
  flags: number;
  stream: number;
  payload: Content | undefined;
}

/** The flags, stream and payload that carry a body, which is used up by it. */
function sendBody(session: Session, body: BodyState | null): SentBody {
  if (body === null) return { flags: 0, stream: 0, payload: undefined };
  const { content } = body;
  if (content !== undefined) {
    checkBodySize(content.length);
    body.take();
    return { flags: MessageFlag.bodyInline, stream: 0, payload: content };
  }
  return { flags: MessageFlag.bodyStream, stream: session.sendStream(body.detach().stream()), payload: undefined };
}

export function requestFromMessage(session: Session, head: string, flags: number, stream: number, payload: unknown): Request {
  return makeReceivedRequest(head, receiveBody(session, head, flags, stream, payload));
}

/** `clientBytes`: what the client of a WebSocket sends, if it asks for one. True: that is taken over. */
export async function sendResponse(session: Session, callId: number, response: unknown,
                                   clientBytes: IncomingStream | null): Promise<boolean> {
  if (!isResponse(response)) {
    throw new TypeError('Incorrect type for Promise: the Promise did not resolve to "Response".');
  }
  if (response.status === 0) throw new TypeError("Response.error() cannot be sent as a response.");
  const webSocket = webSocketOf(response);
  if (webSocket !== null) {
    sendWebSocket(session, callId, webSocket, responseHead(response), clientBytes);
    return true;
  }
  frameBody(bodyOf(response));
  const head = responseHead(response);
  const sent = sendBody(session, bodyOf(response));
  session.send(MessageType.response, sent.flags, callId, response.status, sent.stream, head, sent.payload);
  return false;
}

/** Nobody wants it: what it would have streamed is told so. */
export async function dropResponse(response: unknown): Promise<void> {
  if (!isResponse(response)) return;
  const webSocket = webSocketOf(response);
  if (webSocket !== null) requireGroup("mayfly:web/websocket").discard(webSocket);
  await response.body?.cancel("The caller went away.");
}

// One request and what `read` makes of its answer, unless the signal is aborted first; afterwards that ends the body.
function exchange(session: Session, target: number, pipelined: boolean, head: string, body: BodyState | null,
                  signal: AbortSignal | undefined, read: (message: ResponseMessage) => Response): Promise<Response> {
  if (session.writing) {
    return Promise.resolve().then(() => exchange(session, target, pipelined, head, body, signal, read));
  }
  const refusal = session.refusal;
  if (refusal !== null) return Promise.reject(refusal);
  const sent = sendBody(session, body);
  const callId = session.nextCallId();
  const flags = sent.flags | (pipelined ? MessageFlag.pipelined : 0);
  session.send(MessageType.fetch, flags, callId, target, sent.stream, head, sent.payload);
  const answer = session.expectResponse(callId, read);
  if (signal === undefined) return answer;
  return new Promise((resolve, reject) => {
    const abort = () => {
      session.finishCall(callId);
      reject(signal.reason);
    };
    signal.addEventListener("abort", abort);
    answer.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

/** A stream that errors when the signal is aborted, and then cancels its source. */
function abortable(source: ReadableStream, signal: AbortSignal): ReadableStream {
  const reader = source.getReader();
  let abort: () => void;
  const end = () => signal.removeEventListener("abort", abort);
  const { ReadableStream } = requireGroup("mayfly:web/streams");
  return new ReadableStream({
    type: "bytes",
    start(controller: ReadableByteStreamController) {
      abort = () => {
        controller.error(signal.reason);
        reader.cancel(signal.reason).catch(() => {});
      };
      signal.addEventListener("abort", abort, { once: true });
    },
    async pull(controller: ReadableByteStreamController) {
      try {
        const { done, value } = await reader.read();
        if (signal.aborted) return;
        if (!done) {
          controller.enqueue(value);
          return;
        }
        controller.close();
        controller.byobRequest?.respond(0);
        end();
      } catch (error) {
        end();
        throw error;
      }
    },
    cancel(reason: unknown) {
      end();
      return reader.cancel(reason);
    },
  });
}

/** There is no response, and the head says why; its second line is the name of the error, if it has one of its own. */
function networkError(head: string): TypeError {
  const [message, name] = head.split("\n");
  const error = new TypeError(fromHeadText(message!));
  return name === undefined ? error : nameLimit(error, name);
}

function responseFromMessage(session: Session, message: ResponseMessage, url: string, redirected: boolean,
                             signal: AbortSignal | undefined): Response {
  const { status, flags, stream, payload } = message;
  let { head } = message;
  if (status === 0) throw networkError(head);
  if (!Number.isInteger(status) || status < 200 || status > 999) {
    throw new TypeError(`The peer answered with the status ${status}, which cannot be that of a response.`);
  }
  let body = receiveBody(session, head, flags, stream, payload);
  if (body !== null && isNullBodyStatus(status)) {
    body.discard();
    body = null;
  }
  const format = body === null || !isEgress(session) ? undefined : packedAs(head);
  if (format !== undefined) {
    head = unpackedHead(head);
    body = new BodyState(undefined, false, unpacked(body!.stream(), format));
  }
  if (signal !== undefined && body !== null && body.content === undefined) {
    body = new BodyState(undefined, false, abortable(body.stream(), signal), body.length);
  }
  return makeReceivedResponse(status, head, body, url, redirected);
}

const withoutFragment = (url: string): string => {
  const hash = url.indexOf("#");
  return hash < 0 ? url : url.slice(0, hash);
};
const originOf = (url: string): string => /^[^/]*\/\/[^/?#]*/.exec(url)?.[0] ?? url;

/** https://fetch.spec.whatwg.org/#http-redirect-fetch: the URL to go on with, or undefined when there is none. */
function redirectTarget(response: Response, url: string): string | undefined {
  const location = headerOf(response.headers, "location");
  if (location === null) return undefined;
  const target = ops.urlParse(location, url);
  if (target === undefined || !/^https?:/.test(target)) {
    throw new TypeError(`The redirect of ${url} leads to ${location}, which is not an http or https URL.`);
  }
  const hash = url.indexOf("#");
  return target.includes("#") || hash < 0 ? target : target + url.slice(hash);
}

const messageHead = (method: string, url: string, lines: string): string =>
  `${method}\n${withoutFragment(url)}${lines === "" ? "" : `\n${lines}`}`;

const bodyHeaders = ["content-encoding", "content-language", "content-location", "content-type", "content-length"];

export async function sendRequest(session: Session, target: number, pipelined: boolean, request: unknown): Promise<Response> {
  if (!isRequest(request)) throw new TypeError("What is to be fetched is not a Request.");
  let { method, url, headers, redirect, signal } = requestParts(request);
  signal?.throwIfAborted();
  const body = bodyOf(request);
  // What a redirect may have to send again; a stream can be sent once.
  let again = body?.content;
  frameBody(body);
  const lines = requestHeaderLines(request);
  const head = messageHead(method, url, lines);
  let redirects = 0; // followed so far
  const read = (message: ResponseMessage): Response =>
    responseFromMessage(session, message, withoutFragment(url), redirects > 0, signal);
  const send = asksForWebSocket(method, headers, body)
    ? (text: string) => dial(session, target, pipelined, text, withoutFragment(url), signal, read)
    : (text: string, content: BodyState | null) => exchange(session, target, pipelined, text, content, signal, read);
  for (let response = await send(head, body);;) {
    const { status } = response;
    if (redirect === "manual" || !isRedirectStatus(status)) return response;
    if (redirect === "error") {
      bodyOf(response)?.discard();
      throw new TypeError(`${url} answered with a redirect, and the request says redirect: "error".`);
    }
    const next = redirectTarget(response, url);
    if (next === undefined) return response;
    bodyOf(response)?.discard();
    if (redirects === kRedirectsMax) throw new TypeError(`Too many redirects: more than ${kRedirectsMax}, the last to ${next}`);
    if (redirects === 0) headers = headersFrom(headers);
    if (((status === 301 || status === 302) && method === "POST") ||
        (status === 303 && method !== "GET" && method !== "HEAD")) {
      method = "GET";
      again = undefined;
      for (const name of bodyHeaders) deleteHeader(headers, name);
    } else if (body !== null && again === undefined && method !== "GET") {
      throw new TypeError("A request with a one-time-use body (it was initialized from a stream, not a buffer) encountered a " +
        "redirect requiring the body to be retransmitted. To avoid this error in the future, construct this request from a " +
        "buffer-like body initializer.");
    }
    if (originOf(next) !== originOf(url)) {
      for (const name of ["authorization", "proxy-authorization", "cookie", "host"]) deleteHeader(headers, name);
    }
    url = next;
    redirects++;
    const nextBody = again === undefined ? null : new BodyState(again);
    frameBody(nextBody);
    const nextLines = headersToHead(headers, nextBody === null ? "none" : "replaced", nextBody?.length);
    const nextHead = messageHead(method, url, nextLines);
    response = await send(nextHead, nextBody);
  }
}
