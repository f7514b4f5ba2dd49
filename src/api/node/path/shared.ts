// SPDX-License-Identifier: Apache-2.0
// https://nodejs.org/api/path.html: what both flavours have in common. A flavour says what separates.
import { validateObject, validateString } from "mayfly:node/internal";

export interface ParsedPath {
  root: string;
  dir: string;
  base: string;
  ext: string;
  name: string;
}

export const kSlash = 47;
export const kBackslash = 92;
export const kColon = 58;

/** "a/./b/../c" -> "a/c"; `above`: keeps ".." that lead out of it. */
export function collapse(path: string, above: boolean, separator: string, isSeparator: (code: number) => boolean): string {
  const kept: string[] = [];
  let start = 0;
  for (let at = 0; at <= path.length; at++) {
    if (at < path.length && !isSeparator(path.charCodeAt(at))) continue;
    const part = path.slice(start, at);
    start = at + 1;
    if (part === "" || part === ".") continue;
    if (part === ".." && (kept.length === 0 || kept[kept.length - 1] === "..")) {
      if (above) kept.push(part);
    } else if (part === "..") {
      kept.pop();
    } else {
      kept.push(part);
    }
  }
  return kept.join(separator);
}

/** Where the last component begins and ends, trailing separators left out, in what of `path` comes after `from`. */
export function lastComponent(path: string, from: number, isSeparator: (code: number) => boolean): [number, number] {
  let end = path.length;
  while (end > from && isSeparator(path.charCodeAt(end - 1))) end--;
  let start = end;
  while (start > from && !isSeparator(path.charCodeAt(start - 1))) start--;
  return [start, end];
}

/** The place of the dot of a component's extension, or -1. ".profile" and ".." have none. */
export function extensionAt(component: string): number {
  const dot = component.lastIndexOf(".");
  if (dot <= 0 || component === "..") return -1;
  return dot;
}

export function basenameOf(component: string, suffix: string | undefined): string {
  if (suffix === undefined || suffix === "" || component === suffix || !component.endsWith(suffix)) return component;
  return component.slice(0, component.length - suffix.length);
}

/** The base name of a path without a component: empty, but in Node the path itself where a suffix is looked for. */
export function separatorsOnly(rest: string, suffix: string | undefined, path: string): string {
  return suffix !== undefined && suffix.length > 0 && suffix.length <= path.length && suffix !== path ? rest : "";
}

export function formatPath(separator: string, path: Partial<ParsedPath>): string {
  validateObject(path, "pathObject");
  const dir = path.dir || path.root;
  const ext = path.ext ? `${path.ext[0] === "." ? "" : "."}${path.ext}` : "";
  const base = path.base || `${path.name ?? ""}${ext}`;
  if (!dir) return base;
  return dir === path.root ? `${dir}${base}` : `${dir}${separator}${base}`;
}

/** https://nodejs.org/api/path.html#pathmatchesglobpath-pattern: *, **, ?, [...], {a,b} and escapes. */
export function matchesGlob(path: string, pattern: string, windows: boolean): boolean {
  validateString(path, "path");
  validateString(pattern, "pattern");
  const subject = windows ? path.replaceAll("\\", "/") : path;
  return new RegExp(`^(?:${globSource(windows ? pattern.replaceAll("\\", "/") : pattern)})$`, "s").test(subject);
}

function globSource(pattern: string): string {
  let source = "";
  let braces = 0;
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern[at]!;
    if (char === "*") {
      const whole = pattern[at + 1] === "*" && (at === 0 || pattern[at - 1] === "/");
      if (whole && pattern[at + 2] === "/") {
        source += "(?:(?!\\.)[^/]*/)*";
        at += 2;
      } else if (whole && at + 2 === pattern.length) {
        source += "(?:(?!\\.)[^/]*(?:/(?!\\.)[^/]*)*)?";
        at += 1;
      } else {
        while (pattern[at + 1] === "*") at++;
        source += at === 0 || pattern[at - 1] === "/" ? "(?!\\.)[^/]*" : "[^/]*";
      }
    } else if (char === "?") {
      source += "[^/]";
    } else if (char === "[" && pattern.indexOf("]", at + 2) > 0) {
      const end = pattern.indexOf("]", at + 2);
      const negated = pattern[at + 1] === "!" || pattern[at + 1] === "^";
      const set = pattern.slice(at + (negated ? 2 : 1), end).replace(/[\\\]^]/g, "\\$&");
      source += `(?!/)[${negated ? "^" : ""}${set}]`;
      at = end;
    } else if (char === "{" && pattern.indexOf("}", at) > 0) {
      source += "(?:";
      braces++;
    } else if (char === "}" && braces > 0) {
      source += ")";
      braces--;
    } else if (char === "," && braces > 0) {
      source += "|";
    } else {
      if (char === "\\" && at + 1 < pattern.length) at++;
      source += pattern[at]!.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
    }
  }
  return source + ")".repeat(braces);
}
