// SPDX-License-Identifier: Apache-2.0
//
// structuredClone, performance, navigator, WebAssembly, console and the rest of the global scope.

import { check, equal, ok, rejects, same, throws } from "../../check.js";

const wasmBytes = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 127, 3, 2, 1, 0, 7, 10, 1, 6, 97, 110, 115, 119, 101, 114, 0, 0, 10,
  6, 1, 4, 0, 65, 42, 11,
]);

check("structuredClone copies deeply", () => {
  const source = {
    date: new Date(1),
    map: new Map([["a", { b: 1 }]]),
    set: new Set([1]),
    bytes: new Uint8Array([1]),
    error: new RangeError("e"),
    big: 1n,
  };
  const copy = structuredClone(source);
  same(copy, source);
  ok(copy.map !== source.map && copy.map.get("a") !== source.map.get("a"));
  equal(copy.error.name, "RangeError");
});

check("structuredClone keeps circles and shared objects", () => {
  const circle = { list: [] };
  circle.self = circle;
  circle.list.push(circle);
  const copy = structuredClone(circle);
  ok(copy.self === copy && copy.list[0] === copy && copy !== circle);
});

check("structuredClone transfers buffers", () => {
  const buffer = new ArrayBuffer(8);
  const copy = structuredClone(buffer, { transfer: [buffer] });
  same([buffer.byteLength, copy.byteLength], [0, 8]);
});

check("structuredClone refuses functions and symbols", () => {
  throws(() => structuredClone(() => {}), { name: "DataCloneError" });
  throws(() => structuredClone(Symbol("s")), { name: "DataCloneError" });
});

check("performance.now is a number and does not go back", () => {
  const now = performance.now();
  equal(typeof now, "number");
  ok(performance.now() >= now);
  equal(typeof performance.timeOrigin, "number");
});

check("Date.now is about now", () => ok(Math.abs(Date.now() - new Date().getTime()) < 1000 && Date.now() > 1.7e12));

check("navigator.userAgent is Cloudflare-Workers", () => equal(navigator.userAgent, "Cloudflare-Workers"));

check("self and globalThis are the same", () => {
  ok(self === globalThis);
  equal(typeof window, "undefined");
});

check("console has its methods and they return nothing", () => {
  for (const name of [
    "log",
    "info",
    "warn",
    "error",
    "debug",
    "trace",
    "table",
    "group",
    "groupEnd",
    "time",
    "timeEnd",
    "count",
    "assert",
    "dir",
  ]) {
    equal(typeof console[name], "function", `console.${name}: `);
  }
  equal(
    console.debug("a %s", "b", { c: 1 }, [1], new Map([[1, 2]]), null, undefined, 1n, Symbol("s"), () => {}),
    undefined,
  );
});

check("the global scope has what the platform promises", () => {
  const names = [
    "AbortController",
    "AbortSignal",
    "Blob",
    "ByteLengthQueuingStrategy",
    "CompressionStream",
    "CountQueuingStrategy",
    "Crypto",
    "CryptoKey",
    "CustomEvent",
    "DOMException",
    "DecompressionStream",
    "Event",
    "EventTarget",
    "File",
    "FixedLengthStream",
    "FormData",
    "Headers",
    "IdentityTransformStream",
    "ReadableStream",
    "ReadableStreamBYOBReader",
    "ReadableStreamDefaultReader",
    "Request",
    "Response",
    "SubtleCrypto",
    "TextDecoder",
    "TextDecoderStream",
    "TextEncoder",
    "TextEncoderStream",
    "TransformStream",
    "URL",
    "URLSearchParams",
    "WebAssembly",
    "WritableStream",
    "WritableStreamDefaultWriter",
    "atob",
    "btoa",
    "clearInterval",
    "clearTimeout",
    "console",
    "crypto",
    "fetch",
    "navigator",
    "performance",
    "queueMicrotask",
    "scheduler",
    "self",
    "setInterval",
    "setTimeout",
    "structuredClone",
  ];
  same(
    names.filter((name) => !(name in globalThis)),
    [],
  );
});

check("built-in classes have the names and shapes that programs test for", () => {
  for (const type of [Headers, Request, Response, URL, Blob, FormData, ReadableStream, AbortController, EventTarget]) {
    equal(type.prototype.constructor, type);
    equal(Object.prototype.propertyIsEnumerable.call(globalThis, type.name), false, `${type.name} enumerable: `);
  }
});

check("methods of built-in classes refuse other receivers", () => {
  throws(
    () =>
      Response.prototype.text.call === undefined ||
      Object.getOwnPropertyDescriptor(Response.prototype, "status").get.call({}),
    TypeError,
  );
  throws(() => URL.prototype.toString.call({}), TypeError);
});

check("WebAssembly takes a module made elsewhere and validates bytes", async () => {
  equal(WebAssembly.validate(wasmBytes), true);
  equal(WebAssembly.validate(new Uint8Array([1])), false);
});

check("WebAssembly compilation from bytes is refused, as code generation is", async () => {
  await rejects(async () => await WebAssembly.compile(wasmBytes), { name: "CompileError" });
  throws(() => new WebAssembly.Module(wasmBytes), { name: "CompileError" });
});

check("WebAssembly.Memory grows", () => {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 2 });
  memory.grow(1);
  equal(memory.buffer.byteLength, 131072);
});

check("eval and new Function are refused", () => {
  throws(() => (0, eval)("1"), { name: "EvalError" });
  throws(() => new Function("return 1"), { name: "EvalError" });
});

check("Intl and locale functions work", () => {
  equal(new Intl.NumberFormat("de-DE").format(1234.5), "1.234,5");
  equal(["ä", "a", "z"].sort(new Intl.Collator("de").compare).join(""), "aäz");
  equal(new Date(0).toISOString(), "1970-01-01T00:00:00.000Z");
});

check("the time zone is UTC", () => equal(new Date(0).getTimezoneOffset(), 0));

check("unhandled rejections do not end the worker", async () => {
  Promise.reject(new Error("nobody listens, on purpose"));
  await new Promise((done) => setTimeout(done, 5));
});

check("WeakRef, FinalizationRegistry, generators, private fields, top-level classes", () => {
  ok(new WeakRef({}).deref());
  new FinalizationRegistry(() => {});
  class Private {
    #x = 1;
    static has(object) {
      return #x in object;
    }
  }
  ok(Private.has(new Private()));
});

check("reportError and addEventListener are there", () => {
  equal(typeof reportError, "function");
  equal(typeof addEventListener, "function");
});
