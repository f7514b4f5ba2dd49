// SPDX-License-Identifier: Apache-2.0
//
// Limits: where they can be set, which of them holds, and what is left of a worker that met one.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { sleep, startMayfly, temporaryProject } from "./harness.mjs";

// POST { code?, name?, entrypoint?, method, args }: calls a dynamic worker, and tells what came of it.
const host = `
import { WorkerEntrypoint } from "cloudflare:workers";

const main = \`
  import { WorkerEntrypoint } from "cloudflare:workers";
  let calls = 0;
  const pause = (ms) => new Promise((done) => setTimeout(done, ms));
  export default class extends WorkerEntrypoint {
    count() { return ++calls; }
    async wait(ms) { calls++; await pause(ms); return ++calls; }
    async linger(ms) { this.ctx.waitUntil(pause(ms).then(() => this.env.TOOL.tell("lingered"))); return "answered"; }
    loop() { for (;;); }
    async ask(times) {
      const answers = [];
      for (let n = 0; n < times; n++) answers.push(await this.env.TOOL.echo(n).catch((error) => error.code + ": " + error.message));
      return answers;
    }
    refuse() { return this.env.TOOL.refuse(); }
    shout(lines, length) { for (let n = 0; n < lines; n++) console.log("shouts " + "x".repeat(length)); return lines; }
    say(text) { console.log(text); }
    get(url) { return this.env.TOOL.fetch(url); }
  }
\`;

let told = [];

export class Tool extends WorkerEntrypoint {
  echo(value) { return value; }
  tell(text) { told.push(text); }
  fetch(request) { return new Response("z".repeat(100)); }
  async refuse() {
    const made = { compatibilityDate: "2025-01-01", mainModule: "m.js", modules: { "m.js": main }, limits: { cpuMs: 50 } };
    await this.env.LOADER.load(made).getEntrypoint().loop();
  }
}

export default {
  async fetch(request, env, ctx) {
    const { pathname } = new URL(request.url);
    if (pathname === "/loop") for (;;);
    if (pathname === "/told") return Response.json(told);
    if (pathname === "/wait") { await new Promise((done) => setTimeout(done, 60_000)); }
    if (pathname !== "/") return new Response("own");
    const { limits, name, options, method, args = [], date = "2026-11-01" } = await request.json();
    const made = () => ({
      compatibilityDate: date,
      mainModule: "main.js",
      modules: { "main.js": main },
      env: { TOOL: ctx.exports.Tool({}) },
      limits,
    });
    try {
      const worker = name === undefined ? env.LOADER.load(made()) : env.LOADER.get(name, made);
      return Response.json({ result: await worker.getEntrypoint(undefined, options)[method](...args) });
    } catch (error) {
      return Response.json({ name: error.name, code: error.code, message: error.message, remote: error.remote });
    }
  },
};`;

async function serve(limits, args = []) {
  const server = await startMayfly(
    temporaryProject({
      "wrangler.json": {
        name: "host",
        main: "index.js",
        compatibility_date: "2026-11-01",
        worker_loaders: [{ binding: "LOADER" }],
        mayfly: { limits },
      },
      "index.js": host,
    }),
    { command: "serve", args: ["--shards", "1", ...args] },
  );
  return {
    ...server,
    async call(method, args, more = {}) {
      const body = JSON.stringify({ method, args, ...more });
      const { status, text } = await server.request({ method: "POST", path: "/", body, timeoutMs: 15_000 });
      assert.equal(status, 200, text);
      return JSON.parse(text);
    },
  };
}

const wallLimit = (ms) => ({
  name: "WallLimitExceeded",
  code: "WallLimitExceeded",
  message: `Worker exceeded wall time limit of ${ms} ms.`,
});

describe("limits of code and entrypoints", () => {
  let server;
  before(async () => {
    server = await serve({});
  });
  after(() => server.stop());

  test("an event that waits too long fails alone: its worker goes on", async () => {
    const name = "waits";
    const limits = { wallMs: 300 };
    assert.deepEqual(await server.call("count", [], { name, limits }), { result: 1 });
    const other = sleep(200).then(() => server.call("wait", [200], { name, limits }));
    assert.deepEqual(await server.call("wait", [60_000], { name, limits }), wallLimit(300));
    assert.deepEqual(await other, { result: 4 }, "one that had begun is answered");
    assert.deepEqual(await server.call("count", [], { name, limits }), { result: 5 });
  });

  test("what was given to waitUntil ends with the time on the clock", async () => {
    assert.deepEqual(await server.call("linger", [100], { name: "lingers long", limits: { wallMs: 2_000 } }), { result: "answered" });
    await sleep(300);
    assert.deepEqual(await server.call("linger", [600], { name: "lingers", limits: { wallMs: 300 } }), { result: "answered" });
    await sleep(800);
    assert.deepEqual(JSON.parse((await server.request("/told")).text), ["lingered"]);
  });

  for (const [what, of, ms] of [
    ["the code's", { limits: { wallMs: 200 }, options: { limits: { wallMs: 60_000 } } }, 200],
    ["the entrypoint's", { limits: { wallMs: 60_000 }, options: { limits: { wallMs: 200 } } }, 200],
  ]) {
    test(`the lower of two limits holds: ${what}`, async () => {
      assert.deepEqual(await server.call("wait", [60_000], of), wallLimit(ms));
    });
  }

  test("an error of a limit keeps its code over several calls, whatever the compatibility date", async () => {
    for (const date of ["2025-01-01", "2026-11-01"]) {
      const { name, code, message } = await server.call("refuse", [], { date });
      assert.deepEqual({ name, code, message }, {
        name: "CpuLimitExceeded",
        code: "CpuLimitExceeded",
        message: "Worker exceeded CPU time limit of 50 ms.",
      });
    }
  });

  for (const [limits, message] of [
    [{ wallMs: 0 }, "limits.wallMs must be a whole number of at least 1. Got: 0"],
    [{ startupMs: -1 }, "limits.startupMs must be a whole number of at least 1. Got: -1"],
    [{ timers: 1.5 }, "limits.timers must be a whole number of at least 1. Got: 1.5"],
    [{ wallMS: 5 }, "Unknown field 'wallMS' in limits. Did you mean 'wallMs'?"],
  ]) {
    test(`${JSON.stringify(limits)} is refused`, async () => {
      assert.equal((await server.call("count", [], { limits })).message, message);
    });
  }

  test("what holds for a whole worker cannot be set at an entrypoint", async () => {
    for (const limits of [{ memoryMb: 64 }, { startupMs: 100 }, { timers: 5 }]) {
      const { message } = await server.call("count", [], { options: { limits } });
      assert.match(message, new RegExp(`Unknown field '${Object.keys(limits)[0]}' in limits`));
    }
  });
});

describe("limits of the configuration", () => {
  let server;
  before(async () => {
    server = await serve({ wallMs: 4_000, subRequests: 4, startupMs: 5_000 });
  });
  after(() => server.stop());

  test("dynamic workers have them, and code cannot raise them", async () => {
    const { result } = await server.call("ask", [6], { limits: { subRequests: 100, wallMs: 100_000 } });
    const refused = "SubrequestLimit: Too many subrequests by single Worker invocation.";
    assert.deepEqual(result, [0, 1, 2, 3, refused, refused]);
    assert.deepEqual(await server.call("wait", [60_000], { limits: { wallMs: 900 } }), wallLimit(900));
  });

  test("the worker itself has them", async () => {
    const { status } = await server.request({ path: "/wait", timeoutMs: 10_000 });
    assert.equal(status, 500);
    await server.program.waitFor(/WallLimitExceeded: Worker exceeded wall time limit of 4000 ms/);
    assert.equal((await server.request("/own")).text, "own", "it goes on");
  });
});

test("one of your own workers that a limit ended is started again", async () => {
  const server = await serve({ cpuMs: 200 });
  const { status, text } = await server.request({ path: "/loop", timeoutMs: 10_000 });
  assert.equal(status, 503);
  assert.match(text, /Worker exceeded CPU time limit of 200 ms/);
  let answer;
  for (let tried = 0; tried < 50 && answer !== "own"; tried++, await sleep(100)) {
    answer = (await server.request({ path: "/own", timeoutMs: 5_000 }).catch(() => ({ text: "" }))).text;
  }
  assert.equal(answer, "own");
  await server.stop();
});

test("one of your own workers that does not start within its limit is told, and nothing is served", async () => {
  const project = temporaryProject({
    "wrangler.json": {
      name: "slow",
      main: "index.js",
      compatibility_date: "2026-11-01",
      mayfly: { limits: { startupMs: 100 } },
    },
    "index.js": "for (;;);\nexport default { fetch() {} };",
  });
  await assert.rejects(
    startMayfly(project, { command: "serve", args: ["--shards", "2"] }),
    /worker "slow": Worker exceeded startup time limit of 100 ms/,
  );
});

test("a worker that floods the log loses its own lines, and others keep theirs", async () => {
  const server = await serve({});
  const floods = { name: "floods", limits: { logBytes: 10_000 } };
  await server.call("shout", [5_000, 1_000], floods);
  await server.call("say", ["quiet words"], { name: "quiet" });
  await server.program.waitFor(/quiet words/);
  await server.program.waitFor(/LogLimit: this worker logs more than 10000 bytes in a second/);
  await sleep(1_100);
  await server.call("say", ["and again"], floods);
  await server.program.waitFor(/floods: and again/);
  const said = server.program.stderr;
  const written = said.match(/floods: shouts/g).length;
  assert.ok(written >= 8 && written < 1_000, `${written} lines were written`);
  const dropped = [...said.matchAll(/LogLimit: (\d+) lines of this worker were dropped/g)];
  assert.equal(dropped.reduce((sum, [, lines]) => sum + Number(lines), written), 5_000);
  await server.stop();
});

test("with --log-events each event has a record", async () => {
  const server = await serve({}, ["--log-events", "--log", "json"]);
  await server.call("count", [], { name: "counts" });
  await server.call("loop", [], { name: "loops", limits: { cpuMs: 50 } });
  await server.call("wait", [60_000], { name: "waits", limits: { wallMs: 100 } });
  await server.call("ask", [3], { name: "asks" });
  await sleep(200);
  const records = server.program.stderr
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line))
    .filter(({ kind }) => kind === "event");
  const of = (worker) => records.find((record) => record.worker === worker);
  assert.equal(records.filter(({ worker }) => worker === "host" || worker.startsWith("host:")).length, records.length);
  const counts = of("host:counts");
  assert.equal(counts.text, "call count");
  assert.equal(counts.outcome, "ok");
  assert.ok(counts.usage.cpuMs > 0 && counts.usage.wallMs > 0 && counts.usage.memoryBytes > 100_000, JSON.stringify(counts));
  assert.equal(of("host:loops").outcome, "exceededCpu");
  assert.ok(of("host:loops").usage.cpuMs >= 49);
  assert.equal(of("host:waits").outcome, "exceededWallTime");
  assert.equal(of("host:asks").usage.subRequests, 3);
  const own = records.filter(({ worker, text }) => worker === "host" && /^POST http:\/\/127.0.0.1:\d+\/ 200$/.test(text));
  assert.equal(own.length, 4);
  assert.ok(own[0].usage.bytesIn > 50 && own[0].usage.bytesOut > 10, JSON.stringify(own[0]));
  await server.stop();
});
