// SPDX-License-Identifier: Apache-2.0
import { cellReplaced, cpuLimit, done, inFetch, memoryLimit } from "../program.mjs";
import { programs as time } from "../programs/time.mjs";

export const letter = "B";
export const title = "Processor time";

const cpuMs = 100;
const looping = (body, more) => ({ code: inFetch(body), cpuMs, ends: cpuLimit, ...more });
const pick = (from, ...names) => Object.fromEntries(names.map((name) => [name, from[name]]));
// What the garbage of a flood comes to first depends on the machine.
const either = [cpuLimit, memoryLimit];
const stuck = (body) => ({ code: inFetch(body), cpuMs, ends: cpuLimit, outcome: "D" });

export const cases = {
  B01: { title: "a loop", outcome: "C", fast: true, programs: pick(time, "a loop", "a loop in finally") },
  B02: { title: "a loop in WebAssembly", outcome: "C", fast: true, programs: pick(time, "WebAssembly without end") },
  B03: { title: "microtasks without end", outcome: "C", fast: true, programs: {
    ...pick(time, "microtasks without end"),
    "queueMicrotask": looping(`const again = () => queueMicrotask(again); again(); await new Promise(() => {})`),
    "a thousand at a time": looping(`const again = () => { for (let i = 0; i < 1000; i++) queueMicrotask(() => {}); queueMicrotask(again); }; again(); await new Promise(() => {})`, { ends: either }),
  } },
  B04: { title: "promises that resolve to promises", outcome: "C", fast: true, programs: {
    "a chain that grows": looping(`let chain = Promise.resolve(); for (;;) chain = chain.then(() => chain)`, { ends: either }),
    "a thenable that gives itself": looping(`const self = { then(resolve) { resolve(self); } }; await self`),
    "async functions that await each other": looping(`const ping = async () => { await null; return pong(); }; const pong = async () => { await null; return ping(); }; await ping()`, { ends: either }),
  } },
  B05: { title: "async generators without end", outcome: "C", fast: true, programs: {
    "one": looping(`for await (const _ of (async function* () { for (;;) yield; })());`),
    "yield* of itself": looping(`async function* all() { yield 1; yield* all(); } for await (const _ of all());`, { ends: [...either, { error: "RangeError" }] }),
    "10,000 at once": looping(`const one = async function* () { for (;;) yield; }; await Promise.all(Array.from({ length: 10_000 }, async () => { for await (const _ of one()); }))`, { ends: either }),
  } },
  B06: { title: "code that catches what ends it", outcome: "C", fast: true, programs: {
    "try, catch and finally around it": looping(`for (;;) { try { for (;;); } catch { } finally { for (;;) { try { for (;;); } catch {} finally { continue; } } } }`),
    "in an async function": looping(`const again = async () => { for (;;) { try { await again(); } catch {} } }; for (;;) { try { await again(); } catch {} }`, { ends: [...either, cellReplaced], outcome: "C/D" }),
    "in a generator's finally": looping(`function* all() { for (;;) { try { yield; } finally { for (;;); } } } for (const _ of all()) break`),
    "a disposer": looping(`for (;;) { try { using held = { [Symbol.dispose]() { for (;;); } }; } catch {} }`),
  } },
  B07: { title: "recursion in finally and catch", outcome: "C", fast: true, programs: {
    "finally": looping(`const again = () => { try { again(); } finally { again(); } }; again()`),
    "catch": looping(`const again = () => { try { again(); } catch { again(); } }; again()`),
  } },
  B08: { title: "regular expressions that backtrack", outcome: "J/C", fast: true, programs: {
    "a plus of a plus": looping(`/^(a+)+$/.test("a".repeat(40) + "b")`),
    "an alternation of the same": looping(`/^(a|a)*$/.test("a".repeat(60) + "b")`),
    "back references": looping(`/^(a+)(\\1)+$/.test("a".repeat(80) + "b")`, { ends: [cpuLimit, done], outcome: "J/C" }),
    "look-behind": looping(`/(?<=^(a+)+)b/.test("a".repeat(60) + "c")`, { ends: [cpuLimit, done] }),
    "replace with a callback": looping(`"ab".repeat(1e6).replace(/(a+)+b/g, () => { for (;;); })`),
    "split": looping(`("a".repeat(40) + "b").split(/^(a+)+$/)`),
    "a sticky one with lastIndex": looping(`const all = /(a+)+$/y; for (;;) { all.lastIndex = 0; all.test("a".repeat(40) + "b"); }`),
  } },
  B09: { title: "a regular expression whose compilation takes without end", outcome: "C/D", programs: {
    "50,000 classes of sets": { code: inFetch(`new RegExp("[" + "[a-z--[b]]".repeat(50_000) + "]", "v").test("x")`), cpuMs, ends: [cpuLimit, memoryLimit, { error: "SyntaxError" }] },
    "case-insensitive classes": { code: inFetch(`new RegExp("[\\\\p{L}]{1,200}".repeat(200), "iu").test("x")`), cpuMs, ends: [cpuLimit, memoryLimit, { error: "SyntaxError" }, done] },
    "counted groups in counted groups": { code: inFetch(`new RegExp("((((((a{9}){9}){9}){9}){9}){9}){9}").test("a")`), cpuMs, ends: [cpuLimit, memoryLimit, { error: "SyntaxError" }, done] },
  } },
  B10: { title: "an alternation of a million ways", outcome: "C/D", programs: {
    "of texts": { code: inFetch(`new RegExp(Array.from({ length: 1e6 }, (_, i) => "w" + i).join("|")).test("w999999")`), cpuMs: 500, ends: [cpuLimit, memoryLimit, { error: "SyntaxError" }] },
    "of empty groups": { code: inFetch(`new RegExp("(?:)|".repeat(1e6)).test("x")`), cpuMs, ends: [cpuLimit, memoryLimit, { error: "SyntaxError" }, done] },
  } },
  B11: { title: "sorting and the like of 2^32 elements", outcome: "D", programs: {
    "sort": { ...stuck(`const all = []; all.length = 2 ** 32 - 1; all.sort()`), outcome: "C/D", ends: either },
    "reverse": stuck(`const all = []; all.length = 2 ** 32 - 1; all.reverse()`),
    "indexOf": stuck(`const all = [1]; all.length = 2 ** 32 - 1; all.indexOf(2)`),
  } },
  B12: { title: "what goes through a length of 2^53", outcome: "D", programs: {
    "indexOf": { ...stuck(`[].indexOf.call({ length: 2 ** 53 - 1 }, 1)`) },
    "includes": stuck(`[].includes.call({ length: 2 ** 53 - 1 }, 1)`),
    "lastIndexOf": stuck(`[].lastIndexOf.call({ length: 2 ** 53 - 1 }, 1)`),
    "copyWithin": stuck(`[].copyWithin.call({ length: 2 ** 53 - 1 }, 5, 0)`),
    "join": { ...stuck(`[].join.call({ length: 2 ** 53 - 1 })`), outcome: "J/C/D", ends: [cpuLimit, memoryLimit, { error: /^(RangeError|TypeError)$/ }] },
    "fill": { ...stuck(`[].fill.call({ length: 2 ** 53 - 1 }, 0)`), outcome: "C/D", ends: either },
    "reverse": stuck(`[].reverse.call({ length: 2 ** 53 - 1 })`),
    "unshift": { ...stuck(`[].unshift.call({ length: 2 ** 53 - 3 }, 1)`), outcome: "C/D" },
    "forEach": { ...stuck(`[].forEach.call({ length: 2 ** 53 - 1 }, () => {})`), outcome: "C/D" },
    "flat": { ...stuck(`[].flat.call({ length: 2 ** 53 - 1 })`), outcome: "C/D" },
    "Reflect.apply": { code: inFetch(`try { Reflect.apply(Math.max, null, { length: 2 ** 32 }); } catch (error) { return new Response(error.name); }`), cpuMs, outcome: "J", ends: { text: "RangeError" } },
  } },
  B13: { title: "long steps in a loop", outcome: "C/D", programs: {
    "fill of a large array": { code: inFetch(`const big = new Uint8Array(100 << 20); for (;;) big.fill(1)`), cpuMs, ends: either },
    "reverse of a large array": { code: inFetch(`const big = new Float64Array(10 << 20); for (;;) big.reverse()`), cpuMs, ends: either },
    "indexOf in a large array": { code: inFetch(`const big = new Uint8Array(100 << 20); for (;;) big.indexOf(1)`), cpuMs, ends: either },
    "set of a large array": { code: inFetch(`const big = new Uint8Array(50 << 20), other = new Uint8Array(50 << 20); for (;;) big.set(other)`), cpuMs, ends: either },
    "sort of a large array": { code: inFetch(`const big = new Float64Array(10 << 20); for (;;) big.sort()`), cpuMs, ends: either },
    "toSorted": { code: inFetch(`const big = new Float64Array(4 << 20).map(Math.random); for (;;) big.toSorted((a, b) => b - a)`), cpuMs, ends: either },
  } },
  B14: { title: "large numbers", outcome: "C/D", programs: {
    "shift": { code: inFetch(`let x = 1n; for (;;) x <<= 1_000_000n`), cpuMs, ends: [...either, { error: "RangeError" }] },
    "square": { code: inFetch(`let x = 3n; for (;;) x *= x`), cpuMs, ends: [...either, { error: "RangeError" }] },
    "to text": { code: inFetch(`(1n << 100_000_000n).toString()`), cpuMs, ends: either },
    "division": { code: inFetch(`const x = 3n ** 5_000_000n; for (;;) (x * x) / (x - 1n)`), cpuMs, ends: either },
    "from text": { code: inFetch(`BigInt("9".repeat(100_000_000))`), cpuMs, ends: [...either, { error: "SyntaxError" }, { error: "RangeError" }] },
    "power": { code: inFetch(`3n ** 1_000_000_000n`), cpuMs, ends: [...either, { error: "RangeError" }] },
    "asUintN": { code: inFetch(`try { BigInt.asUintN(2 ** 40, -1n); } catch (error) { return new Response(error.name); }`), cpuMs, ends: { text: "RangeError" } },
  } },
  B15: { title: "JSON of hundreds of megabytes", outcome: "C/D", programs: {
    "stringify": { code: inFetch(`const x = "x".repeat(1 << 20); JSON.stringify(Array(400).fill(x)).length`), cpuMs, ends: [...either, done, { error: "RangeError" }] },
    "parse": { code: inFetch(`JSON.parse("[" + "1,".repeat(200 << 20) + "1]").length`), cpuMs: 500, ends: either },
    "a reviver": { code: inFetch(`JSON.parse("[" + "1,".repeat(1e6) + "1]", () => { for (;;); })`), cpuMs, ends: cpuLimit },
    "toJSON": { code: inFetch(`JSON.stringify({ toJSON() { for (;;); } })`), cpuMs, ends: cpuLimit },
    "escapes": { code: inFetch(`JSON.stringify("\\u0001".repeat(80 << 20)).length`), cpuMs, ends: [...either, done, { error: "RangeError" }] },
  } },
  B16: { title: "Atomics.wait", outcome: "J", fast: true, programs: {
    "of shared memory": { code: inFetch(`
      try {
        const { buffer } = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
        return new Response(String(Atomics.wait(new Int32Array(buffer), 0, 0)));
      } catch (error) { return new Response(error.name); }`), ends: { text: /^(ReferenceError|TypeError)$/ } },
  } },
  B17: { title: "a flood of timers", outcome: "J", fast: true, programs: {
    "10,000": time["10,000 timers"],
    "a million": { code: inFetch(`for (let i = 0; i < 1e6; i++) setTimeout(() => {}, 1e6)`), cpuMs: 2_000, outcome: "J/C", ends: [{ error: "TimerLimit" }, cpuLimit, memoryLimit] },
    "timers that make timers": time["timers without end"],
  } },
  B18: { title: "intervals of no time", outcome: "C", fast: true, programs: {
    "one that works": looping(`setInterval(() => { for (let i = 0; i < 1e5; i++); }, 0); await new Promise(() => {})`),
    "a thousand": looping(`for (let i = 0; i < 1_000; i++) setInterval(() => { for (let i = 0; i < 1e4; i++); }, 0); await new Promise(() => {})`),
  } },
  B19: { title: "many short requests that each stay below the limit", outcome: "-", programs: {
    "400 of 40 ms": { code: inFetch(`const until = 2e7; for (let i = 0; i < until; i++);`), cpuMs: 1_000, calls: 200, ends: done },
  } },
  B20: { title: "a loop while a module starts", outcome: "C", fast: true, programs: pick(time, "a loop at the top of a module",
    "a loop at the top of a module, and a patched Promise that loops", "a loop in a module that is imported later", "a loop in CommonJS") },
  B21: { title: "a loop in what disposes and finalizes", outcome: "C", fast: true, programs: {
    "Symbol.dispose of what is passed": looping(`
      const { RpcTarget } = await import("cloudflare:workers");
      class Evil extends RpcTarget { [Symbol.dispose]() { for (;;); } }
      await env.TOOL.echo(new Evil()).then((stub) => stub[Symbol.dispose]()); await new Promise(() => {})`),
    "a finalizer": looping(`
      const registry = new FinalizationRegistry(() => { for (;;); });
      for (let i = 0; i < 1e5; i++) registry.register({ big: new Array(100) }, i);
      await new Promise((go) => setTimeout(go, 50)); for (let i = 0; i < 1e5; i++) registry.register({ big: new Array(1_000) }, i);
      await new Promise((go) => setTimeout(go, 1_000))`, { ends: [cpuLimit, memoryLimit, done], cpuMs: 500 }),
    "cancel of a stream": looping(`
      const stream = new ReadableStream({ cancel() { for (;;); } }); await stream.cancel()`),
  } },
  B22: { title: "a loop in a callback on the caller's time", outcome: "C", fast: true, programs: {
    "called by the host": looping(`await env.TOOL.call(() => { for (;;); })`),
    "called again and again": looping(`for (;;) await env.TOOL.call(() => { for (let i = 0; i < 1e6; i++); })`),
    "calls of itself": time["calls of itself, each with a budget of its own"],
  } },
  B23: { title: "code that is ended a hundred times", outcome: "C", programs: {
    "a loop, loaded anew each time": looping(`for (;;)`, { cpuMs: 20, loads: 100 }),
  } },
  B24: { title: "key derivation of great cost", outcome: "J/C/D", programs: {
    "PBKDF2 of four billion rounds": { code: inFetch(`
      const key = await crypto.subtle.importKey("raw", new Uint8Array(8), "PBKDF2", false, ["deriveBits"]);
      await crypto.subtle.deriveBits({ name: "PBKDF2", hash: "SHA-512", salt: new Uint8Array(8), iterations: 4_000_000_000 }, key, 512)`), cpuMs, ends: [cpuLimit, { error: /Error$/ }] },
    "RSA keys of any size": { code: inFetch(`for (;;) await crypto.subtle.generateKey({ name: "RSASSA-PKCS1-v1_5", modulusLength: 16_384, publicExponent: new Uint8Array([1, 0, 1]), hash: "SHA-256" }, true, ["sign"])`), cpuMs, ends: [cpuLimit, { error: /Error$/ }] },
    "keys without end": { code: inFetch(`const all = []; for (;;) all.push(await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, true, ["encrypt"]))`), cpuMs: 2_000, patienceMs: 90_000, ends: [cpuLimit, memoryLimit] },
    "HKDF of a megabyte": { code: inFetch(`
      const key = await crypto.subtle.importKey("raw", new Uint8Array(8), "HKDF", false, ["deriveBits"]);
      try { await crypto.subtle.deriveBits({ name: "HKDF", hash: "SHA-256", salt: new Uint8Array(8), info: new Uint8Array(8) }, key, 8 << 20); } catch (error) { return new Response(error.name); }`), cpuMs, ends: [{ text: "OperationError" }, done, cpuLimit] },
    "encryption of 100 MB": { code: inFetch(`
      const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt"]); const all = [];
      for (;;) all.push(await crypto.subtle.encrypt({ name: "AES-GCM", iv: new Uint8Array(12) }, key, new Uint8Array(60 << 20)))`), cpuMs: 5_000, ends: [cpuLimit, memoryLimit, { error: "RangeError" }, { error: "OperationError" }] },
  } },
  B25: { title: "compressed data that grows a thousandfold", outcome: "J", fast: true, programs: {
    "gzip, read to the end and let go": { code: inFetch(`
      const zeros = new ReadableStream({ start() { this.left = 200; }, pull(to) { this.left-- > 0 ? to.enqueue(new Uint8Array(1 << 20)) : to.close(); } });
      const packed = await new Response(zeros.pipeThrough(new CompressionStream("gzip"))).arrayBuffer();
      let length = 0;
      for await (const chunk of new Response(packed).body.pipeThrough(new DecompressionStream("gzip"))) length += chunk.length;
      return new Response(packed.byteLength < 1e6 ? String(length) : "large");`), cpuMs: 20_000, ends: { text: String(200 << 20) } },
    "gzip, kept": { code: inFetch(`
      const zeros = new ReadableStream({ start() { this.left = 400; }, pull(to) { this.left-- > 0 ? to.enqueue(new Uint8Array(1 << 20)) : to.close(); } });
      const packed = await new Response(zeros.pipeThrough(new CompressionStream("gzip"))).arrayBuffer();
      await new Response(new Response(packed).body.pipeThrough(new DecompressionStream("gzip"))).arrayBuffer()`), cpuMs: 20_000, outcome: "J/C", ends: [memoryLimit, { error: /^(RangeError|TypeError|Error)$/ }] },
  } },
  B26: { title: "odd patterns for built-ins", outcome: "C", fast: true, programs: {
    "URLPattern": { code: inFetch(`
      try { new URLPattern({ pathname: "/:a".repeat(10_000) + "(a+)+b" }).test({ pathname: "/a".repeat(10_000) }); } catch (error) { return new Response(error.name); }`),
      cpuMs, outcome: "J/C", ends: [cpuLimit, done, { text: /Error$/ }] },
    "URLPattern that backtracks": looping(`new URLPattern({ pathname: "/((?:a+)+)b" }).test({ pathname: "/" + "a".repeat(50) })`, { outcome: "J/C", ends: [cpuLimit, { error: /^(ReferenceError|TypeError)$/ }] }),
    "a URL of 50 MB": { code: inFetch(`try { new URL("http://x/" + "a/../".repeat(10 << 20)).href.length; } catch (error) { return new Response(error.name); }`), cpuMs, outcome: "J/C", ends: [cpuLimit, memoryLimit, done, { text: "TypeError" }] },
    "a host of 10 MB": { code: inFetch(`try { new URL("http://" + "xn--a.".repeat(2 << 20)); } catch (error) { return new Response(error.name); }`), cpuMs, outcome: "J/C", ends: [cpuLimit, done, { text: "TypeError" }] },
    "search parameters of 20 MB": { code: inFetch(`[...new URLSearchParams("a=b&".repeat(5 << 20))].length`), cpuMs, outcome: "J/C", ends: [cpuLimit, memoryLimit, done] },
    "a text of 60 MB that is no UTF-8": { code: inFetch(`new TextDecoder().decode(new Uint8Array(60 << 20).fill(255)).length`), cpuMs, outcome: "J/C", ends: [cpuLimit, memoryLimit, done] },
    "a header of 30 MB": { code: inFetch(`try { new Headers({ a: "x".repeat(30 << 20) }).get("a").length; } catch (error) { return new Response(error.name); }`), cpuMs, outcome: "J/C", ends: [cpuLimit, memoryLimit, done, { text: "TypeError" }] },
    "100,000 headers": { code: inFetch(`const all = new Headers(); for (let i = 0; i < 1e5; i++) all.append("a" + i, "b"); [...all].length`), cpuMs: 500, outcome: "J/C", ends: [cpuLimit, done] },
    "one header 100,000 times": { code: inFetch(`const all = new Headers(); for (let i = 0; i < 1e5; i++) all.append("a", "b"); all.get("a").length`), cpuMs: 500, outcome: "J/C", ends: [cpuLimit, done] },
    "a form of 100,000 parts": { code: inFetch(`const all = new FormData(); for (let i = 0; i < 1e5; i++) all.append("a", "b"); (await new Response(all).text()).length`), cpuMs, outcome: "J/C", ends: [cpuLimit, memoryLimit, done] },
    "a form that never ends its head": { code: inFetch(`
      try { await new Response("--x\\r\\n" + "a".repeat(20 << 20), { headers: { "content-type": "multipart/form-data; boundary=x" } }).formData(); } catch (error) { return new Response(error.name); }`),
      cpuMs: 500, outcome: "J/C", ends: [cpuLimit, { text: "TypeError" }] },
    "dates": { code: inFetch(`for (const text of ["1".repeat(10 << 20), "(".repeat(10 << 20), " ".repeat(10 << 20) + "1"]) Date.parse(text)`), cpuMs: 500, outcome: "J/C", ends: [cpuLimit, done] },
    "btoa of 60 MB": { code: inFetch(`atob(btoa("x".repeat(60 << 20))).length`), cpuMs: 500, outcome: "J/C", ends: [cpuLimit, memoryLimit, done, { error: "RangeError" }] },
    "Intl": { code: inFetch(`
      try { new Intl.DateTimeFormat("x".repeat(1 << 20)); } catch (error) { return new Response(error.name); }`), cpuMs: 500, outcome: "J/C", ends: { text: "RangeError" } },
    "localeCompare of 100 MB": { code: inFetch(`const x = "\\u00e4".repeat(50 << 20); x.localeCompare(x + "b")`), cpuMs, outcome: "C/D", ends: [cpuLimit, memoryLimit, done] },
    "normalize of 100 MB": { code: inFetch(`"\\u1e9b\\u0323".repeat(25 << 20).normalize("NFKC").length`), cpuMs, outcome: "C/D", ends: [cpuLimit, memoryLimit, done] },
  } },
};
