// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { freePort, runMayfly, temporaryProject } from "../../e2e/harness.mjs";
import { cpuLimit, done, inFetch, memoryLimit } from "../program.mjs";
import { programs as modules } from "../programs/modules.mjs";

export const letter = "F";
export const title = "Code and configuration that cannot be used";

const pick = (from, ...names) => Object.fromEntries(names.map((name) => [name, from[name]]));
const well = `export default { fetch: () => new Response("done") };`;
const wasm = (hex) => ({ wasm: Buffer.from(hex.replaceAll(" ", ""), "hex").toString("base64") });
const compileError = { error: "CompileError" };
const importing = (hex, ends) => ({ code: `import module from "x.wasm"; export default { fetch: () => new Response(String(module)) };`, modules: { "x.wasm": wasm(hex) }, ends });
const fileConfig = { name: "app", main: "index.js", compatibility_date: "2026-11-01" };

/** Each configuration ends `mayfly serve` with status 2 and a message that matches. */
const refusing = (table) => async () => {
  const wrong = [];
  for (const [name, { config, files = {}, prepare, says, args = [] }] of Object.entries(table)) {
    const directory = temporaryProject({ "index.js": well, ...(config !== undefined && { "wrangler.jsonc": config }), ...files });
    prepare?.(directory);
    const { code, stderr } = await runMayfly(["serve", directory, "--port", String(await freePort()), ...args]);
    if (code !== 2 || !says.test(stderr)) wrong.push(`${name}: status ${code}: ${stderr.slice(0, 300)}`);
  }
  assert.deepEqual(wrong, []);
  return `all ${Object.keys(table).length} are refused with what is wrong`;
};

export const cases = {
  F01: { title: "syntax errors", outcome: "P", fast: true, programs: Object.fromEntries(Object.entries({
    "a brace": "}{", "a string without end": `export default "x`, "a template without end": "export default `x", "await in a function": `export default { fetch() { await 1; } };`, "two of one name": "let a; let a;", "a regular expression": "export default /(/;",
    "import in the middle": "if (1) { import 'x'; }", "octal": "export default 010;", "with": "with ({}) {}", "an export of nothing": "export { nothing };", "new.target": "new.target;", "a private name": "({}).#x;",
  }).map(([name, code]) => [name, { code: `\n${code}`, ends: { error: "SyntaxError", message: /^main\.js:2:\d+: / } }])) },
  F02: { title: "modules that are not there", outcome: "P", fast: true, programs: {
    "names module and importer": { code: `import "b.js"; ${well}`, modules: { "b.js": `import "nothing.js";` }, ends: { error: /Error$/, message: /nothing\.js/ } },
    "of the platform": { code: `import "cloudflare:nothing"; ${well}`, ends: { error: /Error$/, message: /cloudflare:nothing/ } },
  } },
  F03: { title: "circles of imports", outcome: "P/C", fast: true, programs: { ...pick(modules, "one that imports itself while it is evaluated", "one that imports what imports it, while it is evaluated", "a circle of re-exports"),
    "a name that is not there yet": { code: `import { b } from "b.js"; export const a = 1; ${well}`, modules: { "b.js": `import { a } from "main.js"; export const b = a;` }, ends: { error: "ReferenceError" } } } },
  F04: { title: "very many modules, very deep chains", outcome: "J", fast: true, programs: pick(modules, "10,000 side by side", "10,000, each importing the next", "5,000, each requiring the next") },
  F05: { title: "odd names of modules", outcome: "P", fast: true, programs: { ...pick(modules, "names with a meaning"),
    ...Object.fromEntries(["", "../../../etc/passwd.js", "\0.js", "x".repeat(70_000) + ".js", "\u202egnp.js", "/main.js", "node:fs.js", "CON.js", "a\nb.js"].map((name) => [`${JSON.stringify(name).slice(0, 30)}`, { code: well, modules: { [name]: "export default 1;" }, outcome: "J/C/P", ends: [done, { error: /Error$/ }] }])),
  } },
  F06: { title: "odd texts", outcome: "P", fast: true, programs: {
    "a byte order mark": { code: `\ufeff${well}`, outcome: "J", ends: done }, "a lone surrogate in a string": { code: `export default { fetch: () => new Response("\ud800".length === 1 ? "done" : "changed") };`, outcome: "J/P", ends: [done, { error: /Error$/ }, { text: "changed" }] },
    "line separators": { code: `const x = "\u2028\u2029"; ${well}`, outcome: "J", ends: done }, "NUL": { code: "\0", ends: { error: "SyntaxError" } },
    "65 MB": { code: well, padTo: 65 << 20, fast: false, ends: { error: "Error", message: /exceeds the maximum allowed size of 67108864 bytes/ } },
    "60 MB": { code: well, padTo: 60 << 20, fast: false, outcome: "J/C", ends: [done, memoryLimit] },
    ...pick(modules, "an empty one"),
  } },
  F07: { title: "WebAssembly that is none", outcome: "P", fast: true, programs: { ...pick(modules, "WebAssembly that is none", "WebAssembly that is cut off"),
    "empty": importing("", compileError), "a version that is not there": importing("0061736d 02000000", compileError), "an unknown section": importing("0061736d 01000000 7f 00", compileError),
    "a section longer than the file": importing("0061736d 01000000 01 ffffffff0f", compileError), "a billion functions": importing("0061736d 01000000 03 05 ffffffff07", compileError),
    "a memory of 4 GB": { code: `import module from "x.wasm"; export default { fetch() { new WebAssembly.Instance(module); return new Response("done"); } };`, modules: { "x.wasm": wasm("0061736d 01000000 05 05 01 00 808004") }, outcome: "J/C", ends: [memoryLimit, { error: "RangeError" }] },
    // (module (func $start unreachable) (start $start))
    "a start function that traps": { code: `import module from "x.wasm"; export default { fetch() { new WebAssembly.Instance(module); } };`, modules: { "x.wasm": wasm("0061736d 01000000 010401600000 03020100 080100 0a05010300000b") }, outcome: "J", ends: { error: "RuntimeError" } },
  } },
  F08: { title: "modules of another type than they say", outcome: "P", fast: true, programs: {
    "two types": { code: well, modules: { "x.js": { js: "", text: "" } }, ends: { error: "TypeError", message: /exactly one/ } }, "none": { code: well, modules: { "x.js": {} }, ends: { error: "TypeError", message: /exactly one/ } },
    "a name without a type": { code: well, modules: { "x": "text" }, ends: { error: "TypeError" } }, "TypeScript": { code: well, modules: { "x.ts": "export const x: number = 1;" }, outcome: "J/P", ends: [done, { error: "TypeError" }] },
    "a number as text": { code: well, modules: { "x.txt": { text: 5 } }, ends: { error: "TypeError" } },
  } },
  F09: { title: "exports that are no entrypoint", outcome: "P", fast: true, programs: {
    "none": { code: `export const x = 1;`, ends: { error: "Error", message: /no default entrypoint/ } }, "a number": { code: `export default 5;`, ends: { error: "Error", message: /no default entrypoint/ } }, "null": { code: `export default null;`, ends: { error: "Error", message: /no default entrypoint/ } },
    "a getter that throws": { code: `export default { get fetch() { throw new Error("mine"); } };`, ends: { error: "Error", message: /mine/ } }, "fetch is no function": { code: `export default { fetch: 5 };`, ends: { error: /Error$/ } },
    "a class without a constructor to call": { code: `export default class { constructor() { throw new Error("mine"); } };`, ends: { error: /Error$/ } }, "a class that gives another object": { code: `import { WorkerEntrypoint } from "cloudflare:workers"; export default class extends WorkerEntrypoint { constructor() { return {}; } };`, ends: { error: /Error$/ } },
    "a proxy that was revoked": { code: `const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); export default proxy;`, ends: { error: /Error$/ } },
  } },
  F10: { title: "throws of odd values while a module starts", outcome: "P", fast: true, programs: Object.fromEntries(["'text'", "null", "undefined", "5", "Symbol('x')", "new Proxy({}, {})", "Proxy.revocable({}, {}).proxy", "{ toString() { throw 1; } }", "{ get message() { for (;;); } }", "Object.create(null)", "new Error('x', { cause: globalThis })",
    "(() => { const e = new Error('x'); e.cause = e; return e; })()", "(() => { const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); return proxy; })()", "Object.defineProperty(new Error('x'), 'stack', { get() { throw 1; } })", "'x'.repeat(1e8)"].map((value) => [value.slice(0, 60), { code: `throw ${value};`, cpuMs: 500, outcome: "P/C", ends: [{ error: /./ }, cpuLimit] }])) },
  F11: { title: "rejections that nobody handles", outcome: "J", fast: true, programs: {
    "in the handler": { code: inFetch(`Promise.reject(new Error("nobody")); await new Promise((go) => setTimeout(go, 5))`), ends: done }, "while it starts": { code: `Promise.reject(new Error("nobody")); ${well}`, ends: done },
    "of odd values": { code: inFetch(`for (const value of [null, Symbol("x"), Object.create(null), { get message() { throw 1; } }]) Promise.reject(value); await new Promise((go) => setTimeout(go, 5))`), ends: done },
    "a listener that throws": { code: inFetch(`addEventListener("unhandledrejection", () => { throw new Error("again"); }); Promise.reject(1); await new Promise((go) => setTimeout(go, 5))`), ends: done },
  } },
  F12: { title: "configurations with faults", outcome: "P", fast: true, heldBy: ["src/config/config_test.cc: Config.RefusesAnUnknownKeyAndNamesTheNearest", "src/config/config_test.cc: Config.RefusesWrongTypesNamingWhatIsExpected"], deed: refusing({
    "an unknown key": { config: { ...fileConfig, worker_loader: [] }, says: /wrangler\.jsonc:1:\d+.*worker_loader.*worker_loaders/s },
    "a wrong type": { config: { ...fileConfig, compatibility_flags: "x" }, says: /compatibility_flags/ },
    "a missing main": { config: { ...fileConfig, main: "nothing.js" }, says: /nothing\.js/ },
    "no main": { config: { name: "app", compatibility_date: "2026-11-01" }, says: /main/ },
    "a bad date": { config: { ...fileConfig, compatibility_date: "yesterday" }, says: /wrangler\.jsonc:1:\d+: Invalid compatibility date: yesterday/ },
    "an empty file": { config: "", says: /wrangler\.jsonc:1:1/ },
    "JSON that is cut off": { config: `{ "name": "app", `, says: /wrangler\.jsonc:1:\d+/ },
    "not UTF-8": { config: Buffer.from([0x7b, 0xff, 0xfe, 0x7d]), says: /wrangler\.jsonc/ },
    "nested 100,000 deep": { config: `{ "vars": { "x": ${"[".repeat(100_000)}${"]".repeat(100_000)} } }`, says: /wrangler\.jsonc/ },
    "a key that stands twice": { config: `{ "name": "a", "name": "b", "main": "index.js", "compatibility_date": "2026-11-01" }`, says: /name/ },
    "a bad range of addresses": { config: { ...fileConfig, mayfly: { network: { allow: ["10.0.0.0/33"] } } }, says: /mayfly\.network\.allow\[0\]/ },
    "a secret that is not there": { config: { ...fileConfig, mayfly: { secrets: { KEY: { fromEnv: "MAYFLY_TEST_NO_SUCH_VARIABLE", hosts: ["a.b"] } } } }, says: /MAYFLY_TEST_NO_SUCH_VARIABLE/ },
    "a service that is not there": { config: { ...fileConfig, services: [{ binding: "S", service: "nothing" }] }, says: /nothing/ },
    "a binding that Mayfly does not have": { config: { ...fileConfig, d1_databases: [{ binding: "DB", database_id: "x" }] }, says: /d1_databases/ },
    "a name of 100,000 letters": { config: { ...fileConfig, name: "x".repeat(100_000) }, says: /name/ },
    "a directory in its place": { files: { "wrangler.jsonc/x": "" }, says: /wrangler/ },
    "a link to itself": { prepare: (directory) => symlinkSync("wrangler.jsonc", join(directory, "wrangler.jsonc")), says: /wrangler/ },
    "a port that is none": { config: fileConfig, args: ["--port", "70000"], says: /port/ },
    "an unknown environment": { config: fileConfig, args: ["--env", "nothing"], says: /nothing/ },
  }) },
  F13: { title: "limits that are none", outcome: "P", fast: true, programs: Object.fromEntries([-1, 0, 0.5, 1e308, "10", true, {}, []].flatMap((value) => [
    [`cpuMs ${JSON.stringify(value)}`, { code: well, limits: { cpuMs: value }, outcome: "J/P", ends: [{ error: /^(TypeError|RangeError)$/, message: /cpuMs/ }, ...(value === 1e308 || value === 0.5 ? [done, cpuLimit] : [])] }],
    [`memoryMb ${JSON.stringify(value)}`, { code: well, limits: { memoryMb: value }, outcome: "J/P", ends: [{ error: /^(TypeError|RangeError)$/, message: /memoryMb/ }, ...(value === 1e308 ? [done] : [])] }],
  ])) },
  F14: { title: "a changed configuration with faults", outcome: "-", heldBy: "tests/e2e/reload.test.mjs: a broken file keeps the last good code and says what is wrong" },
  F15: { title: "a new version that does not start", outcome: "-", heldBy: ["src/supervisor/host_cell_test.cc: HostCellTest.GivesUpAConfigurationThatKillsTheCell", "tests/e2e/reload.test.mjs: a broken file keeps the last good code and says what is wrong"] },
  F16: { title: "a start-up snapshot that is damaged", outcome: "P", missing: "the snapshot is a file of the installation, beside the programs; whoever can write it can write those. One of another build is refused by HostCellTest.RefusesACellOfAnotherBuild" },
};
