// SPDX-License-Identifier: Apache-2.0
import { done, inFetch, tooDeep } from "../program.mjs";

export const title = "what would end the process";

const throwingSetter = (name) =>
  `Object.defineProperty(Object.prototype, "${name}", { set() { throw new Error("a setter"); }, configurable: true })`;

export const programs = {
  "a setter on Object.prototype that CommonJS's module object would run into": {
    code: inFetch(`${throwingSetter("exports")}; ${throwingSetter("id")}; await import("a.cjs")`),
    modules: { "a.cjs": { cjs: "module.exports = 1;" } },
    ends: done,
  },
  "the memory of WebAssembly is transferred": {
    code: inFetch(`
      const { buffer } = new WebAssembly.Memory({ initial: 1 });
      try { structuredClone(buffer, { transfer: [buffer] }); } catch (error) { return new Response(error.name); }`),
    ends: { text: /^(TypeError|DataCloneError)$/ },
  },
  "a buffer is detached by a getter while it is transferred": {
    code: inFetch(`
      const buffer = new ArrayBuffer(8);
      try {
        structuredClone([buffer, { get x() { buffer.transfer(); return 1; } }], { transfer: [buffer] });
      } catch {}`),
    ends: done,
  },
  "Set is patched so that a buffer is transferred twice": {
    code: inFetch(`
      const buffer = new ArrayBuffer(8);
      Object.defineProperty(Set.prototype, "size", { get: () => 99 });
      try { structuredClone(buffer, { transfer: [buffer, buffer] }); } catch {}`),
    ends: done,
  },
  "buffers that shrink and detach under the built-ins": {
    code: inFetch(`
      const bytes = new Uint8Array(new ArrayBuffer(64, { maxByteLength: 128 }));
      const shrink = { toString() { bytes.buffer.resize(1); return "utf-8"; } };
      new TextDecoder(shrink).decode(bytes.subarray(32));
      const gone = new Uint8Array(64);
      gone.buffer.transfer();
      new TextDecoder().decode(gone);
      new TextEncoder().encodeInto("text", gone);
      await crypto.subtle.digest("SHA-256", bytes.subarray(60)).catch(() => {});
      crypto.getRandomValues(bytes.subarray(60));
      try { await env.TOOL.length(gone); } catch {}
      try { await new Response(gone).arrayBuffer(); } catch {}`),
    ends: done,
  },
  "a log record of 64 MB": { code: inFetch(`console.log("x".repeat(64 << 20))`), ends: done },
  "an unhandled rejection with a message of 40 MB": {
    code: inFetch(`Promise.reject(new Error("x".repeat(40 << 20))); await new Promise((go) => setTimeout(go, 10))`),
    ends: done,
  },
  "an error of 40 MB": {
    code: inFetch(`throw new Error("x".repeat(40 << 20))`),
    ends: { error: "Error", message: /^x+/ },
  },
  "an error whose name is of 40 MB": {
    code: inFetch(`throw Object.assign(new Error("text"), { name: "x".repeat(40 << 20) })`),
    ends: { error: /^x+/, message: /^text/ },
  },
  "recursion without end": { code: inFetch(`const again = () => again(); again()`), ends: tooDeep },
  "recursion through toString of a URL": {
    code: inFetch(`const evil = { toString() { return String(new URL(evil)); } }; new URL(evil)`),
    ends: tooDeep,
  },
  "recursion through getters of what is cloned": {
    code: inFetch(`const evil = { get again() { return structuredClone(evil); } }; structuredClone(evil)`),
    ends: tooDeep,
  },
  "recursion through getters of what is logged": {
    code: inFetch(`const evil = { get [Symbol.toStringTag]() { console.log(evil); return "x"; } }; console.log(evil)`),
    ends: done,
  },
  "an argument nested 100,000 deep": {
    code: inFetch(`let deep = {}; for (let i = 0; i < 100_000; i++) deep = { deep }; await env.TOOL.echo(deep)`),
    ends: tooDeep,
  },
  "the built-ins at the end of the stack": {
    code: inFetch(`
      const again = () => {
        try {
          again();
        } finally {
          try {
            structuredClone({ a: new Headers() });
            new URL("http://host/path");
            console.log({ a: [1] });
            new TextDecoder().decode(new TextEncoder().encode("text"));
            new Response("x", { headers: { a: "b" } });
          } catch {}
        }
      };
      again()`),
    ends: tooDeep,
  },
  "proxies whose traps throw": {
    code: inFetch(`
      const traps = new Proxy({}, { get() { return () => { throw new Error("a trap"); }; } });
      const evil = new Proxy({}, traps);
      for (const use of [
        () => env.TOOL.echo(Object.create(evil)), () => console.log(evil), () => structuredClone(evil),
        () => new Headers(evil), () => new URL(evil), () => new Response(evil), () => new Request("http://x", evil),
      ]) {
        try { await use(); } catch {}
      }`),
    ends: done,
  },
  "an entrypoint that is a proxy whose traps throw": {
    code: `export default new Proxy(function () {}, { get() { throw new Error("a trap"); } });`,
    ends: { error: /Error/ },
  },
  "messages that break every rule": {
    code: inFetch(`
      let session;
      for (const name of ["get", "set", "has", "delete"]) {
        const original = Map.prototype[name];
        Map.prototype[name] = function (...values) {
          for (const value of [this, ...values]) if (typeof value?.receive === "function") session = value;
          const result = original.apply(this, values);
          if (typeof result?.receive === "function") session = result;
          return result;
        };
      }
      await env.TOOL.echo(1);
      for (let type = 0; session !== undefined && type < 300; type++) {
        for (const id of [0, 1, 99, -1, 2 ** 32 - 1, NaN]) {
          try { session.send(type, 0, id, 0, 0, undefined, undefined); } catch {}
          try { session.send(type, 255, id, 1, 1, "x", "y"); } catch {}
        }
      }`),
    ends: {},
  },
};
