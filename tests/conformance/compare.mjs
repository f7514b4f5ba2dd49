// SPDX-License-Identifier: Apache-2.0
//
// Runs every suite and group of cases on Mayfly and on workerd and says where they agree:
//   node tests/conformance/compare.mjs            prints the table
//   node tests/conformance/compare.mjs --write    also writes it into docs/conformance.md
// Ends with status 1 when a runtime fails a check that is not a listed difference.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { groups, runGroup } from "../e2e/cases.mjs";
import { root } from "../e2e/harness.mjs";
import { runSuite, suites } from "./suites.mjs";

const sets = [...suites.map((suite) => [suite, runSuite]), ...groups.map((group) => [group, runGroup])];
const rows = [];
const differences = [];
const mayflyOnly = [];
const failures = [];

for (const [set, run] of sets) {
  process.stderr.write(`${set.name}\n`);
  const mayfly = await run("mayfly", set);
  const workerd = await run("workerd", set);
  const row = { set: set.name, agree: 0, differ: 0, only: 0, fail: 0 };
  for (const [n, ours] of mayfly.entries()) {
    const theirs = workerd[n];
    const broken = [
      ["mayfly", ours],
      ["workerd", theirs],
    ].filter(([, { verdict }]) => verdict === "failed" || verdict === "stale");
    for (const [runtime, { verdict, error }] of broken)
      failures.push([set.name, runtime, ours.name, verdict === "stale" ? "passes: drop the listed difference" : error]);
    if (broken.length) row.fail++;
    else if (theirs.verdict === "skipped") (row.only++, mayflyOnly.push([set.name, ours.name, ours.reason]));
    else if (theirs.verdict === "differs") (row.differ++, differences.push([set.name, ours.name, ours.reason]));
    else row.agree++;
  }
  rows.push(row);
}

/** A check that runs in several sets is one line. */
function joined(list) {
  const lines = new Map();
  for (const [set, name, reason] of list) {
    const key = `${name}\n${reason}`;
    lines.set(key, [[...(lines.get(key)?.[0] ?? []), set], name, reason]);
  }
  return [...lines.values()].map(([sets, ...rest]) => [sets.join("; "), ...rest]);
}

const cell = (text) => String(text).replaceAll("|", "\\|").replaceAll("<", "&lt;").replace(/\s+/g, " ");
const table = (head, lines) =>
  [head, head.map(() => "---"), ...lines].map((line) => `| ${line.map(cell).join(" | ")} |`).join("\n");
const sum = (key) => rows.reduce((total, row) => total + row[key], 0);

const text = [
  table(
    ["set", "agree", "differ, listed", "Mayfly alone", "failing"],
    [
      ...rows.map((row) => [row.set, row.agree, row.differ, row.only, row.fail]),
      ["all", sum("agree"), sum("differ"), sum("only"), sum("fail")],
    ],
  ),
  "### Differences\n",
  table(["set", "what Mayfly does", "and workerd"], joined(differences)),
  "### Mayfly alone\n",
  table(["set", "what Mayfly does", "why workerd is not asked"], joined(mayflyOnly)),
  ...(failures.length
    ? [
        "### Failing\n",
        table(
          ["set", "runtime", "check", "how"],
          failures.map((line) => line.map((part) => String(part).split("\n")[0])),
        ),
      ]
    : []),
]
  .join("\n\n")
  .replaceAll("\n\n\n", "\n\n");
console.log(text);

if (process.argv.includes("--write")) {
  const path = join(root, "docs/conformance.md");
  const [begin, end] = ["<!-- conformance -->", "<!-- /conformance -->"];
  const old = existsSync(path)
    ? readFileSync(path, "utf8")
    : `# Conformance

The same workers and the same requests run on Mayfly and on workerd. Where the two differ, ours is wrong or the
difference is listed here with its reason. \`node tests/conformance/compare.mjs --write\` runs them all and writes the
tables below; the checks are in \`tests/conformance/suites\` and \`tests/e2e/cases\`.

${begin}
${end}
`;
  const from = old.indexOf(begin);
  const to = old.indexOf(end);
  if (from < 0 || to < from) throw new Error(`${path} lacks the markers ${begin} and ${end}`);
  writeFileSync(path, `${old.slice(0, from + begin.length)}\n\n${text}\n\n${old.slice(to)}`);
}
process.exitCode = failures.length ? 1 : 0;
