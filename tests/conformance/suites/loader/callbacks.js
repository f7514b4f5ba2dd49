// SPDX-License-Identifier: Apache-2.0
//
// The callback of get(): what it may return, when it is called, and what becomes of a load whose request is over. And
// abortIsolate(), after which it is called again.

import { check, equal, matches, ok, pause, rejects, same } from "../../check.js";
import { code, counter, evaluate, method, textOf } from "./code.js";

let fresh = 0;
const unused = () => `callbacks ${++fresh}`;

check("a callback that returns no code is a TypeError", async ({ env }) => {
  for (const none of [null, undefined, 5, "export default {}"]) {
    await rejects(async () => await env.LOADER.get(unused(), () => none).getEntrypoint().run(), TypeError);
    await rejects(async () => await env.LOADER.get(null, () => none).getEntrypoint().run(), TypeError);
  }
});

check("a callback may return a promise-like", async ({ env }) => {
  const later = { then: (done) => done(code(method("return 'like'"))) };
  equal(await env.LOADER.get(unused(), () => later).getEntrypoint().run(), "like");
});

check("a name is made a string", async ({ env }) => {
  const name = unused();
  equal(await textOf(env.LOADER.get(name, counter).getEntrypoint().fetch("http://x/")), "1");
  equal(await textOf(env.LOADER.get({ toString: () => name }, counter).getEntrypoint().fetch("http://x/")), "2");
  equal(await textOf(env.LOADER.get(4711, counter).getEntrypoint().fetch("http://x/")), "1");
  equal(await textOf(env.LOADER.get("4711", counter).getEntrypoint().fetch("http://x/")), "2");
});

check("a callback is called outside of get()", async ({ env }) => {
  const order = [];
  const stub = env.LOADER.get(unused(), () => (order.push("callback"), code(method("return 1"))));
  order.push("returned");
  await stub.getEntrypoint().run();
  same(order, ["returned", "callback"]);
});

check("many get()s of one name at once ask for the code once", async ({ env }) => {
  let asked = 0;
  const name = unused();
  const get = () => env.LOADER.get(name, async () => (asked++, await pause(10), counter())).getEntrypoint();
  const answers = await Promise.all(Array.from({ length: 10 }, () => textOf(get().fetch("http://x/"))));
  same(answers.sort((a, b) => a - b), Array.from({ length: 10 }, (_, n) => String(n + 1)));
  equal(asked, 1);
});

check("a code's fields are read where they are, getters too", async ({ env }) => {
  const own = code(method("return 'own'"));
  equal(await env.LOADER.load(Object.assign(Object.create(null), own)).getEntrypoint().run(), "own");
  const asked = { ...own, get compatibilityDate() { return "2026-11-01"; } };
  equal(await env.LOADER.load(asked).getEntrypoint().run(), "own");
});

check("a getter of the code that throws fails the load with that", async ({ env }) => {
  const broken = { ...code(method("return 1")), get mainModule() { throw new RangeError("in a getter"); } };
  await rejects(async () => await env.LOADER.load(broken).getEntrypoint().run(), { name: "RangeError", message: "in a getter" });
  await rejects(async () => await env.LOADER.get(unused(), () => broken).getEntrypoint().run(), {
    name: "RangeError",
    message: "in a getter",
  });
});

check("bytes of a buffer that shrinks afterwards are those of before", async ({ env }) => {
  const buffer = new ArrayBuffer(8, { maxByteLength: 16 });
  new Uint8Array(buffer).fill(7);
  const top = `import data from "./a"; import part from "./b";`;
  const modules = { a: { data: buffer }, b: { data: new Uint8Array(buffer, 2, 3) } };
  const answer = evaluate(env, "return [...new Uint8Array(data), ...new Uint8Array(part)]", { top, modules });
  buffer.resize(0);
  same(await answer, Array(11).fill(7));
});

check("a json module is what it was when it was given", async ({ env }) => {
  const value = { list: [1] };
  const answer = evaluate(env, "return json", { top: `import json from "./a.json";`, modules: { "a.json": { json: value } } });
  value.list.push(2);
  same(await answer, { list: [1] });
});

for (const [what, modules, name] of [
  ["a name", { "foo.py": "x = 1" }, "foo.py"],
  ["{ py }", { foo: { py: "x = 1" } }, "foo"],
]) {
  check(`a Python module beside a JavaScript one is refused: ${what}`, async ({ env }) => {
    await rejects(async () => await env.LOADER.load(code(method("return 1"), { modules })).getEntrypoint().run(), {
      name: "TypeError",
      message: `Module "${name}" is a Python module, but the main module isn't a Python module.`,
    });
  });
}

check("a Python worker is refused", { mayflyOnly: "workerd would fetch an interpreter" }, async ({ env }) => {
  const python = { compatibilityDate: "2026-11-01", mainModule: "main.py", modules: { "main.py": "x = 1" } };
  await rejects(async () => await env.LOADER.load(python).getEntrypoint().run(), /Python workers are not supported yet/);
});

const aborting = () =>
  code(`
    import { WorkerEntrypoint, abortIsolate } from "cloudflare:workers";
    let calls = 0;
    export default class extends WorkerEntrypoint {
      count() { return ++calls; }
      wait() { return new Promise((done) => setTimeout(done, 5_000)); }
      end() { abortIsolate("because"); }
    }`);

check("abortIsolate() ends the worker, and the next get() asks for the code again", async ({ env }) => {
  const name = unused();
  let asked = 0;
  const get = () => env.LOADER.get(name, () => (asked++, aborting())).getEntrypoint();
  same([await get().count(), await get().count(), asked], [1, 2, 1]);
  await rejects(() => get().end());
  same([await get().count(), asked], [1, 2]);
});

check("abortIsolate() fails the calls under way", { differs: "workerd lets them go on" }, async ({ env }) => {
  const one = env.LOADER.load(aborting()).getEntrypoint();
  const waiting = one.wait().then(() => "done", (error) => error);
  await rejects(() => one.end());
  ok((await waiting) instanceof Error, "an error");
});

check("abortIsolate() says why", { differs: "workerd says `internal error; reference = …`" }, async ({ env }) => {
  const error = await rejects(() => env.LOADER.load(aborting()).getEntrypoint().end());
  matches(error.message, /because/);
});

check("a promise of code that another request resolves", { mayflyOnly: "workerd may wait for ever" }, async ({ ctx }) => {
  const url = "http://x/";
  const waiting = ctx.exports.codeLater.fetch(`${url}wait`).then((response) => response.text(), String);
  await pause(20);
  await ctx.exports.codeLater.fetch(`${url}bring`);
  // Loaded or refused, but told.
  matches(await waiting, /^loaded$|^Error: /);
});

let bring;
export const codeLater = {
  async fetch(request, env) {
    if (request.url.endsWith("bring")) {
      bring(code(`export default { fetch: () => new Response("loaded") }`));
      return new Response("brought");
    }
    return env.LOADER.get(unused(), () => new Promise((done) => (bring = done))).getEntrypoint().fetch("http://x/");
  },
};

check("a stub whose request is over cannot be used, and does no harm", async ({ ctx, env }) => {
  await ctx.exports.keptStub.fetch("http://x/keep");
  await pause(10);
  const answer = await (await ctx.exports.keptStub.fetch("http://x/use")).text();
  matches(answer, /^(loaded|Error: .+)$/s);
  equal(await evaluate(env, "return 1"), 1);
});

let kept;
export const keptStub = {
  async fetch(request, env) {
    if (request.url.endsWith("keep")) {
      kept = env.LOADER.load(code(`export default { fetch: () => new Response("loaded") }`));
      await kept.getEntrypoint().fetch("http://x/");
      return new Response("kept");
    }
    try {
      return await kept.getEntrypoint().fetch("http://x/");
    } catch (error) {
      return new Response(String(error));
    }
  },
};
