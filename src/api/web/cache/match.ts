// SPDX-License-Identifier: Apache-2.0
// What a kept response is answered with: whole, not at all (If-None-Match, If-Modified-Since), or in part (Range).
// https://www.rfc-editor.org/rfc/rfc9110#section-13 and #section-14
import { type Headers, type Request, Response } from "mayfly:web/fetch";

export interface Stored {
  status: number;
  statusText: string;
  headers: Headers;
  body: ArrayBuffer;
}

const opaque = (tag: string): string => tag.trim().replace(/^W\//, "");

function isUnchanged(request: Request, headers: Headers): boolean {
  const tags = request.headers.get("if-none-match");
  if (tags !== null) {
    const own = headers.get("etag");
    return tags.trim() === "*" || (own !== null && tags.split(",").some((tag) => opaque(tag) === opaque(own)));
  }
  const since = Date.parse(request.headers.get("if-modified-since") ?? "");
  const modified = Date.parse(headers.get("last-modified") ?? "");
  return modified <= since; // not where either is missing
}

/** [from, to) of a body of `size` bytes; null for a range that has nothing of it; undefined for what is no single range. */
function readRange(header: string, size: number): [from: number, to: number] | null | undefined {
  const [, first, last] = /^\s*bytes\s*=\s*(\d*)\s*-\s*(\d*)\s*$/i.exec(header) ?? [];
  if (first === undefined || last === undefined || (first === "" && last === "")) return undefined;
  if (first === "") return Number(last) === 0 || size === 0 ? null : [Math.max(0, size - Number(last)), size];
  const from = Number(first);
  const to = last === "" ? size : Math.min(Number(last) + 1, size);
  if (last !== "" && Number(last) < from) return undefined;
  return from >= size ? null : [from, to];
}

export function answerFor(request: Request, { status, statusText, headers, body }: Stored): Response {
  if (isUnchanged(request, headers)) {
    headers.delete("content-length");
    return new Response(null, { status: 304, headers });
  }
  const size = body.byteLength;
  const range = status === 200 ? request.headers.get("range") : null;
  const part = range === null ? undefined : readRange(range, size);
  if (part === null) {
    headers.set("content-range", `bytes */${size}`);
    headers.delete("content-length");
    return new Response(null, { status: 416, headers });
  }
  if (part !== undefined) {
    headers.set("content-range", `bytes ${part[0]}-${part[1] - 1}/${size}`);
    headers.set("content-length", `${part[1] - part[0]}`);
    return new Response(body.slice(...part), { status: 206, headers });
  }
  const hasBody = status !== 204 && status !== 205;
  return new Response(hasBody ? body : null, { status, statusText, headers });
}
