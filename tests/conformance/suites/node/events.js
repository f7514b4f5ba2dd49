// SPDX-License-Identifier: Apache-2.0

import EventEmitter, { EventEmitterAsyncResource, getEventListeners, on, once, errorMonitor, addAbortListener } from "node:events";
import { AsyncLocalStorage } from "node:async_hooks";
import { check, equal, ok, rejects, same, throws } from "../../check.js";

check("listeners are called in order with arguments and this", () => {
  const emitter = new EventEmitter();
  const seen = [];
  emitter.on("x", function (...args) { seen.push(["a", this === emitter, ...args]); });
  emitter.prependListener("x", () => seen.push("first"));
  emitter.once("x", () => seen.push("once"));
  same([emitter.emit("x", 1, 2), emitter.emit("x"), emitter.emit("y")], [true, true, false]);
  same(seen, ["first", ["a", true, 1, 2], "once", "first", ["a", true]]);
});

check("listeners can be counted, listed and removed", () => {
  const emitter = new EventEmitter();
  const [a, b] = [() => {}, () => {}];
  emitter.on("x", a).on("x", b).once("y", a).on(Symbol.for("s"), a);
  same([emitter.listenerCount("x"), emitter.eventNames().length, emitter.listeners("y")[0] === a, emitter.rawListeners("y")[0].listener === a], [2, 3, true, true]);
  emitter.off("x", a);
  same([emitter.listeners("x").length, emitter.listeners("x")[0] === b], [1, true]);
  emitter.removeAllListeners("x");
  equal(emitter.listenerCount("x"), 0);
  emitter.removeAllListeners();
  same(emitter.eventNames(), []);
});

check("what is removed while it is emitted is still called that time", () => {
  const emitter = new EventEmitter();
  const seen = [];
  const b = () => seen.push("b");
  emitter.on("x", () => { seen.push("a"); emitter.off("x", b); });
  emitter.on("x", b);
  emitter.emit("x");
  emitter.emit("x");
  same(seen, ["a", "b", "a"]);
});

check("newListener and removeListener are told", () => {
  const emitter = new EventEmitter();
  const seen = [];
  emitter.on("newListener", (name) => seen.push(`+${name}`));
  emitter.on("removeListener", (name) => seen.push(`-${name}`));
  const listener = () => {};
  emitter.once("x", listener);
  emitter.off("x", listener);
  same(seen, ["+removeListener", "+x", "-x"]);
});

check("an error that nobody listens for is thrown", () => {
  const emitter = new EventEmitter();
  throws(() => emitter.emit("error", new RangeError("mine")), { name: "RangeError", message: "mine" });
  equal(throws(() => emitter.emit("error", "text"), Error).code, "ERR_UNHANDLED_ERROR");
  const seen = [];
  emitter.on(errorMonitor, (error) => seen.push(error));
  throws(() => emitter.emit("error", new Error("seen")));
  equal(seen.length, 1);
});

check("captureRejections makes errors of what async listeners reject with", async () => {
  const emitter = new EventEmitter({ captureRejections: true });
  const told = new Promise((done) => emitter.on("error", done));
  emitter.on("x", async () => { throw new Error("async"); });
  emitter.emit("x");
  equal((await told).message, "async");
});

check("once() is a promise of the arguments", async () => {
  const emitter = new EventEmitter();
  setTimeout(() => emitter.emit("x", 1, 2), 1);
  same(await once(emitter, "x"), [1, 2]);
  setTimeout(() => emitter.emit("error", new Error("bad")), 1);
  await rejects(once(emitter, "x"), "bad");
  await rejects(once(emitter, "x", { signal: AbortSignal.abort() }), { name: "AbortError" });
  const target = new EventTarget();
  setTimeout(() => target.dispatchEvent(new Event("t")), 1);
  equal((await once(target, "t"))[0].type, "t");
});

check("on() is an async iterator", async () => {
  const emitter = new EventEmitter();
  const seen = [];
  setTimeout(() => { emitter.emit("x", 1); emitter.emit("x", 2); }, 1);
  for await (const [value] of on(emitter, "x")) {
    seen.push(value);
    if (value === 2) break;
  }
  same([seen, emitter.listenerCount("x")], [[1, 2], 0]);
});

check("misuse is an error with a code", () => {
  const emitter = new EventEmitter();
  equal(throws(() => emitter.on("x", 5), TypeError).code, "ERR_INVALID_ARG_TYPE");
  equal(throws(() => emitter.setMaxListeners(-1), RangeError).code, "ERR_OUT_OF_RANGE");
});

check("old-style inheritance works", () => {
  function Old() { EventEmitter.call(this); }
  Object.setPrototypeOf(Old.prototype, EventEmitter.prototype);
  Object.setPrototypeOf(Old, EventEmitter);
  const old = new Old();
  let seen;
  old.on("x", (value) => (seen = value)).emit("x", 5);
  ok(seen === 5 && old instanceof EventEmitter);
});

check("getEventListeners and addAbortListener", () => {
  const emitter = new EventEmitter();
  emitter.on("x", Math.abs);
  same(getEventListeners(emitter, "x").map((each) => each === Math.abs), [true]);
  const controller = new AbortController();
  let aborted = 0;
  addAbortListener(controller.signal, () => aborted++);
  const second = addAbortListener(controller.signal, () => aborted++);
  second[Symbol.dispose]();
  controller.abort();
  equal(aborted, 1);
});

check("EventEmitterAsyncResource emits in the store of its making", () => {
  const als = new AsyncLocalStorage();
  const emitter = als.run("made", () => new EventEmitterAsyncResource({ name: "Mine" }));
  let seen;
  emitter.on("x", () => (seen = als.getStore()));
  als.run("emit", () => emitter.emit("x"));
  equal(seen, "made");
});
