// SPDX-License-Identifier: Apache-2.0
// node:process and the global `process`. A worker is no process: what would tell of one is fixed, and what would change
// one fails by name.
import { currentContext, enqueueMicrotask, nodeModule } from "mayfly:core";
import { EventEmitter } from "mayfly:node/events";
import {
  invalidArgType, invalidArgValue, nodeError, notImplemented, outOfRange, validateFunction, validateInteger, validateString,
} from "mayfly:node/internal";

import { makeEnv } from "./environment.ts";

const { apply } = Reflect;
const kVersion = "22.23.4"; // what Workers say; programs ask it for what they may expect

function nextTick(callback: unknown, ...args: unknown[]): void {
  validateFunction(callback, "callback");
  enqueueMicrotask(() => {
    try {
      apply(callback, undefined, args);
    } catch (error) {
      requireGroup("mayfly:web/events").reportError(error);
    }
  });
}

function hrtime(time?: [number, number]): [number, number] {
  const now = ops.now();
  const seconds = Math.floor(now / 1000);
  const nanoseconds = Math.round((now % 1000) * 1e6);
  if (time === undefined) return [seconds, nanoseconds];
  if (!Array.isArray(time)) throw invalidArgType("time", "Array", time);
  if (time.length !== 2) throw outOfRange("time", "2", time);
  const difference = nanoseconds - time[1];
  return difference < 0 ? [seconds - time[0] - 1, difference + 1e9] : [seconds - time[0], difference];
}
hrtime.bigint = (): bigint => BigInt(Math.round(ops.now() * 1000)) * 1000n;

function emitWarning(warning: any, type?: any, code?: any, ctor?: any): void {
  let detail: unknown;
  if (type !== null && typeof type === "object" && !Array.isArray(type)) {
    ({ type, code, detail } = type);
  } else if (typeof type === "function") {
    type = undefined;
  }
  if (typeof code === "function") code = undefined;
  void ctor;
  if (type !== undefined) validateString(type, "type");
  if (code !== undefined) validateString(code, "code");
  if (typeof warning === "string") {
    warning = new Error(warning);
    warning.name = String(type ?? "Warning");
    if (code !== undefined) warning.code = code;
    if (detail !== undefined) warning.detail = detail;
  } else if (!(warning instanceof Error)) {
    throw invalidArgType("warning", ["Error", "string"], warning);
  }
  if (warning.name === "DeprecationWarning") {
    if (process.noDeprecation) return;
    if (process.throwDeprecation) nextTick(() => { throw warning; });
  }
  nextTick(() => {
    if (process.emit("warning", warning)) return;
    const code_ = warning.code === undefined ? "" : `[${warning.code}] `;
    ops.log("console", "warn", `(node) ${code_}${warning.name}: ${warning.message}`);
  });
}

function exit(code?: unknown): never {
  const number = code ?? process.exitCode ?? 0;
  const error = new Error(`The Node.js process.exit(${String(number)}) API was called. Canceling the request.`);
  // What the request has promised to others fails with it; this throws, as code must not go on.
  currentContext()?.abort(error);
  throw error;
}

let directory = "/bundle";

function chdir(path: unknown): void {
  validateString(path, "directory");
  const resolved = requireGroup("mayfly:node/path").default.resolve(path);
  const exists = ops.hasGroup("mayfly:node/fs") ? requireGroup("mayfly:node/fs").isDirectory(resolved)
    : resolved === "/" || resolved === "/bundle" || resolved === "/tmp";
  if (!exists) throw Object.assign(new Error(`ENOENT: no such file or directory, chdir '${resolved}'`), { code: "ENOENT", errno: -2, syscall: "chdir" });
  directory = resolved;
}

let mask = 0o22;

function umask(value?: unknown): number {
  const before = mask;
  if (value !== undefined) {
    if (typeof value === "string") {
      if (!/^[0-7]+$/.test(value)) throw invalidArgValue("mask", value, "must be a 32-bit unsigned integer or an octal string");
      value = parseInt(value, 8);
    }
    validateInteger(value, "mask", 0, 0xffffffff);
    mask = value & 0o777;
  }
  return before;
}

function getBuiltinModule(id: unknown): unknown {
  validateString(id, "id");
  return nodeModule(id.startsWith("node:") ? id.slice(5) : id);
}

const memory = { rss: 0, heapTotal: 0, heapUsed: 0, external: 0, arrayBuffers: 0 };
const usage = [
  "userCPUTime", "systemCPUTime", "maxRSS", "sharedMemorySize", "unsharedDataSize", "unsharedStackSize", "minorPageFault",
  "majorPageFault", "swappedOut", "fsRead", "fsWrite", "ipcSent", "ipcReceived", "signalsCount",
  "voluntaryContextSwitches", "involuntaryContextSwitches",
];

function writer(fd: 1 | 2): unknown {
  const { Writable } = requireGroup("mayfly:node/stream").default;
  let pending = "";
  const stream = new Writable({
    decodeStrings: false,
    // Each line is one of the log. What is without an end of line waits, up to a size.
    write(chunk: unknown, encoding: string, done: () => void) {
      pending += typeof chunk === "string" ? chunk : (chunk as any).toString("utf8");
      const lines = pending.split("\n");
      pending = lines.pop()!;
      if (pending.length > 16384) lines.push(pending), (pending = "");
      for (const line of lines) ops.log("console", fd === 1 ? "log" : "error", line);
      void encoding;
      done();
    },
    final(done: () => void) {
      if (pending !== "") ops.log("console", fd === 1 ? "log" : "error", pending);
      done();
    },
  });
  return Object.assign(stream, { fd, isTTY: false });
}

function reader(): unknown {
  const { Readable } = requireGroup("mayfly:node/stream").default;
  return Object.assign(new Readable({ read() { this.push(null); } }), { fd: 0, isTTY: false });
}

class Process extends EventEmitter {
  static {
    Object.defineProperty(this.prototype, Symbol.toStringTag, { value: "process", configurable: true });
    Object.defineProperty(this, "name", { value: "process" });
  }
}

export const process: any = new Process();
Object.assign(process, {
  version: `v${kVersion}`,
  versions: { node: kVersion, v8: "", modules: "", zlib: "", brotli: "", openssl: "", uv: "", icu: "", unicode: "" },
  arch: "x64", platform: "linux", title: "workerd", argv: ["workerd"], argv0: "workerd", execArgv: [], execPath: "",
  pid: 1, ppid: 0, debugPort: 0, exitCode: undefined, connected: false, noDeprecation: false, throwDeprecation: false,
  traceDeprecation: false, sourceMapsEnabled: false, domain: undefined,
  release: { name: "node", lts: true, sourceUrl: "", headersUrl: "" },
  features: {
    inspector: false, debug: false, uv: true, ipv6: true, tls_alpn: true, tls_sni: true, tls_ocsp: true, tls: true,
    cached_builtins: true, require_module: false, typescript: false, openssl_is_boringssl: false,
  },
  config: { target_defaults: {}, variables: {} },
  allowedNodeEnvironmentFlags: new Set(),
  permission: { has: () => true },
  report: undefined,
  nextTick, hrtime, emitWarning, exit, reallyExit: exit, chdir, umask, getBuiltinModule,
  abort(): never { return exit(134); },
  cwd: () => directory,
  uptime: () => ops.monotonicNow() / 1000,
  memoryUsage: Object.assign(() => ({ ...memory }), { rss: () => 0 }),
  resourceUsage: () => Object.fromEntries(usage.map((name) => [name, 0])),
  cpuUsage: () => ({ user: 0, system: 0 }),
  threadCpuUsage: () => ({ user: 0, system: 0 }),
  availableMemory: () => 0,
  constrainedMemory: () => 0,
  getuid: () => 0, geteuid: () => 0, getgid: () => 0, getegid: () => 0, getgroups: () => [0],
  getActiveResourcesInfo: () => [],
  getSourceMapsSupport: () => ({ __proto__: null, enabled: false, nodeModules: false, generatedCode: false }),
  setSourceMapsEnabled() {},
  hasUncaughtExceptionCaptureCallback: () => false,
  ref() {}, unref() {},
  assert(value: unknown, message?: string) {
    if (!value) throw nodeError(Error, "ERR_ASSERTION", message ?? "assertion error");
  },
});
for (const name of [
  "binding", "dlopen", "execve", "initgroups", "kill", "loadEnvFile", "openStdin", "setegid", "seteuid", "setgid",
  "setgroups", "setuid", "setUncaughtExceptionCaptureCallback",
]) {
  process[name] = () => { throw notImplemented(`process.${name}`); };
}
function lazy(name: string, make: () => unknown): void {
  Object.defineProperty(process, name, {
    get() {
      const value = make();
      Object.defineProperty(process, name, { value, writable: true, configurable: true, enumerable: true });
      return value;
    },
    set(value) {
      Object.defineProperty(process, name, { value, writable: true, configurable: true, enumerable: true });
    },
    configurable: true, enumerable: true,
  });
}
lazy("env", makeEnv);
lazy("stdout", () => writer(1));
lazy("stderr", () => writer(2));
lazy("stdin", reader);

export { emitWarning, nextTick };
export default process;
