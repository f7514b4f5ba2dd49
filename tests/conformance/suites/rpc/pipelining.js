// SPDX-License-Identifier: Apache-2.0
//
// What is called on a result before it is here, and in which order calls arrive.

import { RpcPromise, RpcProperty, RpcStub } from "cloudflare:workers";
import { check, equal, ok, pause, rejects, same } from "../../check.js";
import { inPlaces } from "./places.js";

export function pipelining({ RpcTarget, WorkerEntrypoint }) {
  const log = [];
  let open;
  class Node extends RpcTarget {
    #depth;
    constructor(depth) {
      super();
      this.#depth = depth;
    }
    get next() {
      return new Node(this.#depth + 1);
    }
    child(by) {
      return new Node(this.#depth + by);
    }
    depth() {
      return this.#depth;
    }
    note(what) {
      log.push(what);
      return log.length;
    }
  }
  return class extends WorkerEntrypoint {
    node() {
      return new Node(0);
    }
    async nodeWhenOpened() {
      await new Promise((done) => (open = done));
      return new Node(0);
    }
    open() {
      open();
    }
    async laterNode() {
      await new Promise((done) => setTimeout(done, 20));
      return new Node(0);
    }
    notes() {
      return log.splice(0);
    }
    tools() {
      return { nested: { node: new Node(10), text: "t" }, text: "t", nothing: null, count: 5, add: (a, b) => a + b };
    }
    plain() {
      return { nested: { text: "t" } };
    }
    fail() {
      throw new RangeError("no node");
    }
    make(given) {
      return given();
    }
    depthOf(node) {
      return node.depth();
    }
    fetch() {
      return new Response("fetched");
    }
    async service() {
      await null;
      return this.ctx.exports.default;
    }
  };
}

const everywhere = inPlaces("Pipelining", pipelining);

everywhere("calls and properties go on from a result that is not here yet", async (api) => {
  equal(await api.node().child(2).next.child(3).depth(), 6);
  equal(await api.node().next.next.depth(), 2);
  equal(await api.tools().nested.node.depth(), 10);
  equal(await api.tools().add(1, 2), 3);
  equal(await api.tools().text, "t");
});

everywhere("each step is a promise or a property, of which every one can be awaited", async (api) => {
  const promise = api.node();
  const property = promise.next;
  const call = property.depth();
  ok(promise instanceof RpcPromise && property instanceof RpcProperty && call instanceof RpcPromise, "their classes");
  equal(await call, 1);
  ok((await property) instanceof RpcStub, "a stub");
  ok((await promise) instanceof RpcStub, "a stub");
});

everywhere("a call on a result is sent without waiting for it", async (api) => {
  const node = api.nodeWhenOpened();
  const calls = [node.child(1).depth(), node.next.child(5).depth(), node.note("a")];
  let answered = false;
  calls[0].then(() => (answered = true));
  await api.notes();
  ok(!answered, "no answer before the result is there");
  await api.open();
  same((await Promise.all(calls)).slice(0, 2), [1, 6]);
  same(await api.notes(), ["a"]);
});

everywhere("calls on a result arrive in order, before and after it is here", async (api) => {
  await api.notes();
  const promise = api.laterNode();
  const early = [1, 2, 3].map((n) => promise.note(n));
  const node = await promise;
  const late = [4, 5, 6].map((n) => node.note(n));
  await Promise.all([...early, ...late]);
  same(await api.notes(), [1, 2, 3, 4, 5, 6]);
});

everywhere("what is called on a call that fails, fails with it", async (api) => {
  const failing = api.fail();
  await rejects(() => failing.child(1).next.depth(), { name: "RangeError", message: "no node" });
  await rejects(async () => await failing.some.thing, { name: "RangeError", message: "no node" });
  await rejects(() => failing, { name: "RangeError", message: "no node" });
});

everywhere("what is not there is told where it was looked for", async (api) => {
  await rejects(async () => await api.node().missing, {
    name: "TypeError",
    message: 'The RPC receiver does not implement the method "missing".',
  });
  await rejects(async () => await api.node().child(1).missing.deeper(), {
    name: "TypeError",
    message: 'The RPC receiver does not implement the method "missing".',
  });
  await rejects(async () => await api.tools().text(), { name: "TypeError", message: '"text" is not a function.' });
  await rejects(async () => await api.tools().nested.text(), { name: "TypeError", message: '"nested.text" is not a function.' });
  for (const name of ["nothing", "text", "count", "missing"]) {
    await rejects(async () => await api.tools()[name].deeper, {
      name: "TypeError",
      message: `The RPC receiver does not implement the method "${name}".`,
    });
  }
});

everywhere("what a callback returns is called on at once, too", async (api) => {
  equal(await api.make(() => ({ deep: { add: (n) => n + 1 } })).deep.add(1), 2);
});

everywhere("plain values are gone on from, however late", async (api) => {
  equal(await api.plain().nested.text, "t");
  const promise = api.plain();
  const read = promise.nested.text;
  await pause(5);
  same([await read, await promise.nested.text, (await promise).nested.text], ["t", "t", "t"]);
  await rejects(async () => await api.plain()(), { name: "TypeError", message: '"(this)" is not a function.' });
});

everywhere("a stub that is passed on is called at once, and from then on", async (api) => {
  const made = api.make(() => (n) => n + 1);
  equal(await made(1), 2);
  using increment = await made;
  same([await increment(2), await made(3)], [3, 4]);
});

everywhere("a stub that a call brought is passed to another call", async (api) => {
  using node = await api.node().child(7);
  equal(await api.depthOf(node), 7);
});

everywhere("a promise that was disposed of may be awaited still", async (api) => {
  const promise = api.tools().add(2, 3);
  promise[Symbol.dispose]();
  equal(await promise, 5);
});

everywhere("dup and constructor are reserved names", async (api) => {
  const reserved = (name) => ({ name: "TypeError", message: `'${name}' is a reserved method and cannot be called over RPC.` });
  await rejects(async () => await api.dup(), reserved("dup"));
  await rejects(async () => await api.tools().nested.dup(), reserved("dup"));
});

everywhere("a result is disposed of with every stub in it", async (api) => {
  const tools = await api.tools();
  const { add } = tools;
  const { node } = tools.nested;
  equal(await add(1, 1), 2);
  tools[Symbol.dispose]();
  await rejects(async () => await add(1, 1), "RPC stub used after being disposed.");
  await rejects(async () => await node.depth(), "RPC stub used after being disposed.");
});

everywhere("of a result, what was duplicated stays", async (api) => {
  let node;
  {
    using tools = await api.tools();
    node = tools.nested.node.dup();
  }
  equal(await node.depth(), 10);
  node[Symbol.dispose]();
});

everywhere("a hundred steps in a row are one way there and back", async (api) => {
  let at = api.node();
  for (let n = 0; n < 100; n++) at = at.child(1);
  equal(await at.depth(), 100);
});

everywhere("no name of a stub makes it a promise", async (api) => {
  using node = await api.node();
  same([typeof api.then, typeof node.then, typeof api.node().then], ["undefined", "undefined", "function"]);
  equal("then" in node, false);
});

check("a local stub is called in order as well", async () => {
  const order = [];
  const stub = new RpcStub({ note: (n) => void order.push(n), later: async () => ({ note: (n) => void order.push(n) }) });
  const later = stub.later();
  const calls = [stub.note(1), later.note(3), stub.note(2)];
  await Promise.all(calls);
  await pause(1);
  same(order, [1, 2, 3]);
});
