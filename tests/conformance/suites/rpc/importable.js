// SPDX-License-Identifier: Apache-2.0
//
// env and exports of cloudflare:workers: what they show, and for whom withEnv and its like change that.

import { env as imported, exports as importedExports, waitUntil, withEnv, withEnvAndExports, withExports } from "cloudflare:workers";
import { check, equal, ok, pause, rejects, same, throws } from "../../check.js";

const { GREETING: atTopLevel } = imported;

check("env is there while the main module is evaluated", () => {
  equal(atTopLevel, "Hello");
});

check("env of cloudflare:workers has what the handler's env has", ({ env }) => {
  same(Object.keys(imported).sort(), Object.keys(env).sort());
  equal(imported.GREETING, env.GREETING);
  equal("GREETING" in imported, true);
  equal(imported.missing, undefined);
});

check("bindings are used from env of cloudflare:workers", async () => {
  equal(await imported.API.add(1, 2), 3);
  equal(await (await imported.NEIGHBOUR.fetch("http://x/?id=importable")).text(), "neighbour 1");
});

check("withEnv() changes env for what it runs, and returns what that returns", () => {
  equal(withEnv({ GREETING: "Hi" }, () => imported.GREETING), "Hi");
  equal(withEnv({}, () => imported.GREETING), undefined);
  equal(imported.GREETING, "Hello");
});

check("withEnv() lasts across what is awaited, for that alone", async () => {
  const inner = withEnv({ GREETING: "Hi" }, async () => {
    const before = imported.GREETING;
    await pause(5);
    return [before, imported.GREETING];
  });
  equal(imported.GREETING, "Hello");
  same(await inner, ["Hi", "Hi"]);
  equal(imported.GREETING, "Hello");
});

check("withEnv() nests, and ends when its callback throws", () => {
  same(withEnv({ A: 1 }, () => [withEnv({ A: 2 }, () => imported.A), imported.A]), [2, 1]);
  throws(() => withEnv({ GREETING: "Hi" }, () => { throw new RangeError("inside"); }), { name: "RangeError", message: "inside" });
  equal(imported.GREETING, "Hello");
});

check("two events see their own env", async () => {
  const seen = await Promise.all([1, 2, 3].map((n) => withEnv({ N: n }, async () => (await pause(3 - n), imported.N))));
  same(seen, [1, 2, 3]);
});

check("withExports() changes exports", async ({ ctx }) => {
  equal(withExports({ a: 1 }, () => importedExports.a), 1);
  ok("Api" in importedExports, "the worker's own exports");
  equal(await importedExports.Api({}).add(2, 2), 4);
  equal(await ctx.exports.Api({}).add(2, 2), 4);
});

check("withEnvAndExports() changes both", () => {
  same(withEnvAndExports({ A: 1 }, { b: 2 }, () => [imported.A, importedExports.b]), [1, 2]);
  same([imported.A, importedExports.b], [undefined, undefined]);
});

check("env of a called entrypoint is the worker's, not the caller's", async ({ ctx }) => {
  equal(await withEnv({ GREETING: "Hi" }, () => ctx.exports.plain.greet("Ada")), "Hello Ada function");
});

check("waitUntil() of cloudflare:workers takes promises and values", async () => {
  equal(waitUntil(Promise.resolve(1)), undefined);
  equal(waitUntil(5), undefined);
  equal(waitUntil(pause(1)), undefined);
});

check("a dynamic worker's env is there at its top level", async ({ env }) => {
  const main = `import { env, withEnv } from "cloudflare:workers";
    const top = env.NAME;
    export default { fetch: () => new Response([top, env.NAME, withEnv({ NAME: "w" }, () => env.NAME)].join()) };`;
  const worker = env.LOADER.load({
    compatibilityDate: "2026-11-01", mainModule: "main.js", modules: { "main.js": main }, env: { NAME: "n" },
  });
  equal(await (await worker.getEntrypoint().fetch("http://x/")).text(), "n,n,w");
});

check("what withEnv()'s callback rejects with is passed on", async () => {
  await rejects(withEnv({}, async () => { throw new TypeError("late"); }), { name: "TypeError", message: "late" });
});
