// SPDX-License-Identifier: Apache-2.0
import { inFetch, tooDeep } from "../program.mjs";

export const title = "modules";

const answering = (expression) => `export default { fetch: async () => new Response(String(${expression})) };`;
const chain = (length, link) => Object.fromEntries(Array.from({ length }, (_, i) => link(i)));
const wasm = (hex) => ({ wasm: Buffer.from(hex, "hex").toString("base64") });

export const programs = {
  "one that imports itself while it is evaluated": {
    code: `const self = import("main.js"); ${answering("Object.keys(await self)")}`,
    ends: { text: "default" },
  },
  "one that imports what imports it, while it is evaluated": {
    code: `export const value = 1; const other = import("b.js"); ${answering("(await other).seen")}`,
    modules: { "b.js": `import { value } from "main.js"; export const seen = value;` },
    ends: { text: "1" },
  },
  "require() of what imports the requiring one": {
    code: `import seen from "a.cjs"; ${answering("seen")}`,
    modules: {
      "a.cjs": { cjs: `try { module.exports = require("b.js"); } catch (error) { module.exports = error.message; }` },
      "b.js": `import a from "a.cjs"; export default a;`,
    },
    ends: { text: /^require\(\) of "b\.js"/ },
  },
  "a CommonJS module that requires itself": {
    code: `import a from "a.cjs"; ${answering("a")}`,
    modules: { "a.cjs": { cjs: `require("a.cjs"); module.exports = "required";` } },
    ends: { text: "required" },
  },
  "a circle of re-exports": {
    code: `export * from "b.js"; import { nothing } from "b.js"; ${answering("nothing")}`,
    modules: { "b.js": `export * from "main.js";` },
    ends: { error: "SyntaxError" },
  },
  "10,000 side by side": {
    code: Array.from({ length: 10_000 }, (_, i) => `import "m${i}.js";`).join("") + answering("'all'"),
    modules: chain(10_000, (i) => [`m${i}.js`, `export default ${i};`]),
    cpuMs: 10_000,
    ends: { text: "all" },
  },
  "10,000, each importing the next": {
    code: `import "m0.js"; ${answering("'all'")}`,
    modules: { ...chain(10_000, (i) => [`m${i}.js`, `import "m${i + 1}.js";`]), "m10000.js": "" },
    cpuMs: 10_000,
    ends: { error: /^(SyntaxError|RangeError)$/, message: /call stack/ },
  },
  "5,000, each requiring the next": {
    code: `import "m0.cjs"; ${answering("'all'")}`,
    modules: { ...chain(5_000, (i) => [`m${i}.cjs`, { cjs: `require("m${i + 1}.cjs");` }]), "m5000.cjs": { cjs: "" } },
    cpuMs: 10_000,
    ends: { error: /^(SyntaxError|RangeError)$/, message: /call stack/ },
  },
  "an empty one": { code: "", ends: { error: "Error", message: /no default entrypoint/ } },
  "a NUL": { code: "\0", ends: { error: "SyntaxError" } },
  "200,000 parentheses": {
    code: `export default ${"(".repeat(200_000)}1${")".repeat(200_000)};`,
    ends: { error: /^(SyntaxError|RangeError)$/, message: /call stack/ },
  },
  "a regular expression of 50,000 groups": {
    code: `export default /${"(".repeat(50_000)}${")".repeat(50_000)}/;`,
    ends: { error: "SyntaxError" },
  },
  "names with a meaning": {
    code: answering("'named'"),
    modules: { __proto__: null, ["__proto__"]: { text: "x" }, constructor: { text: "x" }, "a/../b.js": "", "\ud800.txt": { text: "x" } },
    ends: { text: "named" },
  },
  "WebAssembly that is none": {
    code: `import module from "x.wasm"; ${answering("module")}`,
    modules: { "x.wasm": wasm("6e6f7065") },
    ends: { error: "CompileError" },
  },
  "WebAssembly that is cut off": {
    code: `import module from "x.wasm"; ${answering("module")}`,
    modules: { "x.wasm": wasm("0061736d0100000001") },
    ends: { error: "CompileError" },
  },
  "an import that throws, again and again": {
    code: inFetch(`
      const said = [];
      for (let i = 0; i < 3; i++) await import("b.js").catch((error) => said.push(error.message));
      return new Response(said.join())`),
    modules: { "b.js": `throw new Error("no");` },
    ends: { text: "no,no,no" },
  },
  "a stack that ends within a module": { code: `const again = () => again(); again();`, ends: tooDeep },
};
