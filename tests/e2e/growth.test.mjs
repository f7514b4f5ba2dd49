// SPDX-License-Identifier: Apache-2.0
//
// What calls, get()s, passed stubs and streams leave behind: nothing. Objects that only a finished call referred to are
// collected, and a server does not grow by serving more of the same.

import assert from "node:assert/strict";
import { test } from "node:test";
import { residentBytes, runMayfly, startMayfly, temporaryProject } from "./harness.mjs";

const host = `
  const source = \`
    import { RpcTarget, WorkerEntrypoint } from "cloudflare:workers";
    export default class extends WorkerEntrypoint {
      greet(name) { return "Hello, " + name; }
      take(callback) { return 1; }
      callBack(callback) { return callback(2); }
      async keep(callback) { this.env; await callback(3); return new (class extends RpcTarget { value() { return 4; } })(); }
      async count(stream) { let bytes = 0; for await (const chunk of stream) bytes += chunk.byteLength; return bytes; }
    }\`;
  const code = () => ({
    compatibilityDate: "2026-11-01", mainModule: "main.js", modules: { "main.js": source }, globalOutbound: null,
  });
  const get = (env) => env.LOADER.get("callee", code).getEntrypoint();

  const rounds = {
    call: (entrypoint) => entrypoint.greet("you"),
    get: (entrypoint, env) => get(env).greet("you"),
    stub: (entrypoint) => entrypoint.take(() => 1),
    callback: (entrypoint) => entrypoint.callBack((n) => n),
    result: async (entrypoint) => { using target = await entrypoint.keep((n) => n); return target.value(); },
  };
  function streamOf(bytes) {
    const chunk = new Uint8Array(65536);
    return new ReadableStream({ pull(c) { bytes > 0 ? c.enqueue(chunk) : c.close(); bytes -= 65536; } });
  }

  export default {
    async fetch(request, env) {
      const { searchParams } = new URL(request.url);
      const entrypoint = get(env);
      if (searchParams.has("mb")) {
        const bytes = Number(searchParams.get("mb")) * 2 ** 20;
        return Response.json((await entrypoint.count(streamOf(bytes))) === bytes);
      }
      const round = rounds[searchParams.get("kind")];
      for (let left = Number(searchParams.get("times")); left > 0; left--) await round(entrypoint, env);
      return Response.json(true);
    },
  };

  async function collected(references) {
    for (let tries = 0; ; tries++) {
      gc();
      await new Promise((done) => setTimeout(done, 2));
      const left = references.filter((reference) => reference.deref() !== undefined).length;
      if (left <= 2 || tries === 49) return left;
    }
  }
  /** The last may still be held by what is compiled or has not returned. */
  function check(name, left) {
    if (left > 2) throw new Error(left + " of " + name + " were never collected");
  }

  export const functions = {
    async test(controller, env) {
      const entrypoint = get(env);
      const references = [];
      const pass = async (method) => {
        const callback = (value) => value;
        references.push(new WeakRef(callback));
        await entrypoint[method](callback);
      };
      for (let n = 0; n < 5_000; n++) {
        await pass("callBack");
        await pass("take");
      }
      check("the functions", await collected(references));
    },
  };
  export const got = {
    async test(controller, env) {
      const references = [];
      for (let n = 0; n < 2_000; n++) {
        const worker = env.LOADER.get("callee", code);
        references.push(new WeakRef(worker));
        await worker.getEntrypoint().greet("you");
      }
      check("the workers", await collected(references));
    },
  };
  export const results = {
    async test(controller, env) {
      const entrypoint = get(env);
      const references = [];
      for (let n = 0; n < 2_000; n++) {
        const callback = (value) => value;
        using target = await entrypoint.keep(callback);
        references.push(new WeakRef(callback), new WeakRef(target));
        await target.value();
      }
      check("the callbacks and targets", await collected(references));
    },
  };
`;

const project = () =>
  temporaryProject({
    "wrangler.json": {
      name: "growth", main: "index.js", compatibility_date: "2026-11-01", worker_loaders: [{ binding: "LOADER" }],
    },
    "index.js": host,
  });

test("what was passed over RPC, and what was got, is collected when nobody refers to it", async () => {
  const { code, stdout, stderr } = await runMayfly(["test", project(), "--expose-gc"]);
  assert.equal(code, 0, stdout + stderr);
});

test("a server does not grow by serving more of the same", async (t) => {
  const server = await startMayfly(project(), { command: "serve", args: ["--shards", "1"] });
  try {
    const run = async (query) => {
      const { status, text } = await server.request({ path: `/?${query}`, timeoutMs: 60_000 });
      assert.equal(`${status} ${text}`, "200 true");
    };
    // What one leak of 200 bytes a time would show; less than that is the collector's own taste.
    const kinds = { call: 100_000, get: 10_000, stub: 10_000, callback: 10_000, result: 10_000 };
    for (const [kind, times] of Object.entries(kinds)) {
      const several = async (n) => {
        for (let left = n; left > 0; left -= 1_000) await run(`kind=${kind}&times=1000`);
      };
      await several(Math.max(times, 20_000)); // the heap finds its size
      const before = residentBytes(server.pid);
      await several(times);
      const grown = residentBytes(server.pid) - before;
      t.diagnostic(`${times} x ${kind}: ${(before / 1e6).toFixed(1)} MB, then ${(grown / 1e6).toFixed(1)} MB more`);
      assert.ok(grown < Math.max(8e6, times * 200), `${times} of ${kind} left ${grown} bytes`);
    }
    // The collector frees the chunks, when it sees fit: a fraction of the stream at most.
    await run("mb=64");
    const before = residentBytes(server.pid);
    let peak = before;
    const watch = setInterval(() => (peak = Math.max(peak, residentBytes(server.pid))), 20);
    await run("mb=512").finally(() => clearInterval(watch));
    t.diagnostic(`a stream of 512 MB: ${(before / 1e6).toFixed(1)} MB, then ${((peak - before) / 1e6).toFixed(1)} MB more`);
    assert.ok(peak - before < 128e6, `a stream of 512 MB took ${peak - before} bytes`);
  } finally {
    await server.stop();
  }
});
