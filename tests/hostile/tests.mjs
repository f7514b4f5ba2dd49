// SPDX-License-Identifier: Apache-2.0
//
// The hostile corpus as tests: those of its programs that are fast. `make attack` runs all of it.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { readCorpus, runDeed, runProgram } from "./corpus.mjs";
import { startHost } from "./harness.mjs";

/** Runs `which(corpus)`: { chapters, beyond } of a corpus, as readCorpus() gives it. */
export async function defineTests(which) {
  const { chapters = [], beyond = [] } = which(await readCorpus());
  let host;
  before(async () => {
    host = await startHost();
  });
  after(() => host.stop());

  async function run(running) {
    const { complaints, seen } = await running;
    assert.deepEqual(complaints, [], seen.log.slice(-2_000));
  }

  for (const { letter, title, cases } of chapters) {
    describe(`${letter}. ${title}`, () => {
      for (const { id, title, outcome, programs = {}, deed, fast } of cases) {
        for (const [name, program] of Object.entries(programs)) {
          if (program.fast ?? fast) test(`${id} ${title}: ${name}`, () => run(runProgram(host, program, program.outcome ?? outcome)));
        }
        if (deed !== undefined && fast) test(`${id} ${title}`, () => run(runDeed(host, { deed, outcome })));
      }
    });
  }
  for (const { title, programs } of beyond) {
    describe(title, () => {
      for (const [name, program] of Object.entries(programs)) test(name, () => run(runProgram(host, program, program.outcome ?? "J/C")));
    });
  }
}
