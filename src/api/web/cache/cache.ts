// SPDX-License-Identifier: Apache-2.0
// https://developers.cloudflare.com/workers/runtime-apis/cache/: what of https://w3c.github.io/ServiceWorker/#cache-interface
// Workers have. A response is kept in the memory of the cell, for the worker that has put it there.
import { defineInterface, requireArguments } from "mayfly:core";
import { Headers, Request, Response } from "mayfly:web/fetch";

import { lifetimeMs } from "./freshness.ts";
import { type Stored, answerFor } from "./match.ts";

const internal = Symbol("Cache");
const kNameMax = 1024;
const { now } = ops;

function notImplemented(class_: string, method: string): Error {
  return new Error(`Failed to execute '${method}' on '${class_}': the method is not implemented.`);
}

interface MatchOptions {
  ignoreMethod?: boolean;
}

function toRequest(given: unknown): Request {
  if (given instanceof Request) return given;
  const url = ops.urlParse(`${given as string}`);
  if (url === undefined) throw new TypeError(`Invalid URL: ${given as string}`);
  return new Request(url);
}

export class Cache {
  #name: string;

  constructor(...key: unknown[]) {
    if (key[0] !== internal) throw new TypeError("Illegal constructor");
    this.#name = key[1] as string;
  }

  #keyOf(request: Request): string {
    const hash = request.url.indexOf("#");
    return `${this.#name}\n${hash < 0 ? request.url : request.url.slice(0, hash)}`;
  }

  async put(request: Request | string, response: Response): Promise<void> {
    requireArguments("Cache.put", arguments.length, 2);
    const key = toRequest(request);
    if (!(response instanceof Response)) {
      throw new TypeError("Failed to execute 'put' on 'Cache': parameter 2 is not of type 'Response'.");
    }
    const { status, statusText, headers } = response;
    if (key.method !== "GET") throw new TypeError("Cannot cache response to non-GET request.");
    if (status === 206) throw new TypeError("Cannot cache response to a range request (206 Partial Content).");
    if (/(^|,)\s*\*\s*(,|$)/.test(headers.get("vary") ?? "")) {
      throw new TypeError("Cannot cache response with 'Vary: *' header.");
    }
    if (response.bodyUsed) {
      throw new TypeError("Body has already been used. It can only be used once. Use tee() first if you need to read it twice.");
    }
    const storedMs = now();
    const lifetime = status === 304 ? 0 : lifetimeMs(status, headers, storedMs);
    const kept = new Headers(headers);
    if (lifetime > 0) {
      // A cookie is somebody's own.
      kept.delete("set-cookie");
    }
    const body = await response.arrayBuffer();
    if (lifetime === 0) return;
    let head = statusText;
    for (const [name, value] of kept) head += `\n${name}\n${value}`;
    if (!ops.cachePut(this.#keyOf(key), status, head, body, storedMs, storedMs + lifetime)) {
      throw new Error(`The response is too large for the cache: ${body.byteLength} bytes, where ` +
        `${ops.cacheResponseBytesMax()} are the most, with its headers`);
    }
  }

  async match(request: Request | string, options: MatchOptions | null = {}): Promise<Response | undefined> {
    requireArguments("Cache.match", arguments.length, 1);
    const key = toRequest(request);
    if (key.method !== "GET" && !options?.ignoreMethod) return undefined;
    const nowMs = now();
    const found = ops.cacheMatch(this.#keyOf(key), nowMs);
    if (found === undefined) return undefined;
    const [status, head, storedMs, body] = found;
    const [statusText, ...lines] = head.split("\n");
    const headers = new Headers();
    for (let at = 0; at + 1 < lines.length; at += 2) headers.append(lines[at]!, lines[at + 1]!);
    headers.set("cf-cache-status", "HIT");
    headers.set("age", `${Math.max(0, Math.floor((nowMs - storedMs) / 1000))}`);
    const stored: Stored = { status, statusText: statusText!, headers, body };
    return answerFor(key, stored);
  }

  async delete(request: Request | string, options: MatchOptions | null = {}): Promise<boolean> {
    requireArguments("Cache.delete", arguments.length, 1);
    const key = toRequest(request);
    if (key.method !== "GET" && !options?.ignoreMethod) return false;
    return ops.cacheDelete(this.#keyOf(key), now());
  }

  async add(): Promise<never> { throw notImplemented("Cache", "add"); }
  async addAll(): Promise<never> { throw notImplemented("Cache", "addAll"); }
  async matchAll(): Promise<never> { throw notImplemented("Cache", "matchAll"); }
  async keys(): Promise<never> { throw notImplemented("Cache", "keys"); }
}

export class CacheStorage {
  #default: Cache;

  constructor(...key: unknown[]) {
    if (key[0] !== internal) throw new TypeError("Illegal constructor");
    this.#default = new Cache(internal, "");
  }

  get default(): Cache { return this.#default; }

  async open(name: string): Promise<Cache> {
    requireArguments("CacheStorage.open", arguments.length, 1);
    const text = `${name}`;
    if (text.length > kNameMax) throw new TypeError(`The name of a cache has at most ${kNameMax} characters, not ${text.length}`);
    return new Cache(internal, `:${encodeURIComponent(text.toWellFormed())}`);
  }

  async has(): Promise<never> { throw notImplemented("CacheStorage", "has"); }
  async delete(): Promise<never> { throw notImplemented("CacheStorage", "delete"); }
  async keys(): Promise<never> { throw notImplemented("CacheStorage", "keys"); }
  async match(): Promise<never> { throw notImplemented("CacheStorage", "match"); }
}
defineInterface(Cache);
defineInterface(CacheStorage);

export const caches = new CacheStorage(internal);
