// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { cellReplaced, cpuLimit, done, inFetch, memoryLimit } from "../program.mjs";
import { programs as memory } from "../programs/memory.mjs";
import { programs as time } from "../programs/time.mjs";
import { programs as engine } from "../programs/engine.mjs";
import { programs as wasm } from "../programs/wasm_memory.mjs";

export const letter = "C";
export const title = "Memory inside of the engine";

const cpuMs = 10_000;
const pick = (from, ...names) => Object.fromEntries(names.map((name) => [name, from[name]]));
const filling = (body, more) => ({ code: inFetch(body), cpuMs, ends: memoryLimit, ...more });
// Kept without end: an array of what `make` gives.
const kept = (make, more) => filling(`const all = []; for (let i = 0; ; i++) all.push(${make})`, more);
// One built-in may finish, throw, be ended or have to be waited for: whichever comes first is named.
const rangeError = { error: "RangeError" };
const named = [memoryLimit, cpuLimit, rangeError, cellReplaced];
const bounded = (body, more) => ({ code: inFetch(body), cpuMs: 3_000, ends: [...named, done], outcome: "J/C/D", ...more });
const together = (count, program, expected = /^MemoryLimitExceeded$/) => async ({ host }) => {
  const ends = await Promise.all(Array.from({ length: count }, () => host.attack(program)));
  for (const { error, text } of ends) assert.match(error ?? `none: ${text}`, expected);
  return ends.map(({ error }) => error).join(", ");
};
const codeDenied = { error: "EvalError" };

export const cases = {
  C01: { title: "objects in an array", outcome: "C", fast: true, programs: pick(memory, "objects without end", "objects in microtasks", "objects in a getter of an argument") },
  C02: { title: "small numbers in an array", outcome: "C", fast: true, programs: { "push": kept("1") } },
  C03: { title: "doubles in an array", outcome: "C", fast: true, programs: { "push": kept("i + 0.5") } },
  C04: { title: "arrays of arrays", outcome: "C", programs: {
    "of a thousand": kept("new Array(1_000).fill(i)"),
    "nested": filling(`let all = []; for (;;) all = [all, all.slice()]`),
    "each of the ones before": filling(`const all = []; for (;;) all.push(all.slice())`),
  } },
  C05: { title: "a linked list", outcome: "C", fast: true, programs: { "next": filling(`let all = null; for (;;) all = { next: all, value: {} }`) } },
  C06: { title: "closures", outcome: "C", fast: true, programs: { "kept": kept("(() => { const x = { i }; return () => x; })()") } },
  C07: { title: "keys of one object", outcome: "C", programs: { "texts": filling(`const all = {}; for (let i = 0; ; i++) all["key" + i] = i`), "symbols": filling(`const all = {}; for (let i = 0; ; i++) all[Symbol(i)] = i`) } },
  C08: { title: "sparse integers", outcome: "C", programs: { "of an array": filling(`const all = []; for (let i = 0; ; i++) all[(i * 7919) % 4294967295] = i`), "of an object": filling(`const all = {}; for (let i = 0; ; i++) all[i * 100_003] = i`) } },
  C09: { title: "a Map", outcome: "C", fast: true, programs: pick(memory, "a map without end") },
  C10: { title: "a Set", outcome: "C", programs: { "of numbers": filling(`const all = new Set(); for (let i = 0; ; i++) all.add(i)`, { ends: [memoryLimit, rangeError], outcome: "J/C/D" }), "of objects": filling(`const all = new Set(); for (;;) all.add({})`) } },
  C11: { title: "a WeakMap whose keys are kept", outcome: "C", programs: { "objects": filling(`const all = new WeakMap(), keys = []; for (;;) { const key = {}; keys.push(key); all.set(key, { key }); }`) } },
  C12: { title: "symbols", outcome: "C", programs: { "kept": kept("Symbol('symbol ' + i)"), "registered": filling(`for (let i = 0; ; i++) Symbol.for("symbol " + i + "x".repeat(1_000))`, { ends: [memoryLimit, cpuLimit], cpuMs: 3_000 }) } },
  C13: { title: "interned strings", outcome: "C", programs: { "keys of objects": filling(`const all = []; for (let i = 0; ; i++) { const key = "a key of some length " + i; ({})[key]; all.push(key); }`) } },
  C14: { title: "strings that are appended to", outcome: "J/C", programs: { "kept": filling(`const all = []; let text = ""; for (;;) { text += "x".repeat(1_000); all.push(text + all.length); }`, { ends: [memoryLimit, rangeError] }) } },
  C15: { title: "strings that double and are flattened", outcome: "J/C", programs: { "doubled": filling(`let text = "ab" + Math.random(); for (;;) { text += text; text.charCodeAt(text.length - 1); JSON.parse('"' + text + '"'); }`, { ends: [memoryLimit, rangeError] }) } },
  C16: { title: "a string that does not fit", outcome: "J", fast: true, programs: { ...pick(memory, "a text that does not fit"), "padStart": { code: inFetch(`try { "".padStart(2 ** 30, "ab"); } catch (error) { return new Response(error.name); }`), ends: { text: "RangeError" } } } },
  C17: { title: "strings repeated, flattened and kept", outcome: "C/D", programs: {
    "of one byte": kept(`(() => { const text = "x".repeat(50 << 20) + i; text.charCodeAt(5); /y/.test(text); return text; })()`),
    "of two bytes": kept(`(() => { const text = "\\u4e00".repeat(20 << 20) + i; /y/.test(text); return text; })()`),
  } },
  C18: { title: "one string of a gigabyte", outcome: "J/C/D", programs: { "of two bytes": bounded(`const text = "\\u4e00".repeat(2 ** 29 - 30); /y/.test(text); new Response(text.length)`) } },
  C19: { title: "Array(n).fill", outcome: "J/C/D", fast: true, programs: Object.fromEntries([
    ...[24, 25, 26, 27, 28, 30].map((bits) => [`2^${bits}`, bounded(`Array(2 ** ${bits}).fill(1)`, { fast: bits === 30 })]),
    ["2^32 - 1", bounded(`Array(2 ** 32 - 1).fill(1)`, { fast: false })],
    ["a length that is set", bounded(`const all = []; all.length = 2 ** 31; all.fill(1)`, { fast: false })],
    ["2^27, kept", bounded(`const all = []; for (;;) all.push(Array(2 ** 24).fill(all.length))`, { ends: named, fast: false })],
  ]) },
  C20: { title: "Array.from of a length", outcome: "J/C/D", programs: { "without a function": bounded(`Array.from({ length: 2 ** 28 })`), "with one": bounded(`Array.from({ length: 2 ** 28 }, (_, i) => ({ i }))`, { ends: named }), "of an endless iterator": bounded(`Array.from({ *[Symbol.iterator]() { for (;;) yield {}; } })`, { ends: named }) } },
  C21: { title: "arrays that are spread", outcome: "J/C/D", programs: { "thrice itself": bounded(`let all = [1]; for (;;) all = [...all, ...all, ...all]`, { ends: named }), "into arguments": { code: inFetch(`try { Math.max(...Array(1e7).fill(1)); } catch (error) { return new Response(error.name); }`), cpuMs, outcome: "J", ends: { text: "RangeError" } } } },
  C22: { title: "a string that is spread", outcome: "J/C/D", programs: { "of 100 MB": bounded(`[..."ab".repeat(50 << 20)]`, { ends: named }) } },
  C23: { title: "arrays that are copied and kept", outcome: "J/C/D", programs: Object.fromEntries(Object.entries({
    concat: "all.concat(all)", splice: "(all.splice(0, 0, ...all.slice(0, 50_000)), all)", slice: "(kept.push(all.slice()), all)", map: "(kept.push(all.map((x) => [x])), all)",
    toReversed: "(kept.push(all.toReversed()), all)", unshift: "(all.unshift(...Array(50_000).fill(1)), all)", filter: "(kept.push(all.filter(() => true)), all)", with: "(kept.push(all.with(0, 2)), all)",
    toSpliced: "(kept.push(all.toSpliced(0, 1)), all)", flatMap: "all.flatMap((x) => [x, x])",
  }).map(([name, step]) => [name, bounded(`const kept = []; let all = Array(1e6).fill(1.5); for (;;) all = ${step}`, { ends: named })])) },
  C24: { title: "sorting of millions", outcome: "J/C/D", programs: { "12 million": bounded(`Array.from({ length: 12_000_000 }, (_, i) => -i).sort()`, { ends: [...named, done] }), "with a comparison that fills": bounded(`const kept = []; [3, 2, 1, 4, 5].sort(() => { for (;;) kept.push({}); })`, { ends: named }) } },
  C25: { title: "flat", outcome: "J/C/D", programs: { "of what doubles": bounded(`let all = [1]; for (let i = 0; i < 40; i++) all = [all, all]; all.flat(Infinity)`, { ends: named }), "of itself": bounded(`const all = [1]; all.push(all, all); all.flat(Infinity)`, { ends: named }) } },
  C26: { title: "entries, groups and descriptors of large objects", outcome: "J/C/D", programs: Object.fromEntries(Object.entries({
    entries: "kept.push(Object.entries(all))", fromEntries: "kept.push(Object.fromEntries(Object.entries(all)))", groupBy: "kept.push(Object.groupBy(Object.keys(all), (key) => key))",
    getOwnPropertyDescriptors: "kept.push(Object.getOwnPropertyDescriptors(all))", assign: "kept.push(Object.assign({}, all))", spread: "kept.push({ ...all })",
  }).map(([name, step]) => [name, bounded(`const kept = [], all = {}; for (let i = 0; i < 300_000; i++) all["k" + i] = i; for (;;) ${step}`, { ends: named })])) },
  C27: { title: "keys of large typed arrays", outcome: "J/C/D", programs: { "Object.keys": bounded(`Object.keys(new Uint8Array(100 << 20))`, { ends: named }), "for in": bounded(`let n = 0; for (const key in new Uint8Array(100 << 20)) n++`, { ends: named }), "Reflect.ownKeys": bounded(`Reflect.ownKeys(new Uint8Array(100 << 20))`, { ends: named }), "of an array": bounded(`Object.keys(Array(3e7).fill(1))`, { ends: named }), "of a string": bounded(`Object.keys(new String("x".repeat(1e8)))`, { ends: named }) } },
  C28: { title: "strings that are split, matched and replaced", outcome: "J/C/D", programs: Object.fromEntries(Object.entries({
    "split by nothing": `text.split("")`, "split by a pattern": "text.split(/(?:)/)", "match": "text.match(/a/g)", "matchAll": "[...text.matchAll(/a/g)]",
    "replace with a function": "text.replace(/a/g, () => 'bcd'.repeat(100))", "replaceAll": `text.replaceAll("a", "b".repeat(1_000))`, "replace of nothing": `text.replaceAll("", "x".repeat(100))`,
    "$& in a replacement": `text.replace(/a+/, "$&".repeat(1_000))`,
  }).map(([name, step]) => [name, bounded(`const text = "a".repeat(50 << 20); ${step}`)])) },
  C29: { title: "strings that change their case, form and spelling", outcome: "J/C/D", programs: Object.fromEntries(["toUpperCase()", `normalize("NFD")`, "toLocaleUpperCase()", "toWellFormed()", "big()"].map((call) => [call, bounded(`const kept = [], text = "\\u00e4\\u00df".repeat(20 << 20); for (;;) kept.push(text.${call})`, { ends: named })]).concat([
    ["encodeURIComponent", bounded(`encodeURIComponent("\\u4e00".repeat(100 << 20))`, { ends: named })],
    ["escape", bounded(`escape("\\u4e00".repeat(100 << 20))`, { ends: named })],
  ])) },
  C30: { title: "JSON.parse of large texts", outcome: "J/C/D", programs: Object.fromEntries(Object.entries({
    numbers: `"[" + "1,".repeat(1e7) + "1]"`, objects: `"[" + '{"a":1},'.repeat(5e6) + "1]"`, nested: `"[".repeat(2e7) + "]".repeat(2e7)`, keys: `"{" + Array.from({ length: 1e6 }, (_, i) => '"k' + i + '":1').join() + "}"`, strings: `"[" + '"abcdefgh",'.repeat(5e6) + "1]"`,
  }).map(([name, text]) => [name, bounded(`const kept = []; for (;;) kept.push(JSON.parse(${text}))`, { ends: named })])) },
  C31: { title: "JSON.stringify of large values", outcome: "J/C/D", programs: { "kept": bounded(`const kept = [], all = Array(1e6).fill("abc"); for (;;) kept.push(JSON.stringify(all))`, { ends: named }), "indented": bounded(`let all = {}; for (let i = 0; i < 2_000; i++) all = { all }; const kept = []; for (;;) kept.push(JSON.stringify(all, null, 10))`, { ends: named }) } },
  C32: { title: "array buffers", outcome: "J/C", fast: true, programs: {
    ...pick(memory, "buffers without end"),
    "let go": { code: inFetch(`for (let i = 0; i < 300; i++) new Uint8Array(10 << 20).fill(1)`), cpuMs, ends: done },
    "small ones": kept("new Uint8Array(1_000)"),
    "one of 8 GB": { code: inFetch(`try { new ArrayBuffer(8 * 2 ** 30); } catch (error) { return new Response(error.name); }`), ends: { text: "RangeError" } },
    "Blobs": kept("new Blob([new Uint8Array(1 << 20)])"),
  } },
  C33: { title: "buffers that may grow", outcome: "J/C", fast: true, programs: {
    "reserved": { code: inFetch(`try { new ArrayBuffer(8, { maxByteLength: 2 ** 36 }); } catch (error) { return new Response(error.name); }`), ends: { text: "RangeError" } },
    "many reservations": { code: inFetch(`const all = []; try { for (let i = 0; i < 1e5; i++) all.push(new ArrayBuffer(8, { maxByteLength: 100 << 20 })); } catch (error) { return new Response(error.name); }`), cpuMs, fast: false, ends: [{ text: "RangeError" }, memoryLimit] },
    "grown": { code: inFetch(`const one = new ArrayBuffer(8, { maxByteLength: 120 << 20 }), all = []; for (;;) { one.resize(120 << 20); new Uint8Array(one).fill(1); all.push(one.slice()); one.resize(0); }`), cpuMs, ends: [memoryLimit, rangeError] },
  } },
  C34: { title: "buffers that are transferred and doubled", outcome: "J/C", fast: true, programs: { "transfer": { code: inFetch(`let one = new ArrayBuffer(1 << 20); try { for (;;) one = one.transfer(one.byteLength * 2); } catch (error) { return new Response(error.name); }`), cpuMs, ends: [{ text: "RangeError" }, memoryLimit] }, "structuredClone": kept(`structuredClone(new ArrayBuffer(10 << 20))`) } },
  C35: { title: "memories of WebAssembly", outcome: "J/C", programs: Object.fromEntries(Object.entries(wasm).filter(([name]) => !/tables/.test(name))) },
  C36: { title: "tables of WebAssembly", outcome: "C", programs: { ...pick(wasm, "tables without end"), "grown": { ...filling(`const one = new WebAssembly.Table({ element: "externref", initial: 1 }), all = []; for (;;) { one.grow(100_000, { x: all.length }); all.push({}); }`), ends: [memoryLimit, rangeError] } } },
  C37: { title: "many modules of WebAssembly", outcome: "J", missing: "code has no way to compile more modules than it came with (A14), and those are bounded to 64 MiB" },
  C38: { title: "arrays of WebAssembly's garbage collected types", outcome: "C", programs: { "kept without end": {
    // (module (type $a (array (mut i64))) (func (export "make") (param i32) (result (ref $a)) (array.new_default $a (local.get 0))))
    code: `import module from "gc.wasm"; export default { fetch() { const { make } = new WebAssembly.Instance(module).exports; const all = []; for (;;) all.push(make(1e6)); } };`,
    modules: { "gc.wasm": { wasm: Buffer.from("0061736d01000000010a025e770160017f0164000302010107080" + "1046d616b6500000a0901070020" + "00fb07000b", "hex").toString("base64") } },
    cpuMs, ends: memoryLimit,
  } } },
  C39: { title: "code from large texts", outcome: "J", fast: true, programs: Object.fromEntries(Object.entries({
    "40 MB": `new Function("return 1;".repeat(5e6))`, "five million elements": `new Function("return [" + "1,".repeat(5e6) + "]")`, "a template": "new Function('return `' + '${1}'.repeat(5e5) + '`')", "a million parentheses": `eval("(".repeat(1e6))`,
  }).map(([name, code]) => [name, { code: inFetch(code), cpuMs, ends: codeDenied }])) },
  C40: { title: "eval of ever other functions", outcome: "J", fast: true, programs: { "is refused the first time": { code: inFetch(`for (let i = 0; ; i++) eval("(function () { return " + i + "; })")`), ends: codeDenied } } },
  C41: { title: "many regular expressions", outcome: "C", programs: { "kept and used": filling(`const all = []; for (let i = 0; ; i++) { const one = new RegExp("a" + i + "[b-z]{1,9}"); one.test("a" + i + "bcd"); all.push(one); }`, { ends: [memoryLimit, cpuLimit] }) } },
  C42: { title: "formatters, which hold memory outside of the heap", outcome: "C/K", programs: {
    "DateTimeFormat": kept(`new Intl.DateTimeFormat("de", { dateStyle: "full" })`, { ends: [memoryLimit, cpuLimit, { error: "CellLost" }] }),
    "NumberFormat": kept(`new Intl.NumberFormat("de", { style: "currency", currency: "EUR" })`, { ends: [memoryLimit, cpuLimit, { error: "CellLost" }] }),
    "Collator": kept(`new Intl.Collator("de")`, { ends: [memoryLimit, cpuLimit, { error: "CellLost" }] }),
    "Segmenter": kept(`new Intl.Segmenter("de").segment("text " + i)[Symbol.iterator]()`, { ends: [memoryLimit, cpuLimit, { error: "CellLost" }] }),
  } },
  C43: { title: "stacks of errors without a limit", outcome: "C", programs: { "kept": filling(`Error.stackTraceLimit = 1e9; const all = []; const deep = (n) => (n === 0 ? all.push(new Error("x")) : deep(n - 1)); for (;;) deep(1_000)`), "read": filling(`Error.stackTraceLimit = 1e9; const all = []; const deep = (n) => (n === 0 ? all.push(new Error("x").stack) : deep(n - 1)); for (;;) deep(1_000)`, { ends: [memoryLimit, cpuLimit] }) } },
  C44: { title: "prepareStackTrace that makes errors", outcome: "J/C", fast: true, programs: { ...pick(time, "a loop in prepareStackTrace"), "of itself": { code: inFetch(`Error.prepareStackTrace = () => new Error("again").stack; return new Response(typeof new Error("x").stack)`), cpuMs, ends: [{ text: /./ }, rangeError] } } },
  C45: { title: "weak references and finalizers", outcome: "C", programs: { "WeakRef": kept("new WeakRef({ i })"), "FinalizationRegistry": filling(`const registry = new FinalizationRegistry(() => {}), all = []; for (let i = 0; ; i++) { const one = { i }; all.push(one); registry.register(one, i, one); }`) } },
  C46: { title: "prototypes, classes, shapes and templates", outcome: "J/C", programs: {
    "a chain of prototypes": filling(`let all = {}; for (;;) all = Object.create(all)`),
    "classes": kept("class { static #x = i; m() { return i; } }"),
    "shapes": filling(`const all = []; for (let i = 0; ; i++) { const one = {}; for (let j = 0; j < 20; j++) one["p" + i + "_" + j] = 1; all.push(one); }`, { ends: [memoryLimit, cpuLimit] }),
    "bound functions": filling(`let all = () => {}; for (;;) all = all.bind(null, 1)`),
    "proxies of proxies": filling(`let all = {}; for (;;) all = new Proxy(all, {})`),
    "a lookup through them": { code: inFetch(`let all = {}; for (let i = 0; i < 1e6; i++) all = new Proxy(all, {}); all.x`), cpuMs, ends: rangeError },
  } },
  C47: { title: "recursion of every kind", outcome: "J", fast: true, programs: {
    ...pick(engine, "recursion without end", "recursion through toString of a URL", "recursion through getters of what is cloned"),
    ...Object.fromEntries(Object.entries({
      "a getter": "const x = { get x() { return this.x; } }; x.x", "a proxy": "const x = new Proxy({}, { get(_, key, self) { return self[key]; } }); x.y",
      "toString": "const x = { toString() { return '' + x; } }; '' + x", "valueOf": "const x = { valueOf() { return +x; } }; +x", "toJSON": "const x = { toJSON() { return JSON.stringify(x); } }; JSON.stringify(x)",
      "sort": "const f = () => [2, 1].sort(f); f()", "replace": "const f = () => 'a'.replace(/a/, f); f()", "map": "const f = () => [1].map(f); f()", "a constructor": "class X { constructor() { new X(); } }; new X()",
      "Reflect.apply": "const f = () => Reflect.apply(f, null, []); f()", "a generator": "function* f() { yield* f(); } [...f()]", "an iterator": "const x = { [Symbol.iterator]() { return x[Symbol.iterator](); } }; [...x]",
      "a tag": "const f = () => f``; f()", "instanceof": "const x = { [Symbol.hasInstance]() { return 1 instanceof x; } }; 1 instanceof x", "a setter": "const x = { set x(v) { this.x = v; } }; x.x = 1",
    }).map(([name, body]) => [`by ${name}`, { code: inFetch(`try { ${body}; } catch (error) { return new Response(error.name); }`), cpuMs, ends: { text: "RangeError" } }])),
    // Deep, and not by recursion: they may come to their end.
    "a text of depth": { code: inFetch(`let x = []; for (let i = 0; i < 1e5; i++) x = [x]; try { JSON.stringify(x); } catch (error) { return new Response(error.name); }`), cpuMs, ends: [{ text: "RangeError" }, done] },
    "a function that is bound a million times": { code: inFetch(`let f = () => 1; for (let i = 0; i < 1e6; i++) f = f.bind(null); try { f(); } catch (error) { return new Response(error.name); }`), cpuMs, ends: [{ text: "RangeError" }, done] },
  } },
  C48: { title: "structured cloning of what is nested or huge", outcome: "J/C/D", programs: {
    ...pick(memory, "a clone of one string a thousand times", "an argument of one string a thousand times"), ...pick(engine, "an argument nested 100,000 deep"),
    "kept": bounded(`const all = [], one = Array(1e6).fill(1.5); for (;;) all.push(structuredClone(one))`, { ends: named }),
    "a map of itself": { code: inFetch(`const all = new Map(); all.set(all, all); structuredClone(all)`), ends: done },
    "nested": { code: inFetch(`let x = {}; for (let i = 0; i < 1e6; i++) x = { x }; try { structuredClone(x); } catch (error) { return new Response(error.name); }`), cpuMs, ends: { text: "RangeError" } },
    "a sparse array": bounded(`const x = []; x[2 ** 32 - 2] = 1; structuredClone(x)`),
    "a dense array of holes": bounded(`structuredClone(new Array(3e7))`),
  } },
  C49: { title: "large answers of a capability", outcome: "J/C", fast: true, programs: {
    "bytes": { code: inFetch(`const all = []; for (;;) all.push(await env.TOOL.bytes(20 << 20))`), cpuMs, ends: [memoryLimit, rangeError, { error: "DataCloneError" }] },
    "a text": { code: inFetch(`const all = []; for (;;) all.push(await env.TOOL.text(20 << 20))`), cpuMs, ends: memoryLimit },
    "a text above the bound": { code: inFetch(`await env.TOOL.text(100 << 20)`), cpuMs, ends: { error: /Error/, message: /32MiB/ } },
    "a body that is kept": { code: inFetch(`await new Response(await env.TOOL.stream(1 << 20, 400)).arrayBuffer()`), cpuMs, ends: [memoryLimit, { error: "BufferLimitExceeded" }, { error: /^(RangeError|TypeError|Error)$/ }] },
    "a body that is let go": { code: inFetch(`let n = 0; for await (const chunk of await env.TOOL.stream(1 << 20, 300)) n += chunk.length; return new Response(String(n >> 20))`), cpuMs, ends: { text: "300" } },
  } },
  C50: { title: "just below the limit, and then one step more", outcome: "C", programs: { "at the second call": { code: `
    const all = []; let calls = 0;
    export default { fetch() {
      if (calls++ === 0) { while (all.length < 90) all.push(new Array(1 << 17).fill(1.5)); return new Response("below"); }
      for (;;) all.push(new Array(1 << 17).fill(1.5));
    } };`, calls: 2, cpuMs, ends: memoryLimit } } },
  C51: { title: "memory that ends in a finalizer", outcome: "J/C", programs: { "registered": filling(`
    const kept = []; const registry = new FinalizationRegistry(() => { for (;;) kept.push(new Array(1_000)); });
    for (let i = 0; i < 1e4; i++) registry.register({ x: new Array(1_000) }, i);
    for (let i = 0; i < 100; i++) { new Array(1e6).fill(1.5); await new Promise((go) => setTimeout(go, 5)); }`, { ends: [memoryLimit, done], outcome: "J/C/D" }) } },
  C52: { title: "memory that ends after the answer was given", outcome: "J/C", fast: true, programs: {
    "in waitUntil": { code: `export default { fetch(request, env, ctx) { ctx.waitUntil((async () => { await new Promise((go) => setTimeout(go, 20)); const all = []; for (;;) all.push({}); })()); return new Response("answered"); } };`, cpuMs, ends: { text: "answered" } },
    "in microtasks": { code: `export default { async fetch(request, env) { const response = new Response("answered"); setTimeout(() => { const all = []; for (;;) all.push({}); }, 10); return response; } };`, cpuMs, ends: [{ text: "answered" }, memoryLimit] },
  } },
  C53: { title: "memory that ends while a body streams", outcome: "C", fast: true, programs: {
    "in pull": { code: `export default { fetch() { let n = 0; return new Response(new ReadableStream({ pull(to) { if (n++ < 3) return to.enqueue(new TextEncoder().encode("part ")); const all = []; for (;;) all.push({}); } })); } };`, cpuMs, ends: memoryLimit },
  } },
  C54: { title: "memory that ends in several workers at once", outcome: "C", fast: true, onWorkerd: true, deed: together(4, filling(`const all = []; for (;;) all.push({})`)) },
  C55: { title: "memory that ends again and again while the cell is replaced", outcome: "D", deed: async ({ host }) => {
    const stuck = host.attack({ code: inFetch(`[].indexOf.call({ length: 2 ** 53 - 1 }, 1)`), cpuMs: 100 });
    const fillers = together(6, filling(`const all = []; for (;;) all.push(Array.from({ length: 1e6 }, (_, i) => [i]))`), /^(MemoryLimitExceeded|CellLost)$/);
    await fillers({ host });
    const { error, message } = await stuck;
    assert.equal(error, "CpuLimitExceeded", message);
    return fillers({ host });
  } },
  C56: { title: "the kernel ends the cell for its memory", outcome: "K", heldBy: ["tests/hostile/cells.test.mjs: a guest cell that uses more memory than it may is ended, and its callers are told", "src/sandbox/cgroup_test.cc: Cgroups.EndAProcessThatTakesTooMuchMemoryAndLeaveNothing"] },
  C57: { title: "memory that ends while a worker starts", outcome: "C", fast: true, programs: {
    "at the top of a module": { code: `const all = []; for (;;) all.push({});`, cpuMs, ends: memoryLimit },
    "with the least memory": { code: `export default { fetch() { return new Response("done"); } };`, limits: { memoryMb: 8 }, outcome: "J/C", ends: [done, { error: "MemoryLimitExceeded" }] },
    "with less than there can be": { code: `export default {};`, limits: { memoryMb: 1 }, outcome: "P", ends: { error: /^(RangeError|TypeError)$/, message: /limits\.memoryMb/ } },
    "code of 40 MB": { code: `export default { fetch: () => new Response("done") };`, padTo: 40 << 20, limits: { memoryMb: 16 }, fast: false, outcome: "J/C", ends: [done, { error: "MemoryLimitExceeded" }, { error: "RangeError" }] },
    "names of modules of 25 MB": { code: `export default { fetch: () => new Response("done") };`, modules: Object.fromEntries(Array.from({ length: 25 }, (_, i) => [i + "x".repeat(1 << 20) + ".js", ""])), fast: false, outcome: "J", ends: done },
  } },
  C58: { title: "a leak over many requests", outcome: "C", programs: { "until the limit": { code: `const all = []; export default { fetch() { all.push(new Array(2_000).fill(1.5)); return new Response("well"); } };`, calls: 100_000, cpuMs, ends: memoryLimit } } },
};
