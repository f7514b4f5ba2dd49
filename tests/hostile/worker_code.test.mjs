// SPDX-License-Identifier: Apache-2.0
//
// Thousands of WorkerCodes with something wrong in them: values of other types, getters that throw, proxies, huge names.
// Each is refused with an error that says why, or is a worker; and the server goes on.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { startMayfly, temporaryProject } from "../e2e/harness.mjs";
import { cellOf } from "./harness.mjs";

const kRounds = 12;
const kCodes = 250; // of a round
const kCalls = 20;
// MAYFLY_FUZZ_SEED=N tries others.
const firstSeed = Number(process.env.MAYFLY_FUZZ_SEED ?? 1);

const startLoader = () => startMayfly(temporaryProject({
  "wrangler.jsonc": { name: "host", main: "index.js", compatibility_date: "2026-11-01", worker_loaders: [{ binding: "LOADER" }],
    mayfly: { loader: { isolation: "isolate" } } },
  "index.js": readFileSync(join(import.meta.dirname, "worker_code/index.js")),
}));

test("names of a megabyte are not compared with one another to the end", async () => {
  const server = await startLoader();
  try {
    const { text } = await server.request({ method: "POST", body: JSON.stringify({ longNames: true }), timeoutMs: 20_000 });
    assert.equal(text, 'The main module "mnn');
  } finally {
    await server.stop();
  }
});

test("any WorkerCode is refused with an error that says why, or is a worker", async () => {
  const server = await startLoader();
  try {
    await server.request({ method: "POST", body: JSON.stringify({ seed: 0, count: 0, calls: 0 }) });
    const cell = cellOf(server);
    const sum = { refused: 0, loaded: 0, answered: 0, failed: 0 };
    for (let round = 0; round < kRounds; round++) {
      const body = JSON.stringify({ seed: firstSeed + round * kCodes, count: kCodes, calls: kCalls });
      const { status, text } = await server.request({ method: "POST", body, timeoutMs: 60_000 });
      assert.equal(status, 200, text);
      const { wrong, ...counts } = JSON.parse(text);
      assert.deepEqual(wrong, []);
      for (const key of Object.keys(sum)) sum[key] += counts[key];
    }
    assert.equal(cellOf(server), cell, "the host cell is the same process");
    assert.equal(sum.refused + sum.loaded, kRounds * kCodes);
    for (const [key, count] of Object.entries(sum)) assert.ok(count >= 20, `only ${count} were ${key}: the test sees too little`);
  } finally {
    await server.stop();
  }
});
