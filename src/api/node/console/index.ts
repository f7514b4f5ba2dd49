// SPDX-License-Identifier: Apache-2.0
// node:console: the global console, and a class that writes to streams.
import { console } from "mayfly:web/console";

import { formatWithOptions } from "mayfly:node/util";
import { invalidArgType } from "mayfly:node/internal";

class Console {
  #out: any;
  #err: any;
  #indent = "";
  #counts = new Map<string, number>();
  #timers = new Map<string, number>();

  constructor(options: any, stderr?: any) {
    const streams = typeof options?.write === "function" ? { stdout: options, stderr } : options;
    if (typeof streams?.stdout?.write !== "function") throw invalidArgType("stdout", "Stream", streams?.stdout);
    this.#out = streams.stdout;
    this.#err = streams.stderr ?? streams.stdout;
    // Methods work when they are taken off the object.
    for (const name of Object.getOwnPropertyNames(Console.prototype)) {
      if (name !== "constructor") (this as any)[name] = (this as any)[name].bind(this);
    }
  }

  #write(stream: any, args: unknown[]): void {
    stream.write(`${formatWithOptions({}, ...args).replace(/^/gm, this.#indent)}\n`);
  }
  log(...args: unknown[]): void { this.#write(this.#out, args); }
  info(...args: unknown[]): void { this.#write(this.#out, args); }
  debug(...args: unknown[]): void { this.#write(this.#out, args); }
  dirxml(...args: unknown[]): void { this.#write(this.#out, args); }
  error(...args: unknown[]): void { this.#write(this.#err, args); }
  warn(...args: unknown[]): void { this.#write(this.#err, args); }
  trace(...args: unknown[]): void { this.#write(this.#err, [String(new Error(formatWithOptions({}, ...args)).stack).replace(/^Error/, "Trace")]); }
  dir(value: unknown, options?: object): void {
    this.#out.write(`${requireGroup("mayfly:node/util").inspect(value, { customInspect: false, ...options })}\n`);
  }
  assert(value: unknown, ...args: unknown[]): void {
    if (!value) this.#write(this.#err, ["Assertion failed", ...(args.length > 0 ? [`: ${formatWithOptions({}, ...args)}`] : [])].join("").split("\u0000"));
  }
  count(label = "default"): void {
    const count = (this.#counts.get(`${label}`) ?? 0) + 1;
    this.#counts.set(`${label}`, count);
    this.log(`${label}: ${count}`);
  }
  countReset(label = "default"): void { this.#counts.delete(`${label}`); }
  group(...args: unknown[]): void {
    if (args.length > 0) this.log(...args);
    this.#indent += "  ";
  }
  groupCollapsed(...args: unknown[]): void { this.group(...args); }
  groupEnd(): void { this.#indent = this.#indent.slice(2); }
  time(label = "default"): void { this.#timers.set(`${label}`, ops.monotonicNow()); }
  timeEnd(label = "default"): void {
    this.timeLog(label);
    this.#timers.delete(`${label}`);
  }
  timeLog(label = "default", ...args: unknown[]): void {
    const start = this.#timers.get(`${label}`);
    if (start !== undefined) this.log(`${label}: ${(ops.monotonicNow() - start).toFixed(3)}ms`, ...args);
  }
  table(value: unknown): void { this.log(value); }
  clear(): void {}
}

const module: Record<string, unknown> = { Console };
for (const name of Object.getOwnPropertyNames(console)) {
  const value = (console as any)[name];
  if (typeof value === "function" && name !== "Console") module[name] = value;
}
export default module;
