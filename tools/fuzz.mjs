// SPDX-License-Identifier: Apache-2.0
// Builds the targets of tests/fuzz into build-fuzz and runs each for some minutes, one after another, from its corpus in
// tests/fuzz/corpus. What is found meanwhile stays in build-fuzz/corpus, and an input that breaks a target in
// build-fuzz/findings; the exit status is 0 only without those.
//
//   node tools/fuzz.mjs [target ...] [--minutes N] [--jobs N]
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { parseArgs } from "node:util";

const root = resolve(import.meta.dirname, "..");
const build = join(root, "build-fuzz");
const { values, positionals } = parseArgs({
  options: { minutes: { type: "string", default: "1" }, jobs: { type: "string" } },
  allowPositionals: true,
});
const seconds = Math.round(Number(values.minutes) * 60);
if (!(seconds > 0)) {
  console.error(`fuzz.mjs: --minutes must be a number above 0. Got: ${values.minutes}`);
  process.exit(2);
}
const known = readdirSync(join(root, "tests/fuzz")).filter((name) => name.endsWith(".cc")).map((name) => name.slice(0, -3)).sort();
for (const name of positionals) {
  if (known.includes(name)) continue;
  console.error(`fuzz.mjs: "${name}" is no target: there are ${known.join(", ")}`);
  process.exit(2);
}
const targets = positionals.length > 0 ? positionals : known;

function make(command, args) {
  const { status, signal } = spawnSync(command, args, { cwd: root, stdio: "inherit" });
  if (status === 0) return;
  console.error(`fuzz.mjs: ${command} ended with ${signal ?? status}`);
  process.exit(1);
}
if (!existsSync(join(build, "build.ninja"))) {
  make("cmake", ["-S", root, "-B", build, "-G", "Ninja", "-DCMAKE_CXX_COMPILER=clang++-19", "-DMAYFLY_FUZZ=ON"]);
}
make("ninja", ["-C", build, ...(values.jobs ? ["-j", values.jobs] : []), ...targets.map((name) => `fuzz_${name}`)]);

const rows = [["target", "runs", "inputs kept", "findings"]];
let broken = 0;
for (const target of targets) {
  const kept = join(build, "corpus", target);
  const findings = join(build, "findings", target);
  mkdirSync(kept, { recursive: true });
  mkdirSync(findings, { recursive: true });
  const before = new Set(readdirSync(findings));
  const { status, signal, stderr } = spawnSync("nice", [
    "-n", "19", join(build, `fuzz_${target}`), kept, join(root, "tests/fuzz/corpus", target),
    `-max_total_time=${seconds}`, "-max_len=4096", "-timeout=20", "-rss_limit_mb=1024", "-print_final_stats=1",
    `-artifact_prefix=${findings}/`,
  ], { cwd: root, encoding: "utf8", maxBuffer: 1 << 28 });
  const found = readdirSync(findings).filter((name) => !before.has(name));
  const runs = stderr.match(/number_of_executed_units:\s*(\d+)/)?.[1] ?? "?";
  if (status !== 0) {
    broken++;
    const log = join(findings, "log.txt");
    writeFileSync(log, stderr);
    console.log(`${target}: ended with ${signal ?? status}: ${relative(root, log)}`);
    console.log(stderr.split("\n").slice(-40).join("\n"));
  }
  rows.push([target, runs, String(readdirSync(kept).length), status === 0 ? "none" : found.join(" ") || "see the log"]);
}
for (const row of rows) console.log(row.map((cell, column) => cell.padEnd([16, 12, 13, 0][column])).join("").trimEnd());
process.exit(broken > 0 ? 1 : 0);
