// SPDX-License-Identifier: Apache-2.0
import { inFetch } from "../program.mjs";

export const title = "what would reach further than it was given";

const emptyWasm = "new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])";

/** Tries each expression; the answer lists those that came to anything. */
const trying = (attempts) => ({
  code: inFetch(`
    const came = [];
    for (const [name, attempt] of Object.entries({ ${attempts.map((code, i) => `${i}: async () => ${code}`).join(", ")} })) {
      try { await attempt(); came.push(name); } catch {}
    }
    return new Response("came: " + came)`),
  ends: { text: "came: " },
});

const globals = ["process", "require", "module", "Buffer", "global", "ops", "requireGroup", "registerHooks", "gc",
  "SharedArrayBuffer", "Atomics", "internalBinding", "primordials"];

export const programs = {
  "code from text and from bytes": trying([
    `eval("1")`, `(0, eval)("1")`, `Function("1")`, `new Function("1")`, `(() => {}).constructor("1")`,
    `(async () => {}).constructor("1")`, `(function* () {}).constructor("1")`, `(async function* () {}).constructor("1")`,
    `Reflect.construct(Function, ["1"])`, `setTimeout("1")`, `new ShadowRealm().evaluate("1")`,
    `new WebAssembly.Module(${emptyWasm})`, `WebAssembly.compile(${emptyWasm})`, `WebAssembly.instantiate(${emptyWasm})`,
    `import("data:text/javascript,1")`,
  ]),
  "code from text that is an object": {
    code: inFetch(`eval({ toString: () => "1" })`),
    ends: { error: "EvalError" },
  },
  "the globals of the process": {
    code: inFetch(`return new Response([${globals.map((name) => `typeof ${name}`).join(", ")}].join())`),
    // Those of node:process and node:buffer are Mayfly's own.
    ends: { text: globals.map((name) => ({ process: "object", global: "object", Buffer: "function" })[name] ?? "undefined").join() },
  },
  "modules for what a worker cannot have": trying([
    `(await import("node:child_process")).execFileSync("/bin/sh")`, `(await import("node:child_process")).spawn("/bin/sh")`,
    `(await import("node:vm")).runInThisContext("1")`, `(await import("node:vm")).runInNewContext("1")`,
    `new (await import("node:vm")).Script("1").runInThisContext()`, `new (await import("node:worker_threads")).Worker("x.js")`,
    `new (await import("node:inspector")).Session().connect()`, `(await import("node:net")).createServer().listen(0)`,
    `(await import("node:dgram")).createSocket("udp4").bind()`,
  ]),
  "modules of the process and of the built-ins": trying(
    ["node:module/register", "node:internal/process", "mayfly:core", "mayfly:web/fetch",
      "cloudflare:internal", "/etc/passwd", "file:///etc/passwd", "../../etc/passwd", "http://127.0.0.1/x.js",
      "__proto__", "constructor", ""].map((name) => `import(${JSON.stringify(name)})`),
  ),
  "the network": trying([
    `fetch("http://127.0.0.1/")`, `fetch(new Request("http://127.0.0.1/"))`, `fetch.call({}, "http://127.0.0.1/")`,
    `new Promise((come, fail) => { const one = new WebSocket("ws://127.0.0.1/"); one.onopen = one.onmessage = come; one.onerror = fail; })`,
    `fetch("http://127.0.0.1/", { headers: { upgrade: "websocket" } })`,
    `new Promise((come, fail) => { const one = new EventSource("http://127.0.0.1/"); one.onopen = one.onmessage = come; one.onerror = fail; })`,
    `(await import("cloudflare:sockets")).connect("127.0.0.1:80")`, `fetch("file:///etc/passwd")`,
  ]),
  "the network, by patched intrinsics": {
    code: `
      for (const key of ["outbound", "kind", "internet", "network", "capability"]) {
        Object.defineProperty(Object.prototype, key, { get: () => "internet", configurable: true });
      }
      export default {
        async fetch() {
          try { return await fetch("http://127.0.0.1/"); } catch (error) { return new Response(error.message); }
        },
      };`,
    ends: { text: /not permitted to access the internet/ },
  },
  "members of a capability that are not its methods": trying(
    ["ctx", "env", "ctx.props", "env.LOADER", "ctx.exports", "echo.call", "echo.constructor", "__proto__.echo",
      "constructor.name", "hasOwnProperty.call"].map((path) => `env.TOOL.${path}("x").then?.((value) => value) ?? fail()`),
  ),
  "functions of the built-ins by their stack frames": {
    code: inFetch(`
      let found = [];
      Error.prepareStackTrace = (error, sites) => sites;
      const look = () => {
        for (const site of new Error("x").stack) {
          if (!String(site.getFileName()).startsWith("mayfly:")) continue;
          for (const reached of [site.getFunction(), site.getThis()]) if (reached !== undefined) found.push(reached);
        }
        return "http://x/";
      };
      new URL({ toString: look });
      structuredClone({ get x() { return look(); } });
      await env.TOOL.echo({ get x() { return look(); } });
      new Headers({ get x() { return look(); } });
      return new Response("found: " + found.length)`),
    ends: { text: "found: 0" },
  },
  "ops by patched intrinsics": {
    code: inFetch(`
      let found = "nothing";
      const search = (value) => {
        try { if (typeof value === "object" && value !== null && Object.hasOwn(value, "openEgress")) found = "ops"; } catch {}
      };
      for (const of of [Map, Set, WeakMap, WeakSet, Array, Promise, Function, FinalizationRegistry]) {
        for (const name of Object.getOwnPropertyNames(of.prototype)) {
          const { value: original, configurable } = Object.getOwnPropertyDescriptor(of.prototype, name);
          if (typeof original !== "function" || name === "constructor" || !configurable) continue;
          if (of === Function || (of === Array && name === "push")) continue;
          of.prototype[name] = function (...values) {
            search(this);
            for (let i = 0; i < values.length; i++) search(values[i]);
            return Reflect.apply(original, this, values);
          };
        }
      }
      await env.TOOL.echo({ f() {} });
      await env.TOOL.call(() => 1);
      console.log({ a: 1 });
      structuredClone(new Map([[1, 2]]));
      await new Response("x").text();
      return new Response(found)`),
    ends: { text: "nothing" },
  },
  "frozen globals": {
    code: `
      for (const name of Object.getOwnPropertyNames(globalThis)) {
        const value = globalThis[name];
        if (typeof value === "function") { Object.freeze(value); Object.freeze(value.prototype); }
      }
      Object.freeze(globalThis);
      export default {
        async fetch(request, env) { console.log({ a: 1 }); return new Response("still " + (await env.TOOL.echo(1))); },
      };`,
    ends: { text: "still 1" },
  },
};
