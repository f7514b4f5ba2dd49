// SPDX-License-Identifier: Apache-2.0
// The content of files, as responses. It is read by the supervisor; small files that were asked for stay here.

import { lookup } from "mrmime";
import { Response, fetch } from "mayfly:web/fetch";
import type { AssetFile } from "./files.ts";

const kKeptFileBytesMax = 128 * 1024;
const kKeptBytesMax = 16 * 1024 * 1024;
const kCacheControl = "public, max-age=0, must-revalidate";

/** By number, the one that was used last at the end. */
const kept = new Map<number, ArrayBuffer>();
let keptBytes = 0;

function keep(number: number, content: ArrayBuffer): void {
  if (kept.has(number)) return;
  kept.set(number, content);
  keptBytes += content.byteLength;
  for (const [oldest, { byteLength }] of kept) {
    if (keptBytes <= kKeptBytesMax) return;
    kept.delete(oldest);
    keptBytes -= byteLength;
  }
}

async function contentOf({ number, bytes }: AssetFile): Promise<ArrayBuffer | ReadableStream | null> {
  if (bytes === 0) return new ArrayBuffer(0);
  const found = kept.get(number);
  if (found !== undefined) {
    kept.delete(number);
    kept.set(number, found);
    return found;
  }
  const response = await fetch(`http://assets/${number}`);
  if (bytes > kKeptFileBytesMax) return response.body;
  const content = await response.arrayBuffer();
  keep(number, content);
  return content;
}

function contentType(path: string): string {
  const type = lookup(path) ?? "application/octet-stream";
  return type.startsWith("text/") ? `${type}; charset=utf-8` : type;
}

/** https://www.rfc-editor.org/rfc/rfc9110#name-if-none-match */
function isKnown(etag: string, ifNoneMatch: string | null): boolean {
  if (ifNoneMatch === null) return false;
  return ifNoneMatch.split(",").some((given) => {
    const tag = given.trim().replace(/^W\//, "");
    return tag === "*" || tag === etag;
  });
}

export async function respond(file: AssetFile, status: number, request: Request): Promise<Response> {
  const etag = `"${file.etag}"`;
  const headers = { etag, "cache-control": kCacheControl };
  if (status === 200 && isKnown(etag, request.headers.get("if-none-match"))) {
    return new Response(null, { status: 304, headers });
  }
  const all = { ...headers, "content-type": contentType(file.path), "content-length": String(file.bytes) };
  if (request.method === "HEAD") return new Response(null, { status, headers: all });
  return new Response(await contentOf(file), { status, headers: all });
}
