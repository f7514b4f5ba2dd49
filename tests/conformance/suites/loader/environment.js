// SPDX-License-Identifier: Apache-2.0

import { RpcTarget } from "cloudflare:workers";
import { check, equal, same, throws } from "../../check.js";
import { code, evaluate, method, textOf } from "./code.js";

class Counter extends RpcTarget {
  count = 0;
  increment() {
    return ++this.count;
  }
}

check("env holds structured-clonable values", async ({ env }) => {
  const values = {
    text: "x",
    number: 1.5,
    flag: true,
    nothing: null,
    list: [1, [2]],
    nested: { a: { b: 1 } },
    date: new Date(5),
    map: new Map([["a", 1]]),
    set: new Set([1, 2]),
    bytes: new Uint8Array([1, 2, 3]),
    big: 10n,
    pattern: /a+/g,
  };
  const body = `const e = this.env; return [e.text, e.number, e.flag, e.nothing, e.list, e.nested,
    e.date.getTime(), e.map.get("a"),
    e.set.has(2), [...e.bytes], String(e.big), e.pattern.source];`;
  same(await evaluate(env, body, { env: values }), [
    "x",
    1.5,
    true,
    null,
    [1, [2]],
    { a: { b: 1 } },
    5,
    1,
    true,
    [1, 2, 3],
    "10",
    "a+",
  ]);
});

check("env is a copy: later changes do not show", async ({ env }) => {
  const values = { list: [1] };
  const answer = evaluate(env, "return this.env.list", { env: values });
  values.list.push(2);
  same(await answer, [1]);
});

check("env defaults to an empty object", async ({ env }) => {
  same(await evaluate(env, "return Object.keys(this.env)"), []);
});

check("nothing of the parent's env leaks", async ({ env }) => {
  same(await evaluate(env, "return [typeof LOADER, Object.keys(this.env).length]"), ["undefined", 0]);
});

check("env of cloudflare:workers is the env", async ({ env }) => {
  equal(
    await evaluate(env, "return env.NAME", { top: `import { env } from "cloudflare:workers";`, env: { NAME: "n" } }),
    "n",
  );
});

check("an entrypoint of ctx.exports with props is a member of env", async ({ env, ctx }) => {
  const TOOL = ctx.exports.Tool({ props: { owner: "ada" } });
  same(await evaluate(env, "return [await this.env.TOOL.add(2, 3), await this.env.TOOL.owner()]", { env: { TOOL } }), [
    5,
    "ada",
  ]);
});

check("an entrypoint in env can be fetched", async ({ env, ctx }) => {
  const TOOL = ctx.exports.Tool({ props: { owner: "ada" } });
  equal(
    await evaluate(env, "return (await this.env.TOOL.fetch('http://x/y')).text()", { env: { TOOL } }),
    "tool of ada: GET http://x/y",
  );
});

check("two entrypoints of one class keep their own props", async ({ env, ctx }) => {
  const A = ctx.exports.Tool({ props: { owner: "a" } });
  const B = ctx.exports.Tool({ props: { owner: "b" } });
  same(await evaluate(env, "return Promise.all([this.env.A.owner(), this.env.B.owner()])", { env: { A, B } }), [
    "a",
    "b",
  ]);
});

check("a service binding is a member of env", async ({ env }) => {
  const text = await evaluate(env, "return (await this.env.N.fetch('http://x/?id=fromchild')).text()", {
    env: { N: env.NEIGHBOUR },
  });
  equal(text, "neighbour 1");
});

check("a stub may sit deep in env", async ({ env, ctx }) => {
  const TOOL = ctx.exports.Tool({ props: { owner: "deep" } });
  equal(await evaluate(env, "return this.env.a.b[0].owner()", { env: { a: { b: [TOOL] } } }), "deep");
});

check(
  "a function is a member of env and is called back",
  { differs: "workerd takes functions as arguments alone" },
  async ({ env }) => {
    equal(await evaluate(env, "return this.env.double(21)", { env: { double: (n) => n * 2 } }), 42);
  },
);

check(
  "an RpcTarget is a member of env and keeps its state",
  { differs: "workerd takes RpcTargets as arguments alone" },
  async ({ env }) => {
    const target = new Counter();
    equal(
      await evaluate(env, "await this.env.c.increment(); return this.env.c.increment()", { env: { c: target } }),
      2,
    );
    equal(target.count, 2);
  },
);

check("a class instance in env is refused", ({ env }) => {
  class Plain {}
  throws(() => env.LOADER.load(code(method(""), { env: { x: new Plain() } })), {
    name: "DataCloneError",
    message: `Could not serialize object of type "Plain". This type does not support serialization.`,
  });
});

check("a symbol in env is refused", ({ env }) => {
  throws(() => env.LOADER.load(code(method(""), { env: { x: Symbol("s") } })), { name: "DataCloneError" });
});

check("env above 1 MiB is refused", ({ env }) => {
  throws(
    () => env.LOADER.load(code(method(""), { env: { x: "a".repeat(1 << 20) } })),
    /^Dynamic Worker env size \(\d+ bytes\) exceeds the maximum allowed size of 1048576 bytes\.$/,
  );
});

check("env just below 1 MiB is taken", async ({ env }) => {
  equal(
    await evaluate(env, "return this.env.x.length", { env: { x: "a".repeat((1 << 20) - 1000) } }),
    (1 << 20) - 1000,
  );
});

check("a dynamic worker's entrypoint cannot be given to another", ({ env }) => {
  const entrypoint = env.LOADER.load(code(method("return 1"))).getEntrypoint();
  throws(() => env.LOADER.load(code(method(""), { env: { OTHER: entrypoint } })), {
    name: "DataCloneError",
    message:
      "Entrypoints to dynamically-loaded workers cannot be transferred to other Workers, because the system does not know how to reload " +
      "this Worker from scratch. Instead, have the parent Worker expose an entrypoint which constructs the dynamic worker and forwards to it.",
  });
});

check("the loader itself is not a member of env", ({ env }) => {
  throws(() => env.LOADER.load(code(method(""), { env: { LOADER: env.LOADER } })), { name: "DataCloneError" });
});

check("props hold stubs", async ({ env, ctx }) => {
  const stub = env.LOADER.load(code(method("return this.ctx.props.tool.add(1, 1)")));
  equal(await stub.getEntrypoint(null, { props: { tool: ctx.exports.Tool({ props: {} }) } }).run(), 2);
});

check("waitUntil in a dynamic worker runs on after the response", async ({ env }) => {
  const main = `let done = 0; export default { async fetch(request, env, ctx) {
    if (request.url.endsWith("/start")) {
      ctx.waitUntil(new Promise((r) => setTimeout(r, 20)).then(() => done++));
      return new Response("started");
    }
    return new Response(String(done));
  } };`;
  const entrypoint = env.LOADER.get("wait-until", () => code(main)).getEntrypoint();
  equal(await textOf(entrypoint.fetch("http://any/start")), "started");
  let text = "0";
  for (let i = 0; i < 50 && text === "0"; i++) {
    await new Promise((r) => setTimeout(r, 10));
    text = await textOf(entrypoint.fetch("http://any/"));
  }
  equal(text, "1");
});
