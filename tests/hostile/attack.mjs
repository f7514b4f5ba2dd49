// SPDX-License-Identifier: Apache-2.0
//
// Runs the hostile corpus against a server that serves well-behaved neighbours at the same time, and prints a table:
//   node tests/hostile/attack.mjs                       everything, on Mayfly and on workerd
//   node tests/hostile/attack.mjs A B07 --runtime mayfly   a letter and a case; "beyond" for the programs without an id
//   ... --write                                         also writes the table into docs/hostile.md (of a whole run)
//   ... --repeat 100                                    each program that often on one server
// On workerd each program meets a fresh server, has 5 s, and is ended when the server takes more than 4 GB: it has no
// limits of its own. What was seen goes to build/hostile-<runtime>.json; the table is made of both files. Ends with
// status 1 when Mayfly failed a case.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { root, sleep } from "../e2e/harness.mjs";
import { mayLoseItsCell, readCorpus, runDeed, runProgram, saidOf } from "./corpus.mjs";
import { finish, kPatienceMs, residentMb, startHost } from "./harness.mjs";
import { writeTable } from "./table.mjs";

const kWorkerdMs = 5_000;
const kWorkerdMb = 4_096;
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { runtime: { type: "string" }, write: { type: "boolean" }, repeat: { type: "string", default: "1" } },
});
const runtimes = values.runtime?.split(",") ?? ["mayfly", "workerd"];
const buildDir = process.env.MAYFLY_BUILD ?? join(root, "build");
const resultsPath = (runtime) => join(buildDir, `hostile-${runtime}.json`);

const { chapters, beyond } = await readCorpus();
const units = [
  ...chapters.flatMap(({ cases }) => cases),
  ...beyond.map(({ title, programs }, n) => ({ id: `beyond ${n + 1}`, title, outcome: "J/C", programs })),
];
const isChosen = ({ id }) => positionals.length === 0 || positionals.some((name) => id === name || id.replace(/[\d ]+$/, "") === name);
const chosen = units.filter(isChosen);
if (chosen.length === 0) {
  console.error(`attack.mjs: no case is called ${positionals.join(" ")}: give ids (C19) or letters (C), or "beyond"`);
  process.exit(2);
}

let host; // Mayfly's, for all cases
async function hostOfMayfly() {
  if (host !== undefined && (host.lost || host.program.child.exitCode !== null)) {
    await finish(host);
    host = undefined;
  }
  return (host ??= await startHost());
}

const figures = ({ neighbours, ms, grownMb, lateMs }) => ({ ms, grownMb, lateMs, neighbours });

async function onMayfly(one, name, program) {
  let last;
  for (let n = 0; n < Number(values.repeat); n++) {
    const on = await hostOfMayfly();
    const outcome = program?.outcome ?? one.outcome;
    const { complaints, seen } = await (program ? runProgram(on, program, outcome) : runDeed(on, one));
    if (complaints.length > 0) on.lost = !seen.alive || seen.sameCell === false;
    last = { name, said: seen.result ? (program ? saidOf(seen.result) : seen.result.text) : seen.thrown.message,
      cellReplaced: /guest cell died|is replaced/.test(seen.log), mayLoseItsCell: mayLoseItsCell(outcome), complaints, ...figures(seen) };
    if (complaints.length > 0) {
      last.log = seen.log.slice(-4_000);
      break;
    }
  }
  return last;
}

/** Ends a server that takes more than its bound, and remembers the most that it had. */
function boundMemory(server) {
  const memory = { mostMb: 0, exceeded: false };
  const timer = setInterval(() => {
    memory.mostMb = Math.max(memory.mostMb, Math.round(residentMb(server.pid)));
    if (memory.mostMb <= kWorkerdMb) return;
    memory.exceeded = true;
    clearInterval(timer);
    server.program.child.kill("SIGKILL");
  }, 10);
  return { memory, end: () => clearInterval(timer) };
}

async function onWorkerd(one, name, program) {
  const server = await startHost({}, "workerd");
  const { memory, end } = boundMemory(server);
  let ended;
  server.program.ended.then((how) => (ended = how));
  try {
    const seen = await server.observe(() =>
      program ? server.attack(program, kWorkerdMs) : one.deed({ runtime: "workerd", host: server }).then((text) => ({ text })));
    await sleep(50);
    const { wrong, worstMs } = Object.values(seen.neighbours).reduce((all, { wrong, worstMs }) =>
      ({ wrong: [...all.wrong, ...wrong], worstMs: Math.max(all.worstMs, worstMs) }), { wrong: [], worstMs: 0 });
    let fate = "went on";
    if (memory.exceeded) fate = `took more than ${kWorkerdMb} MB`;
    else if (ended) fate = `ended: ${ended.signal ?? `status ${ended.code}`}`;
    else if (wrong.some((text) => /no answer/.test(text))) fate = "stopped answering";
    else if (wrong.length > 0) fate = `neighbours failed: ${wrong[0]}`;
    else if (worstMs > kPatienceMs) fate = `neighbours waited ${worstMs} ms`;
    const said = seen.result ? (program ? saidOf(seen.result) : seen.result.text) : seen.thrown.message;
    return { name, said, fate, mostMb: memory.mostMb, ...figures(seen) };
  } finally {
    end();
    await finish(server);
  }
}

const save = (runtime, results) => {
  mkdirSync(buildDir, { recursive: true });
  const old = existsSync(resultsPath(runtime)) && positionals.length > 0 ? JSON.parse(readFileSync(resultsPath(runtime), "utf8")) : {};
  writeFileSync(resultsPath(runtime), JSON.stringify({ ...old, ...results }, null, 1));
};

let failed = 0;
for (const runtime of runtimes) {
  const results = {};
  for (const one of chosen) {
    const parts = one.deed ? [["", undefined]] : Object.entries(one.programs ?? {});
    results[one.id] = [];
    if (runtime === "workerd" && one.deed && !one.onWorkerd) continue;
    for (const [name, program] of parts) {
      if (runtime === "workerd" && program?.onWorkerd === false) continue;
      let result;
      try {
        result = await (runtime === "mayfly" ? onMayfly : onWorkerd)(one, name, program);
      } catch (error) {
        result = { name, said: error.message, fate: "could not be run", complaints: [`could not be run: ${error.message}`] };
        if (host) host.lost = true;
      }
      results[one.id].push(result);
      const bad = runtime === "mayfly" && result.complaints.length > 0;
      if (bad) failed++;
      const worst = Object.entries(result.neighbours ?? {}).map(([who, { worstMs }]) => `${who} ${worstMs}`).join(", ");
      console.log(`${runtime} ${one.id} ${name || one.title}: ${bad ? `FAILED: ${result.complaints.join("; ")}` : result.said.replace(/\s+/g, " ").slice(0, 150)}` +
        ` [${runtime === "mayfly" ? (result.cellReplaced ? "cell replaced" : "went on") : result.fate}; ${worst} ms]`);
    }
    save(runtime, results);
  }
}
await host?.stop();

const resultsOf = (runtime) => (existsSync(resultsPath(runtime)) ? JSON.parse(readFileSync(resultsPath(runtime), "utf8")) : {});
const text = writeTable(chapters, units, { mayfly: resultsOf("mayfly"), workerd: resultsOf("workerd") }, { write: values.write });
console.log(text.summary);
if (failed > 0) console.log(`${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
