// SPDX-License-Identifier: Apache-2.0

import { check, equal, matches, ok, pause, rejects, same, throws } from "../../check.js";
import { code, counter, evaluate, method, textOf } from "./code.js";

check("load() runs a handler object's fetch", async ({ env }) => {
  const stub = env.LOADER.load(
    code(`export default { fetch: (request) => new Response("got " + new URL(request.url).pathname) };`),
  );
  equal(await textOf(stub.getEntrypoint().fetch("http://any/path")), "got /path");
});

check("load() runs a class that extends WorkerEntrypoint", async ({ env }) => {
  equal(await evaluate(env, "return args[0] * 2", {}, 21), 42);
});

check("load() returns at once", ({ env }) => {
  const stub = env.LOADER.load(code(method("return 1")));
  equal(typeof stub.getEntrypoint, "function");
  equal(typeof stub.then, "undefined");
});

check("the handler gets request, env and ctx", async ({ env }) => {
  const main = `export default { async fetch(request, env, ctx) {
    const methods = [typeof ctx.waitUntil, typeof ctx.passThroughOnException];
    return Response.json([request instanceof Request, env.NAME, ...methods]);
  } };`;
  const response = await env.LOADER.load(code(main, { env: { NAME: "x" } }))
    .getEntrypoint()
    .fetch("http://any/");
  same(await response.json(), [true, "x", "function", "function"]);
});

check("an entrypoint named default is the default export", async ({ env }) => {
  const stub = env.LOADER.load(counter());
  equal(await textOf(stub.getEntrypoint("default").fetch("http://any/")), "1");
  equal(await textOf(stub.getEntrypoint(null).fetch("http://any/")), "2");
  equal(await textOf(stub.getEntrypoint(undefined).fetch("http://any/")), "3");
});

check("an empty name is the default export, too", { differs: "workerd knows no entrypoint of that name" }, async ({ env }) => {
  equal(await textOf(env.LOADER.load(counter()).getEntrypoint("").fetch("http://any/")), "1");
});

check("a named entrypoint is a named export", async ({ env }) => {
  const main = `import { WorkerEntrypoint } from "cloudflare:workers";
    export class Greeter extends WorkerEntrypoint { greet(name) { return "Hello, " + name; } }
    export const plain = { fetch: () => new Response("plain") };`;
  const stub = env.LOADER.load(code(main));
  equal(await stub.getEntrypoint("Greeter").greet("Ada"), "Hello, Ada");
  equal(await textOf(stub.getEntrypoint("plain").fetch("http://any/")), "plain");
});

check("props arrive as ctx.props", async ({ env }) => {
  const stub = env.LOADER.load(code(method("return this.ctx.props")));
  same(await stub.getEntrypoint(null, { props: { user: "ada", roles: ["a", "b"] } }).run(), {
    user: "ada",
    roles: ["a", "b"],
  });
  same(await stub.getEntrypoint(null, { props: { user: "grace" } }).run(), { user: "grace" });
});

check("props default to an empty object", async ({ env }) => {
  same(await evaluate(env, "return this.ctx.props"), {});
});

check("await on an entrypoint gives the entrypoint", async ({ env }) => {
  const entrypoint = await env.LOADER.load(code(method("return 7"))).getEntrypoint();
  equal(await entrypoint.run(), 7);
});

check("a missing named entrypoint is named in the error", async ({ env }) => {
  await rejects(
    env.LOADER.load(counter()).getEntrypoint("Missing").fetch("http://any/"),
    /Worker has no such entrypoint: Missing/,
  );
});

check(
  "a missing default entrypoint has its error",
  { differs: "workerd passes the request on to the worker's outbound" },
  async ({ env }) => {
    await rejects(
      env.LOADER.load(code("export const x = { fetch() {} };")).getEntrypoint().fetch("http://any/"),
      /Worker has no default entrypoint\./,
    );
  },
);

check(
  "an empty main module has no default entrypoint",
  { differs: "workerd passes the request on to the worker's outbound" },
  async ({ env }) => {
    await rejects(env.LOADER.load(code("")).getEntrypoint().fetch("http://any/"), /Worker has no default entrypoint\./);
  },
);

check("each load() is a fresh isolate", async ({ env }) => {
  equal(await textOf(env.LOADER.load(counter()).getEntrypoint().fetch("http://any/")), "1");
  equal(await textOf(env.LOADER.load(counter()).getEntrypoint().fetch("http://any/")), "1");
});

check("get() with the same id is the same isolate and calls back once", async ({ env }) => {
  let asked = 0;
  const get = () => env.LOADER.get("same", () => (asked++, counter()));
  equal(await textOf(get().getEntrypoint().fetch("http://any/")), "1");
  equal(await textOf(get().getEntrypoint().fetch("http://any/")), "2");
  equal(asked, 1);
});

check("get() with different ids is different isolates", async ({ env }) => {
  equal(await textOf(env.LOADER.get("one", counter).getEntrypoint().fetch("http://any/")), "1");
  equal(await textOf(env.LOADER.get("two", counter).getEntrypoint().fetch("http://any/")), "1");
});

check("get() without an id is a fresh isolate each time", async ({ env }) => {
  equal(await textOf(env.LOADER.get(null, counter).getEntrypoint().fetch("http://any/")), "1");
  equal(await textOf(env.LOADER.get(null, counter).getEntrypoint().fetch("http://any/")), "1");
  equal(await textOf(env.LOADER.get(undefined, counter).getEntrypoint().fetch("http://any/")), "1");
});

check("get() starts loading at once, before the stub is used", async ({ env }) => {
  let asked = 0;
  env.LOADER.get("eager", () => (asked++, counter()));
  for (let i = 0; i < 50 && !asked; i++) await pause(5);
  equal(asked, 1);
});

check("get() takes the code from a promise", async ({ env }) => {
  const stub = env.LOADER.get("promised", async () => (await pause(10), code(method("return 'late'"))));
  equal(await stub.getEntrypoint().run(), "late");
});

check("calls made while the code is awaited arrive in order", async ({ env }) => {
  const stub = env.LOADER.get(
    "ordered",
    async () => (await pause(20), code(method("return (log.push(args[0]), log.join())", "const log = [];"))),
  );
  const entrypoint = stub.getEntrypoint();
  same(await Promise.all([1, 2, 3, 4].map((n) => entrypoint.run(n))), ["1", "1,2", "1,2,3", "1,2,3,4"]);
});

check("what the get() callback throws reaches the caller", async ({ env }) => {
  await rejects(
    env.LOADER.get("throwing", () => {
      throw new RangeError("Code loader failed!");
    })
      .getEntrypoint()
      .fetch("http://any/"),
    { name: "RangeError", message: "Code loader failed!" },
  );
});

check("what the get() callback rejects with reaches the caller", async ({ env }) => {
  await rejects(
    env.LOADER.get("rejecting", async () => {
      throw new Error("no such customer");
    })
      .getEntrypoint()
      .fetch("http://any/"),
    "no such customer",
  );
});

check(
  "a start that failed is not remembered under its id",
  { differs: "workerd keeps the failed start: the id is poisoned until the server restarts" },
  async ({ env }) => {
    await rejects(
      env.LOADER.get("flaky", () => code("throw new Error('first try')"))
        .getEntrypoint()
        .fetch("http://any/"),
      /first try/,
    );
    equal(await textOf(env.LOADER.get("flaky", counter).getEntrypoint().fetch("http://any/")), "1");
  },
);

check(
  "a callback that failed is not remembered under its id",
  { differs: "workerd keeps the failed start: the id is poisoned until the server restarts" },
  async ({ env }) => {
    await rejects(
      env.LOADER.get("flaky2", () => Promise.reject(new Error("first try")))
        .getEntrypoint()
        .fetch("http://any/"),
      /first try/,
    );
    equal(await textOf(env.LOADER.get("flaky2", counter).getEntrypoint().fetch("http://any/")), "1");
  },
);

check("load() throws for invalid code at once, get() when the stub is used", async ({ env }) => {
  const message = "Dynamic Worker code must contain at least one module.";
  const empty = { compatibilityDate: "2026-11-01", mainModule: "main.js", modules: {} };
  throws(() => env.LOADER.load(empty), { name: "TypeError", message });
  const stub = env.LOADER.get("invalid", () => empty);
  await rejects(stub.getEntrypoint().fetch("http://any/"), message);
});

check("an error thrown by the main module reaches the caller", async ({ env }) => {
  await rejects(env.LOADER.load(code("throw new Error('at start')")).getEntrypoint().fetch("http://any/"), /at start/);
});

check("a syntax error names the module", async ({ env }) => {
  await rejects(env.LOADER.load(code("export default {{{")).getEntrypoint().fetch("http://any/"), /main\.js/);
});

check("top-level await is awaited before the first call", async ({ env }) => {
  equal(await evaluate(env, "return value", { top: "const value = await Promise.resolve(5);" }), 5);
});

check("loaders with the same id share what they keep", async ({ env }) => {
  equal(await textOf(env.SHARED_A.get("x", counter).getEntrypoint().fetch("http://any/")), "1");
  equal(await textOf(env.SHARED_B.get("x", counter).getEntrypoint().fetch("http://any/")), "2");
});

check("loaders without an id share nothing", async ({ env }) => {
  equal(await textOf(env.LOADER.get("y", counter).getEntrypoint().fetch("http://any/")), "1");
  equal(await textOf(env.PRIVATE.get("y", counter).getEntrypoint().fetch("http://any/")), "1");
});

check("the same id in another worker's loader is another isolate", async ({ env }) => {
  equal(await textOf(env.LOADER.get("z", counter).getEntrypoint().fetch("http://any/")), "1");
  equal(await textOf(env.NEIGHBOUR.fetch("http://any/?id=z")), "neighbour 1");
  equal(await textOf(env.LOADER.get("z", counter).getEntrypoint().fetch("http://any/")), "2");
});

check("a dynamic worker's own ctx.exports holds its entrypoints", async ({ env }) => {
  const top = `export class Other extends WorkerEntrypoint { name() { return "other " + this.ctx.props.n; } }`;
  equal(await evaluate(env, "return this.ctx.exports.Other({ props: { n: 3 } }).name()", { top }), "other 3");
});

check("many workers load side by side", async ({ env }) => {
  const answers = await Promise.all(
    Array.from({ length: 40 }, (_, n) => evaluate(env, `return ${n} + args[0]`, {}, 1000)),
  );
  same(
    answers,
    Array.from({ length: 40 }, (_, n) => 1000 + n),
  );
});

check("a request body streams into the dynamic worker and back", async ({ env }) => {
  const main = `export default {
    fetch: (request) => new Response(request.body, { headers: { "x-length": "unknown" } }),
  };`;
  const { readable, writable } = new TransformStream();
  const writer = writable.getWriter();
  const sent = (async () => {
    for (const part of ["one ", "two ", "three"]) await writer.write(new TextEncoder().encode(part));
    await writer.close();
  })();
  const response = await env.LOADER.load(code(main))
    .getEntrypoint()
    .fetch("http://any/", { method: "POST", body: readable });
  equal(await response.text(), "one two three");
  equal(response.headers.get("x-length"), "unknown");
  await sent;
});

check("status, headers and method survive the way", async ({ env }) => {
  const main = `export default { async fetch(request) {
    const headers = [["x-method", request.method], ["x-in", request.headers.get("x-out")]];
    return new Response(await request.text(), { status: 418, statusText: "Teapot", headers });
  } };`;
  const response = await env.LOADER.load(code(main))
    .getEntrypoint()
    .fetch(new Request("http://any/", { method: "PUT", headers: { "x-out": "yes" }, body: "tea" }));
  equal(response.status, 418);
  equal(response.headers.get("x-method"), "PUT");
  equal(response.headers.get("x-in"), "yes");
  equal(await response.text(), "tea");
});

check(
  "a stack trace names the dynamic worker's module and line",
  { differs: "workerd drops the remote frames" },
  async ({ env }) => {
    const error = await rejects(evaluate(env, "\n\nthrow new Error('here')"));
    matches(error.message, "here");
    ok(/main\.js:\d+/.test(error.stack), `a frame in main.js; the stack is ${error.stack}`);
  },
);

check("an uncaught error in a fetch handler rejects the caller's fetch", async ({ env }) => {
  const main = `export default { fetch() { throw new TypeError("from within"); } };`;
  await rejects(env.LOADER.load(code(main)).getEntrypoint().fetch("http://any/"), {
    name: "TypeError",
    message: "from within",
  });
});
