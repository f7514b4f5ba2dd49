// SPDX-License-Identifier: Apache-2.0
//
// Popular npm packages do their job in a host worker and in a dynamic worker. docs/packages.md lists them.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { root } from "../e2e/harness.mjs";
import { testSets } from "../e2e/verdicts.mjs";
import { packages, runPackages } from "./packages.mjs";

async function run(runtime) {
  const results = await runPackages(runtime);
  return results.map(({ name, place, ...rest }) => ({ ...rest, name: `${name}, ${place}` }));
}

// On workerd by `make packages`, which writes the table.
testSets([{ name: "packages", runtimes: ["mayfly"] }], run);

test("docs/packages.md has every package in the version that is tested", () => {
  const table = readFileSync(join(root, "docs/packages.md"), "utf8");
  for (const { name, version } of packages) {
    assert.ok(table.includes(`\`${name}\` | ${version} |`), `${name} ${version}: run \`make packages\``);
  }
});
