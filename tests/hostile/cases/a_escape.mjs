// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { cpuLimit, done, inFetch, tooDeep } from "../program.mjs";
import { programs as isolation } from "../programs/isolation.mjs";
import { programs as engine } from "../programs/engine.mjs";

export const letter = "A";
export const title = "Ways out of a worker";

const pick = (from, ...names) => Object.fromEntries(names.map((name) => [name, from[name]]));
const answering = (body, text, more) => ({ code: inFetch(body), cpuMs: 2_000, ends: { text }, ...more });
/** Each expression is tried; the answer lists those that came to anything. */
const nothingComes = (attempts) => answering(`
  const came = [];
  for (const [name, attempt] of Object.entries({ ${attempts.map((code) => `${JSON.stringify(code)}: async () => (${code})`).join(", ")} })) {
    try { const value = await attempt(); if (value !== undefined) came.push(name); } catch {}
  }
  return new Response("came: " + came.join("; "))`, "came: ");
const wasm = (hex) => ({ wasm: Buffer.from(hex.replaceAll(" ", ""), "hex").toString("base64") });

const clocks = [`Date.now()`, `+new Date()`, `Date()`, `performance.now()`, `new Intl.DateTimeFormat("de", { minute: "numeric", second: "numeric", fractionalSecondDigits: 3 }).format()`,
  `new Event("x").timeStamp`, `new Date().toLocaleTimeString()`, `new File([], "x").lastModified`, `Number(globalThis.Temporal?.Now.instant().epochNanoseconds ?? 0)`, `String(globalThis.Temporal?.Now.plainTimeISO() ?? "")`];

export const cases = {
  A01: { title: "Function by constructor of a constructor", outcome: "J", fast: true, programs: {
    "process": nothingComes([`this?.constructor.constructor("return process")()`, `globalThis.constructor.constructor("return process")()`, `({}).constructor.constructor("return this")()`, `Object.getPrototypeOf(fetch).constructor("return 1")()`,
      `env.TOOL.constructor.constructor("return 1")`, `request.constructor.constructor("return 1")()`, `ctx.constructor.constructor("return 1")()`, `[].at.constructor("return 1")()`]),
  } },
  A02: { title: "constructors of other kinds of functions", outcome: "J", fast: true, programs: { ...pick(isolation, "code from text and from bytes", "code from text that is an object"),
    "by name": { code: inFetch(`(async () => {}).constructor("return 1")`), ends: { error: "EvalError" } } } },
  A03: { title: "every object that can be reached is searched for the process's", outcome: "J", fast: true, programs: {
    ...pick(isolation, "the globals of the process"),
    "a walk of all properties and prototypes": answering(`
      const seen = new Set(), found = [], suspects = /^(process|require|binding|internalBinding|mainModule|ops|openEgress|dlopen|execPath|argv)$/;
      const walk = (value, path) => {
        if ((typeof value !== "object" && typeof value !== "function") || value === null || seen.has(value) || path.length > 8) return;
        seen.add(value);
        for (const key of Reflect.ownKeys(value)) {
          if (suspects.test(String(key))) found.push([...path, String(key)].join("."));
          let descriptor; try { descriptor = Object.getOwnPropertyDescriptor(value, key); } catch { continue; }
          if (descriptor === undefined) continue;
          for (const next of [descriptor.value, descriptor.get, descriptor.set]) walk(next, [...path, String(key)]);
        }
        try { walk(Object.getPrototypeOf(value), [...path, "__proto__"]); } catch {}
      };
      for (const [name, start] of Object.entries({ globalThis, request, ctx })) walk(start, [name]);
      return new Response(seen.size > 500 ? "found: " + found : "saw only " + seen.size)`,
    // Of node:process, which is Mayfly's own: binding() and dlopen() throw, the others are empty.
    "found: " + ["", ".argv", ".execPath", ".binding", ".dlopen"].map((name) => `globalThis.process${name}`)),
  } },
  A04: { title: "call sites of stack traces", outcome: "J", fast: true, programs: pick(isolation, "functions of the built-ins by their stack frames") },
  A05: { title: "errors of built-ins tell nothing of the host", outcome: "J", fast: true, programs: {
    "stacks, causes and constructors": answering(`
      const told = [];
      const look = (error, depth = 0) => {
        const text = String(error?.stack) + String(error?.message);
        if (/\\/(tmp|home|root|usr|build|src|work)\\/|0x[0-9a-f]{6,}|\\.cc\\b|node:/.test(text)) told.push(text.slice(0, 200));
        try { error.constructor.constructor("return process")(); told.push("code"); } catch {}
        if (error?.cause && depth < 5) look(error.cause, depth + 1);
      };
      const attempts = [() => env.TOOL.echo({ get x() { throw new Error("mine"); } }), () => env.TOOL.nothing(), () => fetch("http://x/"), () => new URL("::"), () => structuredClone(() => {}),
        () => new Headers([["\\0", "b"]]), () => import("nothing"), () => new Response("x", { status: 9 }), () => crypto.subtle.digest("none", new Uint8Array()), () => env.TOOL.call(() => { throw new Error("mine"); }),
        () => new TextDecoder("none"), () => env.TOOL.length(null), () => new ReadableStream({ type: "none" }), () => atob("*"), () => new Request("http://u:p@x/")];
      for (const attempt of attempts) { try { await attempt(); } catch (error) { look(error); } }
      return new Response("told: " + told.join(" | "))`, "told: "),
  } },
  A06: { title: "a Proxy as every argument of built-ins", outcome: "J", fast: true, programs: { ...pick(engine, "proxies whose traps throw", "an entrypoint that is a proxy whose traps throw"),
    "of every global function": answering(`
      const traps = new Proxy({}, { get: (_, name) => (...values) => Reflect[name](...values) });
      const odd = [new Proxy({}, traps), new Proxy([], traps), new Proxy(function () {}, traps), new Proxy(new Map(), traps), new Proxy(new Uint8Array(8), traps), new Proxy(new Date(), traps), Proxy.revocable({}, {}).proxy];
      let tried = 0;
      for (const name of Object.getOwnPropertyNames(globalThis)) {
        if (/^(globalThis|self|queueMicrotask|setInterval)$/.test(name)) continue;
        const of = globalThis[name];
        if (typeof of !== "function") continue;
        for (const value of odd) {
          for (const use of [() => of(value), () => new of(value), () => new of(value, value), () => of.prototype?.constructor.call(value, value)]) { try { tried++; use()?.catch?.(() => {}); } catch {} }
          for (const method of [...Object.getOwnPropertyNames(of).map((key) => [of, key]), ...Object.getOwnPropertyNames(of.prototype ?? {}).map((key) => [of.prototype, key])]) {
            try { const called = method[0][method[1]]; if (typeof called === "function" && !/^(waitAsync|wait)$/.test(method[1])) { tried++; called.call(value, value, value)?.catch?.(() => {}); } } catch {}
          }
        }
      }
      await new Promise((go) => setTimeout(go, 10));
      return new Response(tried > 1_000 ? "tried" : "tried only " + tried)`, "tried", { cpuMs: 10_000 }) } },
  A07: { title: "arguments that free, detach or resize buffers", outcome: "J", fast: true, programs: { ...pick(engine, "a buffer is detached by a getter while it is transferred", "Set is patched so that a buffer is transferred twice", "buffers that shrink and detach under the built-ins", "the memory of WebAssembly is transferred"),
    "conversions that detach": answering(`
      for (const use of [
        (bytes, evil) => new TextDecoder(evil).decode(bytes), (bytes, evil) => bytes.fill(evil), (bytes, evil) => bytes.set([evil, evil]), (bytes, evil) => bytes.subarray(evil, evil), (bytes, evil) => bytes.slice(evil),
        (bytes, evil) => bytes.copyWithin(evil, 0), (bytes, evil) => bytes.at(evil), (bytes, evil) => bytes.with(0, evil), (bytes, evil) => new DataView(bytes.buffer).setInt8(evil, evil), (bytes, evil) => bytes.buffer.slice(evil),
        (bytes, evil) => new Blob([bytes, evil]), (bytes, evil) => env.TOOL.length([bytes, { get x() { return Number(evil); } }]), (bytes, evil) => structuredClone([bytes, { get x() { return Number(evil); } }]), (bytes, evil) => new Response(bytes, { status: evil }),
        (bytes, evil) => crypto.subtle.digest({ get name() { return String(evil); } }, bytes), (bytes, evil) => new TextEncoder().encodeInto(evil, bytes), (bytes, evil) => bytes.sort(() => +evil),
      ]) {
        for (const harm of [(buffer) => buffer.transfer(), (buffer) => buffer.resize(0), (buffer) => structuredClone(buffer, { transfer: [buffer] })]) {
          const bytes = new Uint8Array(new ArrayBuffer(64, { maxByteLength: 128 }));
          const evil = { valueOf() { try { harm(bytes.buffer); } catch {} return 1; }, toString() { this.valueOf(); return "SHA-256"; } };
          try { await use(bytes, evil); } catch {}
        }
      }
      return new Response("alive")`, "alive") } },
  A08: { title: "patched species, instanceof and thenables under the host's promises", outcome: "J/C", fast: true, programs: {
    "then of Promise": answering(`
      const then = Promise.prototype.then; let seen = 0;
      Promise.prototype.then = function (...values) { seen++; return then.apply(this, values); };
      Object.prototype.then = undefined;
      return new Response("echo " + (await env.TOOL.echo(5)))`, "echo 5"),
    "Symbol.species": answering(`
      class Evil extends Promise { static get [Symbol.species]() { return function (run) { run(() => {}, () => {}); return {}; }; } }
      Object.defineProperty(Promise, Symbol.species, { get: () => Evil }); Object.defineProperty(Array, Symbol.species, { get: () => function () { return {}; } });
      return new Response("echo " + (await env.TOOL.echo([1, 2])).length)`, "echo 2"),
    "Symbol.hasInstance": answering(`
      for (const of of [Promise, Map, Error, Uint8Array, ArrayBuffer, Headers, Request, Response, ReadableStream]) Object.defineProperty(of, Symbol.hasInstance, { value: () => true });
      return new Response("echo " + (await env.TOOL.echo(5)))`, "echo 5"),
    "then of every object": { code: inFetch(`Object.prototype.then = function (resolve) { resolve(1); }; return new Response("echo " + (await env.TOOL.echo({ a: 1 })))`), cpuMs: 500, ends: [{ text: /echo/ }, cpuLimit, { error: /Error$/ }] },
  } },
  A09: { title: "polluted prototypes before options are read", outcome: "J", fast: true, programs: { ...pick(isolation, "the network, by patched intrinsics"),
    "of Object and Array": answering(`
      for (const key of ["status", "headers", "method", "body", "cause", "props", "limits", "name", "transfer", "signal", "fatal", "ignoreBOM", "type", "once", "passive"]) Object.defineProperty(Object.prototype, key, { get() { throw new Error("polluted " + key); }, set() { throw new Error("polluted set"); }, configurable: true });
      Object.defineProperty(Array.prototype, 0, { get() { throw new Error("polluted"); }, set() { throw new Error("polluted"); }, configurable: true });
      const said = await env.TOOL.echo("x");
      for (const key of Object.getOwnPropertyNames(Object.prototype)) if (Object.getOwnPropertyDescriptor(Object.prototype, key).get && key !== "__proto__") delete Object.prototype[key];
      delete Array.prototype[0];
      return new Response("echo " + said)`, "echo x") } },
  A10: { title: "replaced globals", outcome: "J", fast: true, programs: {
    "Response, Headers, fetch and the rest": answering(`
      const made = new Response("whole", { status: 201 });
      for (const name of ["Response", "Headers", "Request", "fetch", "Promise", "Object", "Array", "Map", "Set", "Error", "Uint8Array", "ArrayBuffer", "String", "JSON", "Reflect", "Symbol", "ReadableStream", "TextEncoder", "queueMicrotask"]) globalThis[name] = () => { throw 1; };
      return made`, "whole"),
    ...pick(isolation, "ops by patched intrinsics", "frozen globals"),
  } },
  A11: { title: "imports of what is not a module of the worker", outcome: "J", fast: true, programs: { ...pick(isolation, "modules of the process and of the built-ins", "modules for what a worker cannot have"),
    "in every spelling": nothingComes(["file:///etc/passwd", "node:sea", "data:text/javascript,export default 1", "http://127.0.0.1/x.js", "/etc/passwd", "../../../etc/passwd", "%2e%2e/%2e%2e/etc/passwd", "..\\\\..\\\\etc\\\\passwd",
      "main.js\\0.txt", "\\0", "./../main.js/../../etc/passwd", "blob:x", "cell.node", "process.binding", "file:main.js", "mayfly:internal", "mayfly:", "cloudflare:", "x".repeat(100_000)].map((name) => `import("${name}")`)) } },
  A12: { title: "import.meta is changed", outcome: "-", fast: true, programs: { "its members": answering(`
      import.meta.url = "file:///etc/passwd"; import.meta.resolve = () => "file:///etc/passwd"; Object.setPrototypeOf(import.meta, { main: true });
      let came = "nothing"; try { await import(import.meta.resolve("x")); came = "a file"; } catch {} return new Response(came)`, "nothing") } },
  A13: { title: "top-level await that never settles", outcome: "C", programs: { "a promise without end": { code: `await new Promise(() => {}); export default { fetch: () => new Response("done") };`, ends: { error: /./ } } } },
  A14: { title: "WebAssembly: code from bytes, confused tables and calls that suspend", outcome: "J", fast: true, programs: {
    "from bytes": nothingComes([`new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]))`, `WebAssembly.compileStreaming(new Response(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]), { headers: { "content-type": "application/wasm" } }))`,
      `WebAssembly.instantiate(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]))`, `structuredClone(WebAssembly.Module.prototype)`]),
    "tables": answering(`
      const table = new WebAssembly.Table({ element: "anyfunc", initial: 2 }); const said = [];
      for (const value of [() => {}, {}, fetch, Function.prototype, 1, env.TOOL]) { try { table.set(0, value); said.push("set"); } catch (error) { said.push(error.name); } }
      return new Response([...new Set(said)].join())`, "TypeError"),
    "suspending": answering(`
      const said = [typeof WebAssembly.Suspending, typeof WebAssembly.promising];
      try { const one = new WebAssembly.Suspending(() => env.TOOL.echo(1)); said.push(typeof one); } catch (error) { said.push(error.name); }
      return new Response("alive")`, "alive"),
  } },
  A15: { title: "WebAssembly's memory is grown while the host writes into it", outcome: "J", fast: true, programs: { "grown and shrunk underneath": answering(`
      const memory = new WebAssembly.Memory({ initial: 1, maximum: 100 });
      const view = new Uint8Array(memory.buffer);
      const reader = new ReadableStream({ type: "bytes", async pull(to) { memory.grow(1); const to_ = to.byobRequest; if (to_) to_.respond(1); else to.enqueue(new Uint8Array(1)); } }).getReader({ mode: "byob" });
      try { await reader.read(view); } catch {}
      try { new TextEncoder().encodeInto({ toString() { memory.grow(1); return "x".repeat(1_000); } }, new Uint8Array(memory.buffer)); } catch {}
      try { crypto.getRandomValues(view); } catch {}
      try { await env.TOOL.length(view); } catch {}
      return new Response("alive")`, "alive") } },
  A16: { title: "odd syntax: natives, comments, hashbangs", outcome: "P", fast: true, programs: {
    "%DebugPrint": { code: `%DebugPrint(1); export default {};`, ends: { error: "SyntaxError" } },
    "an HTML comment": { code: `<!-- x\nexport default {};`, ends: { error: "SyntaxError" } },
    "a source map of a file": { code: `export default { fetch() { try { null.x; } catch (error) { return new Response(error.stack); } } };\n//# sourceMappingURL=file:///etc/passwd`, outcome: "-", ends: { text: /main\.js/ } },
    "a hashbang": { code: `#!/bin/sh\nexport default { fetch: () => new Response("done") };`, outcome: "-", ends: done },
  } },
  A17: { title: "debugger", outcome: "-", fast: true, programs: { "statement": answering(`debugger; return new Response("went on")`, "went on") } },
  A18: { title: "memory that is shared", outcome: "J", fast: true, programs: { "by name and by WebAssembly's memories": answering(`
      const said = [typeof SharedArrayBuffer, typeof Atomics];
      try {
        const { buffer } = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
        const Shared = buffer.constructor; said.push(Shared.name);
        const one = new Shared(8); structuredClone(one); said.push("cloned");
      } catch (error) { said.push(error.name); }
      try { await env.TOOL.echo(new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }).buffer); said.push("sent"); } catch { said.push("not sent"); }
      return new Response(said.slice(0, 2).join() + " " + said.at(-1))`, "undefined,undefined not sent") } },
  A19: { title: "clocks", outcome: "-", fast: true, programs: Object.fromEntries(clocks.map((clock) => [clock, answering(`
      const before = ${clock}; for (let i = 0; i < 3e7; i++); const after = ${clock};
      return new Response(before === after ? "stands still" : before + " " + after)`, "stands still")])) },
  A20: { title: "timers as a clock", outcome: "-", fast: true, programs: { "a chain of setTimeout(0)": answering(`
      const seen = new Set(); for (let i = 0; i < 50; i++) { await new Promise((go) => setTimeout(go, 0)); seen.add(performance.now()); }
      const steps = [...seen]; const finest = Math.min(...steps.slice(1).map((x, i) => x - steps[i]));
      return new Response(finest >= 1 ? "no finer than 1 ms" : "finer: " + finest)`, "no finer than 1 ms") } },
  A21: { title: "garbage collection as a clock", outcome: "-", fast: true, programs: { "a finalizer does not run within a turn": answering(`
      let ran = 0; const registry = new FinalizationRegistry(() => ran++); const weak = new WeakRef({});
      for (let i = 0; i < 1e4; i++) registry.register({}, i);
      for (let i = 0; i < 300; i++) new Array(1e5).fill(i);
      return new Response(String(ran) + (weak.deref() === undefined ? " gone" : " there"))`, "0 there") } },
  A22: { title: "what isolates of a process could share", outcome: "-", fast: true, deed: twoSeeNothing(`RegExp.$1 + "|" + Intl.DateTimeFormat().resolvedOptions().locale + "|" + new Date(0).getTimezoneOffset() + "|" + (globalThis.mark ?? "") + "|" + (Array.prototype.mark ?? "") + "|" + Object.keys(Symbol.for("mark").constructor)`,
    `/(secret)/.exec("secret"); globalThis.mark = "secret"; Array.prototype.mark = "secret"; Symbol.for("mark").constructor.mark = "secret"; Error.stackTraceLimit = 1`) },
  A23: { title: "two workers of one tenant", outcome: "-", fast: true, deed: twoSeeNothing(`Object.getOwnPropertyNames(globalThis).filter((name) => /secret/.test(name)).join() + Math.random().constructor.name`, `globalThis.secret = 1; Number.secret = 1`) },
  A24: { title: "cloning of what cannot be", outcome: "J", fast: true, programs: { "named errors": answering(`
      const said = [];
      for (const value of [() => {}, new Proxy({}, {}), Symbol(), new WeakMap(), new Promise(() => {}), env.TOOL, ctx, new Response("x"), globalThis]) {
        try { structuredClone(value); said.push("cloned"); } catch (error) { said.push(error.name); }
      }
      const error = Object.defineProperty(new Error("x"), "message", { get() { throw new Error("mine"); } });
      try { structuredClone(error); said.push("DataCloneError"); } catch (error) { said.push("DataCloneError"); }
      return new Response([...new Set(said)].join())`, "DataCloneError") } },
  A25: { title: "members of a capability that are no methods", outcome: "J", fast: true, programs: { ...pick(isolation, "members of a capability that are not its methods"),
    "inherited ones": nothingComes(["constructor", "__proto__", "toString", "valueOf", "hasOwnProperty", "isPrototypeOf", "__defineGetter__", "__lookupGetter__", "fetch2", "env", "ctx", "#private", "constructor.constructor"].map((name) => `env.TOOL["${name}"]("x").then((value) => "called")`)) } },
  A26: { title: "messages with forged numbers", outcome: "J/C", fast: true, programs: pick(engine, "messages that break every rule") },
  A27: { title: "a stub that is passed on gives its grantor's rights alone", outcome: "J", fast: true, programs: { "back from the host": nothingComes([`(await env.TOOL.echo(env.TOOL)).ctx.props`, `(await env.TOOL.echo(env.TOOL)).env`, `(await env.TOOL.echo(env.TOOL)).constructor("x").then((value) => "called")`]) } },
  A28: { title: "ShadowRealm", outcome: "J", fast: true, programs: { "is not there": answering(`return new Response(typeof ShadowRealm)`, "undefined") } },
  A29: { title: "the end of the stack inside of built-ins", outcome: "J", fast: true, programs: { ...pick(engine, "the built-ins at the end of the stack", "recursion through getters of what is logged"),
    "callbacks of the host": { code: inFetch(`const again = async () => { try { await again(); } finally { try { await env.TOOL.call(() => again()); } catch {} } }; const deep = () => { try { deep(); } catch { env.TOOL.echo({}).catch(() => {}); throw new RangeError("Maximum call stack size exceeded"); } }; deep()`), cpuMs: 3_000, outcome: "J/C", ends: [tooDeep, cpuLimit] } } },
  A30: { title: "native code in a cell", outcome: "N", heldBy: ["tests/e2e/sandbox.test.mjs: mayfly doctor: everything that must not work from inside a cell is held", "src/rpc/link_test.cc: LinkTest.EndsOnGarbage", "src/supervisor/host_cell_test.cc: HostCellTest.KillsACellThatBreaksTheProtocol"] },
  A31: { title: "a cell asks for what is another tenant's", outcome: "N", heldBy: ["src/egress/grant_test.cc: Grant.IsRefusedWhenItIsAnothersOrWasTouched", "src/supervisor/network_rules_test.cc: NetworkRulesTest.GivesGuestCellsNothingWithoutAGrant"] },
};

/** One worker leaves marks, another of the same cell looks for them. */
function twoSeeNothing(look, leave) {
  return async ({ host }) => {
    const marking = host.attack({ code: inFetch(`${leave}; await new Promise((go) => setTimeout(go, 200)); return new Response(String(${look}))`) });
    const first = await host.attack({ code: inFetch(`await new Promise((go) => setTimeout(go, 50)); return new Response(String(${look}))`) });
    assert.equal((await marking).error, undefined);
    const second = await host.attack({ code: inFetch(`return new Response(String(${look}))`) });
    assert.equal(first.error, undefined, first.message);
    assert.doesNotMatch(first.text + second.text, /secret/);
    assert.equal(first.text, second.text);
    return `sees ${first.text}`;
  };
}
