// SPDX-License-Identifier: Apache-2.0
//
// The control listener: POST /v1/run with a token.

import assert from "node:assert/strict";
import http from "node:http";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { exchange, freePort, runMayfly, sleep, startMayfly, temporaryProject } from "./harness.mjs";

const token = "0123456789abcdef-test";
const directory = temporaryProject({
  token: `${token}\n`,
  short: "abc\n",
  "main.js": "export default { fetch: () => new Response('well') };",
});
const main = join(directory, "main.js");

let server;
let port;
before(async () => {
  port = await freePort();
  const args = ["--control", `127.0.0.1:${port}`, "--control-token-file", join(directory, "token")];
  server = await startMayfly(main, { command: "serve", args });
});
after(() => server.stop());

function ask(body, { path = "/v1/run", method = "POST", authorization = `Bearer ${token}` } = {}) {
  const headers = authorization === "" ? {} : { authorization };
  const text = typeof body === "object" && !ArrayBuffer.isView(body) ? JSON.stringify(body) : body;
  return exchange(port, { method, path, headers, body: text, timeoutMs: 20_000 });
}

async function run(body) {
  const { status, text } = await ask(body);
  assert.equal(status, 200, text);
  return JSON.parse(text);
}

test("code is run, with input and env; logs and usage are told", async () => {
  const answer = await run({
    code: "async (input, env) => { console.log('hello', { a: 1 }); return { n: input.n * 2, e: env.E }; }",
    input: { n: 21 },
    env: { E: "x" },
  });
  assert.equal(answer.ok, true, JSON.stringify(answer));
  assert.deepEqual(answer.result, { n: 42, e: "x" });
  assert.deepEqual(answer.logs.map(({ level, text }) => [level, text]), [["log", "hello { a: 1 }"]]);
  const { cpuMs, wallMs, memoryBytes, subRequests, bytesIn, bytesOut } = answer.usage;
  assert.ok(cpuMs >= 0 && wallMs > 0, JSON.stringify(answer.usage));
  assert.ok(memoryBytes > 100_000 && bytesIn > 0 && bytesOut > 0, JSON.stringify(answer.usage));
  assert.equal(subRequests, 0);
});

test("modules are run, in the process of their tenant", async () => {
  const modules = { "main.ts": "import { k } from './k.js'; export default (n: number) => n * k;", "k.js": "export const k = 3;" };
  const { result } = await run({ modules, mainModule: "main.ts", input: 5, tenant: "acme" });
  assert.equal(result, 15);
});

for (const [what, body, name] of [
  ["a loop", { code: "() => { console.log('begun'); for (;;); }", limits: { cpuMs: 50 } }, "CpuLimitExceeded"],
  ["a heap bomb", { code: "() => { const a = []; for (;;) a.push(new Array(1e4).fill(1.5)); }", limits: { memoryMb: 24 } }, "MemoryLimitExceeded"],
  ["timers without end", { code: "() => new Promise(() => setInterval(() => {}, 10))", limits: { wallMs: 100 } }, "WallLimitExceeded"],
  ["a result that is too large", { code: "() => 'x'.repeat(5e6)" }, "RangeError"],
  ["a result that forges the answer", { code: "() => 1; JSON.stringify = () => '1,\"ok\":false';" }, "SyntaxError"],
  ["what throws", { code: "() => { throw new TypeError('mine'); }" }, "TypeError"],
  ["what does not parse", { code: "() => {" }, "SyntaxError"],
  ["fetch without a network", { code: "() => fetch('https://example.com/')" }, "Error"],
  [
    "fetch of a metadata address",
    { code: "() => fetch('http://169.254.169.254/')", network: { defaultPolicy: "allow" } },
    "EgressDenied",
  ],
]) {
  test(`${what} is an error in the answer, and hurts nobody`, async () => {
    const answer = await run(body);
    assert.equal(answer.ok, false, JSON.stringify(answer).slice(0, 500));
    assert.equal(answer.error.name, name, JSON.stringify(answer.error));
    assert.ok(answer.usage.wallMs > 0);
    if (what === "a loop") {
      assert.deepEqual(answer.logs.map(({ text }) => text), ["begun"]);
      assert.ok(answer.usage.cpuMs >= 50);
    }
    assert.equal((await server.request("/")).text, "well");
    assert.equal((await run({ code: "() => 1" })).result, 1);
  });
}

test("without the token nothing is run", async () => {
  for (const authorization of ["", "Bearer wrong", `Bearer ${token}x`, `Basic ${token}`]) {
    const { status, headers, text } = await ask({ code: "() => 1" }, { authorization });
    assert.equal(status, 401, authorization);
    assert.equal(headers["www-authenticate"], "Bearer");
    assert.match(text, /Authorization: Bearer/);
  }
  assert.equal((await ask("", { path: "/other", method: "GET", authorization: "" })).status, 401);
});

test("what is wrong with a request is said", async () => {
  for (const [body, message] of [
    ["{", /must be JSON/],
    ["[]", /JSON object/],
    [{}, /either 'code', or 'modules'/],
    [{ code: "1", cod: 1 }, /Unknown field 'cod'.*Did you mean 'code'/],
    [{ code: "1", limits: { cpu: 1 } }, /Did you mean 'cpuMs'/],
    [{ code: "1", limits: { wallMs: 1e9 } }, /at most 600000/],
    [{ code: "1", network: { allowedOrigins: ["10.0.0.1/8"] } }, /10\.0\.0\.1\/8/],
  ]) {
    const { status, text } = await ask(body);
    assert.equal(status, 400, text);
    assert.match(JSON.parse(text).error.message, message);
  }
  assert.equal((await ask({}, { path: "/v1/other" })).status, 404);
  assert.equal((await ask(undefined, { method: "GET" })).status, 405);
});

test("a body of 10 MB is refused", async () => {
  const { status } = await ask(Buffer.alloc(10_000_000, 32));
  assert.equal(status, 413);
});

test("as many runs as there may be are refused kindly, and clients that leave make room", async () => {
  const leaving = Array.from({ length: 32 }, () => {
    const headers = { authorization: `Bearer ${token}` };
    const outgoing = http.request({ host: "127.0.0.1", port, method: "POST", path: "/v1/run", headers });
    outgoing.on("error", () => {});
    outgoing.end(JSON.stringify({ code: "() => scheduler.wait(60000)", tenant: "slow" }));
    return outgoing;
  });
  const statusUntil = async (wanted) => {
    let status;
    for (let tried = 0; tried < 100 && status !== wanted; tried++) {
      ({ status } = await ask({ code: "() => 1", tenant: "quick" }));
      await sleep(20);
    }
    return status;
  };
  assert.equal(await statusUntil(429), 429);
  for (const outgoing of leaving) outgoing.destroy();
  assert.equal(await statusUntil(200), 200);
});

test("a control listener needs a token that cannot be guessed", async () => {
  const without = await runMayfly(["serve", main, "--control", "127.0.0.1:0"]);
  assert.equal(without.code, 2);
  assert.match(without.stderr, /--control-token-file FILE/);
  const short = await runMayfly(["serve", main, "--control", "0", "--control-token-file", join(directory, "short")]);
  assert.equal(short.code, 2);
  assert.match(short.stderr, /16 to 512/);
});
