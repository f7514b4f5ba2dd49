// SPDX-License-Identifier: Apache-2.0
//
// AbortController, Event, EventTarget, DOMException.

import { check, equal, ok, same, throws } from "../../check.js";

check("abort() fires once and keeps its reason", () => {
  const controller = new AbortController();
  const seen = [];
  controller.signal.addEventListener("abort", (event) => seen.push(event.type));
  controller.signal.onabort = () => seen.push("onabort");
  controller.abort("why");
  controller.abort("again");
  same([seen, controller.signal.aborted, controller.signal.reason], [["abort", "onabort"], true, "why"]);
});

check("abort() without a reason is an AbortError", () => {
  const controller = new AbortController();
  controller.abort();
  equal(controller.signal.reason.name, "AbortError");
  throws(() => controller.signal.throwIfAborted(), { name: "AbortError" });
});

check("AbortSignal.abort, timeout and any", async () => {
  equal(AbortSignal.abort(5).reason, 5);
  const controller = new AbortController();
  const any = AbortSignal.any([controller.signal, new AbortController().signal]);
  equal(any.aborted, false);
  controller.abort("one");
  same([any.aborted, any.reason], [true, "one"]);
  const timeout = AbortSignal.timeout(5);
  await new Promise((done) => setTimeout(done, 30));
  same([timeout.aborted, timeout.reason.name], [true, "TimeoutError"]);
});

check("AbortSignal is not to be constructed", () => throws(() => new AbortSignal(), TypeError));

check("EventTarget calls listeners in order, once each", () => {
  const target = new EventTarget();
  const seen = [];
  const listener = () => seen.push("a");
  target.addEventListener("x", listener);
  target.addEventListener("x", listener);
  target.addEventListener("x", { handleEvent: (event) => seen.push(event.type) });
  target.addEventListener("x", () => seen.push("once"), { once: true });
  equal(target.dispatchEvent(new Event("x")), true);
  target.removeEventListener("x", listener);
  target.dispatchEvent(new Event("x"));
  same(seen, ["a", "x", "once", "x"]);
});

check("only a cancelable event can be prevented", { differs: "workerd lets any event be prevented" }, () => {
  const target = new EventTarget();
  target.addEventListener("x", (event) => event.preventDefault());
  equal(target.dispatchEvent(new Event("x", { cancelable: true })), false);
  equal(target.dispatchEvent(new Event("x")), true);
});

check("stopImmediatePropagation ends the round", () => {
  const target = new EventTarget();
  const seen = [];
  target.addEventListener("x", (event) => (seen.push(1), event.stopImmediatePropagation()));
  target.addEventListener("x", () => seen.push(2));
  target.dispatchEvent(new Event("x"));
  same(seen, [1]);
});

check("a listener leaves with its signal", () => {
  const controller = new AbortController();
  const target = new EventTarget();
  let count = 0;
  target.addEventListener("x", () => count++, { signal: controller.signal });
  target.dispatchEvent(new Event("x"));
  controller.abort();
  target.dispatchEvent(new Event("x"));
  equal(count, 1);
});

check("CustomEvent and MessageEvent carry data", () => {
  same(new CustomEvent("x", { detail: { a: 1 } }).detail, { a: 1 });
  equal(new MessageEvent("message", { data: "d" }).data, "d");
});

check("EventTarget can be extended", () => {
  class Emitter extends EventTarget {}
  let got;
  const emitter = new Emitter();
  emitter.addEventListener("x", (event) => (got = event.target === emitter));
  emitter.dispatchEvent(new Event("x"));
  ok(got);
});

check("DOMException has name, message and code", () => {
  const error = new DOMException("text", "AbortError");
  same([error.name, error.message, error.code], ["AbortError", "text", 20]);
  ok(error instanceof Error);
  equal(DOMException.NOT_FOUND_ERR, 8);
});

check("an error in a listener does not stop the others", () => {
  const target = new EventTarget();
  let reached = false;
  target.addEventListener("x", () => {
    throw new Error("in a listener");
  });
  target.addEventListener("x", () => (reached = true));
  target.dispatchEvent(new Event("x"));
  ok(reached);
});
