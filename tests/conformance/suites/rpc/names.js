// SPDX-License-Identifier: Apache-2.0
//
// Service bindings, plain-object entrypoints and reserved names.

import { check, equal, rejects, same } from "../../check.js";

check("a service binding carries its configured props", async ({ env }) => {
  equal(await env.BOUND.who(), "Hello config");
});

check("ctx.exports gives an entrypoint with props", async ({ ctx }) => {
  equal(await ctx.exports.Bound({ props: { owner: "ctx" } }).who(), "Hello ctx");
});

check("exports of cloudflare:workers are those of ctx", async () => {
  const { exports } = await import("cloudflare:workers");
  equal(await exports.Bound({ props: { owner: "import" } }).who(), "Hello import");
});

check("a service in another worker answers fetch", async ({ env }) => {
  equal(await (await env.NEIGHBOUR.fetch("http://x/?id=rpc")).text(), "neighbour 1");
});

check("a plain object's method gets argument, env and ctx", async ({ env }) => {
  equal(await env.PLAIN.greet("Ada"), "Hello Ada function");
});

check("a plain object's method takes exactly one argument", async ({ env }) => {
  const message =
    'Attempted to call RPC function "greet" with the wrong number of arguments. When calling a top-level handler function that is not ' +
    "declared as part of a class, you must always send exactly one argument. In order to support variable numbers of arguments, the " +
    "server must use class-based syntax (extending WorkerEntrypoint) instead.";
  await rejects(env.PLAIN.greet("a", "b"), { name: "TypeError", message });
  await rejects(env.PLAIN.greet(), { name: "TypeError", message });
});

check("a plain object's method with four parameters is refused", async ({ env }) => {
  await rejects(env.PLAIN.two("a"), {
    name: "TypeError",
    message:
      'Cannot call handler function "two" over RPC because it has the wrong number of arguments. A simple function handler can only be ' +
      "called over RPC if it has exactly the arguments (arg, env, ctx), where only the first argument comes from the client. To support " +
      "multi-argument RPC functions, use class-based syntax (extending WorkerEntrypoint) instead.",
  });
});

check("a plain object's method may have fewer parameters", async ({ env }) => {
  equal(await env.PLAIN.none(1), 3);
  same(await env.PLAIN.rest("a"), [3, "a"]);
  equal(await env.PLAIN.chosen(undefined), "nobody");
});

check("what is no function of a plain object is not called", async ({ env }) => {
  await rejects(() => env.PLAIN.number(1), { name: "TypeError", message: '"number" is not a function.' });
});

check("a plain object's method that is not there is named", async ({ env }) => {
  await rejects(() => env.PLAIN.missing(1), {
    name: "TypeError",
    message: 'The RPC receiver does not implement the method "missing".',
  });
});

for (const name of ["alarm", "webSocketMessage", "webSocketClose", "webSocketError"]) {
  check(`"${name}" is a reserved name`, async ({ env }) => {
    await rejects(async () => await env.API[name](), {
      name: "TypeError",
      message: `'${name}' is a reserved method and cannot be called over RPC.`,
    });
  });
}

check("a service binding is not a promise", ({ env }) => {
  equal(typeof env.API.then, "undefined");
});
