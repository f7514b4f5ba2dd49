// SPDX-License-Identifier: Apache-2.0
//
// What a dynamic worker must not be able to do, and what it can still do afterwards.

import { check, equal, matches, rejects, same } from "../../check.js";
import { code, evaluate, method } from "./code.js";

const cannotStop = { mayflyOnly: "workerd enforces no limits: the server would stop answering" };

for (const [what, expression] of [
  ["eval", "eval('1')"],
  ["indirect eval", "(0, eval)('1')"],
  ["new Function", "new Function('return 1')()"],
  ["Function", "Function('return 1')()"],
  ["the constructor of a function", "(() => {}).constructor('return 1')()"],
  ["the constructor of an async function", "(async () => {}).constructor('return 1')()"],
  ["the constructor of a generator", "(function* () {}).constructor('yield 1')().next()"],
]) {
  check(`${what} is refused with an EvalError`, async ({ env }) => {
    equal(
      await evaluate(env, `try { ${expression}; return "ran"; } catch (error) { return error.name; }`),
      "EvalError",
    );
  });
}

for (const [compatibilityDate, flags, expected] of [
  ["2025-05-31", [], "EvalError"],
  ["2025-06-01", [], "2"],
  ["2025-05-31", ["allow_eval_during_startup"], "2"],
  ["2025-06-01", ["disallow_eval_during_startup"], "EvalError"],
]) {
  check(`eval while a worker starts, by ${compatibilityDate} ${flags}: ${expected}`, async ({ env }) => {
    const main = `
      import { WorkerEntrypoint } from "cloudflare:workers";
      const attempt = () => { try { return String(eval("1 + 1")); } catch (error) { return error.name; } };
      const top = attempt();
      const compiled = (() => { try { return String(new Function("a", "return a * 2")(1)); } catch (error) { return error.name; } })();
      export default class extends WorkerEntrypoint { tell() { return [top, compiled, attempt()]; } }`;
    const worker = env.LOADER.load({ compatibilityDate, compatibilityFlags: flags, mainModule: "main.js", modules: { "main.js": main } });
    same(await worker.getEntrypoint().tell(), [expected, expected, "EvalError"]);
  });
}

check("what eval makes while a worker starts imports no more than its modules may", async ({ env }) => {
  const main = `
    import { WorkerEntrypoint } from "cloudflare:workers";
    const ways = [new Function("name", "return import(name)"), (name) => eval("import(name)"), (name) => (0, eval)("import('" + name + "')"),
      (name) => (0, eval)("import('" + name + "')\\n//# sourceURL=mayfly:core")];
    const came = [];
    for (const name of ["mayfly:core", "node:sea", "file:///etc/passwd", "../../etc/passwd", "other.txt"]) {
      for (const way of ways) await way(name).then(() => came.push(name), () => {});
    }
    export default class extends WorkerEntrypoint { tell() { return came; } }`;
  const worker = env.LOADER.load({ compatibilityDate: "2025-06-01", mainModule: "main.js", modules: { "main.js": main, "own.js": "" } });
  same(await worker.getEntrypoint().tell(), []);
});

check("setTimeout with a string is refused", async ({ env }) => {
  const body =
    "try { setTimeout('globalThis.ran = 1', 0); } catch {}" +
    "await new Promise((done) => setTimeout(done, 5)); return typeof ran;";
  equal(await evaluate(env, body), "undefined");
});

check("WebAssembly from bytes is refused in a dynamic worker", async ({ env }) => {
  const body = `const bytes = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]);
    try { new WebAssembly.Module(bytes); return "compiled"; } catch (error) { return error.name; }`;
  equal(await evaluate(env, body), "CompileError");
});

check("endless recursion is a RangeError that can be caught", async ({ env }) => {
  equal(
    await evaluate(env, "const f = () => f() + 1; try { f(); } catch (error) { return error.name; }"),
    "RangeError",
  );
});

check("endless recursion at start fails the load alone", async ({ env }) => {
  await rejects(
    evaluate(env, "return 1", { top: "const f = () => f() + 1; f();" }),
    /Maximum call stack size exceeded/,
  );
  equal(await evaluate(env, "return 2"), 2);
});

check("no global reaches the process or another realm", async ({ env }) => {
  same(
    await evaluate(
      env,
      "return ['require', 'module', 'Deno', 'Bun', 'window', 'document'].filter((name) => name in globalThis)",
    ),
    [],
  );
});

check("prototypes are not shared with the parent", async ({ env }) => {
  await evaluate(env, "Object.prototype.polluted = 1; Array.prototype.map = null; return 1");
  equal({}.polluted, undefined);
  equal(typeof Array.prototype.map, "function");
});

check("an endless loop is ended by the CPU time limit", cannotStop, async ({ env }) => {
  await rejects(evaluate(env, "for (;;);", { limits: { cpuMs: 100 } }), /CPU time limit/);
});

check("an endless loop at start is ended", cannotStop, async ({ env }) => {
  await rejects(evaluate(env, "return 1", { top: "for (;;);", limits: { cpuMs: 100 } }), /limit/);
});

check("an endless loop of microtasks is ended by the CPU time limit", cannotStop, async ({ env }) => {
  await rejects(evaluate(env, "for (;;) await null;", { limits: { cpuMs: 100 } }), /CPU time limit/);
});

check("a catastrophic regular expression is ended by the CPU time limit", cannotStop, async ({ env }) => {
  await rejects(
    evaluate(env, "return /^(a+)+$/.test('a'.repeat(40) + 'b')", { limits: { cpuMs: 100 } }),
    /CPU time limit/,
  );
});

check("a loop cannot be saved by catch or finally", cannotStop, async ({ env }) => {
  const body = "for (;;) { try { for (;;); } catch {} finally { for (;;); } }";
  await rejects(evaluate(env, body, { limits: { cpuMs: 100 } }), /CPU time limit/);
});

check("others are served while one loops", { ...cannotStop, timed: true }, async ({ env }) => {
  const looping = rejects(evaluate(env, "for (;;);", { limits: { cpuMs: 500 } }), /CPU time limit/);
  const started = Date.now();
  for (let i = 0; i < 5; i++) equal(await evaluate(env, "return args[0]", {}, i), i);
  matches(String(Date.now() - started < 450), "true");
  await looping;
});

check("a heap that grows without end is ended by the memory limit", { ...cannotStop, timed: true }, async ({ env }) => {
  await rejects(
    evaluate(env, "const keep = []; for (;;) keep.push(new Array(1000).fill(keep.length));", {
      limits: { cpuMs: 20000 },
    }),
    /memory limit/,
  );
  equal(await evaluate(env, "return 3"), 3);
});

check("array buffers without end are ended by the memory limit", cannotStop, async ({ env }) => {
  const body = "const keep = []; for (;;) { const bytes = new Uint8Array(1 << 20); bytes.fill(1); keep.push(bytes); }";
  await rejects(evaluate(env, body, { limits: { cpuMs: 20000 } }), /memory|allocation/i);
  equal(await evaluate(env, "return 4"), 4);
});

check("a string that doubles without end fails the worker alone", cannotStop, async ({ env }) => {
  await rejects(evaluate(env, "let s = 'x'; for (;;) s += s + Math.random();", { limits: { cpuMs: 20000 } }));
  equal(await evaluate(env, "return 5"), 5);
});

check("after a limit the same id starts afresh", cannotStop, async ({ env }) => {
  const { code, method } = await import("./code.js");
  const get = () =>
    env.LOADER.get("restarted", () =>
      code(method("if (args[0]) for (;;); return 'fine'"), { limits: { cpuMs: 100 } }),
    ).getEntrypoint();
  await rejects(get().run(true), /CPU time limit/);
  equal(await get().run(false), "fine");
});

check("caches are each worker's own", { mayflyOnly: "workerd has no cache of its own" }, async ({ env }) => {
  const url = `https://cache.example/${crypto.randomUUID()}`;
  const put = "for (const cache of [caches.default, await caches.open('a')]) await cache.put(args[0], new Response('of ' + args[1]));";
  const match = `const found = []; for (const cache of [caches.default, await caches.open('a')]) {
    found.push(await (await cache.match(args[0]))?.text()); } return found;`;
  const load = () => env.LOADER.load(code(method(`${put} ${match}`))).getEntrypoint();
  const [one, other] = [load(), load()];
  same(await Promise.all([one.run(url, "one"), other.run(url, "other")]), [["of one", "of one"], ["of other", "of other"]]);
  equal(await caches.default.match(url), undefined);
  await caches.default.put(url, new Response("of the host"));
  same(await evaluate(env, match, {}, url), [undefined, undefined]);
  equal(await (await caches.default.match(url)).text(), "of the host");
});
