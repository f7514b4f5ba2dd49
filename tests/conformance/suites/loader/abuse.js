// SPDX-License-Identifier: Apache-2.0
//
// Code that tries to break its way out of being just one worker: odd values, patched built-ins, floods, huge
// requests. Each check ends with another worker answering: whatever became of the abuser, nobody else notices.

import { check, equal, ok, pause, same } from "../../check.js";
import { code, evaluate, method } from "./code.js";

const cannotStop = { mayflyOnly: "workerd enforces no limits: the server would stop answering" };

/** Runs a body that may do what it wants (answer, fail, be ended), then sees that others are served. */
function survives(name, options, body, { judge, ...more } = {}) {
  check(name, options, async ({ env }) => {
    const limits = { cpuMs: 500, ...more.limits };
    const answer = await answerOf(evaluate(env, body, { ...more, limits }), 10_000).catch((error) => {
      ok(!/internal error/i.test(error.message), `an error with a name, not ${error.message}`);
      return error;
    });
    ok(!/no answer within/.test(answer?.message), "an answer");
    judge?.(answer);
    equal(await evaluate(env, "return 'well'"), "well");
  });
}

survives("a deeply nested result", {}, "let deep = []; for (let n = 0; n < 200000; n++) deep = [deep]; return deep;");
survives(
  "a deeply nested argument of a callback",
  {},
  "let deep = {}; for (let n = 0; n < 200000; n++) deep = { deep }; return structuredClone(deep);",
);
survives(
  "a deeply nested error cause",
  {},
  "let e = new Error('x'); for (let n = 0; n < 100000; n++) e = new Error('x', { cause: e }); throw e;",
);
survives("a result with a getter that throws", {}, "return { get x() { throw new Error('getter'); } };");
survives("a result with a getter that never ends", cannotStop, "return { get x() { for (;;); } };");
survives(
  "a proxy whose traps throw",
  {},
  "return new Proxy({}, { get() { throw new Error('trap'); }, ownKeys() { throw new Error('trap'); } });",
);
survives("a revoked proxy", {}, "const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); return proxy;");
survives("a thenable that resolves with itself", {}, "const x = { then(done) { done(1); done(x); } }; return x;");
survives(
  "an error whose properties are hostile",
  {},
  `const e = new Error("x");
  Object.defineProperty(e, "message", { get() { throw 1; } });
  Object.defineProperty(e, "stack", { get() { throw 2; } });
  Object.defineProperty(e, "name", { get() { throw 3; } });
  throw e;`,
);
survives(
  "a thrown proxy",
  {},
  "throw new Proxy(new Error('x'), { get() { throw 1; }, getPrototypeOf() { throw 2; } });",
);
survives(
  "a thrown null, undefined, symbol, function",
  {},
  "throw [null, undefined, Symbol('s'), () => {}][args.length];",
);
survives("a very long error message", {}, "throw new Error('x'.repeat(5e6));");
survives(
  "a detached buffer as a result",
  {},
  "const b = new ArrayBuffer(8); structuredClone(b, { transfer: [b] }); return [b.byteLength, b];",
);
survives(
  "a resizable buffer as a result",
  {},
  `const buffer = new ArrayBuffer(8, { maxByteLength: 64 });
  const view = new Uint8Array(buffer);
  buffer.resize(4);
  return [view.length, buffer];`,
);
survives("shared memory as a result", {}, "return new SharedArrayBuffer(8);");
survives("a WebAssembly memory as a result", {}, "return new WebAssembly.Memory({ initial: 1 });");

// What a worker does to its own built-ins is its own affair: the runtime beneath goes on answering.
const throwing = '{ throw new Error("patched"); }';
const patches = {
  ...Object.fromEntries(
    [
      "Promise.prototype.then",
      "Promise.prototype.catch",
      "Promise.resolve",
      "Promise.reject",
      "Promise.all",
      "Array.prototype.push",
      "Array.prototype.map",
      "Array.isArray",
      "Array.from",
      "Map.prototype.get",
      "Map.prototype.set",
      "Map.prototype.has",
      "Map.prototype.delete",
      "Map.prototype[Symbol.iterator]",
      "Set.prototype.add",
      "Set.prototype.has",
      "WeakMap.prototype.get",
      "WeakMap.prototype.set",
      "Object.keys",
      "Object.entries",
      "Object.defineProperty",
      "Object.getPrototypeOf",
      "Reflect.get",
      "Reflect.apply",
      "Function.prototype.call",
      "Function.prototype.apply",
      "Function.prototype.bind",
      "String.prototype.split",
      "String.prototype.toLowerCase",
      "RegExp.prototype.exec",
      "RegExp.prototype.test",
      "JSON.stringify",
      "JSON.parse",
      "Symbol.prototype.toString",
      "Uint8Array.prototype.set",
      "Number.isInteger",
      "Error.captureStackTrace",
    ].map((name) => [`patched ${name}`, `${name} = function () ${throwing};`]),
  ),
  ...Object.fromEntries(
    ["get", "set", "value", "then", "type", "signal", "body", "status", "method", "url", "headers", "0", "length"].map(
      (name) => [
        `Object.prototype with a setter for "${name}"`,
        `Object.defineProperty(Object.prototype, "${name}", { get() {}, set() ${throwing}, configurable: true });`,
      ],
    ),
  ),
  ...Object.fromEntries(
    [
      "Promise",
      "Map",
      "Set",
      "WeakMap",
      "Array",
      "Object",
      "Uint8Array",
      "Error",
      "TypeError",
      "Symbol",
      "Reflect",
      "JSON",
    ].map((name) => [`a deleted ${name}`, `delete globalThis.${name};`]),
  ),
};
for (const [name, patch] of Object.entries(patches)) {
  check(`${name} does not reach the runtime`, async ({ env }) => {
    const main = method(`${patch} return [1, { a: 2 }];`).replace(
      /}\s*$/,
      `async fetch() { ${patch} return new Response("f"); } }`,
    );
    const called = env.LOADER.load(code(main)).getEntrypoint();
    same(await answerOf(called.run()), [1, { a: 2 }]);
    const fetched = env.LOADER.load(code(main)).getEntrypoint();
    equal(await answerOf(fetched.fetch("http://any/").then((response) => response.text())), "f");
  });
}

check("a worker that patches the iterator of arrays hurts itself alone, and its caller is answered", async ({ env }) => {
  const main = method(`Array.prototype[Symbol.iterator] = function () ${throwing}; return 1;`).replace(
    /}\s*$/,
    `async fetch() { Array.prototype[Symbol.iterator] = function () ${throwing}; return new Response("f"); } }`,
  );
  const broken = env.LOADER.load(code(main)).getEntrypoint();
  await answerOf(broken.fetch("http://any/").then((response) => response.text()).catch((error) => String(error)));
  equal(await answerOf(env.LOADER.load(code(method("return 2;"))).getEntrypoint().run()), 2);
});

function answerOf(promise, timeoutMs = 2_000) {
  return Promise.race([
    promise,
    pause(timeoutMs).then(() => Promise.reject(new Error(`no answer within ${timeoutMs} ms`))),
  ]);
}

survives(
  "deleted globals",
  {},
  `for (const name of Object.getOwnPropertyNames(globalThis)) { try { delete globalThis[name]; } catch {} }
  return "emptied";`,
);
survives(
  "Error.prepareStackTrace and stackTraceLimit",
  {},
  `
  Error.prepareStackTrace = () => { throw new Error("in prepareStackTrace"); };
  Error.stackTraceLimit = 1e9;
  throw new Error("x");`,
);
survives(
  "Error.prepareStackTrace sees no frames of the runtime's objects",
  {},
  `
  Error.prepareStackTrace = (error, frames) => frames.map((one) => typeof one.getThis() + typeof one.getFunction());
  const kinds = new Error("x").stack;
  return Array.isArray(kinds) ? kinds.filter((kind) => /object|function/.test(kind)).length : 0;`,
);
survives(
  "Symbol.species and Symbol.hasInstance",
  {},
  `
  Object.defineProperty(Array, Symbol.species, { get() { throw new Error("species"); } });
  Object.defineProperty(Function.prototype, Symbol.hasInstance, { value() { throw new Error("hasInstance"); } });
  return [1];`,
);

survives(
  "a wait that blocks its thread",
  cannotStop,
  "Atomics.wait(new Int32Array(new SharedArrayBuffer(8)), 0, 0, 60000); return 1;",
);
survives("a flood of timers", cannotStop, "for (let n = 0; n < 3e6; n++) setTimeout(() => {}, 1e6); return 1;");
survives("intervals that are never cleared", {}, "for (let n = 0; n < 100; n++) setInterval(() => {}, 0); return 1;");
survives("a flood of log lines", cannotStop, "for (let n = 0; n < 2e5; n++) console.debug('flood', n); return 1;");
survives("a log line of 50 MB", {}, "console.debug('x'.repeat(5e7)); return 1;");
survives(
  "a log line with an endless structure",
  cannotStop,
  `const endless = new Proxy({}, {
    ownKeys: () => Array.from({ length: 1e5 }, (_, n) => "k" + n),
    getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true, value: endless }),
    get: () => endless,
  });
  console.debug(endless);
  return 1;`,
);
survives("a flood of promises", cannotStop, "for (;;) Promise.resolve().then(() => {});");
survives(
  "a flood of unhandled rejections",
  {},
  "for (let n = 0; n < 20000; n++) Promise.reject(new Error('r' + n)); return 1;",
);
survives(
  "a flood of fetches",
  { timed: true },
  "for (let n = 0; n < 2000; n++) fetch('http://site.example/' + n).catch(() => {}); return 1;",
);
survives("a buffer of 100 GB", {}, "return new ArrayBuffer(100 * 2 ** 30).byteLength;");
survives("an array of thirty million, filled", cannotStop, "return new Array(3e7).fill(1).length;");
survives(
  "a typed array that is sorted by a comparator that throws",
  {},
  "new Uint8Array(1e5).sort(() => { throw new Error('sort'); });",
);
survives("a WebAssembly memory of 4 GB", {}, "return new WebAssembly.Memory({ initial: 65536 }).buffer.byteLength;");
survives(
  "memory that grows in WebAssembly",
  cannotStop,
  `const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536 });
  for (;;) { memory.grow(1000); new Uint8Array(memory.buffer).fill(1); }`,
);
survives(
  "strings that are joined and flattened without end",
  cannotStop,
  "let s = 'ab'; for (;;) { s = s + s; s.charCodeAt(s.length - 1); }",
);
survives("a JSON text that is huge", cannotStop, "return JSON.parse('[' + '{},'.repeat(2e6) + '{}]').length;");
survives(
  "a bomb of compressed data",
  { mayflyOnly: "workerd enforces no memory limit" },
  `
  const zeros = new ReadableStream({ pull(c) { c.enqueue(new Uint8Array(1 << 20)); } });
  const keep = [];
  const packed = zeros.pipeThrough(new CompressionStream("gzip"));
  for await (const chunk of packed.pipeThrough(new DecompressionStream("gzip"))) keep.push(chunk);`,
  { limits: { cpuMs: 20000 } },
);
survives(
  "a stream that is kept in memory without end",
  { ...cannotStop, timed: true }, // an engine that moves everything all the time has no room left to do so
  "const keep = []; for (;;) { const s = new TransformStream(); keep.push(s); }",
  { limits: { cpuMs: 20000 } },
);
survives(
  "headers of great number",
  cannotStop,
  "const h = new Headers(); for (let n = 0; n < 2e6; n++) h.append('n' + n, 'v'); return [...h].length;",
);
survives("a URL of 50 MB", {}, "return new URL('http://x/' + 'a'.repeat(5e7)).href.length;");
survives(
  "digest of a view that shrinks",
  {},
  `
  const buffer = new ArrayBuffer(1 << 20, { maxByteLength: 1 << 20 });
  const digest = crypto.subtle.digest("SHA-256", new Uint8Array(buffer));
  buffer.resize(0);
  return (await digest).byteLength;`,
);
survives(
  "decoding a view that detaches itself",
  {},
  `
  const buffer = new ArrayBuffer(1 << 16);
  const options = { get stream() { structuredClone(buffer, { transfer: [buffer] }); return false; } };
  return new TextDecoder().decode(new Uint8Array(buffer), options).length;`,
);
survives(
  "encodeInto a buffer that detaches itself",
  {},
  `
  const buffer = new ArrayBuffer(1 << 16);
  const text = { toString() { structuredClone(buffer, { transfer: [buffer] }); return "x".repeat(60000); } };
  return new TextEncoder().encodeInto(text, new Uint8Array(buffer)).written;`,
);
survives(
  "random values for a buffer that shrinks",
  {},
  `
  const buffer = new ArrayBuffer(1 << 16, { maxByteLength: 1 << 16 });
  const view = new Uint8Array(buffer, 100);
  buffer.resize(10);
  return crypto.getRandomValues(view).length;`,
);
survives(
  "constructors called on strange things",
  {},
  `
  const caught = [];
  const types = [Request, Response, Headers, URL, URLSearchParams, Blob, FormData, ReadableStream, WritableStream,
    TransformStream, TextDecoder, AbortController, Event];
  const hostile = new Proxy({}, { get() { throw 1; } });
  for (const type of types) {
    for (const value of [null, undefined, 1, "", Symbol(), 1n, [], {}, () => {}, hostile, new Date(NaN)]) {
      try { new type(value, value); caught.push(0); } catch { caught.push(1); }
      try { type.prototype.constructor.call(value); } catch {}
      for (const name of Reflect.ownKeys(type.prototype)) {
        const { value: method, get } = Object.getOwnPropertyDescriptor(type.prototype, name);
        try { (method ?? get).call(value, value); } catch {}
      }
    }
  }
  return caught.length;`,
  { judge: (answer) => equal(answer, 143) },
);

check("a worker that never answers does not keep others waiting", async ({ env }) => {
  for (let n = 0; n < 20; n++)
    env.LOADER.load(code(method("return new Promise(() => {})")))
      .getEntrypoint()
      .run()
      .catch(() => {});
  equal(await evaluate(env, "return 1"), 1);
});

check("ten abusers at once are ended and others are served", cannotStop, async ({ env }) => {
  const abusers = Array.from({ length: 10 }, () =>
    evaluate(env, "for (;;);", { limits: { cpuMs: 200 } }).catch((error) => error.message),
  );
  const started = Date.now();
  for (let n = 0; n < 10; n++) equal(await evaluate(env, "return 2"), 2);
  for (const message of await Promise.all(abusers)) ok(/CPU time limit/.test(message), message);
  ok(Date.now() - started < 10_000, `within 10 s: ${Date.now() - started} ms`);
});

check("a dropped stub whose code comes late does no harm", async ({ env }) => {
  for (let n = 0; n < 20; n++) env.LOADER.get(`late ${n}`, async () => (await pause(20), code(method("return 1"))));
  await pause(60);
  equal(await evaluate(env, "return 3"), 3);
});
