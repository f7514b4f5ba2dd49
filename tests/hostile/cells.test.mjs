// SPDX-License-Identifier: Apache-2.0
//
// Guest cells: who shares a process with whom, and what the death of one means to its own workers and to all others.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { kill, sleep, startMayfly, temporaryProject } from "../e2e/harness.mjs";
import { cellOf, cellsOf } from "./harness.mjs";

const host = `
const code = (extension, limits, mark) => ({
  compatibilityDate: "2026-11-01",
  mainModule: "main.js",
  modules: { "main.js": \`// \${mark}
    let calls = 0;
    export default {
      async fetch(request) {
        calls++;
        const { pathname } = new URL(request.url);
        if (pathname === "/wait") await new Promise((done) => setTimeout(done, 3000));
        if (pathname === "/fill") { const kept = []; for (;;) kept.push(new Array(1000).fill(calls)); }
        if (pathname === "/take") {
          globalThis.taken = Array.from({ length: 12 }, () => new Uint8Array(10 << 20).fill(1));
          await new Promise((done) => setTimeout(done, 3000));
        }
        if (pathname === "/grow") for (let n = 0; n < 500; n++) (globalThis.formats ??= []).push(new Intl.DateTimeFormat("de", { dateStyle: "full", timeStyle: "full" }));
        if (pathname === "/log") console.log("said");
        if (pathname === "/flood") for (let n = 0; n < 20_000; n++) console.log("x".repeat(1000));
        if (pathname === "/burn") for (;;);
        if (pathname === "/spin") for (let n = 0; n < 3e8; n++);
        if (pathname === "/stuck") [].indexOf.call({ length: 2 ** 53 - 1 }, 1);
        return new Response("call " + calls);
      },
    };\` },
  globalOutbound: null,
  ...(extension && { mayfly: extension }),
  ...(limits && { limits }),
});
export default {
  async fetch(request, env) {
    const url = new URL(request.url);
    if (url.pathname === "/own") return new Response("own");
    const extension = JSON.parse(url.searchParams.get("mayfly"));
    const name = url.searchParams.get("name");
    const limits = JSON.parse(url.searchParams.get("limits"));
    const made = code(extension, limits, url.searchParams.get("mark"));
    try {
      const worker = name === null ? env.LOADER.load(made)
                                   : env.LOADER.get(name, () => made);
      const response = await worker.getEntrypoint().fetch("http://worker" + url.pathname);
      return Response.json({ text: await response.text() });
    } catch (error) {
      return Response.json({ error: error.name, message: error.message, at: Date.now() });
    }
  },
};`;

function project(loader) {
  return temporaryProject({
    "wrangler.jsonc": {
      name: "host",
      main: "index.js",
      compatibility_date: "2026-11-01",
      worker_loaders: [{ binding: "LOADER" }],
      mayfly: { loader },
    },
    "index.js": host,
  });
}

async function ask(server, path, parameters = {}) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    query.set(name, typeof value === "string" ? value : JSON.stringify(value));
  }
  const { status, text } = await server.request({ path: `${path}?${query}`, timeoutMs: 60_000 });
  assert.equal(status, 200, text);
  return JSON.parse(text);
}

async function until(what, check, timeoutMs = 10_000) {
  for (const start = Date.now(); Date.now() - start < timeoutMs; await sleep(10)) {
    const value = check();
    if (value) return value;
  }
  assert.fail(`not within ${timeoutMs} ms: ${what}`);
}

/** The guest cell that uses most processor time while `deed` is done. */
async function cellThatRuns(server, deed) {
  const used = (pid) => {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return Number(fields[11]) + Number(fields[12]);
  };
  const before = new Map(guestsOf(server).map((pid) => [pid, used(pid)]));
  await deed();
  const after = [...before].map(([pid, ticks]) => [pid, used(pid) - ticks]);
  return after.sort((a, b) => b[1] - a[1])[0][0];
}

/** The guest cells whose sockets to the host cell are in use: those that have run something. */
const guestsOf = (server) => cellsOf(server).guests;

let server;
before(async () => {
  server = await startMayfly(project({}), { args: ["--shards", "2"] });
});
after(() => server.stop());

test("a dynamic worker runs in a process of its own, and one is kept ready", async () => {
  assert.equal((await ask(server, "/", { name: "first" })).text, "call 1");
  await until("one used and one ready", () => guestsOf(server).length === 2);
});

test("when the process dies, its callers are told how, and the next call is served by another", async () => {
  const victim = { name: "victim", mark: "victim" };
  assert.equal((await ask(server, "/", victim)).text, "call 1");
  const cell = cellOf(server);
  const waiting = Array.from({ length: 20 }, () => ask(server, "/wait", victim));
  const once = ask(server, "/wait", { mark: "once" });
  await sleep(200);
  const killed = Date.now();
  for (const guest of guestsOf(server)) kill(guest, "SIGKILL");
  for (const { error, message, at } of await Promise.all([...waiting, once])) {
    assert.equal(error, "CellLost");
    assert.equal(message, "The cell of this worker was lost: signal 9 (Killed).");
    assert.ok(at - killed < 1_000, `told after ${at - killed} ms`);
  }
  // A named worker starts anew.
  assert.equal((await ask(server, "/", victim)).text, "call 1");
  assert.equal(cellOf(server), cell, "the host cell is the same process");
});

test("tenants have processes of their own", async () => {
  const waits = {};
  for (const tenant of ["a", "b"]) waits[tenant] = ask(server, "/wait", { mayfly: { tenant }, mark: tenant });
  const shared = ask(server, "/wait", { mayfly: { tenant: "a" }, name: "also a", mark: "shared" });
  await until("two more cells", () => guestsOf(server).length >= 3);
  await sleep(300);
  const ended = [];
  for (const [tenant, wait] of Object.entries(waits)) wait.then((outcome) => ended.push([tenant, outcome.error]));
  for (const guest of guestsOf(server)) {
    kill(guest, "SIGKILL");
    await sleep(150);
    if (ended.length > 0) break;
  }
  const [[tenant, error]] = ended;
  assert.equal(error, "CellLost");
  const other = tenant === "a" ? "b" : "a";
  assert.equal((await waits[other]).text, "call 1");
  assert.equal((await shared).error, tenant === "a" ? "CellLost" : undefined);
});

test("code that ends its cells gets one to itself, and is then not started for a while", async () => {
  const own = await startMayfly(project({}));
  try {
    const suspect = { mark: "suspect" };
    for (let crashes = 0; crashes < 4; crashes++) {
      const waiting = ask(own, "/wait", suspect);
      await sleep(600);
      for (const guest of guestsOf(own)) kill(guest, "SIGKILL");
      assert.equal((await waiting).error, "CellLost");
    }
    // The cell that was kept ready is dead as well, which takes a moment to be seen.
    await sleep(100);
    const { error, message } = await ask(own, "/", suspect);
    assert.equal(error, "WorkerQuarantined");
    assert.equal(message, "This code ended its process again and again, and is not started for a while.");
    const another = await ask(own, "/", { mark: "another" });
    assert.equal(another.text, "call 1", another.message);
    await sleep(1_000);
    assert.equal((await ask(own, "/", suspect)).text, "call 1");
  } finally {
    await own.stop();
  }
});

test("a worker may have a process to itself, which ends with it", async () => {
  await until("no cell is being started", () => guestsOf(server).length >= 2);
  const before = new Set(guestsOf(server));
  const waits = Array.from({ length: 3 }, () => ask(server, "/wait", { mayfly: { isolation: "worker" } }));
  await until("three more cells", () => guestsOf(server).filter((pid) => !before.has(pid)).length >= 3);
  for (const wait of waits) assert.equal((await wait).text, "call 1");
  await until("they are gone", () => guestsOf(server).length <= before.size + 1);
});

test("code cannot ask for a weaker wall than its loader's", async () => {
  const { error, message } = await ask(server, "/", { mayfly: { isolation: "isolate" } });
  assert.equal(error, "Error");
  assert.match(message, /"isolate" is a weaker wall than this loader's "tenant"/);
  assert.equal((await ask(server, "/", { mayfly: { isolation: "walls" } })).error, "TypeError");
  assert.match((await ask(server, "/", { mayfly: { tenants: "x" } })).message, /Did you mean 'tenant'\?/);
});

test("code may have less memory than its loader allows, and not more", async () => {
  for (const [memoryMb, limit] of [[24, 24], [4_000, 128]]) {
    const filled = await ask(server, "/fill", { limits: { memoryMb, cpuMs: 5_000 } });
    assert.equal(filled.error, "MemoryLimitExceeded");
    assert.equal(filled.message, `Worker exceeded its memory limit of ${limit} MB.`);
  }
  assert.match((await ask(server, "/", { limits: { memoryMb: 7 } })).message, /limits\.memoryMb must be a whole number of at least 8/);
  assert.match((await ask(server, "/", { limits: { memoryMB: 64 } })).message, /Did you mean 'memoryMb'\?/);
});

test("memory without end costs a worker its isolate, not its neighbours in the cell", async () => {
  const neighbour = ask(server, "/wait", { name: "beside" });
  const { error } = await ask(server, "/fill");
  assert.equal(error, "MemoryLimitExceeded");
  assert.equal((await neighbour).error, undefined);
});

test("a worker that cannot be stopped costs its tenant the cell, and nobody else anything", async () => {
  const other = { mayfly: { tenant: "other" }, name: "other" };
  await ask(server, "/", other);
  const stuck = ask(server, "/stuck", { mayfly: { tenant: "mean" }, limits: { cpuMs: 100 } });
  const started = Date.now();
  assert.equal((await stuck).error, "CpuLimitExceeded");
  assert.ok(Date.now() - started < 2_000);
  await until("the cell is replaced", () => /the cell is replaced/.test(server.program.stderr), 12_000);
  // The tenant itself goes on in a new one.
  assert.equal((await ask(server, "/", { mayfly: { tenant: "mean" } })).text, "call 1");
  assert.equal((await ask(server, "/", other)).text, "call 2");
  assert.equal((await server.request("/own")).text, "own");
});

test("without walls there are no other processes", async () => {
  const plain = await startMayfly(project({ isolation: "isolate" }));
  try {
    assert.equal((await ask(plain, "/", { name: "first" })).text, "call 1");
    assert.deepEqual(guestsOf(plain), []);
    // Code may ask for one all the same.
    assert.equal((await ask(plain, "/", { mayfly: { isolation: "tenant" } })).text, "call 1");
    assert.equal(guestsOf(plain).length, 1);
  } finally {
    await plain.stop();
  }
});

test("when the host cell dies, so do its guest cells", async () => {
  await ask(server, "/", { name: "first" });
  const before = guestsOf(server);
  kill(cellOf(server), "SIGKILL");
  await until("another host cell serves", () => cellsOf(server).hosts.length === 1 && /serves again/.test(server.program.stderr));
  assert.equal((await ask(server, "/", { name: "first" })).text, "call 1");
  const ready = 1;
  await until("the old ones are gone", () => guestsOf(server).filter((pid) => before.includes(pid)).length <= ready);
});

test("when the supervisor dies, so does everything", async () => {
  const mortal = await startMayfly(project({}));
  await ask(mortal, "/", { name: "first" });
  const { hosts, guests } = cellsOf(mortal);
  await mortal.stop("SIGKILL");
  await until("nothing is left", () =>
    [...hosts, ...guests].every((pid) => {
      try {
        process.kill(pid, 0);
        return false;
      } catch {
        return true;
      }
    }),
  );
});

for (const sandbox of ["best-effort", "off"]) {
  test(`a guest cell that uses more memory than it may is ended, and its callers are told (--sandbox=${sandbox})`, async () => {
    const small = await startMayfly(project({}), {
      args: ["--shards", "1", "--cell-memory-mb", "120", `--sandbox=${sandbox}`],
    });
    try {
      const neighbour = ask(small, "/wait", { mayfly: { tenant: "b" } });
      const { error, message } = await ask(small, "/take", { mayfly: { tenant: "a" } });
      assert.equal(error, "CellLost", message);
      assert.match(message, /memory/);
      assert.equal((await neighbour).text, "call 1");
      assert.equal((await ask(small, "/", { mayfly: { tenant: "a" } })).text, "call 1");
    } finally {
      await small.stop();
    }
  });
}

test("a guest cell that is stopped is replaced, and others are served meanwhile", async () => {
  const watched = await startMayfly(project({}), { args: ["--shards", "2", "--cell-answer-ms", "2000"] });
  try {
    const good = { mayfly: { tenant: "good" }, name: "good" };
    const silent = { mayfly: { tenant: "silent" }, name: "silent" };
    await ask(watched, "/", good);
    await ask(watched, "/", silent);
    const stopped = await cellThatRuns(watched, () => ask(watched, "/spin", silent));
    const waiting = ask(watched, "/wait", silent);
    await sleep(200);
    kill(stopped, "SIGSTOP");
    let served = 0;
    let told = false;
    waiting.finally(() => (told = true));
    for (const start = Date.now(); !told && Date.now() - start < 10_000; await sleep(20)) {
      assert.match((await ask(watched, "/", good)).text, /^call \d+$/);
      served++;
    }
    const { error, message } = await waiting;
    assert.equal(error, "CellLost");
    assert.equal(message, "The cell of this worker was lost: it was killed because it did not answer for 2000 ms.");
    assert.ok(served > 10, `${served} requests were served meanwhile`);
    assert.equal((await ask(watched, "/", silent)).text, "call 1");
  } finally {
    await watched.stop();
  }
});

test("a host cell that is stopped is replaced", async () => {
  const watched = await startMayfly(project({}), { args: ["--shards", "2", "--cell-answer-ms", "2000"] });
  try {
    const stopped = cellOf(watched);
    kill(stopped, "SIGSTOP");
    await watched.program.waitFor(/the cell died: it was killed because it did not answer for 2000 ms/);
    await watched.program.waitFor(/serves again/);
    assert.notEqual(cellOf(watched), stopped);
    assert.equal((await watched.request("/own")).text, "own");
  } finally {
    await watched.stop();
  }
});

test("cells that compute on every core answer all the same", async () => {
  const watched = await startMayfly(project({}), { args: ["--shards", "2", "--cell-answer-ms", "2000"] });
  try {
    const burning = Array.from({ length: 4 }, (_, n) =>
      ask(watched, "/burn", { mayfly: { tenant: `t${n % 2}` }, limits: { cpuMs: 1_500 } }),
    );
    for (const { error } of await Promise.all(burning)) assert.equal(error, "CpuLimitExceeded");
    assert.doesNotMatch(watched.program.stderr, /did not answer/);
  } finally {
    await watched.stop();
  }
});

/** Asks a kept worker until `done`; it must answer every time, whatever happens to its cells. */
async function askUntil(what, server, parameters, done) {
  let times = 0;
  for (const start = Date.now(); !done(); await sleep(20)) {
    assert.ok(Date.now() - start < 20_000, `not within 20 s: ${what}`);
    const { text, error, message } = await ask(server, "/", parameters);
    assert.equal(error, undefined, message);
    assert.match(text, /^call \d+$/);
    times++;
  }
  return times;
}

test("a cell that has had its number of workers is replaced in good order", async () => {
  const server = await startMayfly(project({}), { args: ["--shards", "2", "--cell-workers", "8"] });
  try {
    const a = { mayfly: { tenant: "a" } };
    assert.equal((await ask(server, "/", { ...a, name: "kept" })).text, "call 1");
    const waiting = ask(server, "/wait", { ...a, mark: "waiting" });
    for (let n = 0; n < 20; n++) assert.equal((await ask(server, "/", { ...a, mark: `${n}` })).text, "call 1");
    assert.equal((await waiting).text, "call 1", "what was going on has come to its end");
    assert.match(server.program.stderr, /a guest cell of worker "host", tenant "a" is replaced: it has had enough workers/);
    // Its name is free, in the cell that is used now.
    assert.equal((await ask(server, "/", { ...a, name: "kept" })).text, "call 1");
    assert.doesNotMatch(server.program.stderr, /died/);
  } finally {
    await server.stop();
  }
});

test("a cell that is old enough is replaced in good order", async () => {
  const server = await startMayfly(project({}), { args: ["--shards", "2", "--cell-age-s", "1"] });
  try {
    assert.equal((await ask(server, "/", { name: "kept" })).text, "call 1");
    const old = await cellThatRuns(server, () => ask(server, "/spin", { name: "kept" }));
    await askUntil("replaced", server, { name: "kept" }, () => /is replaced: it is old enough/.test(server.program.stderr));
    // Whoever has a worker of it may call it for 30 s; that is looked at every 5 s.
    await until("the old cell is gone", () => !guestsOf(server).includes(old), 60_000);
    assert.doesNotMatch(server.program.stderr, /died/);
  } finally {
    await server.stop();
  }
});

test("a cell that grows beyond what its workers may have is replaced in good order", async () => {
  const server = await startMayfly(project({}), { args: ["--shards", "2", "--cell-growth-mb", "16"] });
  try {
    const a = { mayfly: { tenant: "a" }, limits: { memoryMb: 8 } };
    assert.equal((await ask(server, "/", { ...a, name: "kept" })).text, "call 1");
    // V8 does not count what formatters take.
    for (let n = 1; n <= 6; n++) assert.match((await ask(server, "/grow", { ...a, name: "grows" })).text, /^call/);
    await askUntil("replaced", server, { ...a, name: "kept" }, () => /tenant "a" is replaced: it has grown too much/.test(server.program.stderr));
    assert.doesNotMatch(server.program.stderr, /died/);
  } finally {
    await server.stop();
  }
});

test("a tenant whose cells end again and again waits for the next one, also with other code each time", async () => {
  const server = await startMayfly(project({}), { args: ["--shards", "1", "--cell-memory-mb", "120"] });
  try {
    for (let n = 0; n < 5; n++) {
      const { error } = await ask(server, "/take", { mayfly: { tenant: "mean" }, mark: `${n}` });
      assert.equal(error, "CellLost");
    }
    const delayed = /guest cells of worker "host", tenant "mean" end again and again: the next one is started in 250 ms/;
    assert.doesNotMatch(server.program.stderr, delayed);
    assert.equal((await ask(server, "/", { mayfly: { tenant: "mean" } })).text, "call 1");
    assert.match(server.program.stderr, delayed);
    assert.equal((await ask(server, "/", { mayfly: { tenant: "other" } })).text, "call 1");
    assert.doesNotMatch(server.program.stderr, /tenant "other"/);
  } finally {
    await server.stop();
  }
});

test("the log says from which tenant a line is, and bounds what one may log", async () => {
  const server = await startMayfly(project({}), { args: ["--shards", "1", "--log", "json"] });
  const lines = () =>
    server.program.stderr
      .split("\n")
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line));
  try {
    await ask(server, "/log", { mayfly: { tenant: "a" }, name: "x" });
    await until("the line", () => lines().length > 0);
    const [{ worker, tenant, text }] = lines();
    assert.deepEqual({ worker, tenant, text }, { worker: "host:x", tenant: "a", text: "said" });
    const flood = { mayfly: { tenant: "b" }, name: "flood" };
    const started = Date.now();
    await ask(server, "/flood", flood);
    await sleep(1_500); // there is room for another line, and with it the notice comes
    await ask(server, "/log", flood);
    const notices = () => lines().flatMap(({ text }) => text.match(/^(?:LogLimit: )?(\d+) (?:lines of this worker|log lines) were dropped/)?.[1] ?? []);
    await until("the last line", () => lines().filter(({ text }) => text === "said").length === 2);
    const dropped = notices().reduce((sum, count) => sum + Number(count), 0);
    const written = lines().filter(({ text }) => text.startsWith("xxx")).length;
    assert.equal(dropped + written, 20_000);
    // A worker's own limit comes first. 4 MB at once and 1 MB per second, of lines that count 1256 bytes and their worker's name.
    const seconds = (Date.now() - started) / 1000;
    assert.ok(written <= ((4 + seconds) * 2 ** 20) / 1256, `${written} lines were written in ${seconds} s`);
  } finally {
    await server.stop();
  }
});
