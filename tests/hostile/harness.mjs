// SPDX-License-Identifier: Apache-2.0
//
// A server with a host worker that runs hostile programs (host/index.js), and the neighbours who must not notice: they
// are asked all the time, and a case fails when one of their answers fails or takes longer than `kPatienceMs`, or when
// the cell is not the same process afterwards.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { descendants, sleep, startMayfly } from "../e2e/harness.mjs";

const kPatienceMs = 2_000;
const host = join(import.meta.dirname, "host");

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
  return Number(readFileSync(`/proc/${pid}/status`, "utf8").match(/^VmRSS:\s+(\d+)/m)[1]) / 1024;
}

export async function startHost(options = {}) {
  const server = await startMayfly(host, { command: "serve", args: ["--shards", "2", ...(options.args ?? [])] });
  let complaints = [];
  let stopped = false;
  async function ask(path, expected) {
    const start = performance.now();
    try {
      const { status, text } = await server.request({ path, timeoutMs: 10_000 });
      if (status !== 200 || text !== expected) complaints.push(`${path} answered ${status}: ${text.slice(0, 200)}`);
    } catch (error) {
      complaints.push(`${path}: ${error.message}`);
    }
    const ms = Math.round(performance.now() - start);
    if (ms > kPatienceMs) complaints.push(`${path} took ${ms} ms`);
  }
  async function watch() {
    while (!stopped) {
      await ask("/own", "the host");
      await ask("/neighbour", "a neighbour");
      await sleep(10);
    }
  }
  await server.request("/neighbour");
  const watching = watch();

  return {
    ...server,
    cell: () => cellOf(server),
    /** Runs a program; what its worker answered ({ text }) or failed with ({ error, message }). */
    async attack(program) {
      const { code, modules, main = "main.js", cpuMs = 1_000, limits, network = false } = program;
      const body = JSON.stringify({
        modules: { ...modules, ...(code !== undefined && { [main]: code }) },
        main,
        limits: { cpuMs, ...limits },
        network,
      });
      const { status, text } = await server.request({ method: "POST", path: "/attack", body, timeoutMs: 20_000 });
      assert.equal(status, 200, text);
      return JSON.parse(text);
    },
    /** Does `deed`, and checks that nobody else noticed. */
    async unnoticed(deed) {
      complaints = [];
      const cell = cellOf(server);
      const said = server.program.stderr.length;
      const result = await deed();
      await sleep(30); // what follows at once
      await ask("/neighbour", "a neighbour");
      assert.deepEqual(complaints, [], "the neighbours noticed");
      assert.equal(cellOf(server), cell, "the host cell is the same process");
      assert.doesNotMatch(server.program.stderr.slice(said), /guest cell died|is replaced/);
      return result;
    },
    async stop() {
      stopped = true;
      await watching;
      return server.stop();
    },
  };
}
