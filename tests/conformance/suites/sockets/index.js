// SPDX-License-Identifier: Apache-2.0
//
// connect() of cloudflare:sockets. The servers are this worker's own HTTP port and connect() handlers.

import { connect } from "cloudflare:sockets";
import { WorkerEntrypoint } from "cloudflare:workers";
import { check, equal, matches, ok, pause, rejects, same, suite, throws } from "../../check.js";

const bytes = (text) => new TextEncoder().encode(text);
const failed = /^proxy request failed, cannot connect to the specified address/;

async function send(socket, what) {
  const writer = socket.writable.getWriter();
  await writer.write(typeof what === "string" ? bytes(what) : what);
  writer.releaseLock();
}

/** An HTTP exchange as bytes with whoever serves this request. */
async function exchange(request, socket) {
  await send(socket, `GET /echo HTTP/1.1\r\nHost: ${new URL(request.url).host}\r\nConnection: close\r\n\r\n`);
  return new Response(socket.readable).text();
}

/** Answers what it is sent in capitals, until its client ends. */
export class Shout extends WorkerEntrypoint {
  async connect(socket) {
    const writer = socket.writable.getWriter();
    const decoder = new TextDecoder();
    for await (const chunk of socket.readable) {
      const text = decoder.decode(chunk);
      if (text === "throw") throw new Error("the handler throws");
      if (text === "leave") return;
      if (text === "info") await writer.write(bytes(JSON.stringify(await socket.opened)));
      else await writer.write(bytes(text.toUpperCase()));
    }
    await writer.close();
  }
}

export class Deaf extends WorkerEntrypoint {
  fetch() {
    return new Response("no connections here");
  }
}

check("connect() reaches a server by { hostname, port } and by text", async ({ request }) => {
  const { hostname, port } = new URL(request.url);
  for (const to of [{ hostname, port: Number(port) }, `${hostname}:${port}`, `localhost:${port}`]) {
    matches(await exchange(request, connect(to)), /^HTTP\/1\.1 200 OK\r\n[^]*an answer$/);
  }
});

check("opened tells the address", async ({ request }) => {
  const { host } = new URL(request.url);
  const socket = connect(host);
  equal((await socket.opened).remoteAddress, host);
  await socket.close();
});

check("a socket has the platform's members", ({ request }) => {
  const socket = connect(new URL(request.url).host);
  equal(String(socket), "[object Socket]");
  equal(socket.secureTransport, "off");
  equal(socket.upgraded, false);
  ok(socket.readable instanceof ReadableStream && socket.writable instanceof WritableStream);
  ok(socket.opened instanceof Promise && socket.closed instanceof Promise);
  throws(() => new socket.constructor(), { name: "TypeError", message: "Illegal constructor" });
  socket.close();
});

check("a reader can bring its own buffer", async ({ request }) => {
  const socket = connect(new URL(request.url).host);
  await send(socket, "GET /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const { value } = await socket.readable.getReader({ mode: "byob" }).read(new Uint8Array(8));
  equal(new TextDecoder().decode(value), "HTTP/1.1");
  await socket.close();
});

for (const [what, to, message] of [
  ["no port", "localhost", "Specified address is missing port."],
  ["no host", "", "Specified address is missing hostname."],
  ["a port beyond 65535", "localhost:99999", "Specified address could not be parsed."],
  ["a space", "local host:80", "Specified address could not be parsed."],
  ["a path", "localhost:1/x", "Specified address is empty string, contains unsupported characters or is too long."],
  ["a user", "me@localhost:1", "Specified address is empty string, contains unsupported characters or is too long."],
  ["letters that are not ASCII", "bücher.example:80", "Specified address is empty string, contains unsupported characters or is too long."],
  ["a URL", "http://localhost:1", "Specified address is missing port."],
  ["a number", 5, "Specified address is missing port."],
  ["an object without a port", { hostname: "localhost" }, "The value cannot be converted because it is not an integer."],
  ["a port that is no number", { hostname: "localhost", port: "x" }, "The value cannot be converted because it is not an integer."],
  ["a port of 70000", { hostname: "localhost", port: 70000 }, "Value out of range. Must be less than or equal to 65535."],
]) {
  check(`an address with ${what} is a TypeError`, () => void throws(() => connect(to), { name: "TypeError", message }));
}

check("options that are none are a TypeError", () => {
  throws(() => connect("localhost:1", 5), { name: "TypeError", message: "Failed to execute 'connect' on 'SocketsModule': parameter 2 is not of type 'SocketOptions'." });
  throws(() => connect("localhost:1", { secureTransport: "maybe" }), { name: "TypeError", message: "Unsupported value in secureTransport socket option: maybe" });
});

check("a connection that is refused rejects opened and closed", async () => {
  const socket = connect("127.0.0.1:1");
  await rejects(socket.opened, failed);
  await rejects(socket.closed, failed);
});

check("a name that does not exist rejects opened, with a hint for the ports of HTTP", async () => {
  const socket = connect("no.such.invalid:80");
  await rejects(socket.opened, /cannot connect to the specified address\. It looks like you might be trying to connect to a HTTP-based service — consider using fetch instead/);
});

check("close() settles closed; reading then fails", async ({ request }) => {
  const socket = connect(new URL(request.url).host);
  await socket.opened;
  const reader = socket.readable.getReader();
  const reading = reader.read();
  reading.catch(() => {});
  equal(await socket.close(), undefined);
  equal(await socket.closed, undefined);
  await rejects(reading, { name: "TypeError", message: "This socket has been closed." });
});

check("close() before it is open waits for that", async ({ request }) => {
  const socket = connect(new URL(request.url).host);
  await socket.close();
  equal((await socket.opened).remoteAddress, new URL(request.url).host);
});

check("close() sends what was written before", async ({ env }) => {
  const socket = env.SHOUT.connect("x:1");
  const writer = socket.writable.getWriter();
  writer.write(bytes("a")).catch(() => {});
  await socket.close();
  await rejects(writer.closed, { name: "TypeError" });
});

check("the server's end closes the socket", { differs: "closed does not settle there while data was read to its end" }, async ({ request }) => {
  const socket = connect(new URL(request.url).host);
  await exchange(request, socket);
  await Promise.race([socket.closed, pause(1000).then(() => Promise.reject(new Error("it is still open")))]);
});

check("a chunk that is no bytes is a TypeError", async ({ request }) => {
  const socket = connect(new URL(request.url).host);
  const writer = socket.writable.getWriter();
  writer.closed.catch(() => {});
  await rejects(writer.write(5), { name: "TypeError", message: /being used as a byte stream, but received an object of non-ArrayBuffer/ });
});

check("startTls() is for sockets that were made for it, once", async ({ request }) => {
  const { host } = new URL(request.url);
  throws(() => connect(host).startTls(), { name: "TypeError", message: "The `secureTransport` socket option must be set to 'starttls' for startTls to be used." });
  const secure = connect(host, { secureTransport: "on" });
  throws(() => secure.startTls(), { name: "TypeError", message: "Cannot startTls on a TLS socket." });
  const plain = connect(host, { secureTransport: "starttls" });
  plain.startTls().opened.catch(() => {});
  throws(() => plain.startTls(), { name: "TypeError", message: /^startTls has already been called on this socket/ });
});

check("a socket cannot be cloned", ({ request }) => {
  const socket = connect(new URL(request.url).host);
  throws(() => structuredClone(socket), { name: "DataCloneError" });
});

check("connect() of a service is its connect() handler", async ({ env }) => {
  const socket = env.SHOUT.connect("some.host:7");
  equal((await socket.opened).remoteAddress, "some.host:7");
  await send(socket, "hello");
  const reader = socket.readable.getReader();
  equal(new TextDecoder().decode((await reader.read()).value), "HELLO");
  await send(socket, "info");
  same(JSON.parse(new TextDecoder().decode((await reader.read()).value)), { localAddress: "some.host:7" });
  await socket.close();
});

check("a handler that returns ends the connection", async ({ env }) => {
  const socket = env.SHOUT.connect("x:1");
  await send(socket, "leave");
  equal(await new Response(socket.readable).text(), "");
});

check("a service without a handler refuses", async ({ env }) => {
  await rejects(env.DEAF.connect("x:1").opened, failed);
});

check("a service does not speak TLS", async ({ env }) => {
  await rejects(async () => env.SHOUT.connect("x:1", { secureTransport: "on" }).opened, /Incoming CONNECT with TLS not supported/);
});

const code = (run) => ({
  compatibilityDate: "2026-11-01",
  mainModule: "main.js",
  modules: { "main.js": `import { connect } from "cloudflare:sockets"; export default { run: ${run} };` },
});

check("globalOutbound null: connect() is refused", async ({ env }) => {
  const worker = env.LOADER.load({ ...code('() => { connect("localhost:1"); }'), globalOutbound: null });
  await rejects(worker.getEntrypoint().run(0), /^This worker is not permitted to access the internet via global functions/);
});

check("globalOutbound: connect() goes to the connect() handler of the entrypoint", async ({ env, ctx }) => {
  const run = `async (what) => {
    const socket = connect("anywhere:1");
    await socket.writable.getWriter().write(new TextEncoder().encode(what));
    return new TextDecoder().decode((await socket.readable.getReader().read()).value);
  }`;
  const worker = env.LOADER.load({ ...code(run), globalOutbound: ctx.exports.Shout });
  equal(await worker.getEntrypoint().run("psst"), "PSST");
});

export default suite({ fetch: () => new Response("an answer", { headers: { connection: "close" } }) });
