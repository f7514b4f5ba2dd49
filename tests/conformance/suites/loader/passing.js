// SPDX-License-Identifier: Apache-2.0
//
// What may be handed to a dynamic worker or got from one, in env, props, arguments and results, and what may not.

import { RpcTarget } from "cloudflare:workers";
import { check, equal, rejects, same, throws } from "../../check.js";
import { code, evaluate, method, textOf } from "./code.js";

const notTransferable = {
  name: "DataCloneError",
  message:
    "Entrypoints to dynamically-loaded workers cannot be transferred to other Workers, because the system does not know how to reload " +
    "this Worker from scratch. Instead, have the parent Worker expose an entrypoint which constructs the dynamic worker and forwards to it.",
};
const notSerializable = (type) => ({
  name: "DataCloneError",
  message: `Could not serialize object of type "${type}". This type does not support serialization.`,
});

/** The ways to a dynamic worker: how a value is handed over, as a promise of what became of it there. */
const ways = {
  env: (env, value) => evaluate(env, "return Object.prototype.toString.call(this.env.value)", { env: { value } }),
  props: (env, value) =>
    env.LOADER.load(code(method("return Object.prototype.toString.call(this.ctx.props.value)")))
      .getEntrypoint(null, { props: { value } })
      .run(),
  arguments: (env, value) => evaluate(env, "return Object.prototype.toString.call(args[0])", {}, value),
};

const entrypoint = (env) => env.LOADER.load(code(method("return 1"))).getEntrypoint();

for (const [way, pass] of Object.entries(ways)) {
  check(`${way}: the entrypoint of a dynamic worker is refused`, async ({ env }) => {
    await rejects(async () => await pass(env, entrypoint(env)), notTransferable);
  });

  check(`${way}: a loopback stub that was not called is refused`, async ({ env, ctx }) => {
    await rejects(async () => await pass(env, ctx.exports.Tool), notSerializable("LoopbackServiceStub"));
    await rejects(async () => await pass(env, ctx.exports.plainOutbound), notSerializable("LoopbackServiceStub"));
  });

  check(`${way}: a loader and a whole dynamic worker are refused`, async ({ env }) => {
    await rejects(async () => await pass(env, env.LOADER), notSerializable("WorkerLoader"));
    await rejects(async () => await pass(env, env.LOADER.load(code(method("")))), notSerializable("WorkerStub"));
  });

  check(`${way}: ctx and instances of classes are refused`, async ({ env, ctx }) => {
    class Plain {}
    await rejects(async () => await pass(env, ctx), notSerializable("ExecutionContext"));
    await rejects(async () => await pass(env, new Plain()), notSerializable("Plain"));
    await rejects(async () => await pass(env, Object.create(null)), notSerializable("Object"));
    await rejects(async () => await pass(env, Promise.resolve(1)), { name: "DataCloneError" });
  });

  check(`${way}: a service, a Request, a Blob, Headers and plain data pass`, async ({ env, ctx }) => {
    const tool = ctx.exports.Tool({ props: { owner: "ada" } });
    const given = [tool, env.NEIGHBOUR, new Request("http://x/"), new Blob(["a"]), new Headers(), new Date(0), new Map()];
    for (const value of given) equal(await pass(env, value), Object.prototype.toString.call(value));
  });
}

check("the entrypoint of a dynamic worker is no result", async ({ env }) => {
  const asked = env.LOADER.load(code(method("return await args[0]()"))).getEntrypoint();
  await rejects(async () => await asked.run(() => entrypoint(env)), notTransferable);
});

check("the entrypoint of a dynamic worker is no tail", ({ env }) => {
  throws(() => env.LOADER.load(code(method(""), { tails: [entrypoint(env)] })), notTransferable);
});

check("props of ctx.exports follow the same rules", async ({ env, ctx }) => {
  const call = async (value) => await ctx.exports.Tool({ props: { owner: value } }).owner();
  same(await call({ a: [1, new Date(0)] }), { a: [1, new Date(0)] });
  await rejects(() => call(entrypoint(env)), notTransferable);
  await rejects(() => call(ctx.exports.Tool), notSerializable("LoopbackServiceStub"));
  await rejects(() => call(env.LOADER), notSerializable("WorkerLoader"));
});

class Counter extends RpcTarget {
  count = 0;
  increment() {
    return ++this.count;
  }
}

check("functions and RpcTargets are props", { differs: "workerd takes them as arguments alone" }, async ({ env }) => {
  const target = new Counter();
  const body = "return [await this.ctx.props.double(4), await this.ctx.props.target.increment()]";
  const worker = env.LOADER.load(code(method(body)));
  same(await worker.getEntrypoint(null, { props: { double: (n) => 2 * n, target } }).run(), [8, 1]);
  equal(target.count, 1);
});

check("an entrypoint that came as an argument is passed on by the one that got it", async ({ env, ctx }) => {
  const tool = ctx.exports.Tool({ props: { owner: "ada" } });
  equal(await evaluate(env, "return (await args[0](args[1])).owner()", {}, (given) => given, tool), "ada");
});

check("ctx.exports has every class and object that is exported", async ({ env }) => {
  const main = `
    import { DurableObject, RpcTarget, WorkerEntrypoint } from "cloudflare:workers";
    export class Service extends WorkerEntrypoint { hello() { return "service"; } }
    export class Durable extends DurableObject {}
    export class WithoutBase {}
    export class Target extends RpcTarget {}
    export const plain = { fetch: () => new Response("plain") };
    export default class extends WorkerEntrypoint {
      about() {
        return Object.entries(this.ctx.exports).map(([name, value]) => name + " " + typeof value + " " + String(value)).sort();
      }
      use() { return this.ctx.exports.Service.hello(); }
      async fetch(request) { return this.ctx.exports.plain.fetch(request); }
      called() { return String(this.ctx.exports.WithoutBase({})); }
    }`;
  const worker = env.LOADER.load(code(main)).getEntrypoint();
  same(await worker.about(), [
    "Durable function [object LoopbackDurableObjectClass]",
    "Service function [object LoopbackServiceStub]",
    "Target function [object LoopbackDurableObjectClass]",
    "WithoutBase function [object LoopbackDurableObjectClass]",
    "default function [object LoopbackServiceStub]",
    "plain function [object LoopbackServiceStub]",
  ]);
  equal(await worker.use(), "service");
  equal(await textOf(worker.fetch("http://x/")), "plain");
  equal(await worker.called(), "[object DurableObjectClass]");
});
