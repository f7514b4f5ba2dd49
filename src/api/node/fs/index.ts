// SPDX-License-Identifier: Apache-2.0
// node:fs over a tree in memory. https://nodejs.org/api/fs.html
import { notImplemented, validateFunction } from "mayfly:node/internal";

import { FileHandle, promises } from "./promises.ts";
import { Dirent, Stats } from "./stats.ts";
import { ReadStream, WriteStream } from "./streams.ts";
import * as sync from "./sync.ts";
import { locate } from "./tree.ts";

const kPromisify = Symbol.for("nodejs.util.promisify.custom");

/** For process.chdir(). */
export function isDirectory(path: string): boolean {
  try {
    return locate(path, "chdir").node?.kind === "directory";
  } catch {
    return false;
  }
}

const { nextTick } = requireGroup("mayfly:node/process");
const module: Record<string, any> = {
  constants: sync.constants, promises, Dirent, Stats, ReadStream, WriteStream, FileReadStream: ReadStream, FileWriteStream: WriteStream,
  F_OK: 0, R_OK: 4, W_OK: 2, X_OK: 1, existsSync: sync.existsSync,
  createReadStream: (path: unknown, options?: unknown) => new ReadStream(path, options),
  createWriteStream: (path: unknown, options?: unknown) => new WriteStream(path, options),
  exists(path: unknown, callback: unknown) {
    validateFunction(callback, "cb");
    nextTick(callback, sync.existsSync(path));
  },
};

/** The function with a callback that a synchronous one gives; `names`: of its values, where there are several. */
function later(name: string, run: (...args: any[]) => unknown, ...others: number[]): (...args: unknown[]) => void {
  return Object.defineProperty((...args: unknown[]) => {
    const callback = args.pop();
    validateFunction(callback, "cb");
    let result: unknown;
    try {
      result = run(...args);
    } catch (error) {
      // What is wrong with the arguments is thrown at once.
      if (String((error as any).code).startsWith("ERR_INVALID_ARG")) throw error;
      nextTick(callback, error);
      return;
    }
    nextTick(callback, null, ...(result === undefined ? [] : [result]), ...others.map((index) => args[index]));
  }, "name", { value: name });
}

const answersWithArgument: Record<string, number> = { read: 1, write: 1, readv: 1, writev: 1 };
for (const [key, run] of Object.entries(sync) as [string, any][]) {
  if (!key.endsWith("Sync") || key === "existsSync") continue;
  const name = key.slice(0, -4);
  module[key] = run;
  const other = answersWithArgument[name];
  module[name] = other === undefined ? later(name, run) : later(name, run, other);
  if (promises[name] !== undefined && other === undefined) {
    Object.defineProperty(module[name], kPromisify, { value: promises[name], configurable: true });
  }
}
for (const name of ["chown", "lchown", "fchown", "fchmod", "lchmod", "fsync", "fdatasync", "lutimes"]) {
  module[`${name}Sync`] = (path: unknown) => sync.onlyChecked(path);
  module[name] = later(name, module[`${name}Sync`]);
}
for (const name of ["watch", "watchFile", "unwatchFile", "glob", "globSync", "opendir", "opendirSync", "statfs", "statfsSync", "openAsBlob"]) {
  module[name] = () => { throw notImplemented(`fs.${name}`); };
}
module.realpath.native = module.realpath;
module.realpathSync.native = module.realpathSync;

export { FileHandle };
export default module;
