// SPDX-License-Identifier: Apache-2.0
//
// Well-behaved and hostile tenants beside each other for a long time:
//   make soak MINUTES=30          node tests/hostile/soak.mjs --minutes 30 [-- MAYFLY-ARGUMENTS]
// Fails when a well-behaved one gets an error, when the supervisor or the host cell grows after it has warmed up, or
// when a process, descriptor, cgroup or file is left over. Prints what happened to whom.

import { readFileSync, readdirSync } from "node:fs";
import http from "node:http";
import net from "node:net";
import { parseArgs } from "node:util";
import { paced, query, request, summary, tenantsProject } from "../../bench/tenants.mjs";
import { descendants, isAlive, sleep, startMayfly, temporaryProject } from "../e2e/harness.mjs";
import { cellOf, cellsOf } from "./harness.mjs";

const { values: options, positionals } = parseArgs({
  options: { minutes: { type: "string", default: "2" } },
  allowPositionals: true,
});
const totalMs = Number(options.minutes) * 60_000;
// What caches and heaps take before they stand still.
const warmMs = Math.min(totalMs / 3, 5 * 60_000);
const growthMbMax = { supervisor: 16, host: 64 };
// What a client left behind may go on for 30 s, and a cell without work is kept for as long.
const quietMs = 150_000;

const problems = [];
const tmp = temporaryProject({});
const server = await startMayfly(tenantsProject({ tenants: true }), {
  command: "serve",
  // Small and short, so that cells are replaced for each of the reasons.
  args: ["--shards", "2", "--cell-memory-mb", "700", "--cell-workers", "500", "--cell-age-s", "60", ...positionals],
  env: { TMPDIR: tmp },
});

// The log is counted, not kept: hostile tenants write gigabytes of it.
const logLines = new Map();
let logBytes = 0;
let unfinished = "";
server.program.child.stderr.removeAllListeners("data").on("data", (text) => {
  logBytes += text.length;
  const lines = (unfinished + text).split("\n");
  unfinished = lines.pop().slice(-4096);
  for (const line of lines) {
    if (/xxxx/.test(line) || !/ (guest|): /.test(line)) continue;
    const kind = line.replace(/\d+/g, "N").slice(13, 150);
    logLines.set(kind, (logLines.get(kind) ?? 0) + 1);
  }
});

// ------------------------------------------------------------------------------------------------ what is left over

function anonymousMb(pid) {
  return Number(readFileSync(`/proc/${pid}/status`, "utf8").match(/^RssAnon:\s+(\d+)/m)[1]) / 1024;
}
const descriptors = (pid) => readdirSync(`/proc/${pid}/fd`).length;
function cgroups() {
  const found = new Set();
  for (const controller of ["memory", "cpu", "pids", ""]) {
    try {
      const folder = `/sys/fs/cgroup/${controller}`;
      for (const entry of readdirSync(folder, { recursive: true })) {
        const name = entry.split("/").at(-1);
        if (name.startsWith(`mayfly-${server.pid}-`)) found.add(name);
      }
    } catch {} // there is no such hierarchy
  }
  return found.size;
}
const state = () => ({
  supervisorMb: anonymousMb(server.pid),
  hostMb: anonymousMb(cellOf(server)),
  supervisorFds: descriptors(server.pid),
  hostFds: descriptors(cellOf(server)),
  guests: cellsOf(server).guests.length,
  cgroups: cgroups(),
});
const shown = (one) =>
  Object.entries(one)
    .map(([name, value]) => `${name} ${Math.round(value * 10) / 10}`)
    .join(", ");

// ------------------------------------------------------------------------------------------------ the tenants

let over = false;
const isOver = () => over;

function goodTenant(name, perSecond, path, body) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
  const outcome = paced(perSecond, isOver, async (n) => {
    const { status, text } = await request(server.port, query(path, { tenant: name }), { agent, body: body?.(n) });
    const expected = `good ${body?.(n).length ?? 0}`;
    if (status !== 200 || text !== expected) throw new Error(`${status}: ${text.slice(0, 300)}`);
  });
  return { name: `${name} ${path}`, outcome: outcome.finally(() => agent.destroy()) };
}

const hostile = new Map(); // kind to { outcome to count }
function count(kind, outcome) {
  const counts = hostile.get(kind) ?? hostile.set(kind, {}).get(kind);
  counts[outcome] = (counts[outcome] ?? 0) + 1;
}

/** Does one deed after another, with a pause between. Whatever comes of it is counted, and no problem. */
async function hostileTenant(tenant, kind, { pauseMs = 0, ...parameters } = {}) {
  const agent = new http.Agent({ keepAlive: true });
  while (!over) {
    try {
      const path = query("/deed", { kind, tenant, ...parameters });
      const { status, text } = await request(server.port, path, { agent, timeoutMs: 30_000 });
      const said = status === 200 ? JSON.parse(text) : { error: `HTTP ${status}` };
      count(kind, said.error ?? "done");
    } catch (error) {
      count(kind, error.message);
    }
    for (const until = Date.now() + pauseMs; !over && Date.now() < until;) await sleep(Math.min(pauseMs, 200));
  }
  agent.destroy();
}

/** A client that goes away, or sends what is no HTTP. */
async function rudeClient(kind, bytes, pauseMs) {
  while (!over) {
    const socket = net.connect(server.port, "127.0.0.1");
    socket.on("error", () => {});
    socket.write(bytes);
    await sleep(pauseMs);
    socket.destroy();
    count(kind, "sent");
  }
}

await request(server.port, query("/good", { tenant: "a" }));
await sleep(500);
const before = state();
console.log(`before: ${shown(before)}`);

const big = "x".repeat(200_000);
const good = [
  goodTenant("a", 50, "/good"),
  goodTenant("b", 20, "/good", (n) => "x".repeat(n % 1000)),
  goodTenant("c", 5, "/fresh"),
  goodTenant("d", 2, "/good", () => big),
];
const bad = [
  hostileTenant("burner", "burn", { n: 200, pauseMs: 500 }),
  hostileTenant("looper", "loop", { cpuMs: 100, pauseMs: 1_000 }),
  hostileTenant("caller", "calls", { n: 5_000, pauseMs: 1_000 }),
  hostileTenant("caller", "callsAtOnce", { n: 5_000, pauseMs: 2_000 }),
  hostileTenant("timer", "timers", { n: 5_000, pauseMs: 1_000 }),
  hostileTenant("logger", "logs", { n: 20_000, pauseMs: 2_000 }),
  hostileTenant("answerer", "answer", { n: 10_000, pauseMs: 1_000 }),
  hostileTenant("churner", "churn", { n: 2_000, pauseMs: 1_000 }),
  hostileTenant("filler", "fill", { pauseMs: 3_000 }),
  hostileTenant("filler", "buffers", { pauseMs: 3_000 }),
  hostileTenant("filler", "strings", { pauseMs: 3_000 }),
  hostileTenant("arrays", "arrays", { pauseMs: 20_000 }),
  hostileTenant("stuck", "stuck", { cpuMs: 100, pauseMs: 20_000 }),
  hostileTenant("thrower", "throws", { pauseMs: 100 }),
  hostileTenant("deep", "recurse", { pauseMs: 1_000 }),
  hostileTenant("alone", "throws", { isolation: "worker", pauseMs: 2_000 }),
  rudeClient("left early", `GET ${query("/deed", { kind: "never", tenant: "left" })} HTTP/1.1\r\nHost: x\r\n\r\n`, 500),
  rudeClient("no HTTP", "\0\x01\x02 GET / nonsense\r\n\r\n", 300),
  rudeClient("slow", "POST /good HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc", 1_000),
];

// ------------------------------------------------------------------------------------------------ the time

const samples = [];
const start = Date.now();
let ended;
server.program.ended.then((how) => (ended = how));
let shownAt = 0;
while (Date.now() - start < totalMs && !ended) {
  await sleep(Math.min(5_000, totalMs / 20));
  try {
    samples.push({ atMs: Date.now() - start, ...state() });
  } catch (error) {
    problems.push(`after ${Math.round((Date.now() - start) / 1000)} s: ${error.message}`);
    break;
  }
  if (Date.now() - shownAt > 60_000) {
    shownAt = Date.now();
    console.log(`${Math.round(samples.at(-1).atMs / 1000)} s: ${shown(samples.at(-1))}`);
  }
}
over = true;
if (ended) problems.push(`the server ended: ${JSON.stringify(ended)}`);

console.log("\nwell-behaved                requests  errors    p50 ms    p99 ms    max ms");
for (const { name, outcome } of good) {
  const { latencies, errors } = await outcome;
  const { count: requests, p50, p99, max } = summary(latencies);
  const figures = [requests, errors.length, ...[p50, p99, max].map((ms) => ms?.toFixed(1))];
  console.log(`${name.padEnd(24)}${figures.map((figure) => String(figure).padStart(10)).join("")}`);
  const texts = [...new Set(errors)];
  if (texts.length > 0) problems.push(`${name}: ${errors.length} errors: ${texts.slice(0, 3).join("; ")}`);
  if (requests < totalMs / 1000 / 2) problems.push(`${name}: only ${requests} requests`);
}
await Promise.all(bad);
console.log("\nhostile");
for (const [kind, counts] of hostile) {
  console.log(`${kind.padEnd(14)}${Object.entries(counts).map(([outcome, times]) => `${outcome} ${times}`).join(", ")}`);
}
console.log(`\nlog: ${Math.round(logBytes / 2 ** 20)} MB`);
for (const [line, times] of [...logLines].sort((a, b) => b[1] - a[1]).slice(0, 25)) {
  console.log(`${String(times).padStart(6)} x ${line}`);
}

// Medians of what came after the warm-up, and of the last samples.
const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
const warm = samples.filter(({ atMs }) => atMs >= warmMs);
const part = Math.max(1, Math.floor(warm.length / 4));
for (const [who, key] of [["supervisor", "supervisorMb"], ["host", "hostMb"]]) {
  const [from, to] = [warm.slice(0, part), warm.slice(-part)].map((list) => median(list.map((one) => one[key])));
  console.log(`\n${who}: ${from?.toFixed(1)} MB after the warm-up, ${to?.toFixed(1)} MB at the end`);
  if (to - from > growthMbMax[who]) problems.push(`the ${who} grew by ${(to - from).toFixed(1)} MB`);
}

if (!ended) {
  for (const from = Date.now(); Date.now() - from < quietMs && cellsOf(server).guests.length > 1;) await sleep(1_000);
  await sleep(1_000);
  const after = state();
  console.log(`after: ${shown(after)}`);
  if (after.guests > 1) problems.push(`${after.guests} guest cells are left`);
  if (after.cgroups > 2) problems.push(`${after.cgroups} cgroups are left`);
  // The spare cell's, and a connection that is about to close.
  for (const key of ["supervisorFds", "hostFds"]) {
    if (after[key] > before[key] + 4) problems.push(`${key}: ${before[key]} before, ${after[key]} after`);
  }
  const family = descendants(server.pid);
  await server.stop();
  await sleep(500);
  const left = family.filter(isAlive);
  if (left.length > 0) problems.push(`processes are left: ${left.join(", ")}`);
  if (cgroups() > 0) problems.push(`${cgroups()} cgroups are left after the end`);
}
const files = readdirSync(tmp);
if (files.length > 0) problems.push(`files are left: ${files.join(", ")}`);

console.log(problems.length === 0 ? "\nsoak: passed" : `\nsoak: failed\n  ${problems.join("\n  ")}`);
process.exit(problems.length === 0 ? 0 : 1);
