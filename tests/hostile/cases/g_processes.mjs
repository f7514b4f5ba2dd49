// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { openSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { descendants, exchange, freePort, isAlive, kill, mayflyPath, root, sleep, temporaryProject } from "../../e2e/harness.mjs";
import { cellsOf, finish } from "../harness.mjs";
import { inFetch } from "../program.mjs";

export const letter = "G";
export const title = "Processes that die, stop or get nothing from the system";

const cellsTest = "tests/hostile/cells.test.mjs";
const echo = (mark, tenant) => ({ tenant, code: `${inFetch(`const got = await env.TOOL.echo("${mark}"); return new Response(got)`)}// ${mark}` });

/** A server of its own for what costs the neighbours something. */
const withOwn = (deed, options = {}) => async ({ startHost }) => {
  const own = await startHost(options);
  try {
    return await deed(own);
  } finally {
    await finish(own);
  }
};

async function answersAgain(own, timeoutMs = 15_000) {
  let last;
  for (const began = Date.now(); Date.now() - began < timeoutMs; await sleep(50)) {
    try {
      last = await own.attack(echo(`again ${Date.now()}`), 5_000);
      if (last.text?.startsWith("again")) return;
    } catch (error) {
      last = error;
    }
  }
  assert.fail(`does not serve any more: ${last.message}`);
}

const openFiles = (pid) => readdirSync(`/proc/${pid}/fd`).length;
const setLimit = (pid, what, soft) => execFileSync("prlimit", ["--pid", String(pid), `--${what}=${soft}:`]);

/** Runs the host project with its log going to `stderr`, and tells how it answers while programs log. */
async function serveWith(command, args, stdio, deed) {
  const port = await freePort();
  const child = spawn(command, [...args, mayflyPath, "serve", join(root, "tests/hostile/host"), "--port", String(port), "--shards", "1"], { cwd: root, stdio });
  try {
    const ask = (path, more) => exchange(port, { path, timeoutMs: 5_000, ...more });
    for (const began = Date.now(); ; await sleep(50)) {
      const up = await ask("/own").then(({ text }) => text === "the host", () => false);
      if (up) break;
      assert.ok(Date.now() - began < 15_000 && child.exitCode === null, "the server came up");
    }
    return await deed(ask, child);
  } finally {
    for (const pid of [...descendants(child.pid), child.pid]) kill(pid, "SIGKILL");
  }
}

const logging = { modules: { "main.js": inFetch(`for (let i = 0; i < 2_000; i++) console.log("x".repeat(1_000))`) }, main: "main.js", cpuMs: 2_000 };
async function logsAndAnswers(ask, child) {
  for (let n = 0; n < 10; n++) {
    const { status, text } = await ask("/attack", { method: "POST", body: JSON.stringify(logging) });
    assert.equal(status, 200, text);
    assert.equal(JSON.parse(text).text, "done");
    assert.equal((await ask("/own")).text, "the host");
  }
  assert.equal(child.exitCode, null, "the supervisor goes on");
  return "20 MB of log; it answers all the while";
}

export const cases = {
  G01: { title: "SIGKILL of a cell at 200 random moments, with calls under way", outcome: "K", heldBy: `${cellsTest}: when the process dies, its callers are told how, and the next call is served by another`, deed: withOwn(async (own) => {
    const ends = {};
    let stopped = false;
    let number = 0;
    const asking = Array.from({ length: 6 }, async () => {
      while (!stopped) {
        const began = Date.now();
        let end;
        try {
          // Of many tenants: whose cells die again and again waits for the next, on purpose.
          const { text, error } = await own.attack(echo(`mark ${number++}`, `tenant ${number % 60}`), 10_000);
          end = text ? "answered" : error;
        } catch (error) {
          end = /no answer/.test(error.message) ? "HUNG" : /503|ECONN|socket hang up/.test(error.message) ? "connection lost" : error.message.slice(0, 80);
        }
        ends[end] = (ends[end] ?? 0) + 1;
        if (Date.now() - began > 8_000) ends.slow = (ends.slow ?? 0) + 1;
        await sleep(2);
      }
    });
    for (let killed = 0; killed < 200; ) {
      await sleep(Math.random() * 300); // enough for some to come up
      const { guests, hosts } = cellsOf(own);
      const victims = killed % 50 === 49 ? hosts : guests;
      if (victims.length === 0) continue;
      kill(victims[Math.floor(Math.random() * victims.length)], "SIGKILL");
      killed++;
      if (victims === hosts) await sleep(500);
    }
    stopped = true;
    await Promise.all(asking);
    await answersAgain(own);
    assert.deepEqual(Object.keys(ends).filter((end) => !/^(answered|CellLost|WorkerQuarantined|connection lost|Error)$/.test(end)), [], JSON.stringify(ends));
    assert.ok(ends.answered > 20 && ends.CellLost > 10, JSON.stringify(ends));
    return Object.entries(ends).map(([end, count]) => `${end} ${count}`).join(", ");
  }) },
  G02: { title: "SIGSTOP of a cell", outcome: "K", deed: withOwn(async (own) => {
    const waiting = own.attack({ code: inFetch(`await new Promise((go) => setTimeout(go, 1_000))`) }, 25_000);
    await sleep(300);
    for (const guest of cellsOf(own).guests) kill(guest, "SIGSTOP");
    const began = Date.now();
    const { error, message } = await waiting;
    assert.equal(error, "CellLost", message);
    await answersAgain(own);
    return `${message} (after ${Math.round((Date.now() - began) / 1_000)} s)`;
  }) },
  G03: { title: "cells that crash again and again", outcome: "K", heldBy: [`${cellsTest}: code that ends its cells gets one to itself, and is then not started for a while`, "src/supervisor/host_cell_test.cc: HostCellTest.StartsADeadCellAgainWithWhatWorkedAndWaitsLongerEachTime"] },
  G04: { title: "no more file descriptors for the supervisor", outcome: "K", deed: withOwn(async (own) => {
    const before = readFileSync(`/proc/${own.pid}/limits`, "utf8").match(/^Max open files\s+(\d+)/m)[1];
    setLimit(own.pid, "nofile", openFiles(own.pid));
    for (const guest of cellsOf(own).guests) kill(guest, "SIGKILL");
    await sleep(300);
    const ends = await Promise.all([1, 2, 3].map((n) => own.attack(echo(`without files ${n}`), 20_000).catch((error) => ({ error: error.message }))));
    for (const { text, error } of ends) assert.doesNotMatch(String(error ?? text), /no answer/);
    setLimit(own.pid, "nofile", before);
    await answersAgain(own);
    assert.ok(isAlive(own.pid));
    return `meanwhile: ${ends.map(({ text, error }) => text ?? error).join(", ").slice(0, 100)}; afterwards it serves`;
  }) },
  G05: { title: "a log that nobody reads, and one whose disk is full", outcome: "-", deed: async () => {
    const unread = await serveWith("env", [], ["ignore", "ignore", "pipe"], logsAndAnswers);
    const log = openSync(join(temporaryProject({ log: "" }), "log"), "a");
    await serveWith("prlimit", ["--fsize=65536"], ["ignore", log, log], logsAndAnswers);
    const full = openSync("/dev/full", "w");
    await serveWith("env", [], ["ignore", full, full], logsAndAnswers);
    return unread;
  } },
  G06: { title: "the clock jumps by a day", outcome: "-", missing: "the tests' machine has one clock, which others use too; deadlines are of the monotonic clock" },
  G07: { title: "more cells than there may be, at once", outcome: "K", deed: withOwn(async (own) => {
    const ends = {};
    await Promise.all(Array.from({ length: 140 }, async (_, n) => {
      const { text, error } = await own.attack({ ...echo(`storm ${n}`), tenant: `tenant ${n}` }, 60_000).catch((error) => ({ error: error.message }));
      const end = text ? "answered" : error;
      ends[end] = (ends[end] ?? 0) + 1;
    }));
    assert.deepEqual(Object.keys(ends).filter((end) => !/^(answered|CellLimitExceeded)$/.test(end)), [], JSON.stringify(ends));
    await answersAgain(own);
    return Object.entries(ends).map(([end, count]) => `${end} ${count}`).join(", ");
  }) },
  G08: { title: "the supervisor dies while cells live", outcome: "K", heldBy: ["tests/e2e/processes.test.mjs: when the supervisor is killed no process stays behind", `${cellsTest}: when the supervisor dies, so does everything`] },
  G09: { title: "a layer of the sandbox is missing", outcome: "P", heldBy: "tests/e2e/sandbox.test.mjs: where namespaces are not to be had, required refuses and best-effort says so and goes on" },
  G10: { title: "cgroups of either version, or none", outcome: "-", heldBy: ["src/sandbox/cgroup_test.cc: Cgroups.AreFoundInBothVersionsAtOnce", "src/sandbox/cgroup_test.cc: Cgroups.AreFoundWhereAContainerSeesAPartOfTheHierarchy"] },
  G11: { title: "a thread without the filter of system calls", outcome: "P", heldBy: "tests/e2e/sandbox.test.mjs: mayfly doctor: everything that must not work from inside a cell is held" },
  G12: { title: "io_uring", outcome: "N", heldBy: "tests/e2e/sandbox.test.mjs: mayfly doctor: everything that must not work from inside a cell is held" },
  G13: { title: "SIGUSR1 opens no inspector", outcome: "-", deed: withOwn(async (own) => {
    const { hosts, guests } = cellsOf(own);
    for (const pid of [...hosts, ...guests]) {
      kill(pid, "SIGUSR1");
      await sleep(200);
      if (!isAlive(pid)) continue;
      const listening = readFileSync(`/proc/${pid}/net/tcp`, "utf8").match(/:240D \S+ 0A/g);
      assert.equal(listening, null, "nothing listens on port 9229");
    }
    await answersAgain(own);
    assert.doesNotMatch(own.program.output, /Debugger listening/);
    return "no inspector; it serves";
  }) },
  G14: { title: "NODE_OPTIONS and LD_PRELOAD of the operator", outcome: "-", heldBy: "src/supervisor/host_cell_test.cc: CellProcessTest.GetsItsArgumentsAndAnEmptyEnvironmentAndTellsWhatItPrints", deed: withOwn(async (own) => {
    await answersAgain(own);
    const { hosts, guests } = cellsOf(own);
    for (const pid of [...hosts, ...guests]) assert.doesNotMatch(readFileSync(`/proc/${pid}/environ`, "latin1"), /NODE_OPTIONS|LD_PRELOAD/);
    return "cells start without them";
  }, { env: { NODE_OPTIONS: "--require=/nonexistent.js", LD_PRELOAD: "/nonexistent.so" } }) },
  G15: { title: "memory ends on a thread of the engine's own", outcome: "C", missing: "no program was found with which V8 gives up anywhere but on the thread that runs it" },
  G16: { title: "the end of a process with isolates in it", outcome: "-", heldBy: "tests/e2e/processes.test.mjs: ends everything with status 0 and leaves no process" },
};
