// SPDX-License-Identifier: Apache-2.0
//
// Every entry point, misused: wrong types, wrong receivers, stubs that were disposed of.

import {
  RpcPromise, RpcProperty, RpcStub, ServiceStub, WorkerEntrypoint, waitUntil, withEnv, withEnvAndExports,
  withExports,
} from "cloudflare:workers";
import { check, equal, rejects, throws } from "../../check.js";

const code = {
  compatibilityDate: "2026-11-01",
  mainModule: "main.js",
  modules: { "main.js": "export default { answer: (n) => n }" },
};

const wrong = (method, on, parameter, type) =>
  `Failed to execute '${method}' on '${on}': parameter ${parameter} is not of type '${type}'.`;
const illegal =
  "Illegal invocation: function called with incorrect `this` reference. See " +
  "https://developers.cloudflare.com/workers/observability/errors/#illegal-invocation-errors for details.";
const onlyObjects = "RpcStubs can only wrap plain objects, functions, and RpcTarget derivatives.";
const notAnObject = "Failed to construct 'JsRpcStub': constructor parameter 1 is not of type 'Object'.";
const noSymbol = "Cannot convert a Symbol value to a string";
const noProps = (on) => `Incorrect type for the 'props' field on '${on}': the provided value is not of type 'Object'.`;

/** What throws a TypeError: name -> [message, misuse]. */
const misuses = {
  "get() without a callback": [wrong("get", "WorkerLoader", 2, "function"), ({ env }) => env.LOADER.get("x")],
  "get() with an object for a callback": [wrong("get", "WorkerLoader", 2, "function"), ({ env }) => env.LOADER.get("x", {})],
  "get() with a symbol for a name": [noSymbol, ({ env }) => env.LOADER.get(Symbol("a"), () => code)],
  "getEntrypoint() with a symbol for a name": [noSymbol, ({ env }) => env.LOADER.load(code).getEntrypoint(Symbol("a"))],
  "getEntrypoint() with a number for options": [
    wrong("getEntrypoint", "WorkerStub", 2, "EntrypointOptions"),
    ({ env }) => env.LOADER.load(code).getEntrypoint(null, 5),
  ],
  "getEntrypoint() with a number for props": [noProps("EntrypointOptions"), ({ env }) => env.LOADER.load(code).getEntrypoint(null, { props: 5 })],
  "getEntrypoint() with null for props": [noProps("EntrypointOptions"), ({ env }) => env.LOADER.load(code).getEntrypoint(null, { props: null })],
  "load() of something else": [illegal, ({ env }) => env.LOADER.load.call({}, code)],
  "getEntrypoint() of something else": [illegal, ({ env }) => env.LOADER.load(code).getEntrypoint.call({})],
  "new of the loader's class": ["Illegal constructor", ({ env }) => new env.LOADER.constructor()],
  "ctx.exports.Name with a number": [
    wrong("(called as function)", "LoopbackServiceStub", 1, "Options"),
    ({ ctx }) => ctx.exports.Api(5),
  ],
  "ctx.exports.Name with nothing": [
    wrong("(called as function)", "LoopbackServiceStub", 1, "Options"),
    ({ ctx }) => ctx.exports.Api(),
  ],
  "ctx.exports.Name with a string for props": [noProps("Options"), ({ ctx }) => ctx.exports.Api({ props: "a" })],
  "ctx.waitUntil() of nothing": [wrong("waitUntil", "ExecutionContext", 1, "Promise"), ({ ctx }) => ctx.waitUntil()],
  "ctx.waitUntil() of something else": [illegal, ({ ctx }) => ctx.waitUntil.call({}, 1)],
  "ctx.abort() of something else": [illegal, ({ ctx }) => ctx.abort.call({}, 1)],
  "waitUntil() of nothing": [wrong("waitUntil", "EntrypointsModule", 1, "Promise"), () => waitUntil()],
  "withEnv() without a callback": [wrong("withEnv", "EnvModule", 2, "function"), () => withEnv({})],
  "withExports() without a callback": [wrong("withExports", "EnvModule", 2, "function"), () => withExports({}, {})],
  "withEnvAndExports() without a callback": [wrong("withEnvAndExports", "EnvModule", 3, "function"), () => withEnvAndExports({}, {})],
  "new RpcStub() of nothing": [notAnObject, () => new RpcStub()],
  "new RpcStub() of a string": [notAnObject, () => new RpcStub("a")],
  "new RpcStub() of null": [notAnObject, () => new RpcStub(null)],
  "new RpcStub() of an instance of a class": [onlyObjects, () => new RpcStub(new (class A {})())],
  "new RpcStub() of an array": [onlyObjects, () => new RpcStub([])],
  "new RpcStub() of a Map": [onlyObjects, () => new RpcStub(new Map())],
  "new RpcStub() of an object without prototype": [onlyObjects, () => new RpcStub(Object.create(null))],
  "new RpcPromise()": ["Illegal constructor", () => new RpcPromise()],
  "new RpcProperty()": ["Illegal constructor", () => new RpcProperty()],
  "new ServiceStub()": ["Illegal constructor", () => new ServiceStub()],
  "dup() of something else": [illegal, () => RpcStub.prototype.dup.call({})],
  "dispose of something else": [illegal, () => RpcStub.prototype[Symbol.dispose].call({})],
  "then() of something else": [illegal, () => RpcPromise.prototype.then.call({}, () => {})],
  "new WorkerEntrypoint() without a context": [
    "Failed to construct 'WorkerEntrypoint': constructor parameter 1 is not of type 'Object'.",
    () => new WorkerEntrypoint(),
  ],
};

for (const [name, [message, misuse]] of Object.entries(misuses)) {
  check(`${name} is a TypeError`, (about) => {
    throws(() => misuse(about), { name: "TypeError", message });
  });
}

check("null and undefined for options count as none", async ({ env, ctx }) => {
  for (const none of [null, undefined]) {
    equal(await env.LOADER.load(code).getEntrypoint(none, none).answer(1), 1);
    equal(await ctx.exports.Api(none).add(1, 2), 3);
  }
});

const disposed = { name: "Error", message: "RPC stub used after being disposed." };
const stub = () => {
  const made = new RpcStub(Object.assign(() => 1, { member: 5 }));
  made[Symbol.dispose]();
  return made;
};

check("a disposed stub: a call is a promise that is rejected", async () => {
  const call = stub()();
  ok(call instanceof RpcPromise);
  await rejects(call, disposed);
});

check("a disposed stub: a property is one that is rejected", async () => {
  const property = stub().member;
  ok(property instanceof RpcProperty);
  await rejects(property, disposed);
  await rejects(stub().member.deeper(), disposed);
});

check("a disposed stub may be disposed of again", () => {
  stub()[Symbol.dispose]();
});

check("a disposed stub is not passed on", { differs: "workerd passes it on, as one that is disposed of" }, async ({ ctx }) => {
  await rejects(async () => await ctx.exports.Api({}).echo(stub()), disposed);
});

check("a disposed stub has no duplicates", { differs: "workerd answers with an internal error" }, () => {
  throws(() => stub().dup(), disposed);
});

check("a disposed promise: calls on it are rejected, it can still be awaited", async () => {
  const promise = new RpcStub(() => 1)();
  promise[Symbol.dispose]();
  await rejects(promise.member(), { name: "Error", message: "RPC promise used after being disposed." });
});

check("withEnv() takes objects alone", { differs: "workerd takes anything" }, () => {
  for (const value of [undefined, null, 5, "a"]) throws(() => withEnv(value, () => 1), /must be an object/);
});

check("stubs are not changed", { differs: "workerd ignores it in silence" }, () => {
  const made = new RpcStub(() => 1);
  throws(() => void (made.a = 1), /cannot be set/);
  throws(() => delete made.a, /cannot be deleted/);
});

function ok(value) {
  equal(value, true);
}
