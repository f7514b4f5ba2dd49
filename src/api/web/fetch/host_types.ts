// SPDX-License-Identifier: Apache-2.0
// Headers, requests and responses as values of RPC. Headers cross as the lines of a message's head; a body as what it is: a
// string, bytes, or a stream, which is a host object itself.
import { type Descriptor, cloneError, registerHostType } from "mayfly:core";
import { type Body, type Bytes, BodyState, bodyOf } from "./body.ts";
import { Headers, headersFromHead, headersToHead } from "./headers.ts";
import { Request, givenSignal, makeReceivedRequest, requestHeaderLines } from "./request.ts";
import { Response, makeReceivedResponse, responseHead, webSocketOf } from "./response.ts";

// The body is used up by being sent.
function writeBody(object: Body): unknown {
  const body = bodyOf(object);
  if (body === null) return null;
  const { content } = body;
  if (content === undefined) return body.detach().stream();
  body.take();
  return typeof content === "string" || content.length === content.buffer.byteLength ? content : content.slice();
}

function readBody(value: unknown): BodyState | null {
  if (value === null || value === undefined) return null;
  if (typeof value === "string" || value instanceof Uint8Array) return new BodyState(value as string | Bytes);
  if (value instanceof requireGroup("mayfly:web/streams").ReadableStream) return BodyState.ofStream(value as ReadableStream);
  throw new TypeError("A body arrived that is no string, bytes or stream.");
}

function readText(value: unknown, what: string): string {
  if (typeof value !== "string") throw new TypeError(`${what} arrived that is not text.`);
  return value;
}

function refuseClone(session: unknown, what: string): void {
  if (session === null) {
    throw cloneError(`Could not serialize object of type "${what}". This type does not support structuredClone().`);
  }
}

registerHostType({
  tag: "headers",
  type: Headers,
  write(_session, headers): Descriptor {
    return ["headers", headersToHead(headers, "unchanged")];
  },
  read: (_session, [, lines]) => headersFromHead(readText(lines, "Headers"), false),
});

registerHostType({
  tag: "request",
  type: Request,
  write(session, request): Descriptor {
    refuseClone(session, "Request");
    const lines = requestHeaderLines(request);
    const head = `${request.method}\n${request.url}${lines === "" ? "" : `\n${lines}`}`;
    return ["request", head, request.redirect, writeBody(request), givenSignal(request)];
  },
  read(_session, [, head, redirect, body, signal]) {
    const request = makeReceivedRequest(readText(head, "A request"), readBody(body));
    return new Request(request, signal === undefined ? { redirect } : { redirect, signal });
  },
});

registerHostType({
  tag: "response",
  type: Response,
  write(session, response): Descriptor {
    refuseClone(session, "Response");
    if (webSocketOf(response) !== null) {
      throw cloneError('Could not serialize object of type "WebSocket". This type does not support serialization.');
    }
    return ["response", response.status, responseHead(response), response.url, response.redirected, writeBody(response)];
  },
  read(_session, [, status, head, url, redirected, body]) {
    if (!Number.isInteger(status)) throw new TypeError("A response arrived without a status.");
    return makeReceivedResponse(status as number, readText(head, "A response"), readBody(body), readText(url, "A URL"),
      redirected === true);
  },
});
