// SPDX-License-Identifier: Apache-2.0
//
// connect() of cloudflare:sockets against TCP and TLS servers on loopback: policy, ends of both directions, TLS,
// back-pressure, limits, and connections that end with their request.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import net from "node:net";
import { join } from "node:path";
import { after, before, test } from "node:test";
import tls from "node:tls";
import { runMayfly, sleep, startMayfly, temporaryProject } from "./harness.mjs";

// What can be done with a socket, by name; runs in the host worker and in dynamic ones.
const deeds = `
import { connect } from "cloudflare:sockets";
const text = (bytes) => new TextDecoder().decode(bytes);
const send = async (socket, what) => {
  const writer = socket.writable.getWriter();
  await writer.write(what);
  writer.releaseLock();
};
const settled = (promise) => promise.then((value) => value ?? null, (error) => String(error));
const readAll = (socket) => settled(new Response(socket.readable).text());
export const deeds = {
  async echo({ to, options, what = "echo hello" }) {
    const socket = connect(to, options);
    const { remoteAddress } = await socket.opened;
    await send(socket, what + "\\n");
    const reader = socket.readable.getReader();
    const { value } = await reader.read();
    await socket.close();
    return { value: text(value), remoteAddress, closed: await settled(socket.closed) };
  },
  async failure({ to, options }) {
    const socket = connect(to, options);
    const tell = (promise) => promise.then(() => "none", ({ name, message }) => ({ name, message }));
    const opened = await tell(socket.opened);
    if (opened === "none") await socket.close();
    return { opened, closed: await tell(socket.closed), read: await readAll(socket) };
  },
  async halfClose({ to }) {
    const socket = connect(to, { allowHalfOpen: true });
    await send(socket, "count these bytes");
    await socket.writable.close();
    return { text: await readAll(socket), closed: await settled(socket.closed) };
  },
  async serverEnds({ to, options }) {
    const socket = connect(to, options);
    await send(socket, "end\\n");
    const read = await readAll(socket);
    await scheduler.wait(20);
    const write = await settled(send(socket, "echo still\\n"));
    const state = await Promise.race([settled(socket.closed), scheduler.wait(200).then(() => "open")]);
    await settled(socket.close());
    return { read, write, state };
  },
  async reset({ to }) {
    const socket = connect(to);
    await send(socket, "reset\\n");
    return { read: await readAll(socket), closed: await settled(socket.closed) };
  },
  async startTls({ to, host }) {
    const plain = connect(to, { secureTransport: "starttls" });
    await send(plain, "starttls\\n");
    const reader = plain.readable.getReader();
    const greeting = text((await reader.read()).value);
    reader.releaseLock();
    const secure = plain.startTls(host && { expectedServerHostname: host });
    const again = await settled((async () => plain.startTls())());
    const opened = await settled(secure.opened);
    if (typeof opened === "string") return { opened };
    await send(secure, "echo secret\\n");
    const { value } = await secure.readable.getReader().read();
    await secure.close();
    return { greeting, value: text(value), again, plain: await settled(plain.closed), transport: secure.secureTransport };
  },
  /** Writes 64 MB to somebody who does not read; tells how much could be written. */
  async flood({ to }) {
    const socket = connect(to);
    const writer = socket.writable.getWriter();
    const chunk = new Uint8Array(256 * 1024);
    let written = 0;
    const write = async () => {
      while (written < 64 << 20) (await writer.write(chunk), (written += chunk.length));
    };
    await Promise.race([settled(write()), scheduler.wait(1500)]);
    return { written };
  },
  /** Is sent without end, and reads one chunk. */
  async slow({ to }) {
    const socket = connect(to);
    await send(socket, "flood\\n");
    const reader = socket.readable.getReader();
    await reader.read();
    await scheduler.wait(1000);
    return {};
  },
  /** Sends 16 MB and gets it back. */
  async much({ to, options }) {
    const socket = connect(to, { allowHalfOpen: true, ...options });
    const size = 16 << 20;
    const sent = new Uint8Array(size).map((_, at) => (at * 7) ^ (at >> 10));
    const writing = (async () => {
      const writer = socket.writable.getWriter();
      await writer.write("mirror\\n");
      for (let at = 0; at < size; at += 100_000) await writer.write(sent.subarray(at, at + 100_000));
      await writer.close();
    })();
    let at = 0;
    let same = true;
    for await (const chunk of socket.readable) {
      for (const byte of chunk) same &&= byte === sent[at++];
    }
    await writing;
    return { same, size: at };
  },
  async leave({ to }) {
    const socket = connect(to);
    await send(socket, "echo here\\n");
    await socket.readable.getReader().read();
    return {};
  },
  async many({ to, count }) {
    const sockets = [];
    let error;
    let open = 0;
    for (let made = 0; made < count && !error; made += 50) {
      const some = Array.from({ length: 50 }, () => connect(to));
      sockets.push(...some);
      for (const result of await Promise.allSettled(some.map((socket) => socket.opened))) {
        if (result.status === "fulfilled") open++;
        else error ??= result.reason;
      }
    }
    await Promise.all(sockets.map((socket) => settled(socket.close())));
    const after = await settled(connect(to).opened);
    return { open, name: error?.name, message: error?.message, after };
  },
};
export const run = async (name, given) => {
  try {
    return await deeds[name](given);
  } catch ({ name, message }) {
    return { name, message };
  }
};
`;

const source = `
import { run } from "./deeds.js";
import text from "./deeds.txt";
export default {
  async fetch(request, env, ctx) {
    const { name, given, code, outbound } = await request.json();
    if (!code) return Response.json(await run(name, given));
    const worker = env.LOADER.load({
      compatibilityDate: "2026-11-01",
      mainModule: "main.js",
      modules: { "main.js": 'import { run } from "./deeds.js"; export default { run: ([name, given]) => run(name, given) };', "deeds.js": text },
      ...(outbound === undefined ? {} : { globalOutbound: outbound && ctx.exports[outbound] }),
      ...code,
    });
    return Response.json(await worker.getEntrypoint().run([name, given]));
  },
};
export const gateway = {
  async connect(socket) {
    const { localAddress } = await socket.opened;
    const { connect } = await import("cloudflare:sockets");
    const onward = connect(localAddress, { allowHalfOpen: true });
    await Promise.all([socket.readable.pipeTo(onward.writable), onward.readable.pipeTo(socket.writable)]);
  },
};
export const greeter = {
  async connect(socket) {
    const { localAddress } = await socket.opened;
    const writer = socket.writable.getWriter();
    await writer.write("you asked for " + localAddress);
  },
};
export const deaf = { fetch: () => new Response("") };
`;

const certificates = temporaryProject({});
execFileSync("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", join(certificates, "key.pem"), "-out", join(certificates, "cert.pem"), "-days", "2", "-subj", "/CN=tls.test", "-addext", "subjectAltName=DNS:tls.test,DNS:localhost,IP:127.0.0.1"], { stdio: "ignore" });
const pem = { key: readFileSync(join(certificates, "key.pem")), cert: readFileSync(join(certificates, "cert.pem")) };

const open = new Set();
let flooded = 0;

function attend(socket) {
  open.add(socket);
  socket.on("close", () => open.delete(socket));
  socket.on("error", () => {});
  let count = 0;
  let mirrors = false;
  const read = (data) => {
    count += data.length;
    if (mirrors) return void (socket.write(data) || (socket.pause(), socket.once("drain", () => socket.resume())));
    const line = data.toString("latin1");
    if (line.startsWith("mirror\n")) {
      mirrors = true;
      socket.write(data.subarray(7));
    } else if (line.startsWith("echo ")) socket.write(line.slice(5).trim());
    else if (line === "end\n") socket.end("bye");
    else if (line === "reset\n") socket.resetAndDestroy();
    else if (line === "flood\n") {
      const more = () => {
        while (!socket.destroyed && (flooded += 65536, socket.write(Buffer.alloc(65536))));
      };
      socket.on("drain", more);
      more();
    } else if (line === "starttls\n") {
      socket.write("go ahead");
      socket.off("data", read);
      attend(new tls.TLSSocket(socket, { isServer: true, ...pem }));
    } else if (line.startsWith("\0")) socket.pause();
  };
  socket.on("data", read);
  socket.on("end", () => socket.writable && socket.end(mirrors ? "" : `${count} bytes`));
}

const tcp = net.createServer({ allowHalfOpen: true }, attend);
const secure = tls.createServer({ allowHalfOpen: true, ...pem }, attend);
let plainTo;
let secureTo;

before(async () => {
  for (const server of [tcp, secure]) await new Promise((done) => server.listen(0, "127.0.0.1", done));
  plainTo = `127.0.0.1:${tcp.address().port}`;
  secureTo = `127.0.0.1:${secure.address().port}`;
});
after(() => {
  for (const socket of open) socket.destroy();
  tcp.close();
  secure.close();
});

async function serve(mayfly, check, { command = "serve", env = {}, args = [] } = {}) {
  const project = temporaryProject({
    "wrangler.jsonc": { name: "host", main: "index.js", compatibility_date: "2026-11-01", worker_loaders: [{ binding: "LOADER" }], rules: [{ type: "Text", globs: ["**/deeds.txt"], fallthrough: true }], mayfly },
    "index.js": source,
    "deeds.js": deeds,
    "deeds.txt": deeds,
  });
  const server = await startMayfly(project, { command, args: ["--shards", "1", ...args], env });
  const ask = async (name, given, more = {}) =>
    (await server.request({ method: "POST", body: JSON.stringify({ name, given, ...more }), timeoutMs: 60_000 })).json();
  try {
    await check(ask, server);
  } finally {
    await server.stop();
  }
  return server;
}

const loopback = { network: { allow: ["loopback"] }, loader: { network: { allow: ["loopback"] } } };
const kFailed = "proxy request failed, cannot connect to the specified address";

test("a socket reads and writes, ends in either direction, and tells when it is lost", () =>
  serve(loopback, async (ask) => {
    assert.deepEqual(await ask("echo", { to: plainTo }), { value: "hello", remoteAddress: plainTo, closed: null });
    const [hostname, port] = plainTo.split(":");
    assert.equal((await ask("echo", { to: { hostname, port: Number(port) } })).value, "hello");
    assert.equal((await ask("echo", { to: `localhost:${port}` })).value, "hello");
    assert.deepEqual(await ask("halfClose", { to: plainTo }), { text: "17 bytes", closed: null });
    assert.deepEqual(await ask("serverEnds", { to: plainTo }), { read: "bye", write: "TypeError: This socket has been closed.", state: null });
    assert.deepEqual(await ask("serverEnds", { to: plainTo, options: { allowHalfOpen: true } }), { read: "bye", write: null, state: "open" });
    const lost = "Error: Network connection lost.";
    assert.deepEqual(await ask("reset", { to: plainTo }), { read: lost, closed: lost });
    assert.deepEqual(await ask("much", { to: plainTo }), { same: true, size: 16 << 20 });
    const refused = await ask("failure", { to: "127.0.0.1:1" });
    assert.equal(refused.opened.message, `${kFailed}: connect to tcp://127.0.0.1:1 failed: Connection refused`);
    assert.deepEqual(refused.closed, refused.opened);
    const unknown = await ask("failure", { to: "no.such.invalid:443" });
    assert.equal(unknown.opened.name, "EgressDnsFailed");
    assert.match(unknown.opened.message, /consider using fetch instead: connect to tcp:\/\/no\.such\.invalid:443 failed: the name cannot be resolved/);
  }));

test("connect() goes where the policy lets it, and every decision is logged with its rule", async () => {
  const port = plainTo.split(":")[1];
  const closed = await serve(undefined, async (ask) => {
    const { opened, read } = await ask("failure", { to: plainTo });
    assert.deepEqual(opened, {
      name: "EgressDenied",
      message: `${kFailed}: connect to tcp://${plainTo} was refused: 127.0.0.1 is a loopback address, which "mayfly.network" of worker "host" does not allow (rule: a loopback address)`,
    });
    assert.match(read, /^EgressDenied: proxy request failed/);
    for (const [to, why] of [
      ["10.1.2.3:5432", /private address/],
      ["169.254.169.254:80", /cloud metadata address/],
      ["[::ffff:10.0.0.1]:80", /private address/],
      ["localhost:80", /loopback address/],
      ["metadata.google.internal:80", /cloud metadata/],
      ["203.0.113.9:25", /port 25 is closed to connections/],
      ["8.8.8.8:25", /port 25 is closed to connections/],
      ["0x7f000001:80", /neither a host name nor an address/],
      ["127.1:80", /neither a host name nor an address/],
    ]) {
      const answer = await ask("failure", { to });
      assert.equal(answer.opened.name, "EgressDenied", to);
      assert.match(answer.opened.message, why, to);
    }
  });
  assert.match(closed.program.output, new RegExp(`egress denied: CONNECT tcp://127\\.0\\.0\\.1:${port}: .* \\(rule: a loopback address\\)`));
  assert.match(closed.program.output, /egress: 0 requests allowed, 10 denied/);

  const hosts = { "db.test": ["127.0.0.1"], "mixed.test": ["127.0.0.1", "10.0.0.1"] };
  const policy = (network) => serve({ network, loader: { network }, hosts }, async (ask) => {
    const reaches = async (to) => (await ask("failure", { to })).opened;
    const by = (answer) => (typeof answer === "string" ? answer : answer.name);
    results = { named: by(await reaches(`db.test:${port}`)), address: by(await reaches(plainTo)), mixed: by(await reaches(`mixed.test:${port}`)), code: (await ask("echo", { to: `db.test:${port}` }, { code: {} })).value ?? "refused" };
  }, { args: ["--verbose"] });
  let results;
  const allowed = await policy({ default: "deny", allow: [`db.test:${port} at loopback`, `mixed.test:${port} at loopback`] });
  assert.deepEqual(results, { named: "none", address: "EgressDenied", mixed: "EgressDenied", code: "hello" });
  assert.match(allowed.program.output, new RegExp(`egress allowed: CONNECT tcp://db\\.test:${port} \\(rule: db\\.test:${port} at loopback\\)`));
  await policy({ default: "deny", allow: [`https://db.test:${port} at loopback`] });
  assert.equal(results.named, "EgressDenied", "an origin of https opens no raw connection");
  await policy({ allow: ["loopback"], deny: [`https://db.test:${port}`] });
  assert.deepEqual([results.named, results.address], ["EgressDenied", "none"], "and where it is denied, raw connections are too");
});

test("a dynamic worker connects by its own outbound, or not at all", () =>
  serve(loopback, async (ask, { port }) => {
    const dynamic = (name, given, more) => ask(name, given, { code: {}, ...more });
    assert.equal((await dynamic("echo", { to: plainTo })).value, "hello");
    assert.equal((await dynamic("failure", { to: plainTo }, { code: { network: { default: "deny" } } })).opened.name, "EgressDenied");
    assert.match((await dynamic("failure", { to: `127.0.0.1:${port}` })).opened.message, /this server's own/);
    assert.match((await dynamic("echo", { to: plainTo }, { outbound: null })).message, /^This worker is not permitted to access the internet/);
    // connect() of a service is its connect() handler.
    const greeted = await dynamic("echo", { to: "anything.at.all:7" }, { outbound: "greeter" });
    assert.equal(greeted.value, "you asked for anything.at.all:7");
    assert.equal((await dynamic("echo", { to: plainTo }, { outbound: "gateway" })).value, "hello");
    assert.deepEqual(await dynamic("much", { to: plainTo }, { outbound: "gateway" }), { same: true, size: 16 << 20 });
    assert.match((await dynamic("failure", { to: plainTo }, { outbound: "deaf" })).opened.message, new RegExp(`^${kFailed}: Handler does not export a connect\\(\\) function`));
    assert.match((await dynamic("failure", { to: plainTo, options: { secureTransport: "on" } }, { outbound: "greeter" })).opened.message, /Incoming CONNECT with TLS not supported/);
    assert.match((await dynamic("startTls", { to: plainTo }, { outbound: "gateway" })).opened, /startTls\(\) is not supported on this connection/);
  }));

test("certificates are verified for the name that was asked for", async () => {
  const secureOn = { secureTransport: "on" };
  await serve(loopback, async (ask) => {
    const untrusted = await ask("failure", { to: secureTo, options: secureOn });
    assert.match(untrusted.opened.message, /failed: the server's certificate is refused: self-signed certificate$/);
    assert.match((await ask("startTls", { to: plainTo })).opened, /certificate is refused/);
    const noTls = await ask("failure", { to: plainTo, options: secureOn });
    assert.match(noTls.opened.message, /TLS/);
  });
  const hosts = { "tls.test": ["127.0.0.1"], "other.test": ["127.0.0.1"] };
  const port = secureTo.split(":")[1];
  await serve({ ...loopback, hosts }, async (ask) => {
    for (const host of ["127.0.0.1", "localhost", "tls.test"]) {
      assert.equal((await ask("echo", { to: `${host}:${port}`, options: secureOn })).value, "hello", host);
    }
    assert.match((await ask("failure", { to: `other.test:${port}`, options: secureOn })).opened.message, /hostname mismatch/);
    assert.deepEqual(await ask("serverEnds", { to: secureTo, options: secureOn }), { read: "bye", write: "TypeError: This socket has been closed.", state: null });
    assert.deepEqual(await ask("much", { to: secureTo, options: secureOn }), { same: true, size: 16 << 20 });
    assert.deepEqual(await ask("startTls", { to: plainTo }), {
      greeting: "go ahead",
      value: "secret",
      again: "TypeError: startTls has already been called on this socket, or the socket was transferred over RPC.",
      plain: null,
      transport: "on",
    });
    assert.equal((await ask("startTls", { to: plainTo, host: "tls.test" })).value, "secret");
    assert.match((await ask("startTls", { to: plainTo, host: "other.test" })).opened, /hostname mismatch/);
  }, { env: { SSL_CERT_FILE: join(certificates, "cert.pem") } });
});

test("a slow side slows the other down", () =>
  serve(loopback, async (ask) => {
    const { written } = await ask("flood", { to: plainTo });
    assert.ok(written > 1 << 18 && written < 32 << 20, `${written} bytes could be written to somebody who does not read`);
    flooded = 0;
    await ask("slow", { to: plainTo });
    assert.ok(flooded < 32 << 20, `${flooded} bytes were taken off the network for a worker that does not read`);
  }));

test("a socket ends with its request, and with the server", async () => {
  const gone = async () => {
    for (let turn = 0; turn < 200 && open.size > 0; turn++) await sleep(10);
    return open.size;
  };
  // Those of the tests before, which read no further and notice nothing.
  for (const socket of open) socket.destroy();
  assert.equal(await gone(), 0);
  await serve(loopback, async (ask) => {
    await ask("leave", { to: plainTo });
    assert.equal(await gone(), 0);
    await ask("leave", { to: plainTo }, { code: {} });
    assert.equal(await gone(), 0);
  });
});

test("the connections of one tenant are bounded, with a named error", () =>
  serve(loopback, async (ask) => {
    const { open: most, name, message, after } = await ask("many", { to: plainTo, count: 2500 });
    assert.equal(most, 2000);
    assert.equal(name, "SocketLimitExceeded");
    assert.equal(message, `${kFailed}: the tenant has 2000 connections open, the most that are possible`);
    assert.deepEqual(after, { remoteAddress: plainTo }, "once they are closed there is room again");
  }));
