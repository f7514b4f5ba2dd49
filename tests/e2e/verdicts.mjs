// SPDX-License-Identifier: Apache-2.0
//
// Turns the verdicts of suites and groups into tests.

import assert from "node:assert/strict";
import { test } from "node:test";
import { runtimes } from "./harness.mjs";

/** One test per runtime and set, with a subtest for each check or case that was run. */
export function testSets(sets, run) {
  for (const set of sets) {
    for (const runtime of runtimes.filter((one) => set.runtimes?.includes(one) ?? true)) {
      test(`${set.name} on ${runtime}`, async (t) => {
        const results = await run(runtime, set);
        for (const { name, verdict, error, reason } of results) {
          if (verdict === "skipped") continue;
          await t.test(verdict === "differs" ? `${name} (differs: ${reason})` : name, () => {
            assert.notEqual(verdict, "failed", error);
            assert.notEqual(verdict, "stale", `${runtime} passes now: drop the listed difference "${reason}"`);
          });
        }
      });
    }
  }
}
