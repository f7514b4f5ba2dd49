// SPDX-License-Identifier: Apache-2.0
//
// WebSockets: pairs, responses with status 101, and connections to this worker's own port and entrypoints.

import { WorkerEntrypoint } from "cloudflare:workers";
import { check, equal, matches, ok, pause, rejects, same, suite, throws } from "../../check.js";

/** Answers as it is told to; the path says how the handshake goes. */
function serve(request) {
  const { pathname } = new URL(request.url);
  if (pathname.endsWith("/refuse")) return new Response("no", { status: 403 });
  if (pathname.endsWith("/moved")) return Response.redirect(new URL("plain", request.url), 302);
  const [client, server] = Object.values(new WebSocketPair());
  server.binaryType = "arraybuffer";
  server.accept({ allowHalfOpen: pathname.endsWith("/half") });
  server.addEventListener("close", () => {
    if (!pathname.endsWith("/half")) return;
    server.send("after the close");
    server.close(4003, "late");
  });
  server.addEventListener("message", ({ data }) => {
    if (data === "throw") throw new Error("A listener throws.");
    if (data === "close") server.close(4001, "bye");
    else if (data === "close without a code") server.close();
    else server.send(data);
  });
  const headers = pathname.endsWith("/protocol") ? { "sec-websocket-protocol": "two" } : {};
  return new Response(null, { status: 101, webSocket: client, headers });
}

export class Echo extends WorkerEntrypoint {
  fetch(request) {
    return serve(request);
  }
  response() {
    return new Response(null, { status: 101, webSocket: new WebSocketPair()[0] });
  }
  take(value) {
    return String(value);
  }
}

/** Returns the response of another server: the first part of the path says which. */
export class Relay extends WorkerEntrypoint {
  fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    const to = new Request(searchParams.get("to") ?? "http://x/socket/plain", request);
    if (pathname === "/service") return this.env.ECHO.fetch(to);
    if (pathname === "/dynamic") return this.env.LOADER.load(code).getEntrypoint().fetch(to);
    return fetch(to);
  }
}

const code = { compatibilityDate: "2026-11-01", mainModule: "main.js", modules: { "main.js": `${serve}; export default { fetch: serve };` } };

const pair = () => Object.values(new WebSocketPair());
const accepted = () => {
  const [a, b] = pair();
  a.accept();
  b.accept();
  return [a, b];
};
/** What a socket hears, in order; errors are left out. */
function listen(socket) {
  const heard = [];
  socket.addEventListener("message", ({ data }) => heard.push(data));
  socket.addEventListener("close", ({ code, reason, wasClean }) => heard.push(["close", code, reason, wasClean]));
  return heard;
}
async function until(heard, count) {
  for (let turn = 0; turn < 100 && heard.length < count; turn++) await pause(10);
  return heard;
}
const asked = { headers: { upgrade: "websocket" } };
/** The ways to a server: over the network, to a service, to a dynamic worker. */
const ways = {
  "the network": ({ request }, path) => fetch(new URL(path, request.url), asked),
  "a service": ({ env }, path) => env.ECHO.fetch(`http://x${path}`, asked),
  "a dynamic worker": ({ env }, path) => env.LOADER.load(code).getEntrypoint().fetch(`http://x${path}`, asked),
};
/** A worker that returns the response of one of them. */
const relays = {
  "the network": ({ env, request }) => env.RELAY.fetch(`http://x/network?to=${new URL("/socket/plain", request.url)}`, asked),
  "a service": ({ env }) => env.RELAY.fetch("http://x/service", asked),
  "a dynamic worker": ({ env }) => env.RELAY.fetch("http://x/dynamic", asked),
};

check("a WebSocketPair has two WebSockets, 0 and 1", () => {
  const made = new WebSocketPair();
  same(Object.keys(made), ["0", "1"]);
  equal(String(made), "[object WebSocketPair]");
  for (const socket of [made[0], made[1]]) {
    equal(String(socket), "[object WebSocket]");
    ok(socket instanceof WebSocket && socket instanceof EventTarget);
    same([socket.readyState, socket.url, socket.protocol, socket.extensions, socket.binaryType], [1, null, "", "", "blob"]);
  }
  throws(() => WebSocketPair(), TypeError);
});

check("the states have numbers", () => {
  same([WebSocket.CONNECTING, WebSocket.OPEN, WebSocket.CLOSING, WebSocket.CLOSED], [0, 1, 2, 3]);
  same([WebSocket.READY_STATE_CONNECTING, WebSocket.READY_STATE_CLOSED], [0, 3]);
});

check("what is sent before the other end accepts waits for it", async () => {
  const [a, b] = pair();
  a.accept();
  a.send("early");
  const heard = listen(b);
  await pause(10);
  equal(heard.length, 0);
  b.accept();
  same(await until(heard, 1), ["early"]);
});

check("text and bytes go both ways within a pair", async () => {
  const [a, b] = accepted();
  b.binaryType = "arraybuffer";
  const heard = listen(b);
  a.send("text");
  a.send(new Uint8Array([1, 2, 3]).subarray(1));
  a.send(new Uint8Array([4]).buffer);
  a.send(new DataView(new ArrayBuffer(2)));
  const [text, view, buffer, data] = await until(heard, 4);
  equal(text, "text");
  same([...new Uint8Array(view)], [2, 3]);
  same([...new Uint8Array(buffer)], [4]);
  equal(data.byteLength, 2);
});

check("bytes are Blobs unless binaryType says otherwise", async () => {
  const [a, b] = accepted();
  const heard = listen(b);
  a.send(new Uint8Array([104, 105]));
  const [blob] = await until(heard, 1);
  ok(blob instanceof Blob);
  equal(await blob.text(), "hi");
  b.binaryType = "nonsense";
  equal(b.binaryType, "blob");
});

for (const [what, value, text] of [["a number", 5, "5"], ["null", null, "null"], ["undefined", undefined, "undefined"], ["an object", {}, "[object Object]"]]) {
  check(`${what} is sent as text`, async () => {
    const [a, b] = accepted();
    const heard = listen(b);
    a.send(value);
    same(await until(heard, 1), [text]);
  });
}

check("send() without an argument is a TypeError", () => {
  const [a] = accepted();
  throws(() => a.send(), { name: "TypeError", message: "Failed to execute 'send' on 'WebSocket': parameter 1 is not of type 'ArrayBuffer or ArrayBufferView or string'." });
});

check("nothing is sent before accept()", async ({ request }) => {
  const [a] = pair();
  const message = "You must call one of accept() or state.acceptWebSocket() on this WebSocket before sending messages.";
  throws(() => a.send("x"), { name: "TypeError", message });
  throws(() => a.close(), { name: "TypeError", message });
  const { webSocket } = await fetch(new URL("/socket/plain", request.url), asked);
  throws(() => webSocket.send("x"), { name: "TypeError", message });
  webSocket.accept();
  webSocket.close();
});

check("a closing handshake is told to both ends", async () => {
  const [a, b] = accepted();
  const [heardA, heardB] = [listen(a), listen(b)];
  a.send("last");
  a.close(4000, "why");
  equal(a.readyState, WebSocket.CLOSING);
  same(await until(heardB, 2), ["last", ["close", 4000, "why", true]]);
  same(await until(heardA, 1), [["close", 4000, "why", true]]);
  same([a.readyState, b.readyState], [3, 3]);
  throws(() => a.send("x"), { name: "TypeError", message: "Can't call WebSocket send() after close()." });
  throws(() => b.send("x"), TypeError);
  a.close();
});

for (const code of [1000, 1001, 1012, 3000, 4999]) {
  check(`a WebSocket can be closed with ${code}`, async () => {
    const [a, b] = accepted();
    const heard = listen(b);
    a.close(code);
    same(await until(heard, 1), [["close", code, "", true]]);
  });
}

for (const code of [0, 999, 1004, 1005, 1006, 1015, 5000, "x"]) {
  check(`a WebSocket cannot be closed with ${code}`, () => {
    const [a] = accepted();
    throws(() => a.close(code), { name: "InvalidAccessError", message: `Invalid WebSocket close code: ${Number(code) || 0}.` });
  });
}

check("a reason has a code, and at most 123 bytes", async () => {
  const [a, b] = accepted();
  throws(() => a.close(undefined, "why"), { name: "InvalidAccessError", message: "If you specify a WebSocket close reason, you must also specify a code." });
  throws(() => a.close(1000, "é".repeat(62)), { name: "SyntaxError", message: "WebSocket close reason must not be longer than 123 bytes when UTF-8 encoded." });
  const heard = listen(b);
  a.close(1000, "x".repeat(123));
  same(await until(heard, 1), [["close", 1000, "x".repeat(123), true]]);
});

check("an end that accepts half-open connections may send after the other has closed", async () => {
  const [a, b] = pair();
  a.accept();
  b.accept({ allowHalfOpen: true });
  const [heardA, heardB] = [listen(a), listen(b)];
  a.close(4000, "first");
  same(await until(heardB, 1), [["close", 4000, "first", true]]);
  same([a.readyState, b.readyState], [2, 2]);
  b.send("still");
  b.close(4005, "second");
  same(b.readyState, 3);
  same(await until(heardA, 2), ["still", ["close", 4005, "second", true]]);
  equal(a.readyState, 3);
  throws(() => b.send("x"), { name: "TypeError", message: "Can't call WebSocket send() after close()." });
});

for (const way of Object.keys(ways)) {
  check(`a half-open connection over ${way}`, async (about) => {
    const { webSocket } = await ways[way](about, "/socket/half");
    webSocket.accept();
    const heard = listen(webSocket);
    webSocket.close(4002, "mine");
    same(await until(heard, 2), ["after the close", ["close", 4003, "late", true]]);
  });
}

check("accept() checks its options", () => {
  const [a] = pair();
  throws(() => a.accept(5), { name: "TypeError", message: "Failed to execute 'accept' on 'WebSocket': parameter 1 is not of type 'AcceptOptions'." });
  a.accept({});
  a.accept();
});

check("a listener that throws breaks the connection off", async () => {
  const [a, b] = accepted();
  const heard = listen(a);
  const errors = [];
  b.addEventListener("message", () => {
    throw new Error("boom");
  });
  b.addEventListener("error", ({ message, error }) => errors.push(message, error.message));
  a.addEventListener("error", ({ message }) => errors.push(message));
  a.send("throw");
  a.send("unheard");
  same(await until(heard, 1), [["close", 1006, "WebSocket disconnected without sending Close frame.", false]]);
  same(errors, ["Uncaught Error: boom", "boom", "Uncaught Error: Network connection lost."]);
  same([a.readyState, b.readyState], [3, 3]);
  b.send("ignored");
});

check("a server whose listener throws is lost", async (about) => {
  for (const dial of Object.values(ways)) {
    const { webSocket } = await dial(about, "/socket/plain");
    webSocket.accept();
    const heard = listen(webSocket);
    webSocket.send("throw");
    same(await until(heard, 1), [["close", 1006, "WebSocket disconnected without sending Close frame.", false]]);
  }
});

const report = `export default { async fetch() {
  const [a, b] = Object.values(new WebSocketPair());
  const told = [a.binaryType];
  a.accept();
  b.accept();
  const heard = new Promise((done) => b.addEventListener("close", ({ reason }) => done(reason)));
  try {
    a.close(1000, "\u00e9".repeat(70));
    told.push("closed");
  } catch ({ name }) {
    told.push(name);
    a.close(1000, "short");
  }
  await heard;
  return Response.json([...told, a.readyState, b.readyState]);
} };`;
for (const [compatibilityDate, compatibilityFlags, expected] of [
  ["2026-03-02", [], ["arraybuffer", "closed", 2, 2]],
  ["2026-03-16", [], ["arraybuffer", "SyntaxError", 2, 2]],
  ["2026-04-06", [], ["blob", "SyntaxError", 2, 2]],
  ["2026-04-07", [], ["blob", "SyntaxError", 3, 3]],
  ["2026-03-02", ["websocket_standard_binary_type", "web_socket_auto_reply_to_close"], ["blob", "closed", 3, 3]],
  ["2026-11-01", ["web_socket_manual_reply_to_close", "no_websocket_standard_binary_type"], ["arraybuffer", "SyntaxError", 2, 2]],
]) {
  check(`binaryType, long reasons and the answer to a close on ${[compatibilityDate, ...compatibilityFlags]}`, async ({ env }) => {
    const about = { compatibilityDate, compatibilityFlags, mainModule: "main.js", modules: { "main.js": report } };
    const told = await (await env.LOADER.load(about).getEntrypoint().fetch("http://x/")).json();
    // The first end may hear of the other's close a moment later.
    same([told[0], told[1], told[3]], [expected[0], expected[1], expected[3]]);
  });
}

check("a WebSocket, or a Response with one, is not a value of RPC", async ({ env }) => {
  const message = 'Could not serialize object of type "WebSocket". This type does not support serialization.';
  await rejects(async () => await env.ECHO.take(pair()[0]), { name: "DataCloneError", message });
  await rejects(async () => await env.ECHO.response(), { name: "DataCloneError", message });
  throws(() => structuredClone(pair()[0]), { name: "DataCloneError", message });
});

check("onmessage and onclose are handlers", async () => {
  const [a, b] = accepted();
  const heard = [];
  b.onmessage = ({ data, target }) => heard.push(data, target === b);
  b.onclose = ({ code }) => heard.push(code);
  a.send("x");
  a.close(1000);
  same(await until(heard, 3), ["x", true, 1000]);
});

check("attachments are clones", () => {
  const [a] = pair();
  equal(a.deserializeAttachment(), null);
  const value = { x: [1] };
  throws(() => a.serializeAttachment(), { name: "TypeError", message: "Failed to execute 'serializeAttachment' on 'WebSocket': parameter 1 is not of type 'Value'." });
  throws(() => a.serializeAttachment(() => 1), { name: "DataCloneError" });
  a.serializeAttachment(value);
  value.x.push(2);
  same(a.deserializeAttachment(), { x: [1] });
});

check("a Response has a WebSocket with status 101 alone", () => {
  const [a] = pair();
  const response = new Response(null, { status: 101, webSocket: a });
  equal(response.webSocket, a);
  equal(new Response("x").webSocket, null);
  const message = "Responses with a WebSocket must have status code 101.";
  throws(() => new Response(null, { webSocket: a }), { name: "RangeError", message });
  throws(() => new Response(null, { status: 200, webSocket: a }), { name: "RangeError", message });
  throws(() => new Response(null, { status: 101 }), { name: "RangeError", message: /in the range 200 to 599/ });
  throws(() => new Response("x", { status: 101, webSocket: a }), TypeError);
  throws(() => new Response(null, { status: 101, webSocket: {} }), { name: "TypeError", message: /^Incorrect type for the 'webSocket' field/ });
  throws(() => response.clone(), { name: "TypeError", message: "Cannot clone a response to a WebSocket handshake." });
});

for (const [way, dial] of Object.entries(ways)) {
  check(`a conversation over ${way}`, async (about) => {
    const { status, webSocket } = await dial(about, "/socket/plain");
    equal(status, 101);
    webSocket.binaryType = "arraybuffer";
    webSocket.accept();
    const heard = listen(webSocket);
    webSocket.send("hello");
    webSocket.send(new Uint8Array(100_000).fill(7));
    webSocket.send("close");
    const [text, bytes, closed] = await until(heard, 3);
    equal(text, "hello");
    ok(bytes.byteLength === 100_000 && new Uint8Array(bytes).every((byte) => byte === 7));
    same(closed, ["close", 4001, "bye", true]);
    equal(webSocket.readyState, WebSocket.CLOSED);
  });

  check(`closing over ${way}: by the server without a code, by the client with one`, async (about) => {
    const first = (await dial(about, "/socket/plain")).webSocket;
    first.accept();
    const heard = listen(first);
    first.send("close without a code");
    same(await until(heard, 1), [["close", 1005, "", true]]);
    const second = (await dial(about, "/socket/plain")).webSocket;
    second.accept();
    const heardSecond = listen(second);
    second.close(4002, "mine");
    same(await until(heardSecond, 1), [["close", 4002, "mine", true]]);
  });

  check(`${way} may refuse`, async (about) => {
    const response = await dial(about, "/socket/refuse");
    same([response.status, response.webSocket, await response.text()], [403, null, "no"]);
  });
}

for (const [way, dial] of Object.entries(relays)) {
  check(`a worker may return the response of ${way}, WebSocket and all`, async (about) => {
    const { status, webSocket } = await dial(about);
    equal(status, 101);
    webSocket.binaryType = "arraybuffer";
    webSocket.accept();
    const heard = listen(webSocket);
    webSocket.send("hello");
    webSocket.send(new Uint8Array(600_000).fill(7));
    webSocket.send("close");
    const [text, bytes, closed] = await until(heard, 3);
    equal(text, "hello");
    equal(bytes.byteLength, 600_000);
    same(closed, ["close", 4001, "bye", true]);
  });
}

check("a response may be made anew around the WebSocket of another", async (about) => {
  const first = await ways["a service"](about, "/socket/plain");
  const second = new Response(first.body, first);
  same([second.status, second.webSocket === first.webSocket], [101, true]);
  second.webSocket.accept();
  const heard = listen(second.webSocket);
  second.webSocket.send("x");
  same(await until(heard, 1), ["x"]);
  second.webSocket.close();
});

check("redirects are followed on the way to a WebSocket", async (about) => {
  const { status, webSocket } = await ways["a service"](about, "/socket/moved");
  equal(status, 101);
  webSocket.accept();
  webSocket.close();
  equal((await about.env.ECHO.fetch("http://x/socket/moved", { ...asked, redirect: "manual" })).status, 302);
});

check("the signal of its request ends a WebSocket", async ({ env }) => {
  const controller = new AbortController();
  const { webSocket } = await env.ECHO.fetch("http://x/socket/plain", { ...asked, signal: controller.signal });
  webSocket.accept();
  const heard = listen(webSocket);
  webSocket.send("x");
  await until(heard, 1);
  controller.abort();
  same(await until(heard, 2), ["x", ["close", 1006, "WebSocket disconnected without sending Close frame.", false]]);
  webSocket.send("ignored");
});

check("what came before accept() is delivered after it", async (about) => {
  for (const dial of Object.values(ways)) {
    const { webSocket } = await dial(about, "/socket/plain");
    await pause(20);
    webSocket.accept();
    webSocket.send("x");
    await pause(20);
    const heard = listen(webSocket);
    webSocket.send("close");
    const told = await until(heard, 1);
    same(told.at(-1), ["close", 4001, "bye", true]);
  }
});

check("texts arrive as they were sent: a byte order mark, NUL, characters of any length", async (about) => {
  const texts = ["\ufeffmark", "a\0b", "\u00e9\u20ac\u{1f600}", "", "\r\n"];
  for (const dial of Object.values(ways)) {
    const { webSocket } = await dial(about, "/socket/plain");
    webSocket.accept();
    const heard = listen(webSocket);
    for (const text of texts) webSocket.send(text);
    same(await until(heard, texts.length), texts);
    webSocket.close();
  }
});

check("a message of 4 MiB arrives whole", async (about) => {
  const { webSocket } = await ways["the network"](about, "/socket/plain");
  webSocket.binaryType = "arraybuffer";
  webSocket.accept();
  const heard = listen(webSocket);
  webSocket.send(new Uint8Array(4 << 20).fill(3));
  const [data] = await until(heard, 1);
  equal(data.byteLength, 4 << 20);
  webSocket.close();
});

check("a WebSocket needs a request that asked for one", async ({ env }) => {
  await rejects(env.ECHO.fetch("http://x/socket/plain"), { name: "TypeError", message: 'Worker tried to return a WebSocket in a response to a request which did not contain the header "Upgrade: websocket".' });
});

const wsUrl = (request, path) => new URL(path, request.url).href.replace(/^http/, "ws");

check("new WebSocket() connects", async ({ request }) => {
  const socket = new WebSocket(wsUrl(request, "/socket/protocol?x=1"), ["one", "two"]);
  same([socket.readyState, socket.protocol, socket.url], [0, "", wsUrl(request, "/socket/protocol?x=1")]);
  const heard = listen(socket);
  await new Promise((done) => (socket.onopen = done));
  same([socket.readyState, socket.protocol], [1, "two"]);
  socket.send("hello");
  socket.send("close");
  same(await until(heard, 2), ["hello", ["close", 4001, "bye", true]]);
});

for (const [what, url, protocols, message] of [
  ["a URL that is none", "x", undefined, "The url is invalid."],
  ["an http URL", "http://x/", undefined, "The url scheme must be ws or wss."],
  ["a fragment", "ws://x/#a", undefined, "The url fragment must be empty."],
  ["a protocol twice", "ws://x/", ["a", "a"], "The protocols header cannot have repeating values."],
  ["a protocol that is no token", "ws://x/", "a b", "The protocol header token is invalid."],
  ["an empty protocol", "ws://x/", "", "The protocol header token is invalid."],
]) {
  check(`new WebSocket() with ${what} is a SyntaxError`, () => void throws(() => new WebSocket(url, protocols), { name: "SyntaxError", message: `WebSocket Constructor: ${message}` }));
}

check("new WebSocket() tells that it failed", async ({ request }) => {
  for (const url of ["ws://127.0.0.1:1/", wsUrl(request, "/socket/refuse")]) {
    const socket = new WebSocket(url);
    let error;
    socket.onerror = ({ message }) => (error = message);
    const heard = listen(socket);
    same(await until(heard, 1), [["close", 1006, "Failed to establish websocket connection", false]]);
    equal(socket.readyState, 3);
    ok(error.startsWith("Uncaught"));
    if (url.startsWith("ws://127.0.0.1:1/")) continue;
    matches(error, /expected server to reply with HTTP status code 101 \(switching protocols\), but received 403 instead\.$/);
  }
});

check("new WebSocket() cannot send before it is open", ({ request }) => {
  const socket = new WebSocket(wsUrl(request, "/socket/plain"));
  throws(() => socket.send("x"), TypeError);
  socket.close();
});

check("a CloseEvent has code, reason and wasClean", () => {
  const event = new CloseEvent("close", { code: 3, reason: "r", wasClean: true });
  same([event.type, event.code, event.reason, event.wasClean, String(event)], ["close", 3, "r", true, "[object CloseEvent]"]);
});

check("fetch() takes no ws URL", async () => {
  await rejects(fetch("wss://127.0.0.1:1/", asked), { name: "TypeError", message: "Fetch API cannot load: wss://127.0.0.1:1/" });
});

export default suite({ fetch: serve });
