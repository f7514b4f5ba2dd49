// SPDX-License-Identifier: Apache-2.0
//
// Capabilities that a dynamic worker gets, and what becomes of them.

import { RpcStub, RpcTarget, WorkerEntrypoint } from "cloudflare:workers";
import { check, equal, ok, pause, rejects, same } from "../../check.js";

const load = (env, body, more = {}) =>
  env.LOADER.load({
    compatibilityDate: "2026-11-01",
    mainModule: "main.js",
    modules: {
      "main.js": `import { RpcTarget, WorkerEntrypoint } from "cloudflare:workers";
        export default class extends WorkerEntrypoint { async run(...args) { ${body} } }`,
    },
    ...more,
  }).getEntrypoint();

class Ledger extends RpcTarget {
  entries = [];
  add(entry) {
    this.entries.push(entry);
    return this.entries.length;
  }
  each(callback) {
    return Promise.all(this.entries.map((entry) => callback(entry)));
  }
}

check("a dynamic worker calls a target of its caller", async ({ env }) => {
  const ledger = new Ledger();
  equal(await load(env, "await args[0].add('a'); return args[0].add('b')").run(ledger), 2);
  same(ledger.entries, ["a", "b"]);
});

check("an object of targets and functions is an argument", async ({ env }) => {
  const ledger = new Ledger();
  const tools = { ledger, math: { double: (n) => n * 2 } };
  equal(await load(env, "return args[0].ledger.add(await args[0].math.double(4))").run(tools), 1);
  same(ledger.entries, [8]);
});

check("callbacks nest: host to worker to host to worker", async ({ env }) => {
  const ledger = new Ledger();
  ledger.entries = [1, 2, 3];
  same(await load(env, "return args[0].each((n) => n * n)").run(ledger), [1, 4, 9]);
});

check("a worker passes a capability of its caller to another", async ({ env }) => {
  const outer = load(env, "return args[0].run(args[1])");
  const inner = load(env, "return 'inner got ' + await args[0]('x')");
  const relay = new (class extends RpcTarget {
    run(callback) {
      return inner.run(callback);
    }
  })();
  equal(await outer.run(relay, (text) => text + "!"), "inner got x!");
});

check("dynamic method names are reachable", async ({ env }) => {
  const ledger = new Ledger();
  equal(await load(env, "return args[0][args[1]]('z')").run(ledger, "add"), 1);
});

check("an error of a tool keeps its name and message in the dynamic worker", async ({ env }) => {
  const tool = () => {
    throw new RangeError("over budget");
  };
  same(await load(env, "try { await args[0](); } catch (e) { return [e.name, e.message]; }").run(tool), [
    "RangeError",
    "over budget",
  ]);
});

check("a worker's result may hold functions", async ({ env }) => {
  const result = await load(env, "let n = 0; return { next: () => ++n }").run();
  equal(await result.next(), 1);
  equal(await result.next(), 2);
});

check("a stub is disposed of with Symbol.dispose", async ({ env }) => {
  const counter = await env.API.counter(1);
  equal(typeof counter[Symbol.dispose], "function");
  counter[Symbol.dispose]();
  await rejects(async () => await counter.increment(), /RPC stub used after being disposed\./);
});

check("dup() outlives the stub it came from", async ({ env }) => {
  const counter = await env.API.counter(1);
  const copy = counter.dup();
  counter[Symbol.dispose]();
  equal(await copy.increment(), 2);
});

check("a function argument stays usable after the call when dup'ed", async ({ env }) => {
  let called = 0;
  const entrypoint = env.LOADER.load({
    compatibilityDate: "2026-11-01",
    mainModule: "main.js",
    modules: {
      "main.js": `import { WorkerEntrypoint } from "cloudflare:workers";
        export default class extends WorkerEntrypoint {
          start(callback) {
            const kept = callback.dup();
            this.ctx.waitUntil(new Promise((done) => setTimeout(done, 20)).then(() => kept()));
          }
        }`,
    },
  }).getEntrypoint();
  await entrypoint.start(() => called++);
  for (let i = 0; i < 50 && !called; i++) await pause(10);
  equal(called, 1);
});

check("RpcStub wraps a local target", async () => {
  const stub = new RpcStub(new Ledger());
  equal(await stub.add("local"), 1);
});

check("WorkerEntrypoint and RpcTarget are classes to extend", () => {
  ok(class extends WorkerEntrypoint {}.prototype instanceof WorkerEntrypoint);
  ok(new (class extends RpcTarget {})() instanceof RpcTarget);
});

check("a caller that goes away does not hurt the callee", async ({ env }) => {
  const entrypoint = load(env, "return args[0]");
  entrypoint.run(1);
  entrypoint.run(2);
  equal(await entrypoint.run(3), 3);
});
