// SPDX-License-Identifier: Apache-2.0
// Checks that change nothing: formatting of the C++ sources and types of the TypeScript ones; with --tidy, clang-tidy
// instead, over the sources whose text (or a header of ours that they include) has changed since they last passed.
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "..");
const buildDir = resolve(process.env.MAYFLY_BUILD ?? join(root, "build"));
process.chdir(root);

/** Runs a program to its end: whether it succeeded, and what it wrote. */
function runProgram(program, args) {
  return new Promise((done) => {
    execFile(program, args, { maxBuffer: 1 << 28 }, (error, stdout, stderr) => {
      if (error && typeof error.code === "string") throw new Error(`cannot run ${program} (${error.code}): run \`make deps\``);
      done({ ok: !error, output: stdout + stderr });
    });
  });
}

function filesBelow(folder, matches) {
  return readdirSync(folder, { recursive: true })
    .filter((name) => matches.test(name) && !name.includes("node_modules/"))
    .map((name) => join(folder, name))
    .sort();
}

async function report(name, check) {
  const { ok, output } = await check;
  if (!ok) console.log(output.trimEnd());
  console.log(`lint: ${name}: ${ok ? "clean" : "FAILED"}`);
  return ok;
}

function checkFormat() {
  return runProgram("clang-format-19", ["--dry-run", "-Werror", ...filesBelow("src", /\.(cc|h)$/)]);
}

function checkTypes(project) {
  return runProgram(process.execPath, ["node_modules/typescript/bin/tsc", "--noEmit", "--pretty", "false", "-p", project]);
}

/** The texts that decide what clang-tidy says about `path`: itself and the headers of ours that it reaches. */
function hashWithHeaders(path) {
  const hash = createHash("sha256").update(readFileSync(".clang-tidy"));
  const seen = new Set();
  const pending = [path];
  while (pending.length > 0) {
    const next = pending.pop();
    if (seen.has(next) || !existsSync(next)) continue;
    seen.add(next);
    const text = readFileSync(next, "utf8");
    hash.update(text);
    for (const [, header] of text.matchAll(/^#include "(.+)"/gm)) pending.push(join("src", header));
  }
  return hash.digest("hex");
}

async function tidy() {
  const passedDir = join(buildDir, "tidy");
  mkdirSync(passedDir, { recursive: true });
  const compiled = JSON.parse(readFileSync(join(buildDir, "compile_commands.json"), "utf8"));
  const pending = [...new Set(compiled.map(({ file }) => file.slice(root.length + 1)))].filter((path) => !path.endsWith("_test.cc"));
  let clean = true;
  async function work() {
    for (let path = pending.shift(); path !== undefined; path = pending.shift()) {
      const passed = join(passedDir, hashWithHeaders(path));
      if (existsSync(passed)) continue;
      const ok = await report(`clang-tidy ${path}`, runProgram("clang-tidy-19", ["--quiet", "-p", buildDir, path]));
      if (ok) writeFileSync(passed, path);
      clean &&= ok;
    }
  }
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  return clean;
}

if (process.argv.includes("--tidy")) {
  process.exit((await tidy()) ? 0 : 1);
}
const projects = ["tsconfig.json", ...filesBelow("examples", /(^|\/)tsconfig\.json$/)];
const results = [await report("clang-format", checkFormat())];
for (const project of projects) results.push(await report(`types of ${project}`, checkTypes(project)));
process.exit(results.every(Boolean) ? 0 : 1);
