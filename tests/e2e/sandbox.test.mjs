// SPDX-License-Identifier: Apache-2.0
//
// The outer sandbox of cells: `mayfly doctor` tries from inside what must not work, as the user who runs the tests and,
// where that is root, as one without rights; a cell leaves nothing behind; what a machine lacks is told.

import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import {
  Program,
  descendants,
  isAlive,
  kill,
  mayflyPath,
  root,
  runMayfly,
  sleep,
  startMayfly,
  temporaryProject,
} from "./harness.mjs";

const isRoot = process.getuid() === 0;
const stranger = 54321;
const module = `export default { run: (input) => new Date(input).toLocaleString("de-DE", { timeZone: "Asia/Tokyo" }) };`;

function checkTable({ code, stdout, stderr }) {
  assert.equal(code, 0, stdout + stderr);
  assert.match(stdout, /everything held\n$/);
  for (const profile of ["guest", "host"]) assert.ok(stdout.includes(`from inside a ${profile} cell`));
  assert.match(stdout, /read \/etc\/passwd +held +ENOENT +EPERM/);
  // 600 numbers but for the four or five that would not come back.
  for (const [, ...counts] of stdout.matchAll(/(\d+) refused, (\d+) absent, (\d+) allowed, (\d+) end the process/g)) {
    assert.ok(counts.map(Number).reduce((a, b) => a + b) >= 593, counts.join(" "));
  }
  assert.match(stdout, /system calls that end the cell +held +- +SIGSYS, \d+ times/);
}

test("mayfly doctor: everything that must not work from inside a cell is held", async () => {
  checkTable(await runMayfly(["doctor"], { timeoutMs: 120_000 }));
});

test("mayfly doctor: the same for a user without rights", { skip: !isRoot && "only root can become another" }, async () => {
  checkTable(await runMayfly(["doctor"], { timeoutMs: 120_000, uid: stranger, gid: stranger }));
});

test("a cell has the layers that are asked for", async () => {
  const server = await startMayfly(join(root, "tests/e2e/workers/serving"), { args: ["--sandbox", "required"] });
  try {
    const [cell] = descendants(server.pid);
    const status = readFileSync(`/proc/${cell}/status`, "utf8");
    assert.match(status, /^Seccomp:\t2$/m);
    assert.match(status, /^NoNewPrivs:\t1$/m);
    assert.match(status, /^CapEff:\t0+$/m);
    assert.match(status, /^CapBnd:\t0+$/m);
    assert.match(status, /^NSpid:\t\d+\t1$/m);
    if (isRoot) assert.match(status, new RegExp(`^Uid:\t${0x70000000 + cell}\t`, "m"));
    assert.equal((await server.request("/text")).text, "plain text");
    assert.doesNotMatch(server.program.output, /was refused/);
  } finally {
    await server.stop();
  }
});

test("--sandbox=off starts an ordinary process", async () => {
  const server = await startMayfly(join(root, "tests/e2e/workers/serving"), { args: ["--sandbox", "off"] });
  try {
    const status = readFileSync(`/proc/${descendants(server.pid)[0]}/status`, "utf8");
    assert.match(status, /^Seccomp:\t0$/m);
    assert.equal((await server.request("/text")).text, "plain text");
  } finally {
    await server.stop();
  }
});

test("where namespaces are not to be had, required refuses and best-effort says so and goes on", async () => {
  const file = join(temporaryProject({ "main.js": module }), "main.js");
  const without = "for f in /proc/sys/user/max_*_namespaces; do echo 0 > $f; done; exec \"$@\"";
  const run = async (...args) => {
    const program = new Program("unshare", ["--user", "--map-root-user", "sh", "-c", without, "sh", mayflyPath, ...args]);
    program.child.stdin.end();
    return { ...(await program.end(60_000)), stdout: program.stdout, stderr: program.stderr };
  };
  const refused = await run("run", file, "--input", "0", "--sandbox", "required");
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /does not offer what --sandbox=required takes: mount-namespace \(.+\), pid-namespace/);
  const reduced = await run("run", file, "--input", "0");
  assert.equal(reduced.stdout, '"1.1.1970, 09:00:00"\n', reduced.stderr);
  assert.match(reduced.stderr, /cells go without these layers of their sandbox: .*pid-namespace/);
  const doctor = await run("doctor");
  assert.equal(doctor.code, 1, doctor.stdout + doctor.stderr);
  assert.match(doctor.stdout, /^pid-namespace +MISSING +required/m);
  assert.match(doctor.stdout, /read \/etc\/passwd +FAILED +it worked \(main thread\) +EPERM/); // the lock-down holds it
});

test("cells leave no process and no cgroup behind, however the supervisor ends", async () => {
  const orderly = await startMayfly(join(root, "examples/agent-sandbox")); // with a guest cell that is kept ready
  for (let turn = 0; turn < 200 && descendants(orderly.pid).length < 2; turn++) await sleep(20);
  const cells = descendants(orderly.pid);
  assert.equal((await orderly.stop()).code, 0);
  assert.deepEqual(cells.filter(isAlive), []);
  assert.deepEqual(leftGroups(orderly.pid), []);

  const server = await startMayfly(join(root, "tests/e2e/workers/serving"));
  const family = descendants(server.pid);
  kill(server.pid, "SIGKILL");
  for (let turn = 0; turn < 200 && family.some(isAlive); turn++) await sleep(20);
  assert.deepEqual(family.filter(isAlive), []);
  // The next start removes what the killed one could not.
  const { code } = await runMayfly(["run", join(temporaryProject({ "main.js": module }), "main.js"), "--input", "0"]);
  assert.equal(code, 0);
  assert.deepEqual(leftGroups(server.pid), []);
});

function leftGroups(pid) {
  const found = [];
  const visit = (folder, depth) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (!entry.isDirectory()) continue;
      if (entry.name.startsWith(`mayfly-${pid}-`)) found.push(join(folder, entry.name));
      else if (depth < 4) visit(join(folder, entry.name), depth + 1);
    }
  };
  if (existsSync("/sys/fs/cgroup")) visit("/sys/fs/cgroup", 0);
  return found;
}
