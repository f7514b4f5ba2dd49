// SPDX-License-Identifier: Apache-2.0
//
// Programs that try to end the cell, to get more than their share, to hang their callers or to reach what they were not
// given: those beyond the catalogue. Each comes to its own named end (or to no harm at all), and its neighbours go on.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { root } from "../e2e/harness.mjs";
import { outcomes, readCorpus } from "./corpus.mjs";
import { defineTests } from "./tests.mjs";

const { chapters } = await readCorpus();
await defineTests(({ beyond }) => ({ beyond }));

test("every case of the catalogue is tried, is held by a test that exists, or says why not", () => {
  const wrong = [];
  for (const { id, title, outcome, programs, deed, heldBy, missing } of chapters.flatMap(({ cases }) => cases)) {
    if (!title || !outcome?.split("/").every((one) => outcomes.has(one))) wrong.push(`${id}: title and outcome`);
    if (!(programs && Object.keys(programs).length > 0) && !deed && !heldBy && !missing) wrong.push(`${id}: nothing tries it`);
    for (const held of [heldBy ?? []].flat()) {
      const [, file, name] = held.match(/^([\w./-]+): (.+)$/);
      const path = join(root, file);
      // A test of GoogleTest is named Suite.Name, in the source TEST(Suite, Name).
      const text = /\.cc$/.test(file) ? name.replace(".", ", ") : name;
      if (!existsSync(path) || !readFileSync(path, "utf8").includes(text)) wrong.push(`${id}: there is no ${held}`);
    }
  }
  assert.deepEqual(wrong, []);
  const counts = Object.fromEntries(chapters.map(({ letter, cases }) => [letter, cases.length]));
  assert.deepEqual(counts, { A: 31, B: 26, C: 58, D: 25, E: 23, F: 16, G: 16, L: 18 });
});
