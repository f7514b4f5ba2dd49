// SPDX-License-Identifier: Apache-2.0
// Headers, Request, Response and fetch. The checks of fetch go to `site`, which must be the worker's global outbound.
import { equal, ok, pause, rejects, same, throws } from "../check.js";

const origin = "http://site.test";
const encode = (text) => new TextEncoder().encode(text);
const streamOf = (...chunks) =>
  new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(typeof chunk === "string" ? encode(chunk) : chunk);
      controller.close();
    },
  });

/** What the checks of fetch talk to. */
export async function site(request) {
  const url = new URL(request.url);
  const parameter = (name) => url.searchParams.get(name);
  switch (url.pathname) {
    case "/echo": {
      const headers = Object.fromEntries([...request.headers].filter(([name]) => !/^(host|content-length|transfer-encoding|cf-.*)$/.test(name)));
      return Response.json({ method: request.method, url: request.url, headers, body: await request.text() });
    }
    case "/redirect": return new Response("moved", { status: Number(parameter("status") ?? 302), headers: { location: parameter("to") } });
    case "/loop": return new Response(null, { status: 302, headers: { location: `/loop?${Number(url.search.slice(1)) + 1}` } });
    case "/nowhere": return new Response("stay", { status: 302 });
    case "/status": return new Response(null, { status: Number(parameter("code")), statusText: "As asked" });
    case "/cookies": {
      const headers = new Headers({ "x-a": "1" });
      headers.append("set-cookie", "a=1, x");
      headers.append("set-cookie", "b=2");
      return new Response("cookies", { headers });
    }
    case "/large": return new Response(new Uint8Array(3_000_000).fill(7));
    case "/stream": return new Response(streamOf("one ", "two ", "three"));
    case "/slow": {
      await pause(60_000);
      return new Response("late");
    }
    case "/drip": return new Response(new ReadableStream({
      async pull(controller) {
        controller.enqueue(encode("."));
        await pause(20);
      },
    }));
    case "/back": return new Response(request.body, { headers: { "content-type": request.headers.get("content-type") ?? "none" } });
    case "/fails": throw new Error("the site is broken");
  }
  return new Response("not here", { status: 404 });
}

const json = async (path, init) => (await fetch(origin + path, init)).json();
const post = (body, init) => new Request("http://a/", { method: "POST", body, ...init });

const headers = {
  "Headers are asked for in any case": () => {
    const headers = new Headers({ "Content-Type": "a/b", "X-Number": 3 });
    same([headers.get("content-type"), headers.get("CONTENT-TYPE"), headers.get("x-number"), headers.get("none")], ["a/b", "a/b", "3", null]);
    same([headers.has("X-NUMBER"), headers.has("none")], [true, false]);
  },
  "Headers from pairs, records, Headers and Maps": () => {
    const list = (init) => [...new Headers(init)];
    same(list([["b", "1"], ["A", "2"], ["B", "3"]]), [["a", "2"], ["b", "1, 3"]]);
    same(list(new Headers({ a: "1" })), [["a", "1"]]);
    same(list(new Map([["a", "1"]])), [["a", "1"]]);
    same(list(undefined), []);
    same(list(), []);
    for (const bad of [null, 1, "a: b", [["a"]], [["a", "b", "c"]], ["ab"]]) throws(() => new Headers(bad), TypeError);
  },
  "Headers combine repeated names": () => {
    const headers = new Headers();
    headers.append("a", "1");
    headers.append("A", "2");
    equal(headers.get("a"), "1, 2");
    headers.set("a", "3");
    equal(headers.get("a"), "3");
    headers.delete("A");
    equal(headers.get("a"), null);
  },
  "Headers keep set-cookie apart": () => {
    const headers = new Headers({ b: "1" });
    headers.append("set-cookie", "x=1; Expires=Mon, 1 Jan");
    headers.append("Set-Cookie", "y=2");
    same(headers.getSetCookie(), ["x=1; Expires=Mon, 1 Jan", "y=2"]);
    equal(headers.get("set-cookie"), "x=1; Expires=Mon, 1 Jan, y=2");
    same([...headers], [["b", "1"], ["set-cookie", "x=1; Expires=Mon, 1 Jan"], ["set-cookie", "y=2"]]);
    same([...new Headers(headers)], [...headers]);
    same(headers.getAll("set-cookie"), headers.getSetCookie());
    throws(() => headers.getAll("b"), TypeError);
    headers.set("set-cookie", "z=3");
    same(headers.getSetCookie(), ["z=3"]);
    headers.delete("set-cookie");
    same(headers.getSetCookie(), []);
  },
  "Headers iterate by name": () => {
    const headers = new Headers({ b: "2", A: "1", c: "3" });
    same([...headers.keys()], ["a", "b", "c"]);
    same([...headers.values()], ["1", "2", "3"]);
    same([...headers.entries()], [...headers]);
    const seen = [];
    headers.forEach((value, name, self) => seen.push(name + value + (self === headers)));
    same(seen, ["a1true", "b2true", "c3true"]);
    same(Object.fromEntries(headers), { a: "1", b: "2", c: "3" });
  },
  "Headers trim values and refuse bad ones": () => {
    equal(new Headers({ a: " \tb c\t " }).get("a"), "b c");
    equal(new Headers({ a: "" }).get("a"), "");
    for (const value of ["1\n2", "1\r2", "1\0"]) throws(() => new Headers({ a: value }), { name: "TypeError", message: "Invalid header value." });
    for (const name of ["a b", "a:"]) throws(() => new Headers({ [name]: "1" }), { name: "TypeError", message: "Invalid header name." });
    throws(() => new Headers().get("a b"), TypeError);
    throws(() => new Headers().append("a"), TypeError);
  },
  "Headers refuse names that are empty or not ASCII": () => {
    for (const name of ["", "é", "a\n"]) {
      throws(() => new Headers({ [name]: "1" }), { name: "TypeError", message: "Invalid header name." });
    }
  },
  "Headers hold names that objects have": () => {
    const headers = new Headers({ constructor: "1", toString: "2" });
    headers.append("__proto__", "3");
    same([...headers], [["__proto__", "3"], ["constructor", "1"], ["tostring", "2"]]);
    equal(new Headers().get("constructor"), null);
  },
  "classes look native": () => {
    for (const [object, name] of [[new Headers(), "Headers"], [new Request("http://a"), "Request"], [new Response(), "Response"]]) {
      equal(Object.prototype.toString.call(object), `[object ${name}]`);
      same(Object.keys(object), []);
      ok(Object.getOwnPropertyDescriptor(Object.getPrototypeOf(object), "constructor").enumerable === false);
    }
    ok("get" in Headers.prototype && Object.keys(Headers.prototype).includes("get"));
    throws(() => Request.prototype.url, TypeError);
    throws(() => Headers.prototype.get.call({}, "a"), TypeError);
    throws(() => Request("http://a"), TypeError);
  },
  "classes can be extended": async () => {
    class Mine extends Response {
      get twice() {
        return this.status * 2;
      }
    }
    const mine = new Mine("x", { status: 201 });
    equal(mine.twice, 402);
    equal(await mine.text(), "x");
    class Ask extends Request {}
    equal(new Ask("http://a/b").url, "http://a/b");
  },
};

const responses = {
  "Response's defaults": () => {
    const { status, statusText, ok, url, redirected, type, bodyUsed, body } = new Response();
    same([status, statusText, ok, url, redirected, type, bodyUsed, body], [200, "", true, "", false, "default", false, null]);
    equal(new Response(undefined).body, null);
    equal(new Response(null).body, null);
  },
  "Response takes status, text and headers": () => {
    const response = new Response("x", { status: 404, statusText: "Gone away", headers: { "X-A": "1" } });
    same([response.status, response.statusText, response.ok, response.headers.get("x-a")], [404, "Gone away", false, "1"]);
    same([...new Response("y", response).headers], [["content-type", "text/plain;charset=UTF-8"], ["x-a", "1"]]);
  },
  "Response refuses impossible statuses": () => {
    for (const status of [0, 99, 101, 199, 600, 1000, "x"]) throws(() => new Response(null, { status }), RangeError);
    for (const status of [204, 205, 304]) {
      throws(() => new Response("x", { status }), TypeError);
      equal(new Response(null, { status }).status, status);
    }
    throws(() => new Response(null, { statusText: "a\nb" }), TypeError);
  },
  "Response derives the content type from the body": () => {
    const type = (body, init) => new Response(body, init).headers.get("content-type");
    equal(type("x"), "text/plain;charset=UTF-8");
    equal(type(5), "text/plain;charset=UTF-8");
    equal(type(new URLSearchParams("a=b")), "application/x-www-form-urlencoded;charset=UTF-8");
    equal(type(new Blob(["x"])), null);
    equal(type(new Blob(["x"], { type: "a/b" })), "a/b");
    equal(type(new Uint8Array(1)), null);
    equal(type(streamOf("x")), null);
    equal(type(null), null);
    equal(type("x", { headers: { "Content-Type": "own/type" } }), "own/type");
  },
  "Response bodies of every kind are read": async () => {
    const text = (body) => new Response(body).text();
    equal(await text("é\u{1f600}"), "é\u{1f600}");
    equal(await text(encode("bytes").buffer), "bytes");
    equal(await text(encode("-part-").subarray(1, 5)), "part");
    equal(await text(new DataView(encode("view").buffer)), "view");
    equal(await text(new Blob(["blob"])), "blob");
    equal(await text(new URLSearchParams({ a: "b c" })), "a=b+c");
    equal(await text(streamOf("a", "", "b")), "ab");
    equal(await text({ toString: () => "object" }), "object");
    equal(await text(true), "true");
    equal(await text((async function* () { yield encode("gen"); })()), "gen");
    equal(await text(undefined), "");
  },
  "Response replaces lone surrogates": async () => {
    equal(await new Response("a\ud800b").text(), "a\ufffdb");
  },
  "Response bodies are read as every kind": async () => {
    const bytes = encode('{"a":[1,"é"]}');
    for (const body of ['{"a":[1,"é"]}', bytes, streamOf(bytes.slice())]) {
      same(await new Response(body).clone().json(), { a: [1, "é"] });
    }
    same([...await new Response("é").bytes()], [0xc3, 0xa9]);
    const buffer = await new Response(bytes.subarray(1, 4)).arrayBuffer();
    ok(buffer instanceof ArrayBuffer);
    equal(buffer.byteLength, 3);
    const blob = await new Response("x", { headers: { "content-type": "Text/HTML; Charset=X" } }).blob();
    same([blob.size, blob.type], [1, "text/html;charset=X"]);
    equal((await new Response(bytes).blob()).type, "");
  },
  "a body keeps a copy of the bytes": async () => {
    const bytes = encode("abc");
    const response = new Response(bytes);
    bytes[0] = 0;
    equal(await response.text(), "abc");
  },
  "text() drops a byte order mark and replaces what is not UTF-8": async () => {
    equal(await new Response("\ufeffa").text(), "a");
    equal(await new Response(new Uint8Array([0xef, 0xbb, 0xbf, 0x61, 0xff])).text(), "a\ufffd");
    equal(await new Response("\ufeff1").json(), 1);
  },
  "json() rejects what is no JSON": async () => {
    await rejects(new Response("a").json(), SyntaxError);
    await rejects(new Response("").json(), SyntaxError);
  },
  "a body is read once": async () => {
    for (const body of ["x", encode("x"), streamOf("x"), ""]) {
      const response = new Response(body);
      equal(response.bodyUsed, false);
      await response.text();
      equal(response.bodyUsed, true);
      await rejects(response.text(), { name: "TypeError", message: /^Body has already been used/ });
      await rejects(response.arrayBuffer(), TypeError);
      throws(() => response.clone(), TypeError);
    }
    const none = new Response();
    equal(await none.text(), "");
    equal(await none.text(), "");
    equal(none.bodyUsed, false);
  },
  "body is one stream": async () => {
    const response = new Response("abc");
    const { body } = response;
    ok(body instanceof ReadableStream);
    equal(response.body, body);
    equal(response.bodyUsed, false);
    const reader = body.getReader();
    await rejects(response.text(), TypeError);
    const { value } = await reader.read();
    ok(value instanceof Uint8Array);
    equal(new TextDecoder().decode(value), "abc");
    equal((await reader.read()).done, true);
    equal(response.bodyUsed, true);
  },
  "body can be read although it was looked at": async () => {
    const response = new Response("abc");
    response.body;
    equal(await response.text(), "abc");
    const empty = new Response("");
    for await (const _ of empty.body) throw new Error("there is nothing in it");
  },
  "canceling body uses it": async () => {
    const response = new Response("abc");
    await response.body.cancel();
    equal(response.bodyUsed, true);
  },
  "body of large bytes comes in chunks that add up": async () => {
    let size = 0;
    for await (const chunk of new Response(new Uint8Array(300_000)).body) size += chunk.length;
    equal(size, 300_000);
  },
  "a locked stream is no body": () => {
    const stream = streamOf("x");
    stream.getReader();
    throws(() => new Response(stream), TypeError);
  },
  "a stream of anything but bytes fails": async () => {
    for (const chunk of ["text", 3, null]) {
      const stream = new ReadableStream({ start: (controller) => { controller.enqueue(chunk); controller.close(); } });
      await rejects(new Response(stream).text(), { name: "TypeError", message: /^This ReadableStream did not return bytes/ });
    }
  },
  "a stream's error is the reader's": async () => {
    const stream = new ReadableStream({ pull: (controller) => controller.error(new RangeError("broken")) });
    await rejects(new Response(stream).text(), { name: "RangeError", message: "broken" });
  },
  "Response.clone": async () => {
    for (const body of ["abc", encode("abc"), streamOf("a", "bc"), new Blob(["abc"])]) {
      const response = new Response(body, { status: 201, headers: { a: "b" } });
      const copy = response.clone();
      copy.headers.set("a", "c");
      same([copy.status, response.headers.get("a"), copy.headers.get("a")], [201, "b", "c"]);
      const [first, second] = await Promise.all([response.text(), copy.text()]);
      same([first, second], ["abc", "abc"]);
    }
    const bytes = new Response(encode("abc"));
    const copy = bytes.clone();
    (await bytes.bytes())[0] = 0;
    equal(await copy.text(), "abc");
    equal(new Response(null).clone().body, null);
  },
  "Response.json": async () => {
    const response = Response.json({ a: 1 }, { status: 201, headers: { "x-a": "1" } });
    same([response.status, [...response.headers], await response.text()], [201, [["content-type", "application/json"], ["x-a", "1"]], '{"a":1}']);
    equal(Response.json(1, { headers: { "content-type": "a/b" } }).headers.get("content-type"), "a/b");
    throws(() => Response.json({ n: 1n }), TypeError);
    throws(() => Response.json(1, { status: 204 }), TypeError);
  },
  "Response.redirect": () => {
    const response = Response.redirect("http://a/b?c");
    same([response.status, [...response.headers], response.body], [302, [["location", "http://a/b?c"]], null]);
    equal(Response.redirect(new URL("http://a"), 308).status, 308);
    throws(() => response.headers.set("a", "b"), TypeError);
    throws(() => Response.redirect("/b"), TypeError);
    throws(() => Response.redirect("http://a", 200), RangeError);
  },
  "Response.error": () => {
    const response = Response.error();
    same([response.status, response.type, response.ok, response.body], [0, "error", false, null]);
  },
};

const requests = {
  "Request's defaults": () => {
    const { method, url, redirect, body, bodyUsed, signal } = new Request("http://A/x#frag");
    same([method, url, redirect, body, bodyUsed, signal.aborted], ["GET", "http://a/x#frag", "follow", null, false, false]);
    equal(new Request(new URL("http://a/b")).url, "http://a/b");
  },
  "Request refuses bad addresses and methods": () => {
    for (const bad of ["/a", "", "http://"]) throws(() => new Request(bad), TypeError);
    for (const method of ["CONNECT", "a b", ""]) throws(() => new Request("http://a", { method }), TypeError);
    throws(() => new Request(), TypeError);
    same(["get", "Post", "patch"].map((method) => new Request("http://a", { method }).method), ["GET", "POST", "PATCH"]);
  },
  "Request: GET and HEAD have no body": () => {
    for (const method of ["GET", "HEAD"]) throws(() => new Request("http://a", { method, body: "x" }), TypeError);
    equal(new Request("http://a", { body: null }).body, null);
  },
  "Request takes headers and derives the content type": () => {
    same([...post("x").headers], [["content-type", "text/plain;charset=UTF-8"]]);
    same([...post("x", { headers: { "Content-Type": "a/b", c: "d" } }).headers], [["c", "d"], ["content-type", "a/b"]]);
    const request = new Request("http://a");
    request.headers.set("a", "b");
    equal(request.headers.get("a"), "b");
  },
  "Request from a Request takes its body": async () => {
    const first = post("x", { headers: { a: "b" }, redirect: "manual" });
    const second = new Request(first);
    same([first.bodyUsed, second.method, second.url, second.headers.get("a"), second.redirect], [true, "POST", "http://a/", "b", "manual"]);
    equal(await second.text(), "x");
    throws(() => new Request(second), TypeError);
    throws(() => new Request(first), TypeError);
  },
  "Request from a Request with changes": async () => {
    const first = post("x", { headers: { a: "b" } });
    const second = new Request(first, { method: "PUT", body: "y", headers: { c: "d" } });
    same([second.method, second.headers.get("a"), second.headers.get("c"), await second.text(), await first.text()], ["PUT", null, "d", "y", "x"]);
  },
  "Request from a Request as options": async () => {
    const first = post(streamOf("x"), { headers: { a: "b" } });
    const second = new Request("http://b/", first);
    same([second.url, second.method, second.headers.get("a"), await second.text(), first.bodyUsed], ["http://b/", "POST", "b", "x", true]);
  },
  "Request from a bodyless Request can be made again": () => {
    const first = new Request("http://a/", { headers: { a: "b" } });
    new Request(first);
    equal(new Request(first).headers.get("a"), "b");
  },
  "Request.clone": async () => {
    const first = post("x", { headers: { a: "b" } });
    const second = first.clone();
    second.headers.set("a", "c");
    same([second.url, second.method, first.headers.get("a"), await first.text(), await second.text()], ["http://a/", "POST", "b", "x", "x"]);
    throws(() => first.clone(), TypeError);
  },
  "Request options are checked": () => {
    throws(() => new Request("http://a", { redirect: "x" }), TypeError);
    throws(() => new Request("http://a", { signal: 3 }), TypeError);
    throws(() => new Request("http://a", { cache: "x" }), TypeError);
    equal(new Request("http://a", { cache: "no-store" }).cache, "no-store");
    equal(new Request("http://a", { signal: null }).signal.aborted, false);
  },
  "Request carries its signal": () => {
    const controller = new AbortController();
    const request = new Request("http://a", { signal: controller.signal });
    const copy = new Request(request);
    controller.abort("why");
    same([request.signal.aborted, request.signal.reason, copy.signal.aborted], [true, "why", true]);
  },
  "Request bodies are read as every kind": async () => {
    equal(await post("x").text(), "x");
    same(await post("[1]").json(), [1]);
    equal((await post(new Uint8Array(3)).arrayBuffer()).byteLength, 3);
    equal(await (await post(streamOf("ab")).blob()).text(), "ab");
    same([...await post(new URLSearchParams("a=b")).formData()], [["a", "b"]]);
  },
  "a request that came in cannot be changed": ({ request }) => {
    throws(() => request.headers.set("a", "b"), { name: "TypeError", message: "Can't modify immutable headers." });
    equal(request.redirect, "manual");
    const copy = new Request(request);
    copy.headers.set("a", "b");
    equal(copy.headers.get("a"), "b");
    equal(typeof request.cf, "object");
  },
};

const fetches = {
  "fetch sends method, headers and body": async () => {
    const echo = await json("/echo?q=1#fragment", { method: "PUT", headers: { "X-A": "1" }, body: "text é" });
    same(echo, { method: "PUT", url: `${origin}/echo?q=1`, headers: { "content-type": "text/plain;charset=UTF-8", "x-a": "1" }, body: "text é" });
    equal((await json("/echo")).method, "GET");
    equal((await json("/echo", { method: "POST", body: encode("bytes") })).body, "bytes");
    equal((await json("/echo", { method: "POST", body: new Blob(["blob"]) })).body, "blob");
    equal((await json("/echo", { method: "POST", body: streamOf("a", "b") })).body, "ab");
    equal((await (await fetch(new Request(`${origin}/echo`, { method: "DELETE" }))).json()).method, "DELETE");
    equal((await (await fetch(new URL(`${origin}/echo`))).json()).url, `${origin}/echo`);
  },
  "fetch answers with status, headers and body": async () => {
    const response = await fetch(`${origin}/status?code=418`);
    same([response.status, response.ok, response.url, response.redirected], [418, false, `${origin}/status?code=418`, false]);
    throws(() => response.headers.set("a", "b"), TypeError);
    const empty = await fetch(`${origin}/status?code=204`);
    same([empty.status, empty.body], [204, null]);
  },
  "fetch keeps cookies apart": async () => {
    const response = await fetch(`${origin}/cookies`);
    same(response.headers.getSetCookie(), ["a=1, x", "b=2"]);
    const copy = new Response(response.body, response);
    same(copy.headers.getSetCookie(), ["a=1, x", "b=2"]);
    equal(await copy.text(), "cookies");
  },
  "fetch carries large bodies both ways": async () => {
    const bytes = await (await fetch(`${origin}/large`)).bytes();
    same([bytes.length, bytes.every((byte) => byte === 7)], [3_000_000, true]);
    const text = "0123456789é".repeat(200_000);
    equal(await (await fetch(`${origin}/back`, { method: "POST", body: text })).text(), text);
  },
  "fetch streams both ways": async () => {
    let text = "";
    const response = await fetch(`${origin}/stream`);
    for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) text += chunk;
    equal(text, "one two three");
    const back = await fetch(`${origin}/back`, { method: "POST", body: streamOf("x", "y", "z") });
    equal(await back.text(), "xyz");
  },
  "fetch follows redirects": async () => {
    const response = await fetch(`${origin}/redirect?to=/redirect?to=/echo`);
    same([response.status, response.redirected, response.url], [200, true, `${origin}/echo`]);
    equal((await response.json()).method, "GET");
  },
  "fetch rewrites the method where the standard says so": async () => {
    const method = async (status, method) => {
      const echo = await json(`/redirect?status=${status}&to=/echo`, { method, body: "x" });
      return [echo.method, echo.body];
    };
    for (const status of [301, 302, 303]) same(await method(status, "POST"), ["GET", ""]);
    for (const status of [307, 308]) same(await method(status, "POST"), ["POST", "x"]);
    same(await method(302, "PUT"), ["PUT", "x"]);
    same(await method(303, "PUT"), ["GET", ""]);
  },
  "fetch drops the content type of a body that a redirect dropped": async () => {
    const { headers } = await json("/redirect?to=/echo", { method: "POST", body: "x" });
    equal(headers["content-type"], undefined);
  },
  "fetch sends credentials to their origin only": async () => {
    const headers = { authorization: "secret", cookie: "a=b", "x-a": "1" };
    same((await json("/redirect?to=/echo", { headers })).headers, headers);
    const other = await json(`/redirect?to=${encodeURIComponent("http://other.test/echo")}`, { headers });
    equal(other.headers.authorization, undefined);
    equal(other.headers["x-a"], "1");
  },
  "fetch gives up on endless redirects": async () => {
    await rejects(fetch(`${origin}/loop?0`), TypeError);
  },
  "fetch leaves redirects alone when asked to": async () => {
    const response = await fetch(`${origin}/redirect?to=/echo`, { redirect: "manual" });
    same([response.status, response.headers.get("location"), await response.text()], [302, "/echo", "moved"]);
    equal((await fetch(`${origin}/nowhere`)).status, 302);
  },
  "fetch refuses redirects when asked to": async () => {
    await rejects(fetch(`${origin}/redirect?to=/echo`, { redirect: "error" }), TypeError);
    equal((await fetch(`${origin}/echo`, { redirect: "error" })).status, 200);
  },
  "fetch cannot send a stream again": async () => {
    await rejects(fetch(`${origin}/redirect?status=307&to=/echo`, { method: "POST", body: streamOf("x") }), TypeError);
  },
  "fetch refuses what it cannot fetch": async () => {
    await rejects(fetch("ftp://a/"), TypeError);
    await rejects(fetch("/relative"), TypeError);
    await rejects(fetch(), TypeError);
    const used = post("x");
    await used.text();
    await rejects(fetch(used), TypeError);
  },
  "fetch rejects when the other side fails": async () => {
    await rejects(fetch(`${origin}/fails`), Error);
  },
  "fetch is aborted before it starts": async () => {
    await rejects(fetch(`${origin}/echo`, { signal: AbortSignal.abort() }), { name: "AbortError" });
    await rejects(fetch(`${origin}/echo`, { signal: AbortSignal.abort(new RangeError("own")) }), { name: "RangeError", message: "own" });
  },
  "fetch is aborted while it waits": async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 10);
    await rejects(fetch(`${origin}/slow`, { signal: controller.signal }), { name: "AbortError" });
    await rejects(fetch(`${origin}/slow`, { signal: AbortSignal.timeout(10) }), { name: "TimeoutError" });
  },
  "fetch is aborted while its body comes": async () => {
    const controller = new AbortController();
    const response = await fetch(`${origin}/drip`, { signal: controller.signal });
    const reader = response.body.getReader();
    await reader.read();
    controller.abort(new RangeError("enough"));
    await rejects(async () => {
      for (;;) if ((await reader.read()).done) return;
    }, { name: "RangeError", message: "enough" });
  },
  "a signal that outlives its fetch does nothing": async () => {
    const controller = new AbortController();
    const text = await (await fetch(`${origin}/stream`, { signal: controller.signal })).text();
    controller.abort();
    equal(text, "one two three");
  },
  "fetch reads data: addresses": async () => {
    for (const [url, type, text] of [
      ["data:text/plain,x", "text/plain", "x"],
      ["data:,a%20b%zz", "text/plain;charset=US-ASCII", "a b%zz"],
      ["data:text/html;charset=utf-8;base64,PGI+", "text/html;charset=utf-8", "<b>"],
      ["data:text/plain;base64,YQ", "text/plain", "a"],
      ['data:image/png;param="a b",z', 'image/png;param="a b"', "z"],
      ["data:foo;base64;x,YQ", "text/plain;charset=US-ASCII", "YQ"],
      ["data:%,b", "text/plain;charset=US-ASCII", "b"],
      ["data:text/plain,x#hash", "text/plain", "x"],
    ]) {
      const response = await fetch(url);
      same([response.status, response.statusText, response.headers.get("content-type"), await response.text()], [200, "OK", type, text], url);
    }
    await rejects(fetch("data:no-comma"), TypeError);
  },
  "fetched responses can be cloned, returned and wrapped": async () => {
    const response = await fetch(`${origin}/stream`);
    const copy = response.clone();
    same(await Promise.all([response.text(), copy.text()]), ["one two three", "one two three"]);
    const wrapped = new Response((await fetch(`${origin}/stream`)).body, { headers: { a: "b" } });
    same([wrapped.headers.get("a"), await wrapped.text()], ["b", "one two three"]);
  },
};

export const checks = { ...headers, ...responses, ...requests, ...fetches };
