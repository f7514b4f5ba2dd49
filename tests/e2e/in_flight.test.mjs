// SPDX-License-Identifier: Apache-2.0
//
// mayfly.loader.inFlightMax: how many distinct dynamic workers one request may have in flight.

import assert from "node:assert/strict";
import { test } from "node:test";
import { start, temporaryProject } from "./harness.mjs";

const main = `
  const dynamic = \`
    import { WorkerEntrypoint } from "cloudflare:workers";
    export default class extends WorkerEntrypoint {
      async hold(gate) { await gate(); return this.env.name; }
      quick() { return "quick"; }
      fail() { throw new Error("failed"); }
      fetch() { return new Response("fetched"); }
    }\`;
  const code = (name) => ({
    compatibilityDate: "2026-11-01", mainModule: "main.js", modules: { "main.js": dynamic }, env: { name }, globalOutbound: null,
  });
  const tell = (error) => error.message;

  function makeGate() {
    let open;
    const opened = new Promise((done) => (open = done));
    return { open, wait: () => opened };
  }

  const cases = {
    /** Two are held, a third is called and fetched, then the two are let go. */
    async third({ LOADER }) {
      const gate = makeGate();
      const [a, b, c] = ["a", "b", "c"].map((name) => LOADER.load(code(name)).getEntrypoint());
      const held = [a.hold(gate.wait), b.hold(gate.wait)];
      const same = a.quick();
      const excess = [c.quick().catch(tell), c.fetch("http://x/").then((r) => r.text(), tell), c.quick().catch(tell)];
      setTimeout(gate.open, 50);
      return [await same, ...(await Promise.all(excess)), ...(await Promise.all(held)), await c.quick()];
    },
    /** Names are one worker each, however often they are got. */
    async names({ LOADER }) {
      const gate = makeGate();
      const get = (name) => LOADER.get(name, () => code(name)).getEntrypoint();
      const held = [get("n1").hold(gate.wait), get("n2").hold(gate.wait), get("n1").hold(gate.wait), get("n2").quick()];
      setTimeout(gate.open, 20);
      return Promise.all(held);
    },
    /** What has failed or answered is no longer in flight. */
    async after({ LOADER }) {
      const results = [];
      for (let n = 0; n < 6; n++) {
        const one = LOADER.get(null, async () => code("x")).getEntrypoint();
        results.push(await one.fail().catch(tell), (await one.fetch("http://x/")).status);
      }
      const broken = LOADER.load({ ...code("x"), modules: { "main.js": "throw new Error('broken')" } }).getEntrypoint();
      const gone = LOADER.get(null, () => Promise.reject(new Error("no code"))).getEntrypoint();
      results.push(await broken.quick().catch(tell), await gone.quick().catch(tell));
      results.push(await LOADER.load(code("x")).getEntrypoint("Missing").quick().catch(tell));
      results.push(await LOADER.load(code("x")).getEntrypoint().quick());
      return results;
    },
    /** Calls that wait keep their order. */
    async order({ LOADER }) {
      const gate = makeGate();
      const log = [];
      const [a, b, c] = ["a", "b", "c"].map((name) => LOADER.load(code(name)).getEntrypoint());
      const held = [a.hold(gate.wait), b.hold(gate.wait)];
      const noting = (n) => () => void log.push(n);
      const waiting = [1, 2, 3].map((n) => c.hold(noting(n)));
      await a.quick();
      gate.open();
      await Promise.all([...held, ...waiting]);
      return log;
    },
  };

  export default {
    async fetch(request, env) {
      return Response.json(await cases[new URL(request.url).pathname.slice(1)](env));
    },
  };`;

const project = (loader) =>
  temporaryProject({
    "wrangler.jsonc": {
      name: "parent",
      main: "index.js",
      compatibility_date: "2026-11-01",
      worker_loaders: [{ binding: "LOADER" }],
      ...(loader && { mayfly: { loader } }),
    },
    "index.js": main,
  });

const tooMany = "Too many concurrent dynamic workers";

for (const [loader, excess] of [
  [undefined, ["quick", "fetched", "quick"]],
  [{ inFlightMax: 2 }, [tooMany, tooMany, tooMany]],
  [{ inFlightMax: 2, inFlightExcess: "fail" }, [tooMany, tooMany, tooMany]],
  [{ inFlightMax: 2, inFlightExcess: "wait" }, ["quick", "fetched", "quick"]],
]) {
  test(`dynamic workers in flight with ${JSON.stringify(loader) ?? "no limit"}`, async (t) => {
    const server = await start("mayfly", project(loader));
    try {
      const run = async (name) => (await server.request({ path: `/${name}`, timeoutMs: 10_000 })).json();
      await t.test("a third", async () => assert.deepEqual(await run("third"), ["quick", ...excess, "a", "b", "quick"]));
      await t.test("names", async () => assert.deepEqual(await run("names"), ["n1", "n2", "n1", "quick"]));
      await t.test("after failures", async () => {
        const results = await run("after");
        assert.deepEqual(results.slice(0, 12), Array(6).fill(["failed", 200]).flat());
        assert.match(results[12], /broken/);
        assert.match(results[13], /no code/);
        assert.match(results[14], /no such entrypoint/);
        assert.equal(results[15], "quick");
      });
      if (loader?.inFlightMax === undefined || loader.inFlightExcess === "wait") {
        await t.test("order", async () => assert.deepEqual(await run("order"), [1, 2, 3]));
      }
      await t.test("requests have a limit each", async () => {
        const both = await Promise.all([run("names"), run("names"), run("names")]);
        assert.deepEqual(both, Array(3).fill(["n1", "n2", "n1", "quick"]));
      });
    } finally {
      await server.stop();
    }
  });
}
