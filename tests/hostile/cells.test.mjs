// SPDX-License-Identifier: Apache-2.0
//
// Guest cells: who shares a process with whom, and what the death of one means to its own workers and to all others.
import assert from "node:assert/strict";
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
  const { status, text } = await server.request({ path: `${path}?${query}`, timeoutMs: 15_000 });
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
    const { error, message } = await ask(own, "/", suspect);
    assert.equal(error, "WorkerQuarantined");
    assert.equal(message, "This code ended its process again and again, and is not started for a while.");
    assert.equal((await ask(own, "/", { mark: "another" })).text, "call 1");
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
