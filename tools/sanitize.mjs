// SPDX-License-Identifier: Apache-2.0
// Builds with sanitizers, each in a folder of its own (build-address, build-thread), and runs what they can see:
//   address   AddressSanitizer and UndefinedBehaviorSanitizer: unit tests; then the suites of dynamic workers with
//             cell.node instrumented inside Node's executable, which is not
//   thread    ThreadSanitizer: unit tests, among them pipes and links under many threads
//
//   node tools/sanitize.mjs [address] [thread] [--jobs N]
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";

const root = resolve(import.meta.dirname, "..");
const { values, positionals } = parseArgs({ options: { jobs: { type: "string" } }, allowPositionals: true });
const kinds = {
  address: { sanitize: "address,undefined", targets: [], suites: ["unit", "tests/conformance/suites.test.mjs", "tests/e2e/backlog.test.mjs"] },
  thread: { sanitize: "thread", targets: ["unit_tests"], suites: ["unit"] },
};

function run(command, args, env = {}) {
  console.log(`$ ${command} ${args.join(" ")}`);
  const { status, signal } = spawnSync(command, args, { cwd: root, stdio: "inherit", env: { ...process.env, ...env } });
  if (status !== 0) {
    console.error(`sanitize.mjs: ${command} ended with ${signal ?? status}`);
    process.exit(1);
  }
}

for (const name of positionals.length > 0 ? positionals : Object.keys(kinds)) {
  const kind = kinds[name];
  if (kind === undefined) {
    console.error(`sanitize.mjs: "${name}" is no sanitizer: there are ${Object.keys(kinds).join(" and ")}`);
    process.exit(2);
  }
  const build = join(root, `build-${name}`);
  if (!existsSync(join(build, "build.ninja"))) {
    run("cmake", ["-S", root, "-B", build, "-G", "Ninja", "-DCMAKE_CXX_COMPILER=clang++-19", `-DMAYFLY_SANITIZE=${kind.sanitize}`]);
  }
  run("ninja", ["-C", build, ...(values.jobs ? ["-j", values.jobs] : []), ...kind.targets]);
  run(process.execPath, ["tools/test.mjs", ...kind.suites], {
    MAYFLY_BUILD: build,
    MAYFLY: join(build, "mayfly"),
    MAYFLY_TEST_ENGINE: name === "address" ? name : "",
    MAYFLY_TEST_RUNTIMES: "mayfly",
  });
}
