// SPDX-License-Identifier: Apache-2.0
import { validateString } from "mayfly:node/internal";

import {
  type ParsedPath, basenameOf, collapse, extensionAt, formatPath, kSlash, lastComponent, matchesGlob,
  separatorsOnly,
} from "./shared.ts";

const isSeparator = (code: number): boolean => code === kSlash;

/** Where a relative path begins. */
function workingDirectory(): string {
  return requireGroup("mayfly:node/process").process.cwd();
}

function resolve(...paths: string[]): string {
  let resolved = "";
  let absolute = false;
  for (let i = paths.length - 1; i >= -1 && !absolute; i--) {
    const path = i >= 0 ? paths[i]! : workingDirectory();
    validateString(path, i >= 0 ? `paths[${i}]` : "cwd");
    if (path.length === 0) continue;
    resolved = `${path}/${resolved}`;
    absolute = path[0] === "/";
  }
  resolved = collapse(resolved, !absolute, "/", isSeparator);
  if (absolute) return `/${resolved}`;
  return resolved || ".";
}

function normalize(path: string): string {
  validateString(path, "path");
  if (path.length === 0) return ".";
  const absolute = path[0] === "/";
  const trailing = path.endsWith("/");
  const normal = collapse(path, !absolute, "/", isSeparator);
  if (normal === "") return absolute ? "/" : trailing ? "./" : ".";
  return `${absolute ? "/" : ""}${normal}${trailing ? "/" : ""}`;
}

function isAbsolute(path: string): boolean {
  validateString(path, "path");
  return path[0] === "/";
}

function join(...paths: string[]): string {
  const parts: string[] = [];
  for (const path of paths) {
    validateString(path, "path");
    if (path.length > 0) parts.push(path);
  }
  return parts.length === 0 ? "." : normalize(parts.join("/"));
}

function relative(from: string, to: string): string {
  validateString(from, "from");
  validateString(to, "to");
  if (from === to) return "";
  const left = resolve(from);
  const right = resolve(to);
  if (left === right) return "";
  const down = left.split("/").filter((part) => part !== "");
  const up = right.split("/").filter((part) => part !== "");
  let common = 0;
  while (common < down.length && common < up.length && down[common] === up[common]) common++;
  return [...down.slice(common).map(() => ".."), ...up.slice(common)].join("/");
}

function toNamespacedPath(path: string): string {
  return path;
}

function dirname(path: string): string {
  validateString(path, "path");
  if (path.length === 0) return ".";
  const [start] = lastComponent(path, 0, isSeparator);
  const absolute = path[0] === "/";
  if (start <= 1) return absolute ? "/" : ".";
  const end = start - 1;
  // "//a" keeps both, as POSIX lets implementations do.
  if (absolute && end === 1) return "//";
  return path.slice(0, end);
}

function basename(path: string, suffix?: string): string {
  if (suffix !== undefined) validateString(suffix, "suffix");
  validateString(path, "path");
  if (suffix === path) return "";
  const [start, end] = lastComponent(path, 0, isSeparator);
  return start === end ? separatorsOnly(path, suffix, path) : basenameOf(path.slice(start, end), suffix);
}

function extname(path: string): string {
  validateString(path, "path");
  const [start, end] = lastComponent(path, 0, isSeparator);
  const component = path.slice(start, end);
  const dot = extensionAt(component);
  return dot < 0 ? "" : component.slice(dot);
}

function format(path: Partial<ParsedPath>): string {
  return formatPath("/", path);
}

function parse(path: string): ParsedPath {
  validateString(path, "path");
  const parsed: ParsedPath = { root: "", dir: "", base: "", ext: "", name: "" };
  if (path.length === 0) return parsed;
  const absolute = path[0] === "/";
  if (absolute) parsed.root = "/";
  const [start, end] = lastComponent(path, 0, isSeparator);
  parsed.base = path.slice(start, end);
  const dot = extensionAt(parsed.base);
  parsed.name = dot < 0 ? parsed.base : parsed.base.slice(0, dot);
  parsed.ext = dot < 0 ? "" : parsed.base.slice(dot);
  if (start > 1) parsed.dir = path.slice(0, start - 1);
  else if (absolute) parsed.dir = "/";
  return parsed;
}

export const posix: Record<string, any> = {
  resolve, normalize, isAbsolute, join, relative, toNamespacedPath, dirname, basename, extname, format, parse,
  matchesGlob: (path: string, pattern: string): boolean => matchesGlob(path, pattern, false),
  sep: "/",
  delimiter: ":",
};
