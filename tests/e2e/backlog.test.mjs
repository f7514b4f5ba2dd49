// SPDX-License-Identifier: Apache-2.0
//
// Whoever sends faster than the other side receives meets a bound, and it is his own.

import assert from "node:assert/strict";
import { test } from "node:test";
import { engine } from "./engine.mjs";
import { residentBytes, startMayfly, temporaryProject } from "./harness.mjs";

const project = temporaryProject({
  "wrangler.jsonc": {
    name: "app",
    main: "index.js",
    compatibility_date: "2026-11-01",
    worker_loaders: [{ binding: "LOADER" }],
  },
  "index.js": `
    // Sends 1000 MiB in one go, to a receiver that is slow.
    const child = \`export default { async flood(receive) {
      const chunk = new Uint8Array(1 << 20);
      const calls = [];
      for (let n = 0; n < 1000; n++) calls.push(receive(chunk));
      const results = await Promise.allSettled(calls);
      const refused = results.filter(({ status }) => status === "rejected");
      const later = await receive(chunk);
      return { received: 1000 - refused.length, reason: String(refused[0]?.reason), later };
    } }\`;
    export default {
      async fetch(request, env) {
        let bytes = 0;
        const entrypoint = env.LOADER.load({
          compatibilityDate: "2026-11-01", mainModule: "child.js", modules: { "child.js": child },
        }).getEntrypoint();
        return Response.json(
          await entrypoint.flood((chunk) => {
            if (bytes === 0) for (const since = performance.now(); performance.now() - since < 2000; );
            return (bytes += chunk.byteLength);
          }),
        );
      },
    };`,
});

test("messages that are not received yet count against the memory of their sender", async () => {
  const server = await startMayfly(project, { args: ["--shards", "1"] });
  try {
    let peak = 0;
    const timer = setInterval(() => (peak = Math.max(peak, residentBytes(server.pid))), 20);
    const answer = await server.request({ timeoutMs: 20_000 * engine.slowness });
    clearInterval(timer);
    const { received, reason, later } = answer.json();
    // Its memory limit is 128 MiB.
    assert.ok(received >= 100 && received < 1000, `${received} received`);
    assert.match(reason, /were not received yet.*memory limit/);
    assert.equal(later, (received + 1) * 2 ** 20);
    if (!engine.name) assert.ok(peak < 700 * 2 ** 20, `${peak >> 20} MiB at the peak`);
  } finally {
    await server.stop();
  }
});
