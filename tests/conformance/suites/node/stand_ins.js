// SPDX-License-Identifier: Apache-2.0
//
// Modules for what a worker cannot have: there to be imported, and clear about it when they are used.

import { check, equal, ok, rejects, same, throws } from "../../check.js";

const load = async (name) => (await import(`node:${name}`)).default;
const refused = "ERR_METHOD_NOT_IMPLEMENTED";

for (const [name, uses] of Object.entries({
  child_process: [(m) => m.spawn("ls"), (m) => m.execFile("ls"), (m) => new m.ChildProcess()],
  http2: [(m) => m.connect("https://x"), (m) => m.createServer()],
  inspector: [(m) => new m.Session()],
  repl: [(m) => m.start()],
  v8: [(m) => m.serialize({}), (m) => m.getHeapSnapshot(), (m) => new m.Serializer()],
  vm: [(m) => m.runInThisContext("1"), (m) => m.runInNewContext("1")],
  worker_threads: [(m) => new m.Worker("x"), (m) => new m.BroadcastChannel("x")],
})) {
  check(`${name} refuses by a code`, async () => {
    const module = await load(name);
    for (const use of uses) equal(throws(() => use(module), Error).code, refused);
  });
}

for (const name of ["cluster", "dgram", "domain", "sqlite", "trace_events", "wasi", "inspector/promises"]) {
  check(`${name} can be imported`, async () => ok(Object.keys(await load(name)).length > 0));
}

check("what would be silent elsewhere is refused", { differs: "workerd does nothing, and says nothing" }, async () => {
  const [cluster, dgram, sqlite, domain] = await Promise.all(["cluster", "dgram", "sqlite", "domain"].map(load));
  for (const run of [() => cluster.fork(), () => dgram.createSocket("udp4"), () => new sqlite.DatabaseSync(":memory:"), () => domain.create().run(() => {})]) equal(throws(run, Error).code, refused);
});

check("facts that hold for every worker", async () => {
  const [threads, cluster, vm, v8] = await Promise.all(["worker_threads", "cluster", "vm", "v8"].map(load));
  same([threads.isMainThread, threads.threadId, threads.parentPort, cluster.isPrimary, cluster.isWorker], [true, 0, null, true, false]);
  same([vm.isContext({}), v8.getHeapStatistics().used_heap_size, v8.cachedDataVersionTag()], [false, 0, 0]);
});

check("modules of old are parts of others", async () => {
  const [readable, http, stream] = await Promise.all(["_stream_readable", "_http_agent", "stream"].map(load));
  ok(readable === stream.Readable && typeof http.Agent === "function");
});

check("what is nowhere is refused by name", async () => {
  await rejects(import(`node:${"sea"}`), /^No such module "node:sea"/);
  await rejects(import(`node:${"test/reporters"}`), /^No such module "node:test\/reporters"/);
});
