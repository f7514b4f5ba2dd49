// SPDX-License-Identifier: Apache-2.0
// Events, targets, abort signals, DOMException.
import { equal, ok, pause, rejects, same, throws } from "../check.js";

export const checks = {
  "Event has the members of the standard": async () => {
    const event = new Event("x", { cancelable: true, bubbles: 1 });
    equal(event.type, "x");
    equal(event.bubbles, true);
    equal(event.cancelable, true);
    equal(event.composed, false);
    equal(event.target, null);
    equal(event.currentTarget, null);
    equal(event.eventPhase, 0);
    equal(event.isTrusted, false);
    equal(typeof event.timeStamp, "number");
    same(event.composedPath(), []);
    event.preventDefault();
    equal(event.defaultPrevented, true);
    equal(Event.AT_TARGET, 2);
    equal(event.BUBBLING_PHASE, 3);
    throws(() => new Event(), TypeError);
    equal(Object.prototype.toString.call(event), "[object Event]");
  },
  "dispatch sets target and phase, and clears the phase afterwards": async () => {
    const target = new EventTarget();
    const event = new Event("x");
    const seen = [];
    target.addEventListener("x", function (given) {
      seen.push(this === target, given === event, event.target === target, event.currentTarget === target, event.eventPhase);
      same(event.composedPath().length, 1);
    });
    equal(target.dispatchEvent(event), true);
    same(seen, [true, true, true, true, 2]);
    equal(event.target, target);
    equal(event.eventPhase, 0);
    equal(event.currentTarget, null);
  },
  "a listener may be an object with handleEvent": async () => {
    const target = new EventTarget();
    const listener = { count: 0, handleEvent(event) { if (this === listener) this.count += event.type.length; } };
    target.addEventListener("xyz", listener);
    target.addEventListener("xyz", null);
    target.dispatchEvent(new Event("xyz"));
    equal(listener.count, 3);
    target.removeEventListener("xyz", listener);
    target.dispatchEvent(new Event("xyz"));
    equal(listener.count, 3);
    throws(() => target.addEventListener("xyz", 5), TypeError);
  },
  "listeners are told apart by capture, and once means once": async () => {
    const target = new EventTarget();
    let count = 0;
    const listener = () => count++;
    target.addEventListener("x", listener);
    target.addEventListener("x", listener, false);
    target.addEventListener("x", listener, { once: true, capture: false });
    target.dispatchEvent(new Event("x"));
    equal(count, 1);
    target.removeEventListener("x", listener);
    target.addEventListener("x", listener, { once: true });
    target.dispatchEvent(new Event("x"));
    target.dispatchEvent(new Event("x"));
    equal(count, 2);
  },
  "listeners added or removed during dispatch": async () => {
    const target = new EventTarget();
    const order = [];
    const third = () => order.push(3);
    target.addEventListener("x", () => {
      order.push(1);
      target.removeEventListener("x", third);
      target.addEventListener("x", () => order.push(4));
    });
    target.addEventListener("x", () => order.push(2));
    target.addEventListener("x", third);
    target.dispatchEvent(new Event("x"));
    same(order, [1, 2]);
  },
  "an event cannot be dispatched while it is": async () => {
    const target = new EventTarget();
    const event = new Event("x");
    let error;
    target.addEventListener("x", () => {
      try {
        target.dispatchEvent(event);
      } catch (caught) {
        error = caught;
      }
    });
    target.dispatchEvent(event);
    equal(error?.name, "InvalidStateError");
    throws(() => target.dispatchEvent({ type: "x" }), TypeError);
  },
  "a signal removes a listener": async () => {
    const target = new EventTarget();
    const controller = new AbortController();
    let count = 0;
    target.addEventListener("x", () => count++, { signal: controller.signal });
    target.dispatchEvent(new Event("x"));
    controller.abort();
    target.dispatchEvent(new Event("x"));
    target.addEventListener("x", () => count++, { signal: AbortSignal.abort() });
    target.dispatchEvent(new Event("x"));
    equal(count, 1);
  },
  "onabort is a listener with a place of its own": async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const order = [];
    equal(signal.onabort, null);
    signal.onabort = () => order.push("first");
    signal.addEventListener("abort", () => order.push("second"));
    signal.onabort = () => order.push("replaced");
    controller.abort();
    controller.abort();
    same(order.sort(), ["replaced", "second"]);
  },
  "abort reasons": async () => {
    const controller = new AbortController();
    const reason = { any: "thing" };
    controller.abort(reason);
    equal(controller.signal.reason, reason);
    try {
      controller.signal.throwIfAborted();
      ok(false);
    } catch (error) {
      equal(error, reason);
    }
    equal(AbortSignal.abort().reason.name, "AbortError");
    equal(AbortSignal.abort().reason.code, 20);
    ok(AbortSignal.abort().reason instanceof DOMException);
    equal(AbortSignal.abort(null).reason, null);
    equal(new AbortController().signal.reason, undefined);
  },
  "AbortSignal.timeout aborts with a TimeoutError": async () => {
    const signal = AbortSignal.timeout(5);
    equal(signal.aborted, false);
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    equal(signal.reason.name, "TimeoutError");
    throws(() => AbortSignal.timeout(-1), TypeError);
    throws(() => AbortSignal.timeout(), TypeError);
  },
  "AbortSignal.any follows its sources, through chains": async () => {
    const [a, b] = [new AbortController(), new AbortController()];
    const first = AbortSignal.any([a.signal, b.signal]);
    const second = AbortSignal.any([first]);
    let fired = 0;
    second.addEventListener("abort", () => {
      fired++;
      ok(first.aborted);
    });
    b.abort("why");
    equal(first.aborted, true);
    equal(second.reason, "why");
    equal(fired, 1);
    equal(AbortSignal.any([AbortSignal.abort(1), AbortSignal.abort(2)]).reason, 1);
    equal(AbortSignal.any([]).aborted, false);
    throws(() => AbortSignal.any([{}]), TypeError);
  },
  "DOMException is an Error with a table of codes": async () => {
    const error = new DOMException("message", "DataCloneError");
    ok(error instanceof Error);
    equal(error.name, "DataCloneError");
    equal(error.message, "message");
    equal(error.code, 25);
    equal(error.code, DOMException.DATA_CLONE_ERR);
    equal(`${error}`, "DataCloneError: message");
    equal(Object.prototype.toString.call(error), "[object DOMException]");
    equal(new DOMException().name, "Error");
    equal(new DOMException("", "Unheard").code, 0);
    ok(/message/.test(error.stack), "a stack with the message");
    class Own extends DOMException {}
    ok(new Own("m", "AbortError") instanceof Own);
  },
  "classes of events carry their data": async () => {
    const detail = {};
    equal(new CustomEvent("x", { detail }).detail, detail);
    equal(new CustomEvent("x").detail, null);
    equal(new MessageEvent("message", { data: 5 }).data, 5);
    const error = new Error("e");
    const event = new ErrorEvent("error", { error, message: "m", lineno: 3 });
    equal(event.error, error);
    equal(event.message, "m");
    equal(event.lineno, 3);
    ok(event instanceof Event);
  },
  "reportError does not throw": async () => {
    equal(reportError(new Error("reported on purpose")), undefined);
    throws(() => reportError(), TypeError);
  },
  "listeners of unhandledrejection hear of it": async () => {
    const reason = new Error("unhandled on purpose");
    const heard = [];
    const listener = (event) => {
      heard.push(event.reason);
      event.preventDefault();
    };
    addEventListener("unhandledrejection", listener);
    Promise.reject(reason);
    await pause(20);
    removeEventListener("unhandledrejection", listener);
    same(heard.map((each) => each === reason), [true]);
  },
  "a promise of an aborted operation rejects with the reason": async () => {
    const controller = new AbortController();
    const waiting = scheduler.wait(10_000, { signal: controller.signal });
    controller.abort(new Error("stop"));
    await rejects(waiting, "stop");
  },
};

/** Checks that workerd fails, and why it may. */
export const differs = {
  "Event has the members of the standard": "workerd has undefined where the standard has null",
  "dispatch sets target and phase, and clears the phase afterwards": "workerd keeps currentTarget after the dispatch",
  "AbortSignal.timeout aborts with a TimeoutError": "workerd takes negative and missing delays",
  "classes of events carry their data": "workerd has undefined as the default of detail",
};
