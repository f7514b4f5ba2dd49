// SPDX-License-Identifier: Apache-2.0
//
// Programs that try to end the cell, to get more than their share, to hang their callers or to reach what they were not
// given. Each comes to its own named end (or to no harm at all), and its neighbours go on.
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { startHost } from "./harness.mjs";

const exactly = (text) => new RegExp(`^${text}$`);
const folder = join(import.meta.dirname, "programs");
let host;

before(async () => {
  host = await startHost();
});
after(() => host.stop());

for (const file of readdirSync(folder).sort()) {
  const { title, programs } = await import(join(folder, file));
  describe(title, () => {
    for (const [name, program] of Object.entries(programs)) {
      test(name, async () => {
        const outcome = await host.unnoticed(() => host.attack(program));
        const { text, error, message, code } = program.ends;
        if (error === undefined) {
          assert.equal(outcome.error, undefined, outcome.message);
          if (text instanceof RegExp) assert.match(outcome.text, text);
          else if (text !== undefined) assert.equal(outcome.text, text);
        } else {
          assert.match(outcome.error ?? `none: ${outcome.text.slice(0, 200)}`, error instanceof RegExp ? error : exactly(error));
          if (message !== undefined) assert.match(outcome.message, message);
          if (code !== undefined) assert.equal(outcome.code, code);
        }
      });
    }
  });
}
