// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import net from "node:net";
import { sleep } from "../../e2e/harness.mjs";
import { cpuLimit, done, inFetch, memoryLimit } from "../program.mjs";
import { programs as engine } from "../programs/engine.mjs";
import { programs as memory } from "../programs/memory.mjs";
import { programs as time } from "../programs/time.mjs";

export const letter = "D";
export const title = "Requests, calls and floods";

const pick = (from, ...names) => Object.fromEntries(names.map((name) => [name, from[name]]));
const answering = (body, text, more) => ({ code: inFetch(body), cpuMs: 3_000, ends: { text }, ...more });
const raising = (body, error = "TypeError", more) => answering(`try { ${body}; } catch (error) { return new Response(error.name); }`, error, more);

const line = "GET /own HTTP/1.1\r\n";
const head = `${line}Host: a\r\n`;
const post = "POST /own HTTP/1.1\r\nHost: a\r\n";
const smuggled = `${line}Host: smuggled\r\n\r\n`;
const chunked = (body) => `${post}Transfer-Encoding: chunked\r\n\r\n${body}`;
const refusedRequests = {
  "Content-Length and Transfer-Encoding": `${post}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  "Transfer-Encoding: chunked, identity": `${post}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`,
  "Transfer-Encoding: xchunked": `${post}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`,
  "Transfer-Encoding: identity": `${post}Transfer-Encoding: identity\r\nContent-Length: 0\r\n\r\n`,
  "two Transfer-Encodings": `${post}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n`,
  "Transfer-Encoding with a vertical tab": `${post}Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n`,
  "a space before the colon": `${post}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n`,
  "a tab before the colon": `${post}Content-Length\t: 0\r\n\r\n`,
  "two different Content-Lengths": `${post}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello`,
  "Content-Length: +5": `${post}Content-Length: +5\r\n\r\nhello`,
  "Content-Length: 0x5": `${post}Content-Length: 0x5\r\n\r\nhello`,
  "Content-Length: -5": `${post}Content-Length: -5\r\n\r\nhello`,
  "Content-Length: 2^64 and more": `${post}Content-Length: 18446744073709551621\r\n\r\nhello`,
  "Content-Length: 5, 6": `${post}Content-Length: 5, 6\r\n\r\nhello`,
  "Content-Length: 5 5": `${post}Content-Length: 5 5\r\n\r\nhello`,
  "an empty Content-Length": `${post}Content-Length: \r\n\r\n`,
  "a header that is folded": `${head}a: b\r\n c\r\n\r\n`,
  "a bare CR in a value": `${head}a: b\rc\r\n\r\n`,
  "a NUL in a value": `${head}a: b\0c\r\n\r\n`,
  "a NUL in a name": `${head}a\0b: c\r\n\r\n`,
  "a space in a name": `${head}a b: c\r\n\r\n`,
  "a header without a colon": `${head}nothing\r\n\r\n`,
  "an empty name": `${head}: x\r\n\r\n`,
  "a chunk size that overflows": chunked("ffffffffffffffff1\r\nx\r\n0\r\n\r\n"),
  "a chunk size with a sign": chunked("+1\r\nx\r\n0\r\n\r\n"),
  "a chunk size of 0x1": chunked("0x1\r\nx\r\n0\r\n\r\n"),
  "a chunk that is longer than its size": chunked("1\r\nxyz\r\n0\r\n\r\n"),
  "a chunk extension of a megabyte": chunked(`1;${"x".repeat(1 << 20)}\r\nx\r\n0\r\n\r\n`),
  "a chunk size that ends in a bare LF": chunked("1\nx\r\n0\r\n\r\n"),
  "no version": `GET /own\r\nHost: a\r\n\r\n`,
  "HTTP/9.9": `GET /own HTTP/9.9\r\nHost: a\r\n\r\n`,
  "HTTP/1.1 in small letters": `GET /own http/1.1\r\nHost: a\r\n\r\n`,
  "a method with a NUL": `G\0T /own HTTP/1.1\r\nHost: a\r\n\r\n`,
  "a control character in the target": `GET /o\x01wn HTTP/1.1\r\nHost: a\r\n\r\n`,
  "two spaces before the target": `GET  /own HTTP/1.1\r\nHost: a\r\n\r\n`,
};
const refusedAuthorities = {
  "two Hosts": `${head}Host: b\r\n\r\n`,
  "no Host": `${line}\r\n`,
  "a Host with user information": `${line}Host: user@a\r\n\r\n`,
  "a Host with a path": `${line}Host: a/b\r\n\r\n`,
  "a Host with spaces": `${line}Host: a b\r\n\r\n`,
  "a Host with a port that is none": `${line}Host: a:b\r\n\r\n`,
};

/** Each is answered with a 4xx or 501 (or by closing), nothing that follows on the connection is. */
const refusing = (requests) => async ({ host, runtime }) => {
  const accepted = [];
  for (const [name, request] of Object.entries(requests)) {
    const { text } = await host.raw([request, 20, smuggled], { timeoutMs: 1_500, until: /^HTTP\/1\.1 2[^]*HTTP\/1\.1 /m });
    const statuses = [...text.matchAll(/^HTTP\/1\.[01] (\d+)/gm)].map(([, status]) => Number(status)).filter((status) => status !== 100);
    if (statuses.length > 1 || statuses.some((status) => status < 400 || (status >= 500 && status !== 501 && status !== 505))) accepted.push(`${name} (${statuses.join(", ")})`);
  }
  if (runtime === "mayfly") assert.deepEqual(accepted, []);
  return accepted.length === 0 ? `refuses all ${Object.keys(requests).length}` : `accepts ${accepted.length} of ${Object.keys(requests).length}: ${accepted.join("; ")}`;
};

/** Many connections that send `bytes` and then nothing, while others are served. */
const holding = (count, bytes, ms) => async ({ host }) => {
  const sockets = Array.from({ length: count }, () => net.connect(host.port, "127.0.0.1").on("error", () => {}));
  for (const socket of sockets) socket.write(bytes);
  await sleep(ms);
  for (const socket of sockets) socket.destroy();
  await sleep(200);
  return `${count} connections that wait`;
};

const entrypoints = (members, body) => `
  import { RpcTarget, WorkerEntrypoint } from "cloudflare:workers";
  ${members}
  export default { async fetch(request, env, ctx) { ${body} } };`;

export const cases = {
  D01: { title: "heads that come slowly", outcome: "H", fast: true, onWorkerd: true, heldBy: "tests/e2e/processes.test.mjs: a head that comes too slowly is answered 408: --header-timeout-ms", deed: holding(300, "GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ", 1_500) },
  D02: { title: "bodies that come slowly", outcome: "H", fast: true, onWorkerd: true, heldBy: "tests/e2e/processes.test.mjs: a body that comes too slowly is cut off: --body-timeout-ms", deed: holding(200, "POST /attack HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n{", 1_500) },
  D03: { title: "readers that are slow", outcome: "H", heldBy: ["src/http/server_test.cc: HttpServer.WritesNoFasterThanTheClientReads", "tests/e2e/cases/serving.mjs: a large body streams back"] },
  D04: { title: "heads that are too large", outcome: "H", fast: true, onWorkerd: true, deed: async ({ host, runtime }) => {
    const said = {};
    for (const [name, request, status] of [["headers of 200 KB", `${head}a: ${"x".repeat(200_000)}\r\n\r\n`, 431], ["a URL of 20 KB", `GET /${"x".repeat(20_000)} HTTP/1.1\r\nHost: a\r\n\r\n`, 414], ["10,001 headers", `${head}${"a: b\r\n".repeat(10_001)}\r\n`, 431]]) {
      said[name] = Number((await host.raw(request, { until: /\r\n\r\n/ })).text.match(/^HTTP\/1.1 (\d+)/)?.[1] ?? 0);
      if (runtime === "mayfly") assert.equal(said[name], status, name);
    }
    return Object.entries(said).map(([name, status]) => `${name}: ${status}`).join(", ");
  } },
  D05: { title: "requests that two servers would read differently", outcome: "H", fast: true, onWorkerd: true, deed: refusing(refusedRequests) },
  D06: { title: "authorities that are missing, double or malformed", outcome: "H", fast: true, onWorkerd: true, deed: refusing(refusedAuthorities) },
  D07: { title: "HTTP/2: resets, continuations, header bombs", outcome: "H", missing: "HTTP/2 is not offered" },
  D08: { title: "header values that split a response", outcome: "J", fast: true, programs: {
    ...Object.fromEntries(["a\\r\\nb: c", "a\\nb", "a\\0b", "a\\rb"].map((value) => [value, raising(`new Response("x", { headers: { a: "${value}" } })`)])),
    "in names": raising(`new Response("x", { headers: { "a\\r\\nb": "c" } })`), "in a status text": raising(`new Response("x", { statusText: "a\\r\\nb: c" })`), "by set": raising(`new Response("x").headers.set("a", "b\\r\\n\\r\\nHTTP/1.1 200 OK")`),
  } },
  D09: { title: "statuses and bodies that HTTP does not allow", outcome: "J", fast: true, programs: {
    ...Object.fromEntries([0, 99, 100, 199, 600, 999, -1, 2 ** 32 + 200].map((status) => [`status ${status}`, raising(`new Response(null, { status: ${status} })`, "RangeError")])),
    ...Object.fromEntries([204, 205, 304].map((status) => [`a body with ${status}`, raising(`new Response("body", { status: ${status} })`)])),
  } },
  D10: { title: "answers that never come, come twice or are none", outcome: "J/C", fast: true, programs: {
    "a promise that never settles": { code: `export default { fetch: () => new Promise(() => {}) };`, ends: { error: /./ } },
    "undefined": { code: `export default { fetch() {} };`, ends: { error: "TypeError" } }, "a number": { code: `export default { fetch: () => 5 };`, ends: { error: "TypeError" } },
    "an object like a Response": { code: `export default { fetch: () => ({ status: 200, headers: new Headers(), body: null }) };`, ends: { error: "TypeError" } },
    "a proxy of a Response": { code: `export default { fetch: () => new Proxy(new Response("x"), {}) };`, ends: { error: "TypeError" } },
    "one that was used": { code: `const one = new Response("x"); export default { async fetch() { await one.text(); return one; } };`, ends: { error: "TypeError" } },
    "a throw of nothing": { code: `export default { fetch() { throw undefined; } };`, ends: { error: /./ } },
  } },
  D11: { title: "bodies that fail, never end or throw when they are cancelled", outcome: "J", fast: true, programs: {
    "an error": { code: `export default { fetch: () => new Response(new ReadableStream({ pull(to) { to.error(new Error("broke")); } })) };`, ends: { error: /./, message: /broke/ } },
    "a chunk that is no bytes": { code: `export default { fetch: () => new Response(new ReadableStream({ start(to) { to.enqueue("text"); to.close(); } })) };`, ends: { error: /./ } },
    "a throw in pull": { code: `export default { fetch: () => new Response(new ReadableStream({ pull() { throw new Error("broke"); } })) };`, ends: { error: /./, message: /broke/ } },
    "never more": { code: `export default { fetch: () => new Response(new ReadableStream({ pull: () => new Promise(() => {}) })) };`, ends: { error: /./ } },
  } },
  D12: { title: "WebSockets: unmasked, huge, malformed and endless frames", outcome: "H/C", fast: true, heldBy: [
    "tests/e2e/websocket.test.mjs: an unmasked frame", "tests/e2e/websocket.test.mjs: fragments without end", "tests/e2e/websocket.test.mjs: clients that do not read",
    "tests/hostile/frames.test.mjs: any bytes that a ${role} reads are frames, or a FrameError",
  ], programs: {
    "messages that nobody accepts": { code: inFetch(`const [a] = Object.values(new WebSocketPair()); a.accept(); for (;;) { a.send(new Uint8Array(1 << 20)); await 0; }`), cpuMs: 10_000, ends: memoryLimit },
    "two ends that answer each other without end": { code: inFetch(`
      const pair = Object.values(new WebSocketPair());
      for (const end of pair) { end.accept(); end.addEventListener("message", ({ data }) => end.send(data)); }
      pair[0].send("x"); await new Promise(() => {})`), cpuMs: 300, ends: cpuLimit },
    "pairs without end": answering(`const all = []; for (let n = 0; n < 20_000; n++) { const pair = new WebSocketPair(); pair[0].accept(); pair[1].accept(); all.push(pair); } return new Response("made")`, "made"),
    "a WebSocket that nobody asked for": { code: `export default { fetch: () => new Response(null, { status: 101, webSocket: new WebSocketPair()[0] }) };`, ends: { error: "TypeError", message: /did not contain the header "Upgrade: websocket"/ } },
  } },
  D13: { title: "floods of the log", outcome: "J/C", fast: true, programs: {
    ...pick(time, "a log without end"), ...pick(engine, "a log record of 64 MB", "an unhandled rejection with a message of 40 MB"), ...pick(memory, "a log of long records"),
    "control characters and new lines": { ...answering(`console.log("\\x1b[2J\\x1b]0;owned\\x07 one\\ntwo\\r three\\0"); return new Response("said")`, "said") },
    "after the answer": { code: `export default { fetch(request, env, ctx) { ctx.waitUntil((async () => { for (let i = 0; i < 1_000; i++) { console.log("late " + i); await 0; } })()); return new Response("answered"); } };`, ends: { text: "answered" } },
    "objects that are large and circular": answering(`const x = {}; for (let i = 0; i < 1e5; i++) x["k" + i] = x; console.log(x, [x, x], new Map([[x, x]])); return new Response("said")`, "said"),
  } },
  D14: { title: "a flood of calls", outcome: "J/C", programs: {
    "20,000, one after another": answering(`for (let i = 0; i < 20_000; i++) await env.TOOL.echo(i); return new Response("all")`, "all", { cpuMs: 30_000, patienceMs: 90_000 }),
    "as many at once as can be": { code: inFetch(`const all = []; for (let i = 0; i < 1e6; i++) all.push(env.TOOL.echo(i)); await Promise.all(all)`), cpuMs: 10_000, patienceMs: 90_000, ends: [{ error: /Error$/ }, memoryLimit, cpuLimit] },
    "as many fetches": { code: inFetch(`const all = []; for (let i = 0; i < 1e5; i++) all.push(env.TOOL.fetch("http://x/" + i)); await Promise.all(all)`), cpuMs: 10_000, patienceMs: 90_000, outcome: "J/C/D", ends: [{ error: /Error$/ }, memoryLimit, cpuLimit] },
    "of four workers at once": { code: inFetch(`const all = []; for (let i = 0; i < 16_000; i++) all.push(env.TOOL.call(() => new Promise((go) => setTimeout(go, 2_000)))); await Promise.allSettled(all)`), cpuMs: 10_000, patienceMs: 90_000, atOnce: 4, ends: [done, { error: /Error$/ }, memoryLimit, cpuLimit] },
    "never awaited": { code: inFetch(`for (let i = 0; i < 60_000; i++) env.TOOL.echo(i)`), cpuMs: 10_000, ends: [done, { error: /Error$/ }] },
  } },
  D15: { title: "arguments that are huge or deep", outcome: "J", fast: true, programs: {
    "33 MB": answering(`try { await env.TOOL.length("x".repeat(33 << 20)); } catch (error) { return new Response(/32MiB/.test(error.message) ? "bounded" : error.message); }`, "bounded"),
    "500 MB": answering(`try { await env.TOOL.length(Array(500).fill(new Uint8Array(1 << 20))); } catch (error) { return new Response("bounded"); }`, /bounded|done/, { outcome: "J/C", ends: [{ text: /bounded|done/ }, memoryLimit] }),
    ...pick(engine, "an argument nested 100,000 deep"),
    "a result nested 100,000 deep": { code: `let deep = {}; for (let i = 0; i < 1e5; i++) deep = { deep }; export default { fetch: () => deep };`, ends: { error: /Error$/ } },
  } },
  D16: { title: "stubs that are never given back", outcome: "J/C", programs: {
    "functions": { code: inFetch(`const all = []; for (let i = 0; i < 1_000; i++) all.push(await Promise.all(Array.from({ length: 1_000 }, () => env.TOOL.echo(() => i))))`), cpuMs: 20_000, patienceMs: 90_000, ends: [{ error: /Error$/ }, memoryLimit, cpuLimit] },
    "duplicates": { code: inFetch(`const { RpcTarget } = await import("cloudflare:workers"); const one = await env.TOOL.echo(new (class extends RpcTarget { m() {} })()); const all = []; for (let i = 0; i < 1e6; i++) all.push(one.dup())`), cpuMs: 20_000, ends: [done, { error: /Error$/ }, memoryLimit, cpuLimit] },
  } },
  D17: { title: "stubs in a circle", outcome: "J", fast: true, programs: { "are given back with the request": { code: entrypoints(`class Node extends RpcTarget { link(to) { this.to = to.dup(); } }`, `
      for (let i = 0; i < 200; i++) { const a = await env.TOOL.echo(new Node()), b = await env.TOOL.echo(new Node()); await a.link(b); await b.link(a); }
      return new Response("linked");`), cpuMs: 10_000, ends: { text: "linked" } } } },
  D18: { title: "callbacks that call back without end", outcome: "J/C", programs: {
    "between worker and host": { code: inFetch(`const again = () => env.TOOL.call(again); await again()`), cpuMs: 2_000, patienceMs: 90_000, ends: [cpuLimit, memoryLimit, { error: /Error$|^PendingCallLimit$/ }] },
    "many ways at once": { code: inFetch(`const again = () => Promise.all([env.TOOL.call(again), env.TOOL.call(again)]); await again()`), cpuMs: 2_000, patienceMs: 90_000, ends: [cpuLimit, memoryLimit, { error: /Error$|^PendingCallLimit$/ }] },
  } },
  D19: { title: "the called or the calling one dies within a call", outcome: "J/C", fast: true, heldBy: "tests/hostile/cells.test.mjs: when the process dies, its callers are told how, and the next call is served by another", programs: {
    "the caller, with calls open": { code: inFetch(`for (let i = 0; i < 100; i++) env.TOOL.never().catch(() => {}); env.TOOL.call(() => { for (;;); }); for (;;);`), cpuMs: 100, ends: cpuLimit },
    "the callee, in a callback": { code: inFetch(`await env.TOOL.call(() => { const all = []; for (;;) all.push({}); })`), cpuMs: 10_000, ends: memoryLimit },
  } },
  D20: { title: "calls on what a rejected promise would have been", outcome: "J", fast: true, programs: { "all of them reject": answering(`
      const broken = env.TOOL.nothing(); const ends = await Promise.allSettled([broken, broken.a(), broken.a.b.c(), broken.then, broken.a().b()].slice(0, 3));
      return new Response([...new Set(ends.map(({ status }) => status))].join())`, "rejected") } },
  D21: { title: "stubs that are used after they were given back, or given back twice", outcome: "J", fast: true, programs: { "a named error, and nothing": { code: entrypoints(`class Target extends RpcTarget { m() { return 1; } }`, `
      const stub = await env.TOOL.echo(new Target()); await stub.m(); stub[Symbol.dispose](); stub[Symbol.dispose]();
      try { await stub.m(); return new Response("called"); } catch (error) { return new Response("refused"); }`), ends: { text: "refused" } } } },
  D22: { title: "workers that call themselves", outcome: "J/C", programs: {
    "by ctx.exports": time["calls of itself, each with a budget of its own"],
    "many at once": { code: `import { WorkerEntrypoint } from "cloudflare:workers";
      export class Again extends WorkerEntrypoint { run() { return Promise.all(Array.from({ length: 10 }, () => this.ctx.exports.Again.run())); } }
      export default { fetch: (request, env, ctx) => ctx.exports.Again.run() };`, cpuMs: 1_000, ends: [cpuLimit, memoryLimit, { error: /Error$/ }] },
  } },
  D23: { title: "connections without end", outcome: "H", onWorkerd: true, deed: async (bench) => {
    const told = await holding(3_000, head, 2_000)(bench);
    return told;
  } },
  D24: { title: "tee() of an endless stream with one branch that nobody reads", outcome: "J/C", fast: true, programs: {
    "of a worker's own": { code: inFetch(`const [fast, slow] = new ReadableStream({ pull: (to) => to.enqueue(new Uint8Array(1 << 20)) }).tee(); for await (const _ of fast);`), cpuMs: 10_000, ends: [memoryLimit, { error: /^(RangeError|TypeError|Error)$/ }] },
    "of a capability's": { code: inFetch(`const [fast, slow] = (await env.TOOL.stream(1 << 20, 1_000)).tee(); for await (const _ of fast);`), cpuMs: 10_000, ends: [memoryLimit, { error: /^(RangeError|TypeError|Error)$/ }] },
    "of clones": { code: inFetch(`const all = []; let one = new Response(new ReadableStream({ pull: (to) => to.enqueue(new Uint8Array(1 << 20)) })); for (let i = 0; i < 5; i++) all.push(one.clone()); for await (const _ of one.body);`), cpuMs: 10_000, ends: [memoryLimit, { error: /^(RangeError|TypeError|Error)$/ }] },
  } },
  D25: { title: "databases: values at the bound, endless queries, files", outcome: "J", missing: "databases and key-value stores are not offered" },
};
