// SPDX-License-Identifier: Apache-2.0
// The Cache API. workerd has none without a service that is one, so it is asked only about what is refused before.
import { equal, ok, pause, rejects, same, throws } from "../check.js";

let number = 0;
/** An address that no other check has. */
const fresh = () => `https://cache.example/${++number}?q=${crypto.randomUUID()}`;
const cache = () => caches.default;
const kept = (text = "text", headers = {}, status = 200) => new Response(text, { status, headers });

// name -> [status, headers, whether it is kept]
const lifetimes = {
  "without a word": [200, {}, true],
  "max-age": [200, { "cache-control": "public, max-age=60" }, true],
  "max-age=0": [200, { "cache-control": "max-age=0" }, false],
  "max-age that is no number": [200, { "cache-control": "max-age=x" }, false],
  "s-maxage before max-age": [200, { "cache-control": "max-age=0, s-maxage=10" }, true],
  "no-store": [200, { "cache-control": "no-store, max-age=60" }, false],
  "private": [200, { "cache-control": "Private" }, false],
  "no-cache": [200, { "cache-control": "no-cache" }, false],
  "expires later": [200, { expires: new Date(Date.now() + 60_000).toUTCString() }, true],
  "expired": [200, { expires: "Thu, 01 Jan 1970 00:00:00 GMT" }, false],
  "expires at nonsense": [200, { expires: "0" }, false],
  "a cookie": [200, { "set-cookie": "a=b", "cache-control": "max-age=60" }, false],
  "a cookie that is private": [200, { "set-cookie": "a=b", "cache-control": "private=Set-Cookie, max-age=60" }, true],
  "not found": [404, {}, true],
  "an error": [500, {}, false],
  "an error with max-age": [500, { "cache-control": "max-age=60" }, true],
  "not modified": [304, { "cache-control": "max-age=60" }, false],
};

const ranges = {
  "bytes=0-0": [206, "0", "bytes 0-0/10"],
  "bytes=2-4": [206, "234", "bytes 2-4/10"],
  "bytes=7-": [206, "789", "bytes 7-9/10"],
  "bytes=-3": [206, "789", "bytes 7-9/10"],
  "bytes=-30": [206, "0123456789", "bytes 0-9/10"],
  "bytes=8-100": [206, "89", "bytes 8-9/10"],
  "bytes=10-": [416, "", "bytes */10"],
  "bytes=-0": [416, "", "bytes */10"],
  "bytes=4-2": [200, "0123456789", null],
  "bytes=0-1,3-4": [200, "0123456789", null],
  "lines=1-2": [200, "0123456789", null],
};

const own = {
  "a response comes back with its status, headers and body, as often as it is asked for": async () => {
    const url = fresh();
    equal(await cache().match(url), undefined);
    equal(await cache().put(url, kept("text", { "x-a": "b", "content-type": "text/x", "cache-control": "max-age=60" }, 203)), undefined);
    for (let time = 0; time < 2; time++) {
      const found = await cache().match(new Request(url));
      same([found.status, found.headers.get("x-a"), found.headers.get("content-type"), await found.text()], [203, "b", "text/x", "text"]);
      same([found.headers.get("cf-cache-status"), found.headers.get("age")], ["HIT", "0"]);
    }
  },
  "a body is used up by put, and bytes stay what they are": async () => {
    const url = fresh();
    const bytes = new Uint8Array([0, 255, 128, 10]);
    const response = new Response(new Blob([bytes]).stream(), { headers: { "cache-control": "max-age=9" } });
    await cache().put(url, response);
    ok(response.bodyUsed);
    same(await (await cache().match(url)).arrayBuffer(), bytes.buffer);
  },
  ...Object.fromEntries(Object.entries(lifetimes).map(([name, [status, headers, stays]]) =>
    [`what is kept: ${name}`, async () => {
      const url = fresh();
      await cache().put(url, kept(status === 304 ? null : "x", headers, status));
      const found = await cache().match(url);
      equal(found !== undefined, stays);
      if (stays) equal(found.headers.get("set-cookie"), null);
    }])),
  ...Object.fromEntries(Object.entries(ranges).map(([range, [status, text, contentRange]]) =>
    [`a part of it: ${range}`, async () => {
      const url = fresh();
      await cache().put(url, kept("0123456789"));
      const found = await cache().match(new Request(url, { headers: { range } }));
      same([found.status, await found.text(), found.headers.get("content-range")], [status, text, contentRange]);
    }])),
  "a response is gone when its time is over": async () => {
    const url = fresh();
    await cache().put(url, kept("x", { "cache-control": "max-age=1" }));
    ok(await cache().match(url));
    await pause(1100);
    equal(await cache().match(url), undefined);
  },
  "what has not changed is not sent again": async () => {
    const url = fresh();
    await cache().put(url, kept("x", { etag: '"a"', "last-modified": "Thu, 01 Jan 2026 00:00:00 GMT" }));
    const statusFor = async (headers) => (await cache().match(new Request(url, { headers }))).status;
    equal(await statusFor({ "if-none-match": '"a"' }), 304);
    equal(await statusFor({ "if-none-match": 'W/"b", W/"a"' }), 304);
    equal(await statusFor({ "if-none-match": "*" }), 304);
    equal(await statusFor({ "if-none-match": '"b"' }), 200);
    equal(await statusFor({ "if-modified-since": "Thu, 01 Jan 2026 00:00:00 GMT" }), 304);
    equal(await statusFor({ "if-modified-since": "Wed, 31 Dec 2025 00:00:00 GMT" }), 200);
  },
  "delete says whether there was one": async () => {
    const url = fresh();
    equal(await cache().delete(url), false);
    await cache().put(url, kept());
    equal(await cache().delete(new Request(url, { method: "POST" })), false);
    equal(await cache().delete(new Request(url, { method: "POST" }), { ignoreMethod: true }), true);
    equal(await cache().match(url), undefined);
  },
  "the address counts whole, but for its fragment; the method must be GET": async () => {
    const url = fresh();
    await cache().put(`${url}#one`, kept());
    ok(await cache().match(`${url}#two`));
    equal(await cache().match(`${url}x`), undefined);
    equal(await cache().match(new Request(url, { method: "HEAD" })), undefined);
    ok(await cache().match(new Request(url, { method: "HEAD" }), { ignoreMethod: true }));
  },
  "caches of different names do not see each other": async () => {
    const url = fresh();
    const [one, other] = [await caches.open("one"), await caches.open("a\nb \u00e9\ud800")];
    await one.put(url, kept("of one"));
    equal(await other.match(url), undefined);
    equal(await cache().match(url), undefined);
    await other.put(url, kept("of other"));
    equal(await (await (await caches.open("one")).match(url)).text(), "of one");
    equal(await (await other.match(url)).text(), "of other");
  },
  "a response that is too large is refused, and the old one stays": async () => {
    const url = fresh();
    await cache().put(url, kept("old"));
    await rejects(cache().put(url, new Response(new Uint8Array(17 << 20))), /^The response is too large for the cache: 17825792 bytes/);
    equal(await (await cache().match(url)).text(), "old");
  },
  "room is made for what comes by what was used least": async () => {
    const urls = Array.from({ length: 20 }, fresh);
    for (const url of urls) await cache().put(url, new Response(new Uint8Array(5 << 20)));
    equal(await cache().match(urls[0]), undefined);
    ok(await cache().match(urls[19]));
    for (const url of urls) await cache().delete(url);
  },
};

const refused = {
  "put refuses what cannot be kept": async () => {
    const url = fresh();
    const message = (text) => ({ name: "TypeError", message: text });
    await rejects(cache().put(new Request(url, { method: "POST" }), kept()), message("Cannot cache response to non-GET request."));
    await rejects(cache().put(url, kept("x", {}, 206)), message("Cannot cache response to a range request (206 Partial Content)."));
    await rejects(cache().put(url, kept("x", { vary: "*" })), message("Cannot cache response with 'Vary: *' header."));
    const used = kept();
    await used.text();
    await rejects(cache().put(url, used),
      message("Body has already been used. It can only be used once. Use tee() first if you need to read it twice."));
    await rejects(async () => cache().put("nope", kept()), message("Invalid URL: nope"));
    await rejects(async () => cache().put(url), TypeError);
    await rejects(async () => cache().put(url, "text"), TypeError);
  },
  "match of another method than GET finds nothing": async () => {
    equal(await cache().match(new Request(fresh(), { method: "POST" })), undefined);
  },
  "what Workers do not have says so": async () => {
    const missing = (method, of) => `Failed to execute '${method}' on '${of}': the method is not implemented.`;
    for (const method of ["add", "addAll", "matchAll", "keys"]) await rejects(async () => cache()[method](fresh()), missing(method, "Cache"));
    for (const method of ["has", "delete", "keys", "match"]) await rejects(async () => caches[method]("x"), missing(method, "CacheStorage"));
  },
  "caches look native": async () => {
    equal(Object.prototype.toString.call(caches), "[object CacheStorage]");
    equal(Object.prototype.toString.call(caches.default), "[object Cache]");
    ok(caches.default === caches.default && (await caches.open("a")) instanceof Cache);
    throws(() => new Cache(), TypeError);
    throws(() => new CacheStorage(), TypeError);
    await rejects(async () => caches.open(), TypeError);
  },
};

export const checks = { ...own, ...refused };
/** Those that need a cache to be there. */
export const mayflyOnly = Object.keys(own);
