// SPDX-License-Identifier: Apache-2.0
//
// Request and Response.

import { check, equal, ok, rejects, same, throws } from "../../check.js";

check("Request has its defaults", () => {
  const request = new Request("http://site.example/a?b#c");
  same(
    [request.method, request.url, request.body, request.bodyUsed],
    ["GET", "http://site.example/a?b#c", null, false],
  );
  equal(request.redirect, "follow");
});

check("Request methods are normalized", () => {
  equal(new Request("http://x/", { method: "post", body: "" }).method, "POST");
  equal(new Request("http://x/", { method: "get" }).method, "GET");
  equal(new Request("http://x/", { method: "PATCH", body: "" }).method, "PATCH");
});

check("Request refuses a relative or broken URL", () => {
  throws(() => new Request("/relative"), TypeError);
  throws(() => new Request("http://"), TypeError);
});

check("Request refuses a body with GET and HEAD", () => {
  throws(() => new Request("http://x/", { body: "x" }), TypeError);
  throws(() => new Request("http://x/", { method: "HEAD", body: "x" }), TypeError);
});

check("Request refuses an invalid method", () => {
  throws(() => new Request("http://x/", { method: "A B" }), TypeError);
});

check("Request is made from a Request with changes", async () => {
  const first = new Request("http://x/a", { method: "POST", body: "one", headers: { a: "1" } });
  const second = new Request(first, { headers: { b: "2" } });
  same(
    [second.url, second.method, second.headers.get("a"), second.headers.get("b")],
    ["http://x/a", "POST", null, "2"],
  );
  equal(await second.text(), "one");
  ok(first.bodyUsed, "the first body is used");
});

check("Request takes a URL object and a Request init", () => {
  const request = new Request(
    new URL("http://x/y"),
    new Request("http://other/", { method: "DELETE", headers: { a: "1" } }),
  );
  same([request.url, request.method, request.headers.get("a")], ["http://x/y", "DELETE", "1"]);
});

check("Request clone copies body and headers", async () => {
  const request = new Request("http://x/", { method: "POST", body: "twice", headers: { a: "1" } });
  const copy = request.clone();
  same([await request.text(), await copy.text(), copy.headers.get("a")], ["twice", "twice", "1"]);
});

check("Response has its defaults", () => {
  const response = new Response();
  same(
    [response.status, response.statusText, response.ok, response.body, response.redirected],
    [200, "", true, null, false],
  );
});

check("Response takes status, text and headers", () => {
  const response = new Response("x", { status: 404, statusText: "Gone away", headers: { a: "1" } });
  same([response.status, response.statusText, response.ok, response.headers.get("a")], [404, "Gone away", false, "1"]);
});

check("Response refuses a status out of range", () => {
  for (const status of [0, 100, 199, 600, 1000]) throws(() => new Response(null, { status }), RangeError);
});

check("Response refuses a body with a null body status", () => {
  for (const status of [204, 205, 304]) throws(() => new Response("x", { status }), TypeError);
  for (const status of [204, 205, 304]) equal(new Response(null, { status }).status, status);
});

check("Response.json makes JSON", async () => {
  const response = Response.json({ a: [1] }, { status: 201, headers: { b: "2" } });
  same(
    [response.status, response.headers.get("content-type"), response.headers.get("b"), await response.text()],
    [201, "application/json", "2", '{"a":[1]}'],
  );
  equal(
    Response.json({}, { headers: { "content-type": "application/problem+json" } }).headers.get("content-type"),
    "application/problem+json",
  );
});

check("Response.json of what has no JSON is a TypeError", { differs: "workerd sends an empty body" }, () => {
  throws(() => Response.json(undefined), TypeError);
});

check("Response.redirect makes a redirect", () => {
  const response = Response.redirect("http://x/y", 301);
  same([response.status, response.headers.get("location")], [301, "http://x/y"]);
  equal(Response.redirect("http://x/").status, 302);
  throws(() => Response.redirect("http://x/", 200), RangeError);
});

check("Response.error is a network error", () => {
  const response = Response.error();
  same([response.type, response.status], ["error", 0]);
});

check("bodies carry their content type", () => {
  equal(new Response("x").headers.get("content-type"), "text/plain;charset=UTF-8");
  equal(
    new Response(new URLSearchParams("a=1")).headers.get("content-type"),
    "application/x-www-form-urlencoded;charset=UTF-8",
  );
  equal(new Response(new Blob(["x"], { type: "text/css" })).headers.get("content-type"), "text/css");
  equal(new Response(new Uint8Array(1)).headers.get("content-type"), null);
  ok(
    /^multipart\/form-data; ?boundary=/.test(new Response(new FormData()).headers.get("content-type")),
    "multipart with boundary",
  );
});

check("a body is read as text, json, arrayBuffer, bytes and blob", async () => {
  equal(await new Response("é").text(), "é");
  same(await new Response('{"a":1}').json(), { a: 1 });
  same([...new Uint8Array(await new Response("é").arrayBuffer())], [195, 169]);
  same([...(await new Response("é").bytes())], [195, 169]);
  const blob = await new Response("x", { headers: { "content-type": "text/css" } }).blob();
  same([blob.size, blob.type, await blob.text()], [1, "text/css", "x"]);
});

check("a body is read once", async () => {
  const response = new Response("x");
  equal(response.bodyUsed, false);
  await response.text();
  equal(response.bodyUsed, true);
  await rejects(response.text(), TypeError);
  throws(() => response.clone(), TypeError);
});

check("text drops a byte order mark and replaces invalid bytes", async () => {
  equal(await new Response(new Uint8Array([0xef, 0xbb, 0xbf, 0x61])).text(), "a");
  equal(await new Response(new Uint8Array([0x61, 0xff])).text(), "a\ufffd");
});

check("broken JSON rejects with a SyntaxError", async () => {
  await rejects(new Response("{").json(), SyntaxError);
});

check("an empty body reads as empty", async () => {
  same([await new Response().text(), (await new Response(null).arrayBuffer()).byteLength], ["", 0]);
});

check("a body may be a stream, a buffer or a view", async () => {
  const bytes = new Uint8Array([97, 98, 99]);
  equal(await new Response(bytes.buffer).text(), "abc");
  equal(await new Response(bytes.subarray(1)).text(), "bc");
  const stream = new ReadableStream({
    start(controller) {
      controller.enqueue(bytes);
      controller.close();
    },
  });
  equal(await new Response(stream).text(), "abc");
});

check("a body stream of text chunks is an error", async () => {
  const stream = new ReadableStream({
    start(controller) {
      controller.enqueue("text");
      controller.close();
    },
  });
  await rejects(new Response(stream).text(), TypeError);
});

check("Response clone tees the body", async () => {
  const response = new Response("both", { status: 202, headers: { a: "1" } });
  const copy = response.clone();
  same([copy.status, copy.headers.get("a"), await copy.text(), await response.text()], [202, "1", "both", "both"]);
});

check("form data is read from urlencoded and multipart bodies", async () => {
  const encoded = await new Response(
    new URLSearchParams([
      ["a", "1 2"],
      ["b", "é"],
    ]),
  ).formData();
  same(
    [...encoded],
    [
      ["a", "1 2"],
      ["b", "é"],
    ],
  );
  const form = new FormData();
  form.append("text", "value");
  form.append("file", new File(["content"], "name.txt", { type: "text/plain" }));
  const read = await new Response(form).formData();
  equal(read.get("text"), "value");
  const file = read.get("file");
  same([file.name, file.type, await file.text()], ["name.txt", "text/plain", "content"]);
});

check("headers of a response can be changed until it is sent", () => {
  const response = new Response("x");
  response.headers.set("a", "1");
  equal(response.headers.get("a"), "1");
});

check("Request and Response are classes of their own", () => {
  equal(Object.prototype.toString.call(new Response()), "[object Response]");
  equal(Object.prototype.toString.call(new Request("http://x/")), "[object Request]");
  ok(class extends Response {}.prototype instanceof Response);
  ok(new (class extends Response {})("x") instanceof Response);
});

check("a request's signal is an AbortSignal", () => {
  const controller = new AbortController();
  const request = new Request("http://x/", { signal: controller.signal });
  equal(request.signal.aborted, false);
  controller.abort();
  equal(request.signal.aborted, true);
});
