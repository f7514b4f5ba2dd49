// SPDX-License-Identifier: Apache-2.0

import imported, { env } from "node:process";
import { check, equal, ok, same, throws } from "../../check.js";

check("process is global and a module", () => {
  ok(globalThis.process === imported && process.env === env && global === globalThis);
  equal(Object.prototype.toString.call(process), "[object process]");
});

check("process.env has the worker's variables as strings", () => same([env.GREETING, env.COUNT, env.NESTED], ["hello", "3", '{"a":[1]}']));

check("process.env makes strings of what is set", () => {
  process.env.MADE = 5;
  equal(process.env.MADE, "5");
  process.env.MADE = undefined;
  equal(process.env.MADE, "undefined");
  delete process.env.MADE;
  same(["MADE" in process.env, process.env.MADE], [false, undefined]);
  throws(() => (process.env.MADE = Symbol("x")), TypeError);
  ok(Object.keys(process.env).includes("GREETING"));
});

check("process tells what programs ask for", () => {
  ok(/^v\d+\.\d+\.\d+$/.test(process.version) && process.versions.node === process.version.slice(1));
  same([process.platform, process.arch, process.pid, process.cwd(), process.title, process.release.name, process.argv.length > 0], ["linux", "x64", 1, "/bundle", "workerd", "node", true]);
  same([process.getuid(), process.umask(), typeof process.uptime(), process.memoryUsage().rss], [0, 18, "number", 0]);
});

check("hrtime goes on and gives differences", () => {
  const start = process.hrtime();
  const [seconds, nanoseconds] = process.hrtime(start);
  ok(seconds >= 0 && nanoseconds >= 0 && nanoseconds < 1e9 && typeof process.hrtime.bigint() === "bigint");
  equal(throws(() => process.hrtime(5), TypeError).code, "ERR_INVALID_ARG_TYPE");
});

check("nextTick runs before timers, with its arguments", async () => {
  const order = [];
  setTimeout(() => order.push("timer"), 0);
  process.nextTick((...args) => order.push(args), 1, 2);
  await new Promise((done) => setTimeout(done, 10));
  same(order, [[1, 2], "timer"]);
});

check("emitWarning tells the listeners of warning", async () => {
  const told = new Promise((done) => process.once("warning", done));
  process.emitWarning("careful", "Mine", "C1");
  const { name, message, code } = await told;
  same([name, message, code], ["Mine", "careful", "C1"]);
});

check("getBuiltinModule", () => {
  ok(process.getBuiltinModule("buffer") === process.getBuiltinModule("node:buffer") && process.getBuiltinModule("buffer").Buffer === Buffer);
  equal(process.getBuiltinModule("nope"), undefined);
});

check("what would change a process fails by name", () => {
  for (const name of ["kill", "dlopen", "binding"]) {
    const error = throws(() => process[name](1));
    same([error.code, error.message], ["ERR_METHOD_NOT_IMPLEMENTED", `The process.${name} method is not implemented`]);
  }
});

check("chdir changes where paths begin", () => {
  process.chdir("/tmp");
  equal(process.cwd(), "/tmp");
  process.chdir("/bundle");
  equal(throws(() => process.chdir("/nope")).code, "ENOENT");
});

check("stdout takes text", () => equal(process.stdout.write("a line of the suite\n"), true));
