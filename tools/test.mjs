// SPDX-License-Identifier: Apache-2.0
// Runs the suites, prints a line for each and last the sum: `N passed, N failed`. A suite is `unit` (GoogleTest, the
// sources' own *_test.cc) or a folder of tests/ with *.test.mjs files (node:test).
//
//   node tools/test.mjs                 all suites
//   node tools/test.mjs unit e2e        these suites
//   node tools/test.mjs tests/e2e/x.test.mjs
//
// The exit status is 0 only when something ran and nothing failed.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { run } from "node:test";
import { inspect } from "node:util";

const root = resolve(import.meta.dirname, "..");
const buildDir = resolve(process.env.MAYFLY_BUILD ?? join(root, "build"));
// A test's; under another engine (tests/e2e/engine.mjs) everything takes longer.
const testTimeoutMs = process.env.MAYFLY_TEST_ENGINE ? 20 * 60_000 : 180_000;
const selection = process.argv.slice(2);

function printBlock(title, text) {
  console.log(title);
  for (const line of text.trimEnd().split("\n")) console.log(`    ${line}`);
}
function printFailure(suite, name, details) {
  printBlock(`not ok: ${suite}: ${name}`, details);
}

function runUnitTests() {
  const program = join(buildDir, "unit_tests");
  if (!existsSync(program)) {
    printFailure("unit", "unit_tests", `${program} does not exist: run \`make build\``);
    return { passed: 0, failed: 1, skipped: 0 };
  }
  const report = join(buildDir, "unit_tests.json");
  rmSync(report, { force: true });
  const child = spawnSync(program, [`--gtest_output=json:${report}`, "--gtest_brief=1"], {
    cwd: root,
    encoding: "utf8",
    timeout: testTimeoutMs * 2,
    maxBuffer: 1 << 28,
  });
  // GoogleTest writes the report at the end, so without one the program died or hung on the way.
  if (!existsSync(report)) {
    const reason = child.error?.message ?? (child.signal ? `killed by ${child.signal}` : `exit status ${child.status}`);
    printFailure("unit", "unit_tests", `ended before its report (${reason})\n${child.stdout}${child.stderr}`);
    return { passed: 0, failed: 1, skipped: 0 };
  }
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const group of JSON.parse(readFileSync(report, "utf8")).testsuites) {
    for (const test of group.testsuite) {
      if (test.failures) {
        counts.failed++;
        printFailure("unit", `${group.name}.${test.name}`, test.failures.map((f) => f.failure).join("\n"));
      } else if (test.result === "SKIPPED" || test.status === "NOTRUN") {
        counts.skipped++;
      } else {
        counts.passed++;
      }
    }
  }
  if (child.status !== 0 && counts.failed === 0) {
    counts.failed++;
    printFailure("unit", "unit_tests", `exit status ${child.status ?? child.signal}\n${child.stderr}`);
  }
  return counts;
}

/** Files run one after another, each in a process of its own: they start servers and measure time. */
function runNodeTests(suite, files) {
  return new Promise((done) => {
    const counts = { passed: 0, failed: 0, skipped: 0 };
    const output = new Map(); // file -> what it wrote, shown when something in it fails
    const keepOutput = ({ file, message }) => output.set(file, (output.get(file) ?? "") + message);
    const failedFiles = new Set();
    run({ files, concurrency: 1, timeout: testTimeoutMs, cwd: root })
      .on("test:stdout", keepOutput)
      .on("test:stderr", keepOutput)
      .on("test:fail", (event) => {
        const error = event.details.error;
        if (event.skip !== undefined || event.todo !== undefined || error?.failureType === "subtestsFailed") return;
        failedFiles.add(event.file);
        const place = event.file ? `${relative(root, event.file)}:${event.line}` : suite;
        // The cause is what the test threw; when the whole file failed it is a string, and `error` has the exit status.
        const shown = error?.cause instanceof Error ? error.cause : error;
        printFailure(suite, event.name, `${place}\n${inspect(shown, { depth: 4 })}`);
      })
      .on("test:summary", ({ file, counts: sum }) => {
        if (file !== undefined) return; // the summary of one file; the last one is of all
        counts.passed = sum.passed;
        counts.failed = sum.tests - sum.passed - sum.skipped - sum.todo;
        counts.skipped = sum.skipped + sum.todo;
      })
      .on("end", () => {
        for (const file of failedFiles) {
          if (output.has(file)) printBlock(`output of ${relative(root, file)}:`, output.get(file));
        }
        done(counts);
      })
      .resume();
  });
}

function testFiles(folder) {
  return readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith(".test.mjs"))
    .map((name) => join(folder, name))
    .sort();
}

const suites = new Map([["unit", runUnitTests]]);
for (const entry of readdirSync(join(root, "tests"), { withFileTypes: true }).sort((a, b) => a.name.localeCompare(b.name))) {
  const files = entry.isDirectory() ? testFiles(join(root, "tests", entry.name)) : [];
  if (files.length > 0) suites.set(entry.name, () => runNodeTests(entry.name, files));
}

const chosen = [];
for (const name of selection.length > 0 ? selection : suites.keys()) {
  if (suites.has(name)) chosen.push([name, suites.get(name)]);
  else if (existsSync(name)) chosen.push([name, () => runNodeTests(name, [resolve(name)])]);
  else {
    console.error(`test.mjs: "${name}" is neither a suite (${[...suites.keys()].join(", ")}) nor a file`);
    process.exit(2);
  }
}

mkdirSync(buildDir, { recursive: true });
process.env.MAYFLY_BUILD = buildDir; // for the tests, which run in processes of their own
process.env.MAYFLY ??= join(buildDir, "mayfly");
const sum = { passed: 0, failed: 0 };
for (const [name, runSuite] of chosen) {
  const startedAt = performance.now();
  const { passed, failed, skipped } = await runSuite();
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(`suite ${name}: ${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ""} (${seconds} s)`);
  sum.passed += passed;
  sum.failed += failed;
}
console.log(`${sum.passed} passed, ${sum.failed} failed`);
process.exit(sum.failed > 0 || sum.passed === 0 ? 1 : 0);
