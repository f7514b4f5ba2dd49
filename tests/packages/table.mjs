// SPDX-License-Identifier: Apache-2.0
//
// Runs every program on every runtime and writes the table in docs/packages.md.
//
//   node tests/packages/table.mjs            all
//   node tests/packages/table.mjs NAME...    these, and prints what is wrong instead of writing

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root, runtimes } from "../e2e/harness.mjs";
import { packages, places, runPackages } from "./packages.mjs";

const names = process.argv.slice(2);
const chosen = packages.filter(({ name }) => names.length === 0 || names.includes(name));
const found = new Map();
for (const runtime of runtimes) {
  for (const result of await runPackages(runtime, chosen)) {
    found.set(`${result.name} ${runtime} ${result.place}`, result);
    if (result.verdict === "failed" || result.verdict === "stale") process.exitCode = 1;
    if (names.length > 0 || result.verdict === "failed") {
      console.log(
        `${result.verdict}: ${result.name} on ${runtime}, ${result.place}${result.error ? `\n${result.error}` : ""}`,
      );
    }
  }
}

if (names.length === 0) {
  const cells = ({ error } = {}) => (error ? "no" : "yes");
  const rows = chosen.map(({ name, version }) => {
    const results = runtimes.flatMap((runtime) => places.map((place) => found.get(`${name} ${runtime} ${place}`)));
    const reasons = new Set(results.map(({ reason }) => reason).filter(Boolean));
    return `| \`${name}\` | ${version} | ${results.map(cells).join(" | ")} | ${[...reasons].join(" ")} |`;
  });
  const columns = runtimes.flatMap((runtime) => places.map((place) => `${runtime}, ${place}`));
  const table = [
    `| package | version | ${columns.join(" | ")} | why not |`,
    `|---|---|${"---|".repeat(columns.length + 1)}`,
    ...rows,
  ];
  const path = join(root, "docs/packages.md");
  const [before, , after] = readFileSync(path, "utf8").split(/<!-- \/?table -->/);
  writeFileSync(path, `${before}<!-- table -->\n\n${table.join("\n")}\n\n<!-- /table -->${after}`);
}
