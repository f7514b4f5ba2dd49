// SPDX-License-Identifier: Apache-2.0
//
// What the death of a guest cell costs: how long until each of 20 pending calls has its error, and until the tenant's
// next call has its answer from another process.
//   node bench/death.mjs [--rounds N]
// Times are those of an HTTP client, from the moment of the kill.

import { parseArgs } from "node:util";
import http from "node:http";
import { kill, sleep, startMayfly } from "../tests/e2e/harness.mjs";
import { cellsOf } from "../tests/hostile/harness.mjs";
import { query, request, summary, tenantsProject } from "./tenants.mjs";

const { values: options } = parseArgs({ options: { rounds: { type: "string", default: "30" } } });

const server = await startMayfly(tenantsProject({ tenants: true }), { command: "serve" });
const agent = new http.Agent({ keepAlive: true });
const ask = (path, parameters) => request(server.port, query(path, parameters), { agent });

const told = [];
const served = [];
const used = new Set();
/** The cell that is kept ready, once there is one and no other is coming up. */
async function spare() {
  for (;;) {
    await sleep(100);
    const free = cellsOf(server).guests.filter((pid) => !used.has(pid));
    await sleep(100);
    if (free.length === 1 && cellsOf(server).guests.includes(free[0])) return free[0];
  }
}

for (let round = 0; round < Number(options.rounds); round++) {
  // A tenant of its own for each: whose cells end again and again waits for the next one.
  const tenant = `victim ${round}`;
  const victim = await spare();
  used.add(victim);
  await ask("/good", { tenant });
  const next = await spare();
  used.add(next);
  const pending = Array.from({ length: 20 }, () => ask("/deed", { kind: "waiting", tenant }));
  await sleep(300);
  const killed = performance.now();
  kill(victim, "SIGKILL");
  await Promise.all(
    pending.map(async (one) => {
      const { error } = JSON.parse((await one).text);
      if (error !== "CellLost") throw new Error(`a pending call got ${error}`);
      told.push(performance.now() - killed);
    }),
  );
  const { status, text } = await ask("/good", { tenant });
  if (status !== 200) throw new Error(`the next call got ${status}: ${text}`);
  served.push(performance.now() - killed);
  kill(next, "SIGKILL");
}

const shown = ({ p50, p99, max }) => [p50, p99, max].map((ms) => `${ms.toFixed(1)} ms`).join(" | ");
console.log("| from the kill until | p50 | p99 | max |\n| --- | --- | --- | --- |");
console.log(`| a pending call has its error | ${shown(summary(told))} |`);
console.log(`| the tenant's next call, made after that, has its answer | ${shown(summary(served))} |`);
agent.destroy();
await server.stop();
