// SPDX-License-Identifier: Apache-2.0
//
// Programs that V8 cannot interrupt. Their callers are told, others are served, and the cell is replaced.

import assert from "node:assert/strict";
import { test } from "node:test";
import { sleep, startMayfly, temporaryProject } from "../e2e/harness.mjs";

const host = `
export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    if (pathname === "/well") return new Response("well");
    const worker = env.LOADER.load({
      compatibilityDate: "2026-11-01",
      mainModule: "main.js",
      modules: { "main.js": "export default { fetch() { return new Response(String([].indexOf.call({ length: 2 ** 53 - 1 }, 1))); } }" },
      globalOutbound: null,
      limits: { cpuMs: 100 },
    });
    try {
      return await worker.getEntrypoint().fetch(request);
    } catch (error) {
      return new Response(error.name + ": " + error.message);
    }
  },
};`;

test("a built-in that cannot be interrupted: its caller is told, others are served, the cell is replaced", async () => {
  const project = temporaryProject({
    "wrangler.jsonc": JSON.stringify({
      name: "host",
      main: "index.js",
      compatibility_date: "2026-11-01",
      worker_loaders: [{ binding: "LOADER" }],
    }),
    "index.js": host,
  });
  const server = await startMayfly(project, { args: ["--shards", "1"] });
  try {
    const stuck = server.request("/stuck");
    await sleep(50);
    for (let i = 0; i < 20; i++) {
      const started = Date.now();
      assert.equal((await server.request("/well")).text, "well");
      assert.ok(Date.now() - started < 1_000, `a neighbour waited for ${Date.now() - started} ms`);
      await sleep(20);
    }
    assert.match((await stuck).text, /^CpuLimitExceeded: Worker exceeded CPU time limit of 100 ms/);
    for (const start = Date.now(); Date.now() - start < 9_000; await sleep(100)) {
      assert.equal((await server.request({ path: "/well", timeoutMs: 5_000 })).text, "well");
      if (/the cell is replaced/.test(server.program.stderr)) return;
    }
    assert.fail("the cell was not replaced");
  } finally {
    await server.stop("SIGKILL");
  }
});
