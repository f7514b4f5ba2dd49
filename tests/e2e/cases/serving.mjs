// SPDX-License-Identifier: Apache-2.0
//
// HTTP as a client sees it. A case is
//   { name, request | raw, expect, times?, retry?, differs?, mayflyOnly? }
// `request` is a path or { method, path, headers, body }; `raw` is what goes over the socket as it stands (see
// rawExchange in harness.mjs) and `expect.raw` are patterns that its answer must match, `expect.not` one that it must
// not. `differs` says why workerd fails the case by choice, `mayflyOnly` why it is not asked.

const close = "Connection: close\r\n\r\n";
const host = "Host: x\r\n";

export const serving = {
  name: "serving",
  targets: ["tests/e2e/workers/serving"],
  cases: [
    // ---- handlers
    {
      name: "a fetch handler answers",
      request: "/text",
      expect: { status: 200, text: "plain text", headers: { "content-type": /^text\/plain;\s?charset=utf-8$/i } },
    },
    ...["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"].map((method) => ({
      name: `${method} reaches the handler`,
      request: { method, path: "/method" },
      expect: { status: 200, text: method },
    })),
    {
      name: "the URL has the Host header's name, path and query",
      request: { path: "/url?a=1&b=%20", headers: { host: "named.example:99" } },
      expect: { text: "http://named.example:99/url?a=1&b=%20" },
    },
    {
      name: "request headers arrive in lower case",
      request: { path: "/headers", headers: { "X-Mixed-Case": "Value", accept: "a/b" } },
      expect: { json: (seen) => seen["x-mixed-case"] === "Value" && seen.accept === "a/b" },
    },
    { name: "vars are text or JSON", request: "/vars", expect: { json: ["hello", { a: [1, 2] }] } },
    { name: "a class entrypoint answers fetch", request: "/klass", expect: { text: "class hello /klass" } },
    { name: "an object entrypoint answers fetch", request: "/object", expect: { text: "object hello" } },
    {
      name: "an unknown path is the handler's business",
      request: "/nothing",
      expect: { status: 404, text: "no such route" },
    },

    // ---- responses
    {
      name: "JSON has its content type",
      request: "/json",
      expect: { text: '{"a":1}', headers: { "content-type": "application/json" } },
    },
    {
      name: "bytes arrive as they are",
      request: "/bytes",
      expect: { bytes: [0, 1, 254, 255], headers: { "content-length": "4" } },
    },
    ...[201, 204, 304, 404, 418, 503].map((code) => ({
      name: `status ${code}`,
      request: `/status?code=${code}`,
      expect: { status: code, text: "" },
    })),
    { name: "a status text arrives", request: "/reason", expect: { status: 299, statusText: "Quite Fine" } },
    {
      name: "cookies are separate headers, others joined or repeated",
      request: "/cookies",
      expect: { headers: { "set-cookie": ["a=1", "b=2"], "x-a": "1, 2" } },
    },
    {
      name: "an empty response has length 0",
      request: "/empty",
      expect: { status: 200, text: "", headers: { "content-length": "0" } },
    },
    {
      name: "a redirect is handed to the client",
      request: "/redirect",
      expect: { status: 302, headers: { location: "http://elsewhere.example/there" } },
    },
    { name: "a large body arrives whole", request: "/large", expect: { length: 5 << 20 } },
    {
      name: "a body of known length is framed by it",
      request: "/text",
      expect: { headers: { "content-length": "10", "transfer-encoding": undefined } },
    },
    {
      name: "a stream is chunked",
      request: "/stream",
      expect: { text: "one two three", headers: { "transfer-encoding": "chunked", "content-length": undefined } },
    },
    {
      name: "a given content-length is kept",
      request: "/fixed",
      expect: { text: "12345", headers: { "content-length": "5" } },
    },

    // ---- request bodies
    {
      name: "a body with a length",
      request: { method: "POST", path: "/echo", body: "body text" },
      expect: { text: "body text" },
    },
    {
      name: "a chunked body",
      request: { method: "POST", path: "/echo", body: ["a", "bc", "def"] },
      expect: { text: "abcdef" },
    },
    {
      name: "binary is not touched",
      request: { method: "POST", path: "/echo", body: Buffer.from([0, 255, 128, 10, 13]) },
      expect: { bytes: [0, 255, 128, 10, 13] },
    },
    {
      name: "a large body",
      request: { method: "POST", path: "/length", body: Buffer.alloc(3 << 20, 1) },
      expect: { text: String(3 << 20) },
    },
    {
      name: "a large body streams back",
      request: { method: "POST", path: "/echo", body: Buffer.alloc(3 << 20, 1) },
      expect: { length: 3 << 20 },
    },
    { name: "a GET has no body", request: "/hasbody", expect: { text: "false" } },
    {
      name: "a POST with length 0 has an empty body",
      request: { method: "POST", path: "/length", headers: { "content-length": "0" } },
      expect: { text: "0" },
    },
    {
      name: "a form",
      request: {
        method: "POST",
        path: "/form",
        headers: { "content-type": "application/x-www-form-urlencoded" },
        body: "a=1&b=x+y",
      },
      expect: { json: { a: "1", b: "x y" } },
    },
    {
      name: "a handler need not read the body",
      request: { method: "POST", path: "/ignore-body", body: Buffer.alloc(1 << 20) },
      expect: { text: "did not read" },
    },
    {
      name: "a body is transformed while it comes",
      request: { method: "POST", path: "/duplex", body: ["ab", "cd"] },
      expect: { text: "ABCD" },
    },

    // ---- errors
    {
      name: "an uncaught error is a 500 that shows it under dev",
      request: "/throw",
      expect: { status: 500, text: /thrown on purpose/ },
      differs: "workerd's body says Internal Server Error; the error is in its log",
    },
    {
      name: "a rejected handler is a 500 that shows it under dev",
      request: "/reject",
      expect: { status: 500, text: /rejected on purpose/ },
      differs: "workerd's body says Internal Server Error; the error is in its log",
    },
    { name: "a thrown text is a 500", request: "/throw-text", expect: { status: 500 } },
    { name: "no response is a 500", request: "/no-response", expect: { status: 500 } },
    { name: "a wrong response is a 500", request: "/wrong-response", expect: { status: 500 } },
    { name: "the server goes on after errors", request: "/text", expect: { status: 200, text: "plain text" } },
    {
      name: "passThroughOnException with nowhere to pass to is an error status",
      request: "/pass-through",
      expect: { status: (code) => code >= 500 },
      differs: "workerd ends the connection without an answer",
    },
    { name: "waitUntil does not hold up the answer", request: "/background", expect: { text: "answered" } },
    {
      name: "what waitUntil was given goes on after the answer",
      request: "/background-done",
      expect: { json: ["waited"] },
    },
    { name: "a rejection in waitUntil does no harm", request: "/background-error", expect: { text: "answered" } },
    {
      name: "a stream that breaks cuts the answer off",
      raw: [`GET /stream-error HTTP/1.1\r\n${host}\r\n`],
      expect: { raw: [/^HTTP\/1\.1 200 /, /begin/], not: /\r\n0\r\n\r\n$/, closed: true },
    },

    // ---- HTTP/1.1
    {
      name: "HEAD has the headers of GET and no body",
      raw: [`HEAD /text HTTP/1.1\r\n${host}${close}`],
      expect: { raw: [/^HTTP\/1\.1 200 OK\r\n/, /\r\nContent-Length: 10\r\n/i, /\r\n\r\n$/], closed: true },
    },
    {
      name: "HEAD of a stream ends at once",
      raw: [`HEAD /stream HTTP/1.1\r\n${host}${close}`],
      expect: { raw: [/^HTTP\/1\.1 200 OK\r\n/, /\r\n\r\n$/], not: /one two/, closed: true },
    },
    {
      name: "HEAD keeps the connection usable",
      raw: [`HEAD /text HTTP/1.1\r\n${host}\r\n`, `GET /json HTTP/1.1\r\n${host}${close}`],
      expect: { raw: [/\{"a":1\}$/] },
    },
    {
      name: "keep-alive serves several requests on one connection",
      raw: [`GET /text HTTP/1.1\r\n${host}\r\n`, 50, `GET /json HTTP/1.1\r\n${host}${close}`],
      expect: { raw: [/plain text/, /\{"a":1\}$/], closed: true },
    },
    {
      name: "pipelined requests are answered in order",
      raw: [
        ["/slow?ms=60", "/text", "/json"].map((path) => `GET ${path} HTTP/1.1\r\n${host}\r\n`).join("") +
          `GET /method HTTP/1.1\r\n${host}${close}`,
      ],
      expect: { raw: [/slow[^]*plain text[^]*\{"a":1\}[^]*GET$/], closed: true },
    },
    {
      name: "pipelined requests with bodies are kept apart",
      raw: [
        `POST /echo HTTP/1.1\r\n${host}Content-Length: 3\r\n\r\nabcPOST /echo HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\n3\r\ndef\r\n0\r\n\r\nGET /text HTTP/1.1\r\n${host}${close}`,
      ],
      expect: { raw: [/abc[^]*def[^]*plain text$/] },
    },
    {
      name: "a body that nobody read does not confuse the next request",
      raw: [
        `POST /ignore-body HTTP/1.1\r\n${host}Content-Length: 5\r\n\r\nGET /`,
        30,
        `GET /json HTTP/1.1\r\n${host}${close}`,
      ],
      expect: { raw: [/did not read[^]*\{"a":1\}$/] },
    },
    {
      name: "Connection: close closes",
      raw: [`GET /text HTTP/1.1\r\n${host}${close}`],
      expect: { raw: [/plain text$/, /\r\nConnection: close\r\n/i], closed: true },
    },
    {
      name: "HTTP/1.0 is answered and closed",
      raw: ["GET /text HTTP/1.0\r\n\r\n"],
      expect: { raw: [/^HTTP\/1\.[01] 200 /, /plain text$/], closed: true },
      differs: "workerd refuses HTTP/1.0 without a Host header",
    },
    {
      name: "HTTP/1.0 gets no chunks",
      raw: [`GET /stream HTTP/1.0\r\n${host}\r\n`],
      expect: { raw: [/^HTTP\/1\.[01] 200 /, /\r\n\r\none two three$/], closed: true },
    },
    {
      name: "Expect: 100-continue is answered when the body is wanted",
      raw: [`POST /echo HTTP/1.1\r\n${host}Expect: 100-continue\r\nContent-Length: 4\r\n${close}`, 100, "body"],
      expect: { raw: [/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 /, /body$/] },
    },
    {
      name: "chunks with extensions and trailers are understood",
      raw: [
        `POST /echo HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n${close}3;a=b\r\nabc\r\n2\r\nde\r\n0\r\nX-Trailer: 1\r\n\r\n`,
      ],
      expect: { raw: [/abc(\r\n2\r\n)?de/] },
    },
    {
      name: "a request may come byte by byte",
      raw: [...`GET /text HTTP/1.1\r\n${host}${close}`].flatMap((byte) => [byte, 1]),
      expect: { raw: [/plain text$/] },
    },
    {
      name: "blank lines before a request are skipped",
      raw: [`\r\n\r\nGET /text HTTP/1.1\r\n${host}${close}`],
      expect: { raw: [/plain text$/] },
    },
    {
      name: "an absolute request target is understood",
      raw: [`GET http://absolute.example/url HTTP/1.1\r\nHost: absolute.example\r\n${close}`],
      expect: { raw: [/http:\/\/absolute\.example\/url$/] },
    },
    {
      name: "a client that leaves ends the stream's source",
      raw: [`GET /endless HTTP/1.1\r\n${host}\r\n`],
      timeoutMs: 150,
      expect: { raw: [/^HTTP\/1\.1 200 /] },
    },
    // A new connection each time: another shard has an instance of its own.
    {
      name: "the source was cancelled",
      raw: [`GET /cancelled HTTP/1.1\r\n${host}${close}`],
      retry: true,
      expect: { raw: [/\r\n1$/] },
    },
    { name: "requests on one connection do not wait for another", request: "/slow?ms=1", expect: { text: "slow" } },

    // ---- what is refused
    ...[
      ["a request line that is none", "NONSENSE\r\n\r\n", /^HTTP\/1\.1 400 /],
      ["a request line without version", `GET /\r\n${host}\r\n`, /^HTTP\/1\.1 400 /],
      ["an unknown version", `GET / HTTP/7.3\r\n${host}\r\n`, /^HTTP\/1\.1 (400|505) /],
      ["a method with forbidden characters", `G@T / HTTP/1.1\r\n${host}\r\n`, /^HTTP\/1\.1 (400|501) /],
      ["a header without a colon", `GET /text HTTP/1.1\r\n${host}broken\r\n\r\n`, /^HTTP\/1\.1 400 /],
      ["a header name with a space", `GET /text HTTP/1.1\r\n${host}bro ken: 1\r\n\r\n`, /^HTTP\/1\.1 400 /],
      ["a space before the colon", `GET /text HTTP/1.1\r\n${host}a : 1\r\n\r\n`, /^HTTP\/1\.1 400 /],
      ["a header with a NUL", `GET /text HTTP/1.1\r\n${host}a: \0\r\n\r\n`, /^HTTP\/1\.1 400 /],
      ["a folded header", `GET /text HTTP/1.1\r\n${host}a: 1\r\n  2\r\n\r\n`, /^HTTP\/1\.1 400 /],
      ["no Host in HTTP/1.1", "GET /text HTTP/1.1\r\n\r\n", /^HTTP\/1\.1 400 /],
      ["two Hosts", `GET /text HTTP/1.1\r\n${host}Host: y\r\n\r\n`, /^HTTP\/1\.1 400 /, "workerd answers 500"],
      ["a Host that is none", "GET /text HTTP/1.1\r\nHost: a b/c\r\n\r\n", /^HTTP\/1\.1 400 /, "workerd answers 500"],
      [
        "a Content-Length that is no number",
        `POST /echo HTTP/1.1\r\n${host}Content-Length: abc\r\n\r\n`,
        /^HTTP\/1\.1 400 /,
      ],
      ["a negative Content-Length", `POST /echo HTTP/1.1\r\n${host}Content-Length: -1\r\n\r\n`, /^HTTP\/1\.1 400 /],
      [
        "two Content-Lengths",
        `POST /echo HTTP/1.1\r\n${host}Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd`,
        /^HTTP\/1\.1 400 /,
      ],
      [
        "Content-Length with Transfer-Encoding",
        `POST /echo HTTP/1.1\r\n${host}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
        /^HTTP\/1\.1 400 /,
        "workerd goes by Transfer-Encoding",
      ],
      [
        "an unknown Transfer-Encoding",
        `POST /echo HTTP/1.1\r\n${host}Transfer-Encoding: gzip\r\n\r\n`,
        /^HTTP\/1\.1 (400|501) /,
      ],
      [
        "Transfer-Encoding with chunked not last",
        `POST /echo HTTP/1.1\r\n${host}Transfer-Encoding: chunked, gzip\r\n\r\n`,
        /^HTTP\/1\.1 (400|501) /,
      ],
    ].map(([what, text, pattern, differs]) => ({
      name: `refused: ${what}`,
      raw: [text],
      expect: { raw: [pattern] },
      timeoutMs: 1500,
      differs,
    })),
    {
      name: "a chunk size that is none ends the connection",
      raw: [`POST /length HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\nxyz\r\nabc\r\n`],
      timeoutMs: 1500,
      expect: { not: /^HTTP\/1\.1 200 /, closed: true },
    },
    {
      name: "a body that ends early is not taken for whole",
      raw: [`POST /length HTTP/1.1\r\n${host}Content-Length: 10\r\n\r\nabc`],
      timeoutMs: 300,
      expect: { not: /200 OK/ },
    },
    {
      name: "refused: a head above the limit",
      raw: [`GET /text HTTP/1.1\r\n${host}a: ${"x".repeat(300_000)}\r\n\r\n`],
      expect: { raw: [/^HTTP\/1\.1 (431|400) /], closed: true },
      differs: "workerd takes larger heads",
    },
    {
      name: "refused: a request target above the limit",
      raw: [`GET /${"x".repeat(300_000)} HTTP/1.1\r\n${host}\r\n`],
      expect: { raw: [/^HTTP\/1\.1 (414|431|400) /], closed: true },
    },
    {
      name: "refused: too many headers",
      raw: [`GET /text HTTP/1.1\r\n${host}${"a: 1\r\n".repeat(60_000)}\r\n`],
      expect: { raw: [/^HTTP\/1\.1 (431|400) /], closed: true },
    },
    {
      name: "refused: a body above the limit",
      raw: [`POST /length HTTP/1.1\r\n${host}Content-Length: 1000000000\r\n\r\n`],
      timeoutMs: 500,
      expect: { raw: [/^HTTP\/1\.1 413 /] },
      differs: "workerd takes bodies of any size",
    },
    {
      name: "a 4xx of the server says what was wrong",
      raw: [`GET /text HTTP/1.1\r\n${host}broken\r\n\r\n`],
      expect: { raw: [/\r\n\r\n.{5,}/s] },
    },
    {
      name: "the server goes on after malformed requests",
      request: "/text",
      expect: { status: 200, text: "plain text" },
    },
    {
      name: "TLS bytes on the plain port do no harm",
      raw: [Buffer.from("16030100a5010000a10303", "hex")],
      timeoutMs: 300,
      expect: {},
    },
    { name: "a connection that says nothing does no harm", raw: [], timeoutMs: 100, expect: {} },
  ],
};
