// SPDX-License-Identifier: Apache-2.0
//
// What a receiver shows of values of every shape, and what may stand in arguments and results.

import { equal, matches, ok, rejects, same } from "../../check.js";
import { inPlaces } from "./places.js";

export function shapes({ RpcTarget, WorkerEntrypoint }) {
  class Base extends RpcTarget {
    inherited() {
      return "inherited";
    }
    static fixed() {}
  }
  class Target extends Base {
    field = 1;
    method() {
      return "method";
    }
    get tools() {
      return { add: (a, b) => a + b };
    }
  }
  class Plain {
    method() {}
  }
  const makers = {
    target: () => new Target(),
    callable: () => Object.assign((n) => n + 1, { member: 7, tools: { answer: () => 42 } }),
    object: () => ({ a: 1, tools: { answer: () => 2 }, list: [() => 3] }),
    proxyOfObject: () => new Proxy({ hello: () => "proxied" }, {}),
    proxyOfTarget: () => new Proxy(new Target(), {}),
    proxyOfFunction: () => new Proxy(() => "called", {}),
    map: () => new Map([["f", () => 4]]),
    set: () => new Set([() => 5]),
    promise: async () => ({ f: async () => 6 }),
    instance: () => new Plain(),
    instanceWithFunction: () => Object.assign(new Plain(), { f: () => 1 }),
    withoutPrototype: () => Object.create(null),
    withoutPrototypeWithFunction: () => Object.assign(Object.create(null), { f: () => 1 }),
    symbol: () => ({ s: Symbol("a") }),
    promiseInside: () => ({ p: Promise.resolve(1) }),
    generator: () => (function* () {})(),
    weakMap: () => new WeakMap(),
    url: () => new URL("http://x/"),
    event: () => new Event("x"),
    controller: () => new AbortController(),
  };
  return class extends WorkerEntrypoint {
    make(what) {
      return makers[what]();
    }
    bytes(length) {
      return new Uint8Array(length);
    }
    kind(value) {
      return `${typeof value} ${Object.prototype.toString.call(value)}`;
    }
  };
}

const everywhere = inPlaces("Shapes", shapes);
const hidden = (name) => ({ name: "TypeError", message: `The RPC receiver does not implement the method "${name}".` });
const refused = { name: "DataCloneError" };

everywhere("a target shows the methods and getters of its classes", async (api) => {
  equal(await api.make("target").method(), "method");
  equal(await api.make("target").inherited(), "inherited");
  equal(await api.make("target").tools.add(1, 2), 3);
});

everywhere("a target shows no fields, no statics and nothing of Object", async (api) => {
  using target = await api.make("target");
  for (const name of ["field", "fixed", "missing"]) await rejects(async () => await target[name], hidden(name));
});

everywhere("a function shows its own properties", async (api) => {
  using callable = await api.make("callable");
  equal(await callable(1), 2);
  equal(await callable.member, 7);
  equal(await callable.tools.answer(), 42);
  equal(await api.make("callable").tools.answer(), 42);
});

everywhere("functions stand in objects, arrays, Maps and Sets", async (api) => {
  equal(await api.make("object").tools.answer(), 2);
  using object = await api.make("object");
  equal(await object.list[0](), 3);
  using map = await api.make("map");
  ok(map instanceof Map);
  equal(await map.get("f")(), 4);
  using set = await api.make("set");
  equal(await [...set][0](), 5);
  using resolved = await api.make("promise");
  equal(await resolved.f(), 6);
});

everywhere("proxies are called where they are", async (api) => {
  equal(await (await api.make("proxyOfObject")).hello(), "proxied");
  equal(await (await api.make("proxyOfTarget")).method(), "method");
  equal(await (await api.make("proxyOfFunction"))(), "called");
});

for (const what of [
  "instance", "instanceWithFunction", "withoutPrototype", "withoutPrototypeWithFunction", "symbol", "promiseInside", "generator",
  "weakMap", "url", "event", "controller",
]) {
  everywhere(`not to be sent: ${what}`, async (api) => {
    await rejects(async () => await api.make(what), refused);
  });
}

everywhere("a promise of a call is not to be sent", async (api) => {
  for (const [given, type] of [
    [api.make("target"), "RpcPromise"],
    [api.make("target").tools, "RpcProperty"],
  ]) {
    await rejects(() => api.kind(given), {
      name: "DataCloneError",
      message: `Could not serialize object of type "${type}". This type does not support serialization.`,
    });
  }
});

everywhere("a stream that is read by somebody is not to be sent", async (api) => {
  const stream = new ReadableStream({ type: "bytes" });
  stream.getReader();
  await rejects(() => api.kind(stream), { name: "TypeError", message: "The ReadableStream has been locked to a reader." });
});

everywhere("65 names in a row are read, one more is too deep", async (api) => {
  const path = (length) => {
    let at = api.make("object");
    for (let i = 0; i < length; i++) at = at.a;
    return at;
  };
  await rejects(async () => await path(65), hidden("a"));
  await rejects(async () => await path(66), {
    name: "TypeError",
    message: "RPC pipelined property path is too deep (max 64).",
  });
});

everywhere("values of 32 MiB cross, and no larger ones", async (api) => {
  const limit = 32 * 1024 * 1024;
  equal((await api.bytes(limit - 100)).length, limit - 100);
  const message = /^Serialized RPC arguments or return values are limited to 32MiB, but the size of this value was: \d+ bytes\.$/;
  for (const call of [() => api.bytes(limit), () => api.kind(new Uint8Array(limit))]) matches((await rejects(call)).message, message);
});

everywhere("the entrypoint's own members are out of reach", async (api) => {
  for (const name of ["env", "ctx", "missing", "prototype"]) await rejects(async () => await api[name], hidden(name));
  same([typeof api.then, typeof (await api.make("target")).then], ["undefined", "undefined"]);
});
