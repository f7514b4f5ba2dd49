// SPDX-License-Identifier: Apache-2.0
// structuredClone, queueMicrotask, scheduler, performance, navigator.
import { equal, ok, pause, rejects, same, throws } from "../check.js";

export const checks = {
  "structuredClone copies the types of the standard": async () => {
    const shared = { deep: [1, "two", 3n, null, undefined, NaN, -0] };
    const value = {
      shared, again: shared, date: new Date(5), expression: /x/gi, map: new Map([[shared, new Set([1])]]),
      bytes: new Uint16Array([1, 2]), view: new DataView(new ArrayBuffer(3)), boxed: Object(1n), sparse: [, 1],
    };
    value.self = value;
    const copy = structuredClone(value);
    ok(copy !== value && copy.self === copy && copy.shared === copy.again && copy.shared !== shared);
    same(copy.shared, shared);
    equal(copy.date.getTime(), 5);
    equal(String(copy.expression), "/x/gi");
    equal([...copy.map.keys()][0], copy.shared);
    same([...copy.bytes], [1, 2]);
    equal(copy.view.byteLength, 3);
    equal(0 in copy.sparse, false);
  },
  "structuredClone keeps errors": async () => {
    const copy = structuredClone({ error: new RangeError("message", { cause: 5 }) });
    ok(copy.error instanceof RangeError);
    equal(copy.error.message, "message");
    equal(copy.error.cause, 5);
    const exception = structuredClone(new DOMException("gone", "AbortError"));
    ok(exception instanceof DOMException);
    equal(exception.name, "AbortError");
    equal(exception.code, 20);
  },
  "structuredClone transfers": async () => {
    const buffer = new Uint8Array([1, 2, 3]).buffer;
    const copy = structuredClone({ buffer }, { transfer: [buffer] });
    equal(buffer.byteLength, 0);
    same([...new Uint8Array(copy.buffer)], [1, 2, 3]);
    throws(() => structuredClone(1, { transfer: [buffer] }), { name: "DataCloneError" });
    throws(() => structuredClone(1, { transfer: [{}] }));
  },
  "structuredClone refuses what has no clone": async () => {
    for (const value of [() => {}, Symbol("s"), { deep: [() => {}] }, Promise.resolve(), new WeakMap()]) {
      throws(() => structuredClone(value), { name: "DataCloneError" });
    }
    throws(() => structuredClone(), TypeError);
  },
  "queueMicrotask keeps order with promises": async () => {
    const order = [];
    Promise.resolve().then(() => order.push("promise"));
    queueMicrotask(() => order.push("microtask"));
    Promise.resolve().then(() => order.push("second"));
    order.push("now");
    await pause(1);
    same(order, ["now", "promise", "microtask", "second"]);
    throws(() => queueMicrotask(), TypeError);
    throws(() => queueMicrotask(5), TypeError);
  },
  "an error in a microtask leaves the others alone": async () => {
    let ran = false;
    queueMicrotask(() => {
      throw new Error("thrown on purpose");
    });
    queueMicrotask(() => (ran = true));
    await pause(1);
    equal(ran, true);
  },
  "scheduler.wait waits and can be aborted": async () => {
    equal(await scheduler.wait(1), undefined);
    await rejects(scheduler.wait(10_000, { signal: AbortSignal.abort(new Error("before")) }), "before");
  },
  "performance counts from timeOrigin": async () => {
    const first = performance.now();
    await pause(5);
    ok(performance.now() >= first);
    ok(Math.abs(performance.timeOrigin + performance.now() - Date.now()) < 1000, "timeOrigin + now() about Date.now()");
    equal(typeof performance.toJSON().timeOrigin, "number");
    equal(Object.prototype.toString.call(performance), "[object Performance]");
  },
  "performance keeps marks and measures": async () => {
    performance.clearMarks();
    performance.clearMeasures();
    const detail = { x: [1] };
    const mark = performance.mark("a", { detail, startTime: 5 });
    detail.x.push(2);
    same([mark.name, mark.entryType, mark.startTime, mark.duration, mark.detail], ["a", "mark", 5, 0, { x: [1] }]);
    ok(mark instanceof PerformanceMark && mark instanceof PerformanceEntry);
    performance.mark("b", { startTime: 9 });
    const measure = performance.measure("m", "a", "b");
    same([measure.name, measure.entryType, measure.startTime, measure.duration, measure.detail], ["m", "measure", 5, 4, null]);
    ok(measure instanceof PerformanceMeasure);
    const other = performance.measure("n", { start: 1, duration: 3 });
    same([other.startTime, other.duration], [1, 3]);
    same(performance.getEntriesByType("mark").map(({ name }) => name), ["a", "b"]);
    same(performance.getEntriesByName("m").length, 1);
    same(performance.getEntries().length, 4);
    performance.clearMarks("a");
    same(performance.getEntriesByType("mark").map(({ name }) => name), ["b"]);
    performance.clearMarks();
    performance.clearMeasures();
    same(performance.getEntries(), []);
    throws(() => performance.mark(), TypeError);
    throws(() => new PerformanceEntry(), TypeError);
  },
  "performance.measure refuses a mark that there is not": async () => {
    throws(() => performance.measure("x", "nowhere"), { name: "SyntaxError" });
  },
  "structuredClone copies Headers": async () => {
    const headers = new Headers({ a: "b" });
    const copy = structuredClone({ headers });
    headers.set("a", "c");
    ok(copy.headers instanceof Headers);
    equal(copy.headers.get("a"), "b");
  },
  "navigator tells the platform": async () => {
    equal(navigator.userAgent, "Cloudflare-Workers");
    ok(navigator.hardwareConcurrency >= 1);
    ok(navigator instanceof Navigator);
  },
  "globals are of the right name and cannot be seen by enumeration": async () => {
    for (const name of ["ReadableStream", "WritableStream", "TransformStream", "IdentityTransformStream", "FixedLengthStream",
      "TextEncoder", "TextDecoder", "TextEncoderStream", "TextDecoderStream", "Event", "EventTarget", "CustomEvent", "MessageEvent",
      "ErrorEvent", "AbortController", "AbortSignal", "DOMException", "Crypto", "SubtleCrypto", "CryptoKey", "Navigator",
      "ReadableStreamDefaultReader", "ReadableStreamBYOBReader", "WritableStreamDefaultWriter", "CountQueuingStrategy"]) {
      equal(globalThis[name].name, name);
      equal(Object.prototype.propertyIsEnumerable.call(globalThis, name), false, `${name}: `);
      equal(globalThis[name].prototype.constructor, globalThis[name], `${name}: `);
      equal(globalThis[name].prototype[Symbol.toStringTag], name);
    }
  },
};

/** Checks that workerd fails, and why it may. */
export const differs = {
  "structuredClone transfers": "workerd transfers a detached buffer again",
};
