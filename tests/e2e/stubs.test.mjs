// SPDX-License-Identifier: Apache-2.0
//
// Stubs in numbers, stubs that leak, calls that recur without end, and callers that go away, wherever the two workers
// live.

import assert from "node:assert/strict";
import http from "node:http";
import { describe, after, before, test } from "node:test";
import { laidOut, layouts } from "../conformance/suites.mjs";
import { residentBytes, runMayfly, sleep, startMayfly, temporaryProject } from "./harness.mjs";

const main = `
  import { RpcStub, RpcTarget, WorkerEntrypoint } from "cloudflare:workers";
  const dynamic = \`
    import { RpcTarget, WorkerEntrypoint } from "cloudflare:workers";
    class Target extends RpcTarget { answer() { return 42; } }
    export default class extends WorkerEntrypoint {
      count(stubs) { return stubs.length; }
      give(count) { return Array.from({ length: count }, () => new Target()); }
      ping(n, pong) { return pong(n + 1, (m, next) => this.ping(m, next)); }
      async wait(callback) { await callback(); return "called back"; }
    }\`;
  const code = { compatibilityDate: "2026-11-01", mainModule: "main.js", modules: { "main.js": dynamic } };
  const tell = (error) => error.name + ": " + error.message;
  export class Self extends WorkerEntrypoint {
    again(n) { return this.ctx.exports.Self({}).again(n + 1); }
  }
  let gone = 0;
  const cases = {
    pass: async (worker) => worker.count(Array.from({ length: 100_000 }, () => () => 1)),
    async give(worker) { using stubs = await worker.give(100_000); return stubs.length; },
    async one(worker) {
      for (let i = 0; i < 20_000; i++) { using stubs = await worker.give(1); }
      return 20_000;
    },
    async duplicates(worker) {
      using stubs = await worker.give(1);
      const all = Array.from({ length: 100_000 }, () => stubs[0].dup());
      for (const stub of all) stub[Symbol.dispose]();
      return stubs[0].answer();
    },
    async local() {
      for (let i = 0; i < 100_000; i++) { using stub = new RpcStub(() => 1); }
      return 100_000;
    },
    tooMany: (worker) => worker.count(Array.from({ length: 300_000 }, () => () => 1)),
    deep(worker) {
      const pong = (n, ping) => (n > 2_000 ? n : ping(n + 1, pong));
      return worker.ping(0, pong);
    },
    endless(worker) {
      const pong = (n, ping) => ping(n + 1, pong);
      return worker.ping(0, pong);
    },
    self: (worker, ctx) => ctx.exports.Self({}).again(0),
    async leave(worker, ctx, request) {
      request.signal.addEventListener("abort", () => gone++);
      return worker.wait(() => worker.wait(() => new Promise((done) => setTimeout(done, 30_000))));
    },
    gone: async () => gone,
  };
  export default {
    async fetch(request, env, ctx) {
      const run = cases[new URL(request.url).pathname.slice(1)];
      const worker = env.LOADER.load(code).getEntrypoint();
      return Response.json(await run(worker, ctx, request).catch(tell));
    },
  };`;

for (const layout of [{ name: "a guest cell", args: ["--shards", "1"] }, ...layouts]) {
  describe(`in ${layout.name}`, () => {
    let server;
    before(async () => {
      const project = temporaryProject({
        "wrangler.jsonc": {
          name: "stubs",
          main: "index.js",
          compatibility_date: "2026-11-01",
          worker_loaders: [{ binding: "LOADER" }],
        },
        "index.js": main,
      });
      server = await startMayfly(laidOut(project, layout), { args: layout.args });
    });
    after(() => server?.stop());

    const run = async (what) => (await server.request({ path: `/${what}`, timeoutMs: 120_000 })).json();

    test("a hundred thousand stubs are passed, returned, duplicated and made", async () => {
      const expected = { pass: 100_000, give: 100_000, one: 20_000, duplicates: 42, local: 100_000 };
      for (const [what, result] of Object.entries(expected)) assert.equal(await run(what), result, what);
    });

    test("stubs that are disposed of leave no memory behind", async () => {
      const resident = () => residentBytes(server.program.pid);
      await run("one");
      await run("pass");
      const settled = resident();
      for (let i = 0; i < 3; i++) {
        await run("one");
        await run("pass");
      }
      const grown = resident() - settled;
      assert.ok(grown < 64e6, `${grown} bytes more after 360,000 stubs`);
    });

    test("more stubs than one worker may hold of another are refused", async () => {
      assert.match(await run("tooMany"), /^RpcStubLimit: Too many stubs are held by one other worker \(at most 262144\)\. Dispose of/);
    });

    test("calls and callbacks nest thousands deep", async () => {
      assert.equal(await run("deep"), 2_001);
    });

    test("calls that nest without end are ended by a limit, and others go on", async () => {
      // Whichever is met first: the memory of calls that wait, or their number.
      assert.match(await run("endless"), /^(MemoryLimitExceeded|PendingCallLimit): /);
      assert.match(await run("self"), /^PendingCallLimit: Too many calls are unfinished on one connection/);
      assert.equal(await run("duplicates"), 42);
    });

    test("a caller that goes away ends what it called, also where the callee calls it back", async () => {
      const { port } = server;
      const request = http.get({ port, host: "127.0.0.1", path: "/leave" });
      request.on("error", () => {});
      await sleep(1_000);
      request.destroy();
      let gone = 0;
      for (let tried = 0; tried < 60 && gone === 0; tried++) {
        await sleep(100);
        // By another connection each time: every shard has a host worker of its own, and one of them was left.
        gone = (await server.request({ path: "/gone", headers: { connection: "close" } })).json();
      }
      assert.equal(gone, 1);
    });
  });
}

test("a stub that is collected without having been disposed of is told once", async () => {
  const leaky = `
    import { RpcTarget, WorkerEntrypoint } from "cloudflare:workers";
    class Target extends RpcTarget {}
    export class Api extends WorkerEntrypoint { target() { return new Target(); } }
    export const leaks = {
      async test(controller, env, ctx) {
        for (let i = 0; i < 100; i++) await ctx.exports.Api({}).target();
        for (let i = 0; i < 5; i++) { gc(); await scheduler.wait(10); }
      },
    };
    export const careful = {
      async test(controller, env, ctx) {
        for (let i = 0; i < 100; i++) { using stub = await ctx.exports.Api({}).target(); }
        for (let i = 0; i < 5; i++) { gc(); await scheduler.wait(10); }
      },
    };`;
  const told = /An RPC stub was not disposed properly/g;
  for (const [name, times] of [["leaks", 1], ["careful", 0]]) {
    const project = temporaryProject({ "index.js": leaky.replace(`export const ${name === "leaks" ? "careful" : "leaks"}`, "const other") });
    const { code, stdout, stderr } = await runMayfly(["test", `${project}/index.js`, "--expose-gc"]);
    assert.equal(code, 0, stdout + stderr);
    assert.equal((stdout + stderr).match(told)?.length ?? 0, times, stdout + stderr);
  }
});
