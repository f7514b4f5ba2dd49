// SPDX-License-Identifier: Apache-2.0
import { cpuLimit, done, inFetch } from "../program.mjs";

export const title = "what would run for ever";

const cpuMs = 100;
const looping = (body) => ({ code: inFetch(body), cpuMs, ends: cpuLimit });

export const programs = {
  "a loop": looping(`for (;;);`),
  "a loop at the top of a module": { code: `for (;;);`, cpuMs, ends: cpuLimit },
  "a loop at the top of a module, and a patched Promise that loops": {
    code: `Promise.prototype.then = () => { for (;;); }; for (;;);`,
    cpuMs,
    ends: cpuLimit,
  },
  "a loop in a module that is imported later": {
    ...looping(`await import("b.js")`),
    modules: { "b.js": "for (;;);" },
  },
  "a loop in CommonJS": { ...looping(`await import("b.cjs")`), modules: { "b.cjs": { cjs: "for (;;);" } } },
  "microtasks without end": looping(`const again = () => Promise.resolve().then(again); await again()`),
  "timers without end": looping(`const again = () => { for (let i = 0; i < 3; i++) setTimeout(again); }; again();
    await new Promise(() => {})`),
  "a loop in a getter of an argument": looping(`await env.TOOL.echo({ get x() { for (;;); } })`),
  "a loop in a conversion": looping(`new URL({ toString() { for (;;); } })`),
  "a loop in a thenable": looping(`return { get then() { for (;;); } }`),
  "a loop in an iterator": looping(`new Headers({ *[Symbol.iterator]() { for (;;) yield ["a", "b"]; } })`),
  "a loop in a trap of what is exported": {
    code: `export default new Proxy({}, { get() { for (;;); } });`,
    cpuMs,
    ends: cpuLimit,
  },
  "a loop in every listener for unhandled rejections": looping(`
    addEventListener("unhandledrejection", () => { for (;;); });
    for (let i = 0; i < 1_000; i++) Promise.reject(i);
    await new Promise(() => {})`),
  "a loop that catches what ends it, in a stack trace": looping(`
    Object.defineProperty(Error.prototype, "name", { get() { for (;;); } });
    for (;;) { try { new Error("x").stack; } catch {} }`),
  "a loop in prepareStackTrace": looping(`Error.prepareStackTrace = () => { for (;;); }; for (;;) new Error("x").stack`),
  "a loop in finally": looping(`try { for (;;); } finally { for (;;); }`),
  "a regular expression that backtracks": looping(`/^(a+)+$/.test("a".repeat(40) + "b")`),
  "sorting without end": looping(`const list = Array.from({ length: 1e5 }, Math.random); for (;;) list.sort()`),
  "calls of itself, each with a budget of its own": {
    code: `
      import { WorkerEntrypoint } from "cloudflare:workers";
      export class Again extends WorkerEntrypoint {
        run() {
          for (let i = 0; i < 1e6; i++);
          return this.ctx.exports.Again.run();
        }
      }
      export default { fetch: (request, env, ctx) => ctx.exports.Again.run() };`,
    cpuMs,
    ends: cpuLimit,
  },
  "a log without end": looping(`for (;;) console.log("x".repeat(1_000))`),
  "300,000 unhandled rejections": {
    code: inFetch(`for (let i = 0; i < 300_000; i++) Promise.reject(i); await new Promise((go) => setTimeout(go))`),
    cpuMs: 10_000,
    ends: done,
  },
  "10,000 timers": { code: inFetch(`for (let i = 0; i < 10_000; i++) setTimeout(() => {}, 1e6)`), ends: done },
  "WebAssembly without end": {
    code: `
      import module from "loop.wasm";
      export default { fetch() { new WebAssembly.Instance(module).exports.loop(); } };`,
    modules: {
      "loop.wasm": {
        wasm: Buffer.from(
          "0061736d0100000001040160000003020100070801046c6f6f7000000a09010700034 00c000b0b".replaceAll(" ", ""),
          "hex",
        ).toString("base64"),
      },
    },
    cpuMs,
    ends: cpuLimit,
  },
};
