// SPDX-License-Identifier: Apache-2.0
//
// What `make deps` and `make run` do on a machine that lacks something, and on one that has everything.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { test } from "node:test";
import { Program, freePort, mayflyPath, root, temporaryProject } from "./harness.mjs";

const kNobody = 65534;

/** Runs tools/deps.sh as a user without rights. `environment` may lead dpkg to another database. */
function deps(environment = {}) {
  const user = process.getuid() === 0 ? { uid: kNobody, gid: kNobody } : {};
  return spawnSync("bash", [join(root, "tools/deps.sh")], { encoding: "utf8", env: { ...process.env, ...environment }, ...user });
}

test("without root, make deps installs nothing and prints the one command to run", () => {
  const database = temporaryProject({ status: "", available: "" });
  for (const folder of ["info", "updates"]) mkdirSync(join(database, folder));
  chmodSync(database, 0o755);
  const { status, stdout, stderr } = deps({ DPKG_ADMINDIR: database });
  assert.equal(status, 1);
  assert.equal(stdout, "");
  const commands = stderr.split("\n").filter((line) => line.startsWith("  "));
  assert.equal(commands.length, 1, stderr);
  assert.match(commands[0], /^ {2}sudo sh -c "apt-get update && apt-get install -y --no-install-recommends [\w.+ -]+"$/);
  assert.match(commands[0], / clang-19 .* ninja-build .* libboost1\.81-dev /);
  assert.equal(readFileSync(join(database, "status"), "utf8"), "");
  assert.deepEqual(readdirSync(join(database, "info")), []);
});

test("with everything there, make deps says and does nothing", () => {
  const { status, stdout, stderr } = deps();
  assert.deepEqual([status, stdout, stderr], [0, "", ""]);
});

test("with everything built, make run builds nothing and listens", async (t) => {
  const port = await freePort();
  const build = dirname(resolve(mayflyPath));
  const program = new Program("make", ["run", `BUILD=${build}`, `EXAMPLE=warm-app --port ${port}`], { cwd: root });
  t.after(() => program.stop());
  await program.waitFor(/mayfly: listening on http:\/\/\S+/);
  assert.doesNotMatch(program.output, /Building|Linking|\[\d+\/\d+\] (?!Re-checking)/);
});
