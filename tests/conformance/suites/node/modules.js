// SPDX-License-Identifier: Apache-2.0
//
// How modules of Node are found.

import nodeModule, { builtinModules, createRequire, isBuiltin } from "node:module";
import os from "node:os";
import perf from "node:perf_hooks";
import sys from "node:sys";
import util from "node:util";
import { check, equal, ok, rejects, same, throws } from "../../check.js";

const name = (text) => text; // keeps the bundler from resolving it

check("a module has the same exports with and without node:", async () => {
  for (const each of ["buffer", "path", "events", "util", "assert", "process", "url", "os", "stream", "timers/promises"]) {
    ok((await import(name(`node:${each}`))).default === (await import(name(each))).default, each);
  }
});

check("exports are properties of the default export", async () => {
  const { default: whole, ...named } = await import("node:path");
  for (const key of ["join", "posix", "sep"]) ok(named[key] === whole[key], key);
});

check("sys is util", () => ok(sys.inspect === util.inspect));

check("a module that is not there is refused by name", async () => {
  await rejects(import(name("node:nope")), /^No such module "node:nope"/);
  await rejects(import(name("nope")), /^No such module "nope"/);
});

check("createRequire requires modules of Node", () => {
  const require = createRequire("/");
  ok(require("buffer").Buffer === Buffer && require("node:path").sep === "/");
  throws(() => require("nope"), /No such module "nope"/);
  throws(() => createRequire("relative"), TypeError);
});

check("isBuiltin and builtinModules", () => {
  same(["path", "node:path", "nope"].map(isBuiltin), [true, true, false]);
  ok(builtinModules.includes("buffer") && !builtinModules.includes("nope") && nodeModule.Module !== undefined);
});

check("os tells nothing of the machine", () => {
  same([os.EOL, os.platform(), os.hostname(), os.cpus().length, os.totalmem(), os.arch(), os.endianness()], ["\n", "linux", "localhost", 0, 0, "x64", "LE"]);
  same([os.constants.signals.SIGTERM, os.constants.errno.ENOENT], [15, 2]);
});

check("perf_hooks has the global performance", () => ok(perf.performance === performance && perf.performance.now() >= 0));
