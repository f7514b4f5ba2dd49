// SPDX-License-Identifier: Apache-2.0
//
// AsyncLocalStorage and AsyncResource: the store goes along with what was started in it.

import asyncHooks, { AsyncLocalStorage, AsyncResource } from "node:async_hooks";
import { check, equal, pause, same, throws } from "../../check.js";
import { storage } from "./peer.js";

const als = new AsyncLocalStorage();
const store = () => als.getStore();

check("run() gives the store to what it calls, and no longer", () => {
  equal(store(), undefined);
  equal(als.run(1, store), 1);
  equal(als.run(1, () => als.run(2, store)), 2);
  same(als.run(1, (...args) => [store(), ...args], "a", "b"), [1, "a", "b"]);
  equal(store(), undefined);
});

check("run() gives back the store of before also when it throws", () => {
  throws(() => als.run(1, () => { throw new RangeError("x"); }), RangeError);
  equal(store(), undefined);
});

check("stores of several AsyncLocalStorages do not mix", () => {
  const other = new AsyncLocalStorage();
  same(als.run(1, () => other.run(2, () => als.run(3, () => [store(), other.getStore()]))), [3, 2]);
});

check("exit() hides the store", () => {
  same(als.run(1, () => [als.exit((x) => [store(), x], 5), store()]), [[undefined, 5], 1]);
});

check("a default value holds where there is no store", () => {
  const withDefault = new AsyncLocalStorage({ defaultValue: "default", name: "mine" });
  same([withDefault.getStore(), withDefault.name], ["default", "mine"]);
  equal(withDefault.run(undefined, () => withDefault.getStore()), undefined);
  equal(new AsyncLocalStorage().name, "");
});

check("misuse is a TypeError", () => {
  throws(() => AsyncLocalStorage(), TypeError);
  throws(() => new AsyncLocalStorage(5), TypeError);
  throws(() => als.run(1), { name: "TypeError", message: "Failed to execute 'run' on 'AsyncLocalStorage': parameter 2 is not of type 'function'." });
  throws(() => AsyncLocalStorage.bind(5), TypeError);
  throws(() => AsyncLocalStorage.snapshot()(5), { name: "TypeError", message: "The first argument must be a function" });
  throws(() => als.getStore.call({}), TypeError);
});

const places = {
  "await": async () => { await 1; return store(); },
  "await of a promise that is settled elsewhere": async () => {
    let settle;
    const promise = als.run("maker", () => new Promise((done) => (settle = done)));
    als.run("settler", () => setTimeout(() => settle(), 1));
    await promise;
    return store();
  },
  "then": () => Promise.resolve().then(store),
  "catch": () => Promise.reject(new Error()).catch(store),
  "finally": () => new Promise((done) => Promise.resolve().finally(() => done(store()))),
  "Promise.all": () => Promise.all([pause(1), 2]).then(store),
  "a thenable": async () => await { then(done) { done(store()); } },
  "a thenable that resolves a promise": () => new Promise((done) => done({ then(resolve) { resolve(store()); } })),
  "an async generator": async () => { async function* all() { yield store(); } for await (const each of all()) return each; },
  "setTimeout": () => new Promise((done) => setTimeout(() => done(store()), 1)),
  "setInterval": () => new Promise((done) => { const id = setInterval(() => { clearInterval(id); done(store()); }, 1); }),
  "setImmediate": () => new Promise((done) => setImmediate(() => done(store()))),
  "queueMicrotask": () => new Promise((done) => queueMicrotask(() => done(store()))),
  "process.nextTick": () => new Promise((done) => process.nextTick(() => done(store()))),
  "scheduler.wait": async () => { await scheduler.wait(1); return store(); },
  "dynamic import": async () => { await import("node:path"); return store(); },
  "a response's body": async () => { await new Response("x").text(); return store(); },
  "crypto.subtle": async () => { await crypto.subtle.digest("SHA-256", new Uint8Array(3)); return store(); },
  "a stream's read": async () => { await new Response("x").body.getReader().read(); return store(); },
  "FinalizationRegistry is not needed": () => store(),
};
for (const [place, run] of Object.entries(places)) {
  if (place.endsWith("needed")) continue;
  check(`the store goes through ${place}`, async () => {
    equal(await als.run(place, run), place);
    equal(store(), undefined);
  });
}

check("the store goes through promises whose then was patched", async () => {
  const { then } = Promise.prototype;
  const seen = [];
  Promise.prototype.then = function (...args) {
    seen.push(store());
    return then.apply(this, args);
  };
  try {
    equal(await als.run(5, async () => { await 1; await Promise.resolve().then(() => {}); return store(); }), 5);
  } finally {
    Promise.prototype.then = then;
  }
  same(seen, [5]);
});

check("concurrent chains keep their own", async () => {
  const chain = (value) => als.run(value, async () => {
    const seen = [];
    for (let i = 0; i < 5; i++) {
      await pause((value * 7 + i * 3) % 5);
      seen.push(store());
    }
    return seen.every((each) => each === value);
  });
  same(await Promise.all([1, 2, 3, 4, 5, 6].map(chain)), [true, true, true, true, true, true]);
});

check("an event listener has the store of who dispatches", () => {
  const target = new EventTarget();
  let seen;
  als.run("adder", () => target.addEventListener("x", () => (seen = store())));
  als.run("dispatcher", () => target.dispatchEvent(new Event("x")));
  equal(seen, "dispatcher");
});

check("an abort listener has the store of who aborts", () => {
  const controller = new AbortController();
  let seen;
  als.run("adder", () => controller.signal.addEventListener("abort", () => (seen = store())));
  als.run("aborter", () => controller.abort());
  equal(seen, "aborter");
});

check("a generator has the store of who calls next()", async () => {
  function* all() { while (true) yield store(); }
  async function* allLater() { while (true) yield store(); }
  const generator = als.run("maker", () => all());
  const later = als.run("maker", () => allLater());
  equal(als.run(1, () => generator.next().value), 1);
  equal((await als.run(2, () => later.next())).value, 2);
  equal((await als.run(3, () => later.next())).value, 3);
});

check("start and transform of streams have a store", async () => {
  const seen = [];
  als.run("maker", () => new ReadableStream({ start() { seen.push(store()); } }));
  const transform = new TransformStream({ transform(chunk, controller) { controller.enqueue([chunk, store()]); } });
  als.run("writer", () => transform.writable.getWriter().write(1)).catch(() => {});
  seen.push((await transform.readable.getReader().read()).value[0]);
  same(seen, ["maker", 1]);
});

check("a rejection that nobody handles is told with the store of its promise", async () => {
  const seen = [];
  const listener = (event) => {
    event.preventDefault();
    seen.push(store());
  };
  addEventListener("unhandledrejection", listener);
  als.run("rejecter", () => void Promise.reject(new Error("unhandled")));
  await pause(5);
  removeEventListener("unhandledrejection", listener);
  same(seen, ["rejecter"]);
});

check("waitUntil keeps the store", async ({ ctx }) => {
  let seen;
  als.run("waited", () => ctx.waitUntil((async () => { await pause(1); seen = store(); })()));
  await pause(20);
  equal(seen, "waited");
});

check("bind() keeps the store for later", () => {
  const bound = als.run("bound", () => AsyncLocalStorage.bind((a, b) => [store(), a, b]));
  same(als.run("caller", () => [bound(1, 2), store()]), [["bound", 1, 2], "caller"]);
});

check("snapshot() runs anything in the stores of its time", () => {
  const snapshot = als.run("then", () => AsyncLocalStorage.snapshot());
  same(als.run("now", () => [snapshot((a) => [store(), a], 3), store()]), [["then", 3], "now"]);
});

check("AsyncResource keeps the store of where it was made", () => {
  const resource = als.run("made", () => new AsyncResource("mine"));
  same(resource.runInAsyncScope(function (a) { return [store(), this.x, a]; }, { x: 1 }, 2), ["made", 1, 2]);
  same(resource.bind(function (a) { return [store(), this.x, a]; }, { x: 5 })(6), ["made", 5, 6]);
  same(als.run("static", () => AsyncResource.bind((a) => [store(), a]))(7), ["static", 7]);
  same([typeof resource.asyncId(), typeof resource.triggerAsyncId()], ["number", "number"]);
});

check("a class may extend AsyncResource", () => {
  class Job extends AsyncResource {
    constructor() { super("Job"); }
    run(callback) { return this.runInAsyncScope(callback, null); }
  }
  const job = als.run("job", () => new Job());
  equal(job.run(store), "job");
});

check("an RPC call begins without the caller's store", async ({ env }) => {
  same(await storage.run("of the caller", () => env.SELF.store()), { store: "none" });
});

check("after an RPC call the caller has its store", async ({ env }) => {
  equal(await storage.run("caller", async () => { await env.SELF.store(); return storage.getStore(); }), "caller");
});

check("a callback from a remote does not see the remote's store", async ({ env }) => {
  const seen = await storage.run("caller", () => env.SELF.callBack(() => storage.getStore() ?? "none"));
  equal(seen === "of the peer", false);
});

let kept;
check("what is bound in one event", () => {
  kept = als.run("first", () => [AsyncLocalStorage.bind(store), AsyncLocalStorage.snapshot(), new AsyncResource("x")]);
});

check("cannot be called in another", () => {
  const [bound, snapshot, resource] = kept;
  const message = "Cannot call this AsyncLocalStorage bound function outside of the request in which it was created.";
  throws(() => bound(), { message });
  throws(() => snapshot(store), { message });
  throws(() => resource.runInAsyncScope(store), { message });
});

const early = als.run("at start", () => AsyncLocalStorage.snapshot());
check("what was bound as the worker started can be called in any event", () => equal(early(store), "at start"));

check("an event begins without a store, whatever the one before entered", () => equal(store(), undefined));

check("enterWith() holds for the rest of the event", { differs: "workerd has no enterWith()" }, async () => {
  als.enterWith("entered");
  await pause(1);
  equal(store(), "entered");
  als.disable();
  equal(store(), undefined);
});

check("hooks have their shape and are never called", () => {
  let called = false;
  const hook = asyncHooks.createHook({ init() { called = true; } }).enable();
  setTimeout(() => {}, 0);
  hook.disable();
  same([called, asyncHooks.executionAsyncId(), asyncHooks.triggerAsyncId()], [false, 0, 0]);
  equal(typeof asyncHooks.executionAsyncResource(), "object");
});
