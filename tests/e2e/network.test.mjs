// SPDX-License-Identifier: Apache-2.0
//
// fetch() to real sockets, on both runtimes: a server in this process is the upstream.

import assert from "node:assert/strict";
import http from "node:http";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { deflateSync, gzipSync } from "node:zlib";
import { root, runtimes, sleep, start } from "./harness.mjs";

let upstream;
let upstreamClosed = 0;

before(async () => {
  upstream = http.createServer(async (request, response) => {
    const path = request.url;
    if (path === "/redirect") return response.writeHead(302, { location: "/landed" }).end();
    if (path === "/loop") return response.writeHead(302, { location: "/loop" }).end();
    if (path === "/reset") return request.socket.resetAndDestroy();
    if (path === "/cut")
      return void (
        response.writeHead(200, { "content-length": "100" }).write("begin"),
        setTimeout(() => request.socket.destroy(), 20)
      );
    if (path === "/slow") return void setTimeout(() => response.end("late"), 3000);
    if (path === "/gzip") return response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync("unpacked"));
    if (path === "/deflate") return response.writeHead(200, { "content-encoding": "deflate" }).end(deflateSync("unpacked too"));
    if (path === "/broken") return response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync("unpacked").subarray(0, 20));
    if (path === "/large") return response.end(Buffer.alloc(8 << 20, "x"));
    if (path === "/drip") {
      for (const part of ["one ", "two ", "three"]) {
        response.write(part);
        await sleep(15);
      }
      return response.end();
    }
    if (path.startsWith("/n")) return response.end(path.slice(2));
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    response.setHeader("set-cookie", ["a=1", "b=2"]);
    response.writeHead(path === "/teapot" ? 418 : 200, path === "/teapot" ? "Teapot" : undefined);
    response.end(
      JSON.stringify({
        method: request.method,
        path,
        headers: request.headers,
        body: Buffer.concat(chunks).toString(),
      }),
    );
  });
  upstream.on("connection", (socket) => socket.once("close", () => upstreamClosed++));
  await new Promise((done) => upstream.listen(0, "127.0.0.1", done));
});
after(() => upstream.close());

for (const runtime of runtimes) {
  test(`fetch over the network on ${runtime}`, async (t) => {
    const address = `127.0.0.1:${upstream.address().port}`;
    const headers = { "x-upstream": `http://${address}` };
    const server = await start(runtime, join(root, "tests/e2e/workers/network"));
    const get = (path) => server.request({ path, headers });
    const cases = {
      "a text is fetched": async () => assert.equal((await get("/text?/n7")).text, "7"),
      "a request is passed through with method, headers and body": async () => {
        const {
          status,
          headers: answered,
          text,
        } = await server.request({
          method: "PUT",
          path: "/pass?/echo",
          headers: { ...headers, "x-own": "1" },
          body: "through",
        });
        const seen = JSON.parse(text);
        assert.deepEqual([status, seen.method, seen.headers["x-own"], seen.body], [200, "PUT", "1", "through"]);
        assert.deepEqual(answered["set-cookie"], ["a=1", "b=2"]);
      },
      "the Host header is the upstream's": async () =>
        assert.equal(JSON.parse((await get("/text?/echo")).text).headers.host, address),
      "a body is posted with its length": async () => {
        const seen = JSON.parse((await get("/post?/echo")).text);
        assert.deepEqual(
          [seen.method, seen.body, seen.headers["content-length"], seen.headers["x-a"]],
          ["POST", "posted", "6", "1"],
        );
      },
      "a stream is posted": async () => assert.equal(JSON.parse((await get("/stream-up?/echo")).text).body, "abc"),
      "a status arrives": async () =>
        assert.deepEqual((await get("/status?/teapot")).json().slice(0, 2), [418, "Teapot"]),
      "a redirect is followed": async () => {
        const [status, redirected, url, text] = (await get("/redirected?/redirect")).json();
        assert.deepEqual([status, redirected, url], [200, true, "/landed"]);
        assert.match(text, /landed/);
      },
      "a redirect is handed over with manual": async () =>
        assert.deepEqual(
          (await get("/status?/redirect")).json().filter((v) => v !== "Found"),
          [302, "/landed"],
        ),
      "a redirect loop is an error": async () => assert.equal((await get("/redirected?/loop")).status, 599),
      "a redirect with redirect: error is an error": async () =>
        assert.equal((await get("/redirect-error?/redirect")).status, 599),
      "a compressed body is unpacked": async () => assert.equal((await get("/text?/gzip")).text, "unpacked"),
      ...(runtime === "mayfly" && {
        "a deflated body is unpacked": async () => assert.equal((await get("/text?/deflate")).text, "unpacked too"),
      }),
      "a compressed body is passed through": async () => {
        const { headers, text } = await get("/pass?/gzip");
        assert.equal(headers["content-encoding"] === "gzip" ? "unpacked" : text, "unpacked");
      },
      "a compressed body that is cut off is an error": async () => assert.equal((await get("/text?/broken")).status, 599),
      "a body that drips is streamed": async () => assert.equal((await get("/pass?/drip")).text, "one two three"),
      "a large body passes": async () => assert.equal((await get("/pass?/large")).bytes.length, 8 << 20),
      "thirty fetches at once": async () =>
        assert.deepEqual(
          (await get("/many?/n")).json(),
          Array.from({ length: 30 }, (_, n) => String(n)),
        ),
      "a refused connection is an error": async () => assert.equal((await get("/refused")).status, 599),
      "an unknown name is an error": async () => assert.equal((await get("/unknown")).status, 599),
      "an unknown scheme is a TypeError": async () => assert.match((await get("/scheme")).text, /^TypeError/),
      "a reset connection is an error": async () => assert.equal((await get("/text?/reset")).status, 599),
      "a body that is cut off is an error": async () => assert.equal((await get("/text?/cut")).status, 599),
      "an aborted fetch ends early and closes the connection": async () => {
        const before = upstreamClosed;
        assert.match((await get("/abort?/slow")).text, /AbortError/);
        for (let i = 0; i < 50 && upstreamClosed === before; i++) await sleep(20);
        assert.ok(upstreamClosed > before, "the upstream saw the connection close");
      },
    };
    try {
      for (const [name, run] of Object.entries(cases)) await t.test(name, run);
    } finally {
      await server.stop();
    }
  });
}
