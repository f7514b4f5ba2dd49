// SPDX-License-Identifier: Apache-2.0
//
// A server with a host worker that runs hostile programs (host/index.js), and three neighbours who are asked all the
// time: the host's own answer ("own"), a worker in the guest cell of the programs ("beside") and a worker of another
// tenant ("neighbour"). `observe` tells what they saw while something was done, and what it left behind.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { descendants, isAlive, kill, sleep, start } from "../e2e/harness.mjs";

export const kPatienceMs = 2_000;
const kSettleMs = 15_000;
const host = join(import.meta.dirname, "host");
const answers = { own: "the host", beside: "beside", neighbour: "a neighbour" };

/** The processes of cells: [of the operator's workers], [of dynamic workers, used or kept ready]. */
export function cellsOf(server) {
  const hosts = [];
  const guests = [];
  for (const pid of descendants(server.pid)) {
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
      if (words.some((word) => word.endsWith("cell.cjs"))) (words.includes("--guest") ? guests : hosts).push(pid);
    } catch {
      // It has ended.
    }
  }
  return { hosts, guests };
}

export function cellOf(server) {
  const { hosts } = cellsOf(server);
  assert.equal(hosts.length, 1, "there is one host cell");
  return hosts[0];
}

export function residentMb(pid) {
  try {
    return Number(readFileSync(`/proc/${pid}/status`, "utf8").match(/^VmRSS:\s+(\d+)/m)?.[1] ?? 0) / 1024;
  } catch {
    return 0; // it has ended
  }
}

function zombiesOf(pid) {
  return readdirSync("/proc").filter((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "utf8");
      const [state, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      return state === "Z" && Number(parent) === pid;
    } catch {
      return false;
    }
  });
}

const kBusyShare = 0.4;

/** Whether a thread of these processes is at work whenever one looks, or they use much of a processor together. */
async function areBusy(pids) {
  let running;
  const began = performance.now();
  let ticks = 0;
  for (let look = 0; look < 10; look++, await sleep(30)) {
    const now = new Set();
    let all = 0;
    for (const pid of pids) {
      try {
        for (const thread of readdirSync(`/proc/${pid}/task`)) {
          const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, "utf8");
          const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
          if (fields[0] === "R" || fields[0] === "D") now.add(thread);
          all += Number(fields[11]) + Number(fields[12]);
        }
      } catch {} // it has ended
    }
    if (look === 0) ticks = all;
    running = running === undefined ? now : running.intersection(now);
    if (look === 9 && (all - ticks) * 10 > kBusyShare * (performance.now() - began)) return true;
  }
  return running.size > 0;
}

function count(path) {
  try {
    return readdirSync(path).length;
  } catch {
    return 0;
  }
}

/** Cgroups of cells, which are named mayfly-... or lie below such a one. Empty where there are none. */
function cgroupsOf(pid) {
  const found = [];
  for (const root of ["/sys/fs/cgroup", "/sys/fs/cgroup/memory", "/sys/fs/cgroup/pids", "/sys/fs/cgroup/cpu,cpuacct"]) {
    try {
      for (const name of readdirSync(root)) if (name.startsWith("mayfly") && name.includes(String(pid))) found.push(join(root, name));
    } catch {}
  }
  return found;
}

/** What a server has open and what it has started. */
function belongings(server) {
  const { hosts, guests } = cellsOf(server);
  return {
    "guest cells": guests.length,
    zombies: zombiesOf(server.pid).length,
    "open files of the supervisor": count(`/proc/${server.pid}/fd`),
    "open files of the host cell": count(`/proc/${hosts[0]}/fd`),
    cgroups: cgroupsOf(server.pid).length,
  };
}

// Whoever was in a cell that ended without a known culprit gets one to himself for a while, and the worker beside was.
// Connections of clients, and cells that come and go, are open files too.
const spare = { "guest cells": 1, cgroups: 1, "open files of the supervisor": 12, "open files of the host cell": 18 };

/** What there is more of than before. */
function leftovers(before, now) {
  return Object.keys(now)
    .filter((key) => now[key] > before[key] + (spare[key] ?? 0))
    .map((key) => `${now[key] - before[key]} more ${key}`);
}

export async function startHost(options = {}, runtime = "mayfly") {
  const args = ["--shards", "2", ...(options.args ?? [])];
  const server = await start(runtime, host, runtime === "mayfly" ? { ...options, command: "serve", args } : { network: ["public"] });
  const isMayfly = runtime === "mayfly";
  let asked = [];
  let lateMs = 0;
  let stopped = false;
  const lost = new AbortController();
  server.program.ended.then(() => lost.abort());

  const timeoutMs = isMayfly ? 10_000 : 5_000;
  async function ask(who) {
    const began = performance.now();
    let wrong;
    try {
      const { status, text } = await server.request({ path: `/${who}`, timeoutMs });
      if (status !== 200 || text !== answers[who]) wrong = `${status}: ${text.slice(0, 200)}`;
    } catch (error) {
      wrong = error.message;
    }
    asked.push({ who, began, ms: performance.now() - began, wrong });
  }
  /** One cell for each of the two tenants, and one kept ready. */
  async function idleCells() {
    for (const began = Date.now(); Date.now() - began < 5_000 && cellsOf(server).guests.length < 3; ) await sleep(20);
  }
  async function watch(who) {
    while (!stopped && !lost.signal.aborted) {
      await ask(who);
      await sleep(10);
    }
  }
  for (const who of Object.keys(answers)) await ask(who);
  if (isMayfly) await idleCells();
  const idle = isMayfly ? belongings(server) : undefined;
  const watching = [...Object.keys(answers).map(watch), lookAtLateness()];

  /** How late timers of this process are, whom nobody attacks: what the machine has others do. */
  async function lookAtLateness() {
    while (!stopped && !lost.signal.aborted) {
      const began = performance.now();
      await sleep(10);
      lateMs = Math.max(lateMs, performance.now() - began - 10);
    }
  }

  /** Runs a program; what its worker answered ({ text }) or failed with ({ error, message }). */
  async function attack(program, timeoutMs = program.patienceMs ?? 30_000) {
    const { code, modules, main = "main.js", cpuMs = 1_000, network = false, limits, calls, loads, atOnce, tenant, isolation, padTo } = program;
    const all = { ...modules, ...(code !== undefined && { [main]: code }) };
    const body = JSON.stringify({ modules: all, main, cpuMs, network, limits, calls, loads, atOnce, tenant, isolation, padTo });
    const { status, text } = await server.request({ method: "POST", path: "/attack", body, timeoutMs });
    assert.equal(status, 200, text);
    return JSON.parse(text);
  }

  async function settled(before) {
    let left;
    for (const began = Date.now(); Date.now() - began < kSettleMs; await sleep(50)) {
      left = leftovers(before, belongings(server));
      if (left.length === 0) break;
    }
    return left;
  }

  /**
   * Does `deed` and tells what came of it ({ result } or { thrown }), how each neighbour fared ({ asked, wrong,
   * worstMs, p99Ms }), which processes were exchanged, and what was left behind. `until(log, quiet)` says when all that
   * follows has happened (`quiet()`: no thread of a guest cell is at work), `untilMs` how long to wait for that.
   */
  async function observe(deed, { until = () => true, untilMs = 12_000 } = {}) {
    const quiet = async () => !(await areBusy(cellsOf(server).guests));
    asked = [];
    lateMs = 0;
    const cell = isMayfly ? cellOf(server) : undefined;
    const logStart = server.program.stderr.length;
    const log = () => server.program.stderr.slice(logStart);
    const supervisorMb = residentMb(server.pid);
    const began = performance.now();
    const seen = {};
    try {
      seen.result = await deed();
    } catch (error) {
      seen.thrown = error;
    }
    seen.ms = Math.round(performance.now() - began);
    for (const from = Date.now(); Date.now() - from < untilMs && !(await until(log(), quiet)) && !lost.signal.aborted; ) await sleep(20);
    await sleep(30); // what follows at once
    const silent = asked.some(({ wrong }) => /^no answer/.test(wrong)) && !isMayfly;
    if (!lost.signal.aborted && !silent) await Promise.all(Object.keys(answers).map((who) => ask(who)));
    if (isMayfly) {
      seen.left = await settled(idle);
      seen.sameCell = cellsOf(server).hosts.join() === String(cell);
    }
    seen.alive = isAlive(server.pid);
    seen.grownMb = Math.round((residentMb(server.pid) - supervisorMb) * 10) / 10;
    seen.log = log();
    seen.lateMs = Math.round(lateMs);
    seen.neighbours = Object.fromEntries(Object.keys(answers).map((who) => {
      const ms = asked.filter((one) => one.who === who).map((one) => one.ms).sort((a, b) => a - b);
      const wrong = asked.filter((one) => one.who === who && one.wrong !== undefined).map((one) => one.wrong);
      const at = (part) => Math.round(ms[Math.min(ms.length - 1, Math.floor(ms.length * part))] ?? 0);
      return [who, { asked: ms.length, wrong: [...new Set(wrong)], worstMs: at(1), p99Ms: at(0.99) }];
    }));
    return seen;
  }

  return {
    ...server,
    cell: () => cellOf(server),
    attack,
    observe,
    /** Does `deed`, and checks that nobody else noticed. */
    async unnoticed(deed) {
      const seen = await observe(deed);
      if (seen.thrown) throw seen.thrown;
      assert.deepEqual(noticed(seen, "nobody"), [], "the neighbours noticed");
      return seen.result;
    },
    async stop(signal) {
      stopped = true;
      if (isMayfly) await Promise.all(watching);
      const how = await server.stop(signal);
      await Promise.all(watching);
      return how;
    },
  };
}

const cellWasLost = /^200: CellLost: /;
const kSupervisorGrowthMb = 16;
// An answer passes several processes, and each may have to wait for the processor as long as this one has.
const kLatenesses = 5;

/**
 * What of an observation breaks the promise that nobody else notices. `who` may: "nobody", or "the cell" when the
 * tenant's guest cell may be replaced, which costs those beside it no more than CellLost.
 */
export function noticed(seen, who) {
  const complaints = [];
  for (const [name, { wrong, worstMs }] of Object.entries(seen.neighbours)) {
    const bears = name === "beside" && who === "the cell";
    const unexpected = wrong.filter((text) => !(bears && cellWasLost.test(text)));
    if (unexpected.length > 0) complaints.push(`${name} answered ${unexpected.join(", ")}`);
    if (worstMs > (bears ? 2 : 1) * kPatienceMs + kLatenesses * seen.lateMs) complaints.push(`${name} took ${worstMs} ms`);
  }
  if (!seen.alive) complaints.push("the server has ended");
  if (seen.sameCell === false) complaints.push("the host cell is another process");
  if (seen.left?.length > 0) complaints.push(`left behind: ${seen.left.join(", ")}`);
  if (seen.grownMb > kSupervisorGrowthMb) complaints.push(`the supervisor has grown by ${seen.grownMb} MB`);
  if (who === "nobody" && /guest cell died|is replaced/.test(seen.log)) complaints.push("the guest cell was replaced");
  return complaints;
}

/** Ends a server whatever it is doing. */
export async function finish(server) {
  const family = descendants(server.pid);
  await server.stop("SIGKILL");
  for (const pid of family) kill(pid, "SIGKILL");
}
