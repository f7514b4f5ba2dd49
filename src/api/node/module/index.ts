// SPDX-License-Identifier: Apache-2.0
// node:module. Modules are those that the worker was made of: what would change how they are found fails by name.
import { nodeModule, nodeModuleNames } from "mayfly:core";
import { invalidArgValue, notImplemented, validateString } from "mayfly:node/internal";

const builtinModules = nodeModuleNames.filter((name) => nodeModule.exists(name));

function isBuiltin(name: unknown): boolean {
  if (typeof name !== "string") return false;
  return nodeModule.exists(name.startsWith("node:") ? name.slice(5) : name);
}

/** What the worker's modules are called: "file:///bundle/a/b.js" and "/bundle/a/b.js" are the module "a/b.js". */
function moduleName(path: unknown): string {
  const isUrl = path instanceof (requireGroup("mayfly:web/url").URL) || (typeof path === "string" && path.startsWith("file:"));
  if (!isUrl && (typeof path !== "string" || !path.startsWith("/"))) {
    throw invalidArgValue("filename", path, "must be a file URL object, file URL string, or absolute path string");
  }
  const absolute: string = isUrl ? requireGroup("mayfly:node/url").default.fileURLToPath(path) : (path as string);
  return absolute.replace(/^\/(?:bundle\/)?/, "");
}

function createRequire(path: unknown): unknown {
  const find = ops.makeRequire(moduleName(path));
  const require = (id: unknown): unknown => {
    validateString(id, "id");
    return find(id);
  };
  const resolve = (id: unknown): string => {
    validateString(id, "request");
    if (isBuiltin(id)) return id;
    throw notImplemented("require.resolve");
  };
  return Object.assign(require, { resolve, cache: {}, extensions: {}, main: undefined });
}

function refuse(name: string): () => never {
  return Object.defineProperty(() => { throw notImplemented(`module.${name}`); }, "name", { value: name }) as never;
}

function Module(): never {
  throw notImplemented("module.Module");
}

function wrap(script: string): string {
  return `(function (exports, require, module, __filename, __dirname) { ${script}\n});`;
}

const members: Record<string, unknown> = {
  builtinModules, createRequire, isBuiltin, wrap, constants: { compileCacheStatus: { FAILED: 0, ENABLED: 1, ALREADY_ENABLED: 2, DISABLED: 3 } },
  globalPaths: [], _cache: { __proto__: null }, _pathCache: { __proto__: null }, _extensions: { __proto__: null }, _debug() {},
  syncBuiltinESMExports() {}, findSourceMap: () => undefined, getCompileCacheDir: () => undefined, flushCompileCache() {},
  getSourceMapsSupport: () => ({ __proto__: null, enabled: false, nodeModules: false, generatedCode: false }), setSourceMapsSupport() {},
  enableCompileCache: () => ({ status: 3 }),
};
for (const name of [
  "register", "registerHooks", "runMain", "findPackageJSON", "stripTypeScriptTypes", "SourceMap", "_load", "_findPath", "_initPaths",
  "_preloadModules", "_resolveFilename", "_resolveLookupPaths", "_nodeModulePaths",
]) {
  members[name] = refuse(name);
}
export default Object.assign(Module, members, { Module });
