// SPDX-License-Identifier: Apache-2.0
//
// References to Durable Object classes: made by getDurableObjectClass() and by ctx.exports. What makes objects of them
// comes with storage.

import { check, equal, rejects, same, throws } from "../../check.js";
import { code, method } from "./code.js";

const withClass = `
  import { DurableObject } from "cloudflare:workers";
  export class Counter extends DurableObject {}
  export default {};`;

const load = (env) => env.LOADER.load(code(withClass));

const notTransferable = {
  name: "DataCloneError",
  message:
    "Entrypoints to dynamically-loaded workers cannot be transferred to other Workers, because the system does not know how to " +
    "reload this Worker from scratch. Instead, have the parent Worker expose an entrypoint which constructs the dynamic worker and " +
    "forwards to it.",
};

check("getDurableObjectClass() gives a reference", ({ env }) => {
  const worker = load(env);
  for (const args of [[], [null], ["default"], ["Counter"], ["Missing"], ["Counter", { props: { a: 1 } }], ["Counter", { limits: { cpuMs: 5 } }]]) {
    equal(String(worker.getDurableObjectClass(...args)), "[object DurableObjectClass]");
  }
});

check("getDurableObjectClass() checks its options", ({ env }) => {
  const worker = load(env);
  throws(() => worker.getDurableObjectClass("Counter", 5), {
    name: "TypeError",
    message: "Failed to execute 'getDurableObjectClass' on 'WorkerStub': parameter 2 is not of type 'EntrypointOptions'.",
  });
  throws(() => worker.getDurableObjectClass("Counter", { props: 5 }), {
    name: "TypeError",
    message: "Incorrect type for the 'props' field on 'EntrypointOptions': the provided value is not of type 'Object'.",
  });
});

check("an unknown option of getDurableObjectClass is refused", { differs: "workerd ignores unknown fields" }, ({ env }) => {
  throws(() => load(env).getDurableObjectClass("Counter", { prop: {} }), /Unknown field 'prop'.*'props'/);
});

check("a class of a dynamic worker is not passed on", async ({ env, ctx }) => {
  const reference = load(env).getDurableObjectClass("Counter");
  await rejects(async () => await ctx.exports.Tool({ props: {} }).add(reference, 1), notTransferable);
  await rejects(async () => await env.LOADER.load(code(withClass, { env: { reference } })).getEntrypoint().run(), notTransferable);
  await rejects(async () => await ctx.exports.Tool({ props: { reference } }).owner(), notTransferable);
});

const about = method(`
  const { REFERENCE } = this.env;
  return [String(REFERENCE), REFERENCE.constructor.name, typeof REFERENCE.then, typeof REFERENCE.fetch];`);

check("a class of ctx.exports is passed on, once it was called", async ({ env, ctx }) => {
  equal(String(ctx.exports.Counter), "[object LoopbackDurableObjectClass]");
  const REFERENCE = ctx.exports.Counter({ props: { a: 1 } });
  equal(String(REFERENCE), "[object DurableObjectClass]");
  const got = await env.LOADER.load(code(about, { env: { REFERENCE } })).getEntrypoint().run();
  same(got, ["[object DurableObjectClass]", "DurableObjectClass", "undefined", "undefined"]);
});

check("a reference goes to a dynamic worker and back", async ({ env, ctx }) => {
  const worker = env.LOADER.load(code(method("return args[0]")));
  const back = await worker.getEntrypoint().run(ctx.exports.Counter({}));
  equal(String(back), "[object DurableObjectClass]");
});

check("a class is no constructor", ({ env, ctx }) => {
  for (const reference of [load(env).getDurableObjectClass("Counter"), ctx.exports.Counter({})]) {
    throws(() => new reference(), TypeError);
    throws(() => new reference.constructor(), { name: "TypeError", message: "Illegal constructor" });
  }
});

check("a class is no entrypoint", { differs: "workerd answers with an internal error" }, async ({ env }) => {
  await rejects(load(env).getEntrypoint("Counter").run(), /Counter is a Durable Object class, not an entrypoint/);
});
