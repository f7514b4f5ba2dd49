// SPDX-License-Identifier: Apache-2.0
//
// WebSockets between HTTP clients, workers, dynamic workers and servers, and what hostile clients do to them.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import net from "node:net";
import { after, before, test } from "node:test";
import { descendants, sleep, startMayfly, temporaryProject } from "./harness.mjs";

const echo = `
export default {
  async fetch(request) {
    if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") return new Response("no upgrade", { status: 426 });
    const [client, server] = Object.values(new WebSocketPair());
    const { pathname } = new URL(request.url);
    server.accept();
    server.binaryType = "arraybuffer";
    server.addEventListener("message", ({ data }) => {
      if (data === "close") server.close(4001, "bye");
      else if (data === "loop") for (;;);
      else if (data === "throw") throw new Error("a listener throws");
      else if (data === "flood") for (let n = 0; n < 24; n++) server.send(new Uint8Array(1 << 20));
      else if (data === "drizzle") for (let n = 0; n < 300_000; n++) server.send("x");
      else if (data === "large") try { server.send("x".repeat(200_000)); } catch ({ name, message }) { server.send(name + ": " + message); }
      else server.send(data);
    });
    server.addEventListener("close", ({ code, reason, wasClean }) => console.log("closed", code, reason, wasClean));
    server.addEventListener("error", ({ message }) => console.log("error", message));
    const headers = pathname === "/protocol" ? { "sec-websocket-protocol": "two" } : {};
    return new Response(null, { status: 101, webSocket: client, headers });
  },
};
`;

const source = `
import echo from "./echo.txt";
import main from "./echo.js";
const dynamic = (env, more) => env.LOADER.load({
  compatibilityDate: "2026-11-01", mainModule: "main.js", modules: { "main.js": echo }, ...more,
}).getEntrypoint();
const told = (promise) => promise.then((value) => value, ({ name, message }) => ({ name, message }));
async function converse(socket, what) {
  const heard = [];
  const over = new Promise((done) => {
    socket.addEventListener("close", ({ code, reason, wasClean }) => done({ code, reason, wasClean }));
  });
  socket.addEventListener("message", ({ data }) => {
    heard.push(data);
    if (heard.length === what.length) socket.close(4000, "enough");
  });
  socket.addEventListener("error", ({ message }) => heard.push("error: " + message));
  if (socket.readyState === 0) await new Promise((done) => (socket.addEventListener("open", done), socket.addEventListener("close", done)));
  if (socket.readyState === 1) for (const one of what) socket.send(one);
  return { heard, closed: await over, protocol: socket.protocol };
}
export default {
  async fetch(request, env, ctx) {
    const { pathname, searchParams } = new URL(request.url);
    const to = searchParams.get("to");
    switch (pathname) {
      case "/dynamic":
        return dynamic(env).fetch(request);
      case "/short":
        return dynamic(env, { limits: { cpuMs: 50 } }).fetch(request);
      case "/brief":
        return dynamic(env, { limits: { messageBytes: 100_000 } }).fetch(request);
      case "/service":
        return ctx.exports.gateway.fetch(new Request("http://x/", request));
      case "/network":
        return fetch(new Request("http://" + request.headers.get("host") + "/", request));
      case "/relay": {
        const response = await dynamic(env).fetch(request);
        const upstream = response.webSocket;
        const [client, server] = Object.values(new WebSocketPair());
        upstream.accept();
        server.accept();
        server.addEventListener("message", ({ data }) => upstream.send("relayed " + data));
        upstream.addEventListener("message", ({ data }) => server.send(data));
        server.addEventListener("close", ({ code, reason }) => upstream.close(code, reason));
        return new Response(null, { status: 101, webSocket: client });
      }
      case "/outbound": {
        const code = \`export default { async fetch(request) {
          const socket = new WebSocket("wss://anywhere.test/protocol", ["one", "two"]);
          return new Response(await new Promise((done) => {
            socket.onopen = () => socket.send("through the gateway");
            socket.onmessage = ({ data }) => { done(data + " " + socket.protocol); socket.close(); };
            socket.onerror = ({ message }) => done(message);
          }));
        } };\`;
        return dynamic(env, { modules: { "main.js": code }, globalOutbound: searchParams.has("none") ? null : ctx.exports.gateway }).fetch(request);
      }
      case "/dial": {
        const answer = await told((async () => {
          const response = await fetch(to, { headers: { upgrade: "websocket" } });
          if (response.webSocket === null) return { status: response.status, text: await response.text() };
          response.webSocket.accept();
          return converse(response.webSocket, ["one", "two"]);
        })());
        return Response.json(answer);
      }
      case "/new":
        return Response.json(await told((async () => converse(new WebSocket(to, searchParams.getAll("protocol")), ["one", "two"]))()));
      default:
        return main.fetch(request);
    }
  },
};
export const gateway = main;
`;

const mayfly = { network: { allow: ["loopback"] } };
let server;
before(async () => {
  const project = temporaryProject({
    "wrangler.jsonc": { name: "host", main: "index.js", compatibility_date: "2026-11-01", worker_loaders: [{ binding: "LOADER" }], rules: [{ type: "Text", globs: ["**/echo.txt"], fallthrough: true }], mayfly },
    "index.js": source,
    "echo.js": echo,
    "echo.txt": echo,
  });
  server = await startMayfly(project, { command: "serve", args: ["--shards", "1"] });
});
after(() => server.stop());

/** A client that is well-behaved: Node's. */
function dial(path, protocols) {
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}${path}`, protocols);
  socket.binaryType = "arraybuffer";
  const inbox = [];
  const waiting = [];
  socket.onmessage = ({ data }) => (waiting.length ? waiting.shift()(data) : inbox.push(data));
  const closed = new Promise((done) => (socket.onclose = ({ code, reason, wasClean }) => done({ code, reason, wasClean })));
  const open = new Promise((done, fail) => ((socket.onopen = () => done()), (socket.onerror = () => fail(new Error("no connection")))));
  const next = () => (inbox.length ? Promise.resolve(inbox.shift()) : new Promise((done) => waiting.push(done)));
  return { socket, open, next, closed };
}

for (const path of ["/", "/dynamic", "/service", "/network", "/relay"]) {
  test(`a client and a worker converse at ${path}`, async () => {
    const { socket, open, next, closed } = dial(path);
    await open;
    const before = path === "/relay" ? "relayed " : "";
    socket.send("hello");
    assert.equal(await next(), `${before}hello`);
    socket.send("é\u{1f600}");
    assert.equal(await next(), `${before}é\u{1f600}`);
    if (path !== "/relay") {
      const bytes = new Uint8Array(3 << 20).map((_, at) => at * 7);
      socket.send(bytes);
      assert.deepEqual(Buffer.from(await next()), Buffer.from(bytes));
      socket.send("close");
      assert.deepEqual(await closed, { code: 4001, reason: "bye", wasClean: true });
    } else {
      socket.close(4002, "mine");
      assert.deepEqual(await closed, { code: 4002, reason: "mine", wasClean: true });
    }
  });
}

test("a subprotocol is chosen; a request that is no handshake is an ordinary one", async () => {
  const { socket, open, closed } = dial("/protocol", ["one", "two"]);
  await open;
  assert.equal(socket.protocol, "two");
  socket.close();
  await closed;
  const plain = await server.request({ path: "/", headers: { upgrade: "websocket" } });
  assert.equal(plain.status, 500, "a worker that answers with a WebSocket where none can be");
  assert.equal((await server.request("/")).status, 426);
});

test("an accepted WebSocket outlives its request, and the end of it is told", async () => {
  const { socket, open, next } = dial("/?a");
  await open;
  await sleep(1500);
  socket.send("still here");
  assert.equal(await next(), "still here");
  socket.close(4010, "done");
  await server.program.waitFor(/closed 4010 done true/);
});

test("what a listener throws is reported, and ends its connection", async () => {
  const { socket, open, closed } = dial("/");
  await open;
  socket.send("throw");
  assert.deepEqual(await closed, { code: 1006, reason: "", wasClean: false });
  await server.program.waitFor(/error Uncaught Error: a listener throws/);
});

test("messageBytes is the most that a message has, both ways", async () => {
  const first = dial("/brief");
  await first.open;
  first.socket.send("x".repeat(100_000));
  assert.equal((await first.next()).length, 100_000);
  first.socket.send("large");
  assert.equal(await first.next(), "WebSocketMessageTooLarge: Message is too large: 200000 > 100000");
  first.socket.send("x".repeat(100_001));
  assert.equal((await first.closed).code, 1009);
});

test("fetch() and new WebSocket() reach servers and services", async () => {
  const own = `127.0.0.1:${server.port}`;
  const get = async (path) => (await server.request(path)).json();
  const good = { heard: ["one", "two"], closed: { code: 4000, reason: "enough", wasClean: true }, protocol: "" };
  assert.deepEqual(await get(`/dial?to=http://${own}/`), good);
  assert.deepEqual(await get(`/new?to=ws://${own}/`), good);
  assert.deepEqual(await get(`/new?to=ws://${own}/protocol&protocol=one&protocol=two`), { ...good, protocol: "two" });
  const { heard, closed } = await get(`/new?to=ws://${own}/protocol`);
  assert.match(heard[0], /the server chose the protocol "two", which was not asked for/);
  assert.deepEqual(closed, { code: 1006, reason: "Failed to establish websocket connection", wasClean: false });
  assert.equal((await server.request("/outbound")).text, "through the gateway two");
  assert.match((await server.request("/outbound?none")).text, /This worker is not permitted to access the internet/);
});

test("WebSockets are judged by the policy of the network", async () => {
  const { name, message } = (await server.request("/dial?to=http://10.1.2.3/")).json();
  assert.equal(name, "EgressDenied");
  assert.match(message, /fetch to http:\/\/10\.1\.2\.3 was refused: .*private address/);
  const { heard } = (await server.request("/new?to=ws://169.254.169.254/")).json();
  assert.match(heard[0], /cloud metadata address/);
});

// ---- a server whose bytes the test decides

const answerTo = (request, answer) => {
  const key = /sec-websocket-key: (\S+)/i.exec(request)[1];
  return answer.replace("ACCEPT", createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64"));
};
const kSwitch = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ACCEPT\r\n\r\n";

async function dialed(answer) {
  let request;
  const listener = net.createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", (data) => {
      request = data.toString("latin1");
      socket.write(Buffer.from(answerTo(request, answer), "latin1"));
    });
  });
  await new Promise((done) => listener.listen(0, "127.0.0.1", done));
  try {
    const { port } = listener.address();
    return { answer: (await server.request(`/dial?to=http://127.0.0.1:${port}/path?q=1`)).json(), request };
  } finally {
    listener.close();
  }
}

test("a server's answer to the handshake is checked; a refusal is an ordinary response", async () => {
  const bytes = "\x81\x03one\x88\x05\x0f\xa1bye"; // a message, and a close frame with 4001
  const { answer, request } = await dialed(kSwitch + bytes);
  assert.deepEqual(answer.closed, { code: 4001, reason: "bye", wasClean: true });
  assert.deepEqual(answer.heard, ["one"]);
  assert.match(request, /^GET \/path\?q=1 HTTP\/1\.1\r\nhost: 127\.0\.0\.1:\d+\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-version: 13\r\n/);
  assert.match((await dialed(kSwitch.replace("ACCEPT", "AAAA"))).answer.message, /the server's answer to the WebSocket handshake is wrong/);
  assert.match((await dialed("220 mail.example\r\n\r\nACCEPT")).answer.message, /the answer is not HTTP/);
  assert.deepEqual((await dialed("HTTP/1.1 403 Forbidden\r\nContent-Length: 4\r\n\r\nno!!")).answer, { status: 403, text: "no!!" });
  assert.deepEqual((await dialed("HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nnot\r\n0\r\n\r\n")).answer, { status: 403, text: "not" });
  assert.deepEqual((await dialed(`${kSwitch}\x81\x83aaaaone`)).answer.closed.code, 1006, "a server must not mask");
});

// ---- a client whose bytes the test decides

const frame = (opcode, payload = "", { fin = true, masked = true, length = Buffer.byteLength(payload) } = {}) => {
  const body = Buffer.from(payload);
  const key = Buffer.from([1, 2, 3, 4]);
  const head = [(fin ? 0x80 : 0) | opcode];
  const mask = masked ? 0x80 : 0;
  if (length < 126) head.push(mask | length);
  else if (length < 65536) head.push(mask | 126, length >> 8, length & 255);
  else head.push(mask | 127, 0, 0, 0, Math.floor(length / 2 ** 32), ...[24, 16, 8, 0].map((shift) => (length >>> shift) & 255));
  return Buffer.concat([Buffer.from(head), masked ? key : Buffer.alloc(0), masked ? body.map((byte, at) => byte ^ key[at & 3]) : body]);
};

/** Shakes hands, sends `chunks` as they are; what came after the handshake, as a buffer. */
function hostile(chunks, { path = "/", waitMs = 3_000, until = () => false, read = true } = {}) {
  return new Promise((done) => {
    const socket = net.connect(server.port, "127.0.0.1");
    let got = Buffer.alloc(0);
    let begun = false;
    const finish = () => (socket.destroy(), done(got));
    const timer = setTimeout(finish, waitMs);
    socket.on("error", () => {});
    socket.on("close", () => (clearTimeout(timer), finish()));
    socket.on("data", async (data) => {
      got = Buffer.concat([got, data]);
      const end = got.indexOf("\r\n\r\n");
      if (!begun && end >= 0) {
        begun = true;
        got = got.subarray(end + 4);
        if (!read) socket.pause();
        for (const chunk of chunks) typeof chunk === "number" ? await sleep(chunk) : socket.destroyed || socket.write(chunk);
      }
      if (begun && until(got)) finish();
    });
    socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`);
  });
}
const closeCode = (bytes) => (bytes[0] === 0x88 && bytes[1] >= 2 ? bytes.readUInt16BE(2) : undefined);

for (const [what, chunks, code] of [
  ["an unmasked frame", [frame(1, "x", { masked: false })], 1002],
  ["a reserved bit", [Buffer.from([0xc1, 0x80, 0, 0, 0, 0])], 1002],
  ["an unknown opcode", [frame(3, "x")], 1002],
  ["an unknown control opcode", [frame(11, "x")], 1002],
  ["a ping that is fragmented", [frame(9, "x", { fin: false })], 1002],
  ["a ping of 126 bytes", [frame(9, "x".repeat(126))], 1002],
  ["a continuation of nothing", [frame(0, "x")], 1002],
  ["a message within a message", [frame(1, "x", { fin: false }), frame(1, "y")], 1002],
  ["a length that is not the shortest form", [Buffer.from([0x81, 0xfe, 0, 1, 0, 0, 0, 0, 65])], 1002],
  ["a length beyond 2^63", [Buffer.from([0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])], 1002],
  ["a message of 32 MiB and a byte", [frame(2, "", { length: 32 * 1024 * 1024 + 1 })], 1009],
  ["a message of 2^53 bytes", [Buffer.from([0x82, 0xff, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])], 1009],
  ["text that is not UTF-8", [frame(1, Buffer.from([0xc3, 0x28]))], 1007],
  ["half a character at the end", [frame(1, Buffer.from([0xe2, 0x82]))], 1007],
  ["a close frame of one byte", [frame(8, "x")], 1002],
  ["a close frame with the code 1005", [frame(8, Buffer.from([0x03, 0xed]))], 1002],
  ["a close frame with the code 999", [frame(8, Buffer.from([0x03, 0xe7]))], 1002],
  ["a reason that is not UTF-8", [frame(8, Buffer.from([0x03, 0xe8, 0xff]))], 1007],
]) {
  test(`${what} ends the connection with ${code}`, async () => {
    assert.equal(closeCode(await hostile(chunks)), code);
  });
}

test("fragments are one message, with control frames between them; a character may be split", async () => {
  const euro = Buffer.from("€");
  const got = await hostile(
    [frame(1, euro.subarray(0, 1), { fin: false }), frame(9, "p"), 20, frame(0, euro.subarray(1, 2), { fin: false }), frame(10, "unasked"), frame(0, euro.subarray(2))],
    { until: (bytes) => bytes.length >= 8 },
  );
  assert.deepEqual(got, Buffer.concat([frame(10, "p", { masked: false }), frame(1, "€", { masked: false })]));
});

test("frames that arrive byte by byte, and many in one piece, are the same messages", async () => {
  const slow = [...frame(1, "drop")].map((byte) => Buffer.from([byte]));
  assert.deepEqual(await hostile(slow.flatMap((byte) => [byte, 2]), { until: (bytes) => bytes.length >= 6 }), frame(1, "drop", { masked: false }));
  const many = Buffer.concat(Array.from({ length: 500 }, () => frame(1, "m")));
  const got = await hostile([many], { until: (bytes) => bytes.length >= 1500 });
  assert.deepEqual(got, Buffer.concat(Array.from({ length: 500 }, () => frame(1, "m", { masked: false }))));
});

test("fragments without end and pings without end leave the server as it was", async () => {
  const piece = frame(0, "x".repeat(60_000), { fin: false });
  const endless = [frame(2, "x", { fin: false }), ...Array.from({ length: 600 }, () => piece)];
  assert.equal(closeCode(await hostile(endless, { waitMs: 10_000 })), 1009);
  const tiny = Buffer.concat(Array.from({ length: 20_000 }, () => frame(0, "", { fin: false })));
  await hostile([frame(2, "x", { fin: false }), tiny, tiny], { waitMs: 500 });
  const pings = Buffer.concat(Array.from({ length: 5_000 }, () => frame(9, "y".repeat(100))));
  await hostile([pings, pings, pings, pings], { read: false, waitMs: 1_000 });
  await isServed();
});

async function isServed() {
  const { socket, open, next } = dial("/");
  await open;
  socket.send("well");
  assert.equal(await next(), "well");
  socket.close();
}

test("clients that do not read are closed, the one with the most first, and others are served", async () => {
  const slow = Array.from({ length: 4 }, () => hostile([frame(1, "flood"), 300, frame(1, "flood")], { read: false, waitMs: 3_000 }));
  await sleep(500);
  await isServed();
  await server.program.waitFor(/error Uncaught WebSocketBacklogLimit: More than 67108864 bytes wait/);
  await Promise.all(slow);
  await hostile([frame(1, "drizzle")], { read: false, waitMs: 1_500 });
  await isServed();
  const reader = dial("/");
  await reader.open;
  reader.socket.send("flood");
  for (let n = 0; n < 24; n++) assert.equal((await reader.next()).byteLength, 1 << 20);
  reader.socket.close();
});

test("a client that vanishes is told to the worker", async () => {
  const got = hostile([frame(1, "hello")], { until: (bytes) => bytes.length >= 7 });
  await got;
  await server.program.waitFor(/closed 1006 WebSocket disconnected without sending Close frame\. false/);
});

test("a worker that a limit ends cuts its clients off", async () => {
  const { socket, open, closed } = dial("/short");
  await open;
  socket.send("loop");
  const { code, wasClean } = await closed;
  assert.deepEqual([code, wasClean], [1006, false]);
});

const openFiles = () => [server.pid, ...descendants(server.pid)].reduce((sum, pid) => sum + readdirSync(`/proc/${pid}/fd`).length, 0);

test("1,000 WebSockets at once, and no descriptor is left of them", async () => {
  const before = openFiles();
  const sockets = [];
  for (let made = 0; made < 1000; made += 100) {
    const some = Array.from({ length: 100 }, () => dial("/dynamic".slice(0, made % 200 ? 8 : 1)));
    await Promise.all(some.map(({ open }) => open));
    sockets.push(...some);
  }
  for (const [index, { socket }] of sockets.entries()) socket.send(`I am ${index}`);
  for (const [index, { next }] of sockets.entries()) assert.equal(await next(), `I am ${index}`);
  for (const { socket } of sockets) socket.close(1000);
  for (const { closed } of sockets) assert.equal((await closed).code, 1000);
  // Those that vanish, and those that the worker dials.
  await Promise.all(Array.from({ length: 200 }, () => hostile([frame(1, "hello")], { until: (bytes) => bytes.length >= 7 })));
  const own = `http://127.0.0.1:${server.port}/`;
  for (let n = 0; n < 100; n++) assert.equal((await server.request(`/dial?to=${own}`)).json().closed.code, 4000);
  let left = openFiles();
  for (let turn = 0; turn < 50 && left > before + 20; turn++) {
    await sleep(100);
    left = openFiles();
  }
  assert.ok(left <= before + 20, `${left} descriptors, ${before} before`);
});
