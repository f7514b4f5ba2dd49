// SPDX-License-Identifier: Apache-2.0
//
// What it costs when guest cells compile less (--guest-jit): small programs in a dynamic worker.
//   node bench/jit.mjs [--document] [--rounds N]
// Prints a table of times as multiples of `full`; with --document, writes it between the markers in
// docs/operating/sandbox.md. The time of a program is that of a request that runs it, less that of one that does nothing.

import { readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { root, startMayfly, temporaryProject } from "../tests/e2e/harness.mjs";
import { latencies, quantile } from "./load.mjs";

const { values: options } = parseArgs({
  options: { document: { type: "boolean" }, rounds: { type: "string", default: "3" } },
});
const levels = ["full", "no-turbofan", "none"];

const programs = {
  nothing: "",
  "numbers in a loop": "let x = 1; for (let i = 0; i < 2e6; i++) x = (Math.imul(x, 31) + i) | 0; return x;",
  "recursive calls": "const fib = (n) => (n < 2 ? n : fib(n - 1) + fib(n - 2)); return fib(25);",
  "typed arrays": "const a = new Float64Array(1000); for (let r = 0; r < 500; r++) for (let i = 0; i < 1000; i++) a[i] += i * 0.5; return a[999];",
  "objects and closures": "let s = 0; for (let i = 0; i < 2e5; i++) { const o = { i, f: () => i }; s += o.f() + o.i; } return s;",
  "maps and sorting": "const m = new Map(); for (let i = 0; i < 5e4; i++) m.set(String(i * 7919 % 50021), i); return [...m.keys()].sort().length;",
  JSON: "const o = Array.from({ length: 2000 }, (_, i) => ({ i, name: 'name ' + i })); let n = 0; for (let r = 0; r < 10; r++) n += JSON.stringify(JSON.parse(JSON.stringify(o))).length; return n;",
  "regular expressions": "const t = 'key=value; '.repeat(2000); let n = 0; for (let r = 0; r < 10; r++) for (const m of t.matchAll(/(\\\\w+)=(\\\\w+)/g)) n += m[1].length; return n;",
  strings: "let t = ''; for (let i = 0; i < 1e5; i++) t += i.toString(36); return t.split('a').map((part) => part.toUpperCase()).join('-').length;",
};

const project = temporaryProject({
  "wrangler.json": { name: "host", main: "index.js", compatibility_date: "2026-11-01", worker_loaders: [{ binding: "LOADER" }] },
  "index.js": `const programs = ${JSON.stringify(programs)};
    export default { fetch(request, env) {
      const name = decodeURIComponent(new URL(request.url).pathname.slice(1));
      return env.LOADER.get(name, () => ({
        compatibilityDate: "2026-11-01", mainModule: "main.js", globalOutbound: null,
        modules: { "main.js": "function run() { " + programs[name] + " }\\nexport default { fetch: () => new Response(String(run())) };" },
      })).getEntrypoint().fetch(request);
    } };`,
});

const times = Object.fromEntries(levels.map((level) => [level, {}]));
for (let round = 0; round < Number(options.rounds); round++) {
  for (const level of levels) {
    const server = await startMayfly(project, { command: "serve", args: ["--shards", "1", "--guest-jit", level] });
    for (const name of Object.keys(programs)) {
      const measured = await latencies(server.port, `/${encodeURIComponent(name)}`, { durationMs: 500, warmup: 20 });
      (times[level][name] ??= []).push(quantile(measured, 0.5));
    }
    await server.stop();
  }
}

const best = (level, name) => Math.min(...times[level][name]);
const cost = (level, name) => best(level, name) - best(level, "nothing");
const rows = Object.keys(programs)
  .filter((name) => name !== "nothing")
  .map((name) => [
    name,
    `${cost("full", name).toFixed(1)} ms`,
    ...levels.slice(1).map((level) => `${(cost(level, name) / cost("full", name)).toFixed(1)} x`),
  ]);
const table = [["program", ...levels], ["---", "---", "---", "---"], ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
console.log(table);
if (options.document) {
  const path = join(root, "docs/operating/sandbox.md");
  const text = readFileSync(path, "utf8");
  const [begin, end] = ["<!-- jit -->", "<!-- /jit -->"];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${path} lacks the markers ${begin} and ${end}`);
  const note = `On ${cpus().length} cores of ${cpus()[0].model}, the best of ${options.rounds} medians.`;
  writeFileSync(path, `${text.slice(0, from + begin.length)}\n\n${table}\n\n${note}\n\n${text.slice(to)}`);
}
