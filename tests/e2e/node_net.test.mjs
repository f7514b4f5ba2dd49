// SPDX-License-Identifier: Apache-2.0
//
// node:net and node:tls against TCP and TLS servers on loopback, in the host worker and in a dynamic one; servers of
// node:http behind the listener.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import net from "node:net";
import { join } from "node:path";
import { after, before, test } from "node:test";
import tls from "node:tls";
import { startMayfly, temporaryProject } from "./harness.mjs";

const deeds = `
import net from "node:net";
import tls from "node:tls";
const until = (emitter, event) => new Promise((done, fail) => emitter.once(event, done).once("error", fail));
const failure = (socket) => new Promise((done) => socket.once("error", ({ code, message, syscall }) => done({ code, message, syscall })).once("connect", () => done("connected")));
const deeds = {
  async echo({ port, host = "127.0.0.1" }) {
    const socket = net.connect(port, host);
    await until(socket, "connect");
    const { remoteAddress, remotePort, remoteFamily } = socket;
    socket.write("hello");
    const data = String(await until(socket, "data"));
    socket.end();
    await until(socket, "close");
    return { data, remoteAddress, same: remotePort === port, remoteFamily };
  },
  async much({ port }) {
    const socket = net.connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    const size = 2 << 20;
    const sent = Buffer.alloc(size, (at) => at);
    sent.forEach((_, at) => (sent[at] = (at * 7) ^ (at >> 10)));
    let at = 0, same = true;
    const reading = (async () => { for await (const chunk of socket) for (const byte of chunk) same &&= byte === sent[at++]; })();
    for (let from = 0; from < size; from += 100000) if (!socket.write(sent.subarray(from, from + 100000))) await until(socket, "drain");
    socket.end();
    await reading;
    return { same, size: at };
  },
  failure: ({ port, host = "127.0.0.1" }) => failure(net.connect(port, host)),
  async secure({ port, servername }) {
    const socket = tls.connect({ port, host: "127.0.0.1", servername });
    await until(socket, "secureConnect");
    socket.write("secret");
    const data = String(await until(socket, "data"));
    socket.destroy();
    return { data, authorized: socket.authorized, encrypted: socket.encrypted };
  },
  untrusted: ({ port }) => failure(tls.connect({ port, host: "127.0.0.1" })),
  async upgrade({ port }) {
    const plain = net.connect(port, "127.0.0.1");
    plain.write("starttls");
    const greeting = String(await until(plain, "data"));
    const socket = tls.connect({ socket: plain, servername: "tls.test" });
    await until(socket, "secureConnect");
    socket.write("secret");
    const data = String(await until(socket, "data"));
    socket.end();
    return { greeting, data };
  },
};
export const run = async (name, given) => {
  try { return await deeds[name](given); } catch ({ name, message, code }) { return { name, message, code }; }
};
`;

const source = `
import { run } from "./deeds.js";
import text from "./deeds.txt";
import http from "node:http";
import { httpServerHandler } from "cloudflare:node";
http.createServer((request, response) => response.end("served " + request.url)).listen(8080);
const behind = httpServerHandler({ port: 8080 });
export default {
  async fetch(request, env) {
    if (request.method === "GET") return behind.fetch(request);
    const { name, given, dynamic } = await request.json();
    if (!dynamic) return Response.json(await run(name, given));
    const worker = env.LOADER.load({
      compatibilityDate: "2026-11-01", mainModule: "main.js", ...dynamic,
      modules: { "main.js": 'import { run } from "./deeds.js"; export default { run: ([name, given]) => run(name, given) };', "deeds.js": text },
    });
    return Response.json(await worker.getEntrypoint().run([name, given]));
  },
};
`;

const certificates = temporaryProject({});
execFileSync("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", join(certificates, "key.pem"), "-out", join(certificates, "cert.pem"), "-days", "2", "-subj", "/CN=tls.test", "-addext", "subjectAltName=DNS:tls.test,IP:127.0.0.1"], { stdio: "ignore" });
const pem = { key: readFileSync(join(certificates, "key.pem")), cert: readFileSync(join(certificates, "cert.pem")) };

const open = new Set();
function attend(socket) {
  open.add(socket.on("close", () => open.delete(socket)).on("error", () => {}));
  const mirror = (data) => {
    if (String(data) === "starttls") {
      socket.write("go ahead");
      socket.off("data", mirror);
      attend(new tls.TLSSocket(socket, { isServer: true, ...pem }));
    } else if (!socket.write(data)) {
      socket.pause();
      socket.once("drain", () => socket.resume());
    }
  };
  socket.on("data", mirror).on("end", () => socket.end());
}

const plain = net.createServer({ allowHalfOpen: true }, attend);
const secure = tls.createServer({ allowHalfOpen: true, ...pem }, attend);
let server;
let ask;

before(async () => {
  for (const each of [plain, secure]) await new Promise((done) => each.listen(0, "127.0.0.1", done));
  const project = temporaryProject({
    "wrangler.jsonc": {
      name: "host", main: "index.js", compatibility_date: "2026-11-01", worker_loaders: [{ binding: "LOADER" }],
      rules: [{ type: "Text", globs: ["**/deeds.txt"], fallthrough: true }],
      mayfly: { network: { allow: ["loopback"] }, loader: { network: { allow: ["loopback"] } } },
    },
    "index.js": source, "deeds.js": deeds, "deeds.txt": deeds,
  });
  server = await startMayfly(project, { command: "serve", args: ["--shards", "1"], env: { SSL_CERT_FILE: join(certificates, "cert.pem") } });
  ask = async (name, given, dynamic) => (await server.request({ method: "POST", body: JSON.stringify({ name, given, dynamic }), timeoutMs: 60_000 })).json();
});
after(async () => {
  await server?.stop();
  for (const socket of open) socket.destroy();
  plain.close();
  secure.close();
});

const port = (of) => of.address().port;

for (const [where, dynamic] of [["the host worker", undefined], ["a dynamic worker", {}]]) {
  test(`a socket of node:net reads and writes in ${where}`, async () => {
    assert.deepEqual(await ask("echo", { port: port(plain) }, dynamic), { data: "hello", remoteAddress: "127.0.0.1", same: true, remoteFamily: "IPv4" });
    assert.deepEqual(await ask("much", { port: port(plain) }, dynamic), { same: true, size: 2 << 20 });
  });
}

test("what cannot be connected to is an error with a code", async () => {
  assert.deepEqual(await ask("failure", { port: 1 }), { code: "ECONNREFUSED", message: "connect ECONNREFUSED 127.0.0.1:1", syscall: "connect" });
  assert.equal((await ask("failure", { port: 443, host: "no.such.invalid" })).code, "ENOTFOUND");
});

test("node:net is under the policy of the network", async () => {
  assert.equal((await ask("failure", { port: port(plain) }, { network: { default: "deny" } })).code, "EACCES");
  assert.match((await ask("failure", { port: port(plain) }, { globalOutbound: null })).message, /connect/);
});

test("node:tls checks the server's name and certificate", async () => {
  const good = { data: "secret", authorized: true, encrypted: true };
  assert.deepEqual(await ask("secure", { port: port(secure) }), good);
  assert.deepEqual(await ask("secure", { port: port(secure), servername: "tls.test" }), good);
  assert.match((await ask("secure", { port: port(secure), servername: "other.test" })).message, /./);
});

test("a socket of node:net goes on with TLS", async () => {
  assert.deepEqual(await ask("upgrade", { port: port(plain) }), { greeting: "go ahead", data: "secret" });
});

test("a server of node:http serves requests through a fetch() handler", async () => {
  assert.equal((await server.request("/some/path?q")).text, "served /some/path?q");
});
