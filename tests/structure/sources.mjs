// SPDX-License-Identifier: Apache-2.0
// What the structure tests look at: the repository's own source files, and the programs of the build.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";

export const root = resolve(import.meta.dirname, "../..");
export const buildDir = resolve(process.env.MAYFLY_BUILD ?? join(root, "build"));

// Lowest first, as in cmake/layers.cmake, which is where the order stands.
const layersCmake = readFileSync(join(root, "cmake/layers.cmake"), "utf8");
const cmakeList = (name) => layersCmake.match(new RegExp(`^set\\(${name} (.+)\\)$`, "m"))[1].split(" ");
export const layers = cmakeList("MAYFLY_LAYERS");
export const v8Layers = cmakeList("MAYFLY_V8_LAYERS");

/** Files below `folders` whose name `matches`, as [path from the root, text]. */
export function sources(folders, matches) {
  const files = [];
  for (const folder of folders.filter((name) => existsSync(join(root, name)))) {
    for (const entry of readdirSync(join(root, folder), { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      if (!entry.isFile() || path.includes("/node_modules/") || path.includes("/.wrangler/") || !matches.test(entry.name)) continue;
      files.push([path.slice(root.length + 1), readFileSync(path, "utf8")]);
    }
  }
  return files;
}

/** A program of the build; a missing one is a failure, not a reason to skip. */
export function built(name) {
  const path = join(buildDir, name);
  if (!existsSync(path)) throw new Error(`${path} does not exist: run \`make build\``);
  return path;
}

export function lines(command, ...args) {
  return execFileSync(command, args, { encoding: "utf8", maxBuffer: 1 << 28 }).split("\n").filter(Boolean);
}
