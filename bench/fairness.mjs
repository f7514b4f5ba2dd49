// SPDX-License-Identifier: Apache-2.0
//
// What tenants that take all they can get do to a well-behaved one: its latencies with 0, 1, 4 and 16 of them.
//   node bench/fairness.mjs [--document] [--kinds burn,calls] [--counts 0,1,4,16] [--seconds N] [--runtimes mayfly,workerd]
// The well-behaved tenant gets 200 requests a second, due at fixed times; each is answered by its dynamic worker.
// Attackers are other tenants, or (`same`) the tenant's own other workers. Prints tables, writes
// build/bench/fairness.json and, with --document, the tables between the markers in docs/operating/fairness.md.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import http from "node:http";
import { cpus, setPriority } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { root, sleep, startMayfly, startWorkerd } from "../tests/e2e/harness.mjs";
import { paced, query, request, summary, tenantsProject } from "./tenants.mjs";

const { values: options } = parseArgs({
  options: {
    document: { type: "boolean" },
    kinds: { type: "string" },
    counts: { type: "string", default: "0,1,4,16" },
    seconds: { type: "string", default: "4" },
    runtimes: { type: "string", default: "mayfly,workerd" },
    rate: { type: "string", default: "200" },
  },
});
const counts = options.counts.split(",").map(Number);
const seconds = Number(options.seconds);
const runtimes = options.runtimes.split(",");

// The generator is to measure the server, and not how long it waits itself. Servers that it starts are not to inherit it.
function prefer(nice) {
  try {
    setPriority(nice);
  } catch {
    process.stderr.write("the load generator has no more right to the processor than the attackers\n");
  }
}

/** What each attacker does over and over, on how many connections. */
const kinds = {
  burn: { what: "computes within its limit of 5 s", n: 300, connections: 1 },
  loads: { what: "loads new code without a pause", path: "/fresh", connections: 4 },
  calls: { what: "calls back, 100 calls at a time", n: 2_000, connections: 1 },
  callsAtOnce: { what: "5,000 calls of 1 KB at once", n: 5_000, connections: 1 },
  timers: { what: "5,000 timers at a time", n: 5_000, connections: 1 },
  logs: { what: "logs lines of 1 KB", n: 5_000, connections: 1 },
  churn: { what: "allocates and drops objects", n: 500, connections: 1 },
};
const chosen = options.kinds?.split(",") ?? Object.keys(kinds);

async function attack(port, kind, tenant, isOver) {
  const { n, path = "/deed", connections } = kinds[kind];
  const agent = new http.Agent({ keepAlive: true, maxSockets: connections });
  const done = { deeds: 0, errors: 0 };
  async function goOn() {
    while (!isOver()) {
      try {
        const parameters = path === "/deed" ? { kind, n, tenant } : { tenant };
        const { status } = await request(port, query(path, parameters), { agent, timeoutMs: 60_000 });
        done[status === 200 ? "deeds" : "errors"]++;
      } catch {
        if (isOver()) return;
        done.errors++;
        await sleep(50);
      }
    }
  }
  await Promise.race([
    Promise.all(Array.from({ length: connections }, goOn)),
    // Who is under way when it is over is not waited for.
    (async () => {
      while (!isOver()) await sleep(20);
    })(),
  ]);
  agent.destroy();
  return done;
}

async function measure(server, kind, count, where) {
  let over = false;
  const isOver = () => over;
  const attackers = Array.from({ length: count }, (_, i) =>
    attack(server.port, kind, where === "same" ? "good" : `${kind} ${i}`, isOver),
  );
  const agent = new http.Agent({ keepAlive: true, maxSockets: 128 });
  const path = query("/good", { tenant: "good" });
  if (count > 0) await sleep(1_000);
  let measuring = true;
  setTimeout(() => (measuring = false), seconds * 1000);
  const good = await paced(Number(options.rate), () => !measuring, async () => {
    const { status, text } = await request(server.port, path, { agent, timeoutMs: 15_000 });
    if (status !== 200 || text !== "good 0") throw new Error(`${status}: ${text}`);
  });
  over = true;
  const done = await Promise.all(attackers);
  agent.destroy();
  return {
    ...summary(good.latencies),
    errors: good.errors.length,
    firstError: good.errors[0],
    deeds: done.reduce((sum, one) => sum + one.deeds, 0),
  };
}

async function start(runtime) {
  const project = tenantsProject({ tenants: runtime === "mayfly" });
  prefer(0);
  const server =
    runtime === "mayfly" ? await startMayfly(project, { command: "serve" }) : await startWorkerd(project);
  prefer(-15);
  const path = query("/good", { tenant: "good" });
  for (let n = 0; n < 300; n++) await request(server.port, path);
  // The log is not what is measured: it is read, and not kept.
  const { child } = server.program;
  for (const stream of [child.stdout, child.stderr]) stream.removeAllListeners("data").resume();
  return server;
}

async function run(runtime) {
  const results = [];
  let server = await start(runtime);
  let ended = false;
  server.program.ended.then(() => (ended = true));
  const add = async (kind, count, where) => {
    process.stderr.write(`${runtime}: ${kind}, ${count} attackers, ${where} tenant\n`);
    const measured = await measure(server, kind, count, where);
    results.push({ ...measured, kind, attackers: count, where, ended });
    // Each begins with a server that has nothing else to do.
    await server.stop("SIGKILL");
    server = await start(runtime);
    ended = false;
    server.program.ended.then(() => (ended = true));
  };
  if (counts.includes(0)) await add("none", 0, "other");
  for (const kind of chosen) {
    // workerd knows no tenants: all of them share its process.
    for (const where of runtime === "mayfly" ? ["other", "same"] : ["other"]) {
      for (const count of counts.filter((one) => one > 0)) await add(kind, count, where);
    }
  }
  await server.stop("SIGKILL");
  return results;
}

// ------------------------------------------------------------------------------------------------ tables

const figure = (ms) => (ms === undefined ? "-" : ms >= 100 ? Math.round(ms).toLocaleString("en") : ms.toFixed(ms < 10 ? 1 : 0));
function cell(result) {
  if (!result) return "";
  if (result.ended) return "the server ended";
  const beside = result.errors > 0 ? `; ${result.errors} of ${result.errors + result.count} not answered` : "";
  if (result.count === 0) return "no answer";
  return `${figure(result.p50)} / ${figure(result.p99)} / ${figure(result.max)}${beside}`;
}

function tableOf(results) {
  const columns = counts.filter((count) => count > 0);
  const none = results.find(({ kind }) => kind === "none");
  const head = ["attackers", ...columns.map((count) => `${count}`)];
  const rows = [];
  for (const kind of chosen) {
    for (const where of ["other", "same"]) {
      const of = results.filter((one) => one.kind === kind && one.where === where);
      if (of.length === 0) continue;
      const name = `${kinds[kind].what}${where === "same" ? ", same tenant" : ""}`;
      rows.push([name, ...columns.map((count) => cell(of.find((one) => one.attackers === count)))]);
    }
  }
  const lines = [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`);
  return `Without attackers: ${cell(none)}.\n\n${lines.join("\n")}`;
}

const all = {};
for (const runtime of runtimes) all[runtime] = await run(runtime);
const names = { mayfly: "Mayfly", workerd: "workerd" };
const text = runtimes.map((runtime) => `### ${names[runtime]}\n\n${tableOf(all[runtime])}`).join("\n\n");
console.log(text);
mkdirSync(join(root, "build/bench"), { recursive: true });
writeFileSync(
  join(root, "build/bench/fairness.json"),
  `${JSON.stringify({ date: new Date().toISOString(), cpu: cpus()[0].model, cores: cpus().length, seconds, all }, null, 2)}\n`,
);
if (options.document) {
  const path = join(root, "docs/operating/fairness.md");
  const document = readFileSync(path, "utf8");
  const [begin, end] = ["<!-- fairness -->", "<!-- /fairness -->"];
  const [from, to] = [document.indexOf(begin), document.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${path} lacks the markers ${begin} and ${end}`);
  const note = `Made with \`node bench/fairness.mjs --document\` on ${cpus().length} cores of ${cpus()[0].model}, ${seconds} s each: p50 / p99 / max in ms.`;
  writeFileSync(path, `${document.slice(0, from + begin.length)}\n\n${note}\n\n${text}\n\n${document.slice(to)}`);
}
process.exit(0);
