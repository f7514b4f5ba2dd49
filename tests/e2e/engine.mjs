// SPDX-License-Identifier: Apache-2.0
//
// The ways in which a cell's engine can be made to show what is wrong with our code. MAYFLY_TEST_ENGINE names one, and
// every Mayfly that a test starts then runs its cells so:
//   gc        all garbage is collected after every event, new objects move at every few allocations,
//             and old ones at every collection: what is kept without a handle, or finalized too early, breaks
//   address   the cell's own code is instrumented by AddressSanitizer (a build with MAYFLY_SANITIZE=address,undefined)
// V8 itself is Node's executable and is not instrumented. A sanitizer's reports go to files, which `reports()` reads.

import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const node = join(root, `node_modules/node-linux-${process.arch}/bin/node`);
const name = process.env.MAYFLY_TEST_ENGINE ?? "";

const runtimeLibrary = (sanitizer) =>
  execFileSync("clang++-19", [`-print-file-name=libclang_rt.${sanitizer}-${{ x64: "x86_64", arm64: "aarch64" }[process.arch]}.so`], {
    encoding: "utf8",
  }).trim();

const engines = {
  gc: () => ({
    v8Flags: ["--stress-scavenge=10", "--stress-compaction", "--single-threaded-gc", "--expose-gc"],
    cellArguments: ["--collect-always"],
    slowness: 8,
  }),
  address: () => ({
    preload: runtimeLibrary("asan"),
    environment: {
      // V8's heap and Node's own allocations at exit are no leaks of ours, and a cell ends by _exit.
      ASAN_OPTIONS: "detect_leaks=0:abort_on_error=0:exitcode=99:allow_user_segv_handler=1:detect_stack_use_after_return=0",
      UBSAN_OPTIONS: "print_stacktrace=1:halt_on_error=1",
    },
    slowness: 4,
  }),
};

if (name && !engines[name]) throw new Error(`MAYFLY_TEST_ENGINE=${name}: there are ${Object.keys(engines).join(", ")}`);

const quote = (text) => `'${text.replaceAll("'", "'\\''")}'`;

/** What goes into the environment of a Mayfly so that its cells run under the chosen engine, and how to read reports. */
function prepare() {
  if (!name) return { slowness: 1, environment: {}, args: [], reports: () => [] };
  const { v8Flags = [], cellArguments = [], preload, environment = {}, slowness } = engines[name]();
  const directory = mkdtempSync(join(tmpdir(), "mayfly-engine-"));
  process.once("exit", () => rmSync(directory, { recursive: true, force: true }));
  // A cell is started without PATH, in which the sanitizers would look for it.
  const symbolizer = ["llvm-symbolizer-19", "llvm-symbolizer"].map((one) => `/usr/bin/${one}`).find(existsSync);
  const common = `:log_path=${join(directory, "report")}${symbolizer ? `:external_symbolizer_path=${symbolizer}` : ""}`;
  const variables = Object.entries(environment).map(([key, value]) =>
    key.endsWith("SAN_OPTIONS") ? [key, value + common] : [key, value],
  );
  if (preload) variables.push(["LD_PRELOAD", preload]);
  // Mayfly starts `node` for two things: cells, which are to run under the engine, and the bundler, which is not.
  const wrapper = join(directory, "node");
  writeFileSync(
    wrapper,
    `#!/bin/sh
case "$*" in
*cell.cjs*)
${variables.map(([key, value]) => `  export ${key}=${quote(value)}\n`).join("")}  exec ${quote(node)} ${v8Flags.join(" ")} "$@" ${cellArguments.join(" ")} ;;
esac
exec ${quote(node)} "$@"
`,
  );
  chmodSync(wrapper, 0o755);
  const reports = () =>
    readdirSync(directory)
      .filter((file) => file.startsWith("report"))
      .map((file) => readFileSync(join(directory, file), "utf8"));
  // A script in the place of Node does not run in the sandbox.
  return { slowness, environment: { MAYFLY_NODE: wrapper }, args: ["--sandbox=off"], reports };
}

export const engine = { name, ...prepare() };
// On a machine that others keep busy: MAYFLY_TEST_SLOWNESS=5 gives starts and requests five times as long.
engine.slowness *= Number(process.env.MAYFLY_TEST_SLOWNESS ?? 1);
