// SPDX-License-Identifier: Apache-2.0
import { validateString } from "mayfly:node/internal";

import {
  type ParsedPath, basenameOf, collapse, extensionAt, formatPath, kBackslash, kColon, kSlash, lastComponent, matchesGlob,
  separatorsOnly,
} from "./shared.ts";

const isSeparator = (code: number): boolean => code === kSlash || code === kBackslash;

function isLetter(code: number): boolean {
  return (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
}

interface Root {
  /** "C:", "\\\\server\\share" or "". */
  device: string;
  /** How many characters device and the separators after it take. */
  length: number;
  absolute: boolean;
}

function rootOf(path: string): Root {
  const first = path.charCodeAt(0);
  if (isSeparator(first)) {
    if (path.length > 1 && isSeparator(path.charCodeAt(1))) {
      const match = /^[\\/]{2}([^\\/]+)[\\/]+([^\\/]+)/.exec(path);
      if (match !== null) {
        const server = match[1]!;
        if (server === "." || server === "?") return { device: `\\\\${server}`, length: 4, absolute: true };
        const end = match[0].length;
        return { device: `\\\\${server}\\${match[2]}`, length: end < path.length ? end + 1 : end, absolute: true };
      }
    }
    return { device: "", length: 1, absolute: true };
  }
  if (isLetter(first) && path.charCodeAt(1) === kColon) {
    const absolute = path.length > 2 && isSeparator(path.charCodeAt(2));
    return { device: path.slice(0, 2), length: absolute ? 3 : 2, absolute };
  }
  return { device: "", length: 0, absolute: false };
}

function resolve(...paths: string[]): string {
  let device = "";
  let tail = "";
  let absolute = false;
  for (let i = paths.length - 1; i >= -1; i--) {
    let path: string;
    if (i >= 0) {
      path = paths[i]!;
      validateString(path, `paths[${i}]`);
      if (path.length === 0) continue;
    } else {
      path = device === "" ? requireGroup("mayfly:node/process").process.cwd() : `${device}\\`;
    }
    const root = rootOf(path);
    if (root.device !== "") {
      if (device === "") device = root.device;
      else if (root.device.toLowerCase() !== device.toLowerCase()) continue;
    }
    if (absolute) {
      if (device !== "") break;
    } else {
      tail = `${path.slice(root.length)}\\${tail}`;
      absolute = root.absolute;
      if (absolute && device !== "") break;
    }
  }
  tail = collapse(tail, !absolute, "\\", isSeparator);
  return absolute ? `${device}\\${tail}` : `${device}${tail}` || ".";
}

function normalize(path: string): string {
  validateString(path, "path");
  if (path.length === 0) return ".";
  if (path.length === 1) return path === "/" ? "\\" : path;
  const { device, length, absolute } = rootOf(path);
  if (device.startsWith("\\\\") && length >= path.length && device[2] !== "." && device[2] !== "?") return `${device}\\`;
  let tail = collapse(path.slice(length), !absolute, "\\", isSeparator);
  if (tail === "" && !absolute) tail = ".";
  if (tail !== "" && isSeparator(path.charCodeAt(path.length - 1))) tail += "\\";
  // What looks like a drive only once it is normalized is no drive.
  if (!absolute && device === "" && (/:(?:[\\/]|$)/.test(path) || /^[a-zA-Z]:/.test(tail))) return `.\\${tail}`;
  return absolute ? `${device}\\${tail}` : `${device}${tail}`;
}

function isAbsolute(path: string): boolean {
  validateString(path, "path");
  if (path.length === 0) return false;
  const first = path.charCodeAt(0);
  return isSeparator(first) ||
    (path.length > 2 && isLetter(first) && path.charCodeAt(1) === kColon && isSeparator(path.charCodeAt(2)));
}

function join(...paths: string[]): string {
  const parts: string[] = [];
  for (const path of paths) {
    validateString(path, "path");
    if (path.length > 0) parts.push(path);
  }
  if (parts.length === 0) return ".";
  let joined = parts.join("\\");
  // Several parts must not become a UNC path by accident; a first part that is one stays one.
  const unc = /^[\\/]{2}[^\\/]/.test(parts[0]!);
  if (!unc) joined = joined.replace(/^[\\/]{2,}/, "\\");
  return normalize(joined);
}

function relative(from: string, to: string): string {
  validateString(from, "from");
  validateString(to, "to");
  if (from === to) return "";
  const left = resolve(from);
  const right = resolve(to);
  if (left.toLowerCase() === right.toLowerCase()) return "";
  const leftRoot = rootOf(left);
  const rightRoot = rootOf(right);
  if (leftRoot.device.toLowerCase() !== rightRoot.device.toLowerCase()) return right;
  // Without a device and without a first component in common there is no way from one to the other.
  if (leftRoot.device === "" && leftRoot.length + 1 < right.length &&
      left.split("\\")[1]?.toLowerCase() !== right.split("\\")[1]?.toLowerCase() && left.length > 1) {
    return right;
  }
  const down = left.slice(leftRoot.length).split("\\").filter((part) => part !== "");
  const up = right.slice(rightRoot.length).split("\\").filter((part) => part !== "");
  let common = 0;
  while (common < down.length && common < up.length && down[common]!.toLowerCase() === up[common]!.toLowerCase()) common++;
  return [...down.slice(common).map(() => ".."), ...up.slice(common)].join("\\");
}

function toNamespacedPath(path: unknown): unknown {
  if (typeof path !== "string" || path.length === 0) return path;
  const resolved = resolve(path);
  if (resolved.length <= 2) return path;
  if (resolved.startsWith("\\\\")) {
    const code = resolved[2];
    if (code !== "?" && code !== ".") return `\\\\?\\UNC\\${resolved.slice(2)}`;
  } else if (/^[a-zA-Z]:\\/.test(resolved)) {
    return `\\\\?\\${resolved}`;
  }
  return resolved;
}

function dirname(path: string): string {
  validateString(path, "path");
  if (path.length === 0) return ".";
  const { length } = rootOf(path);
  const [start] = lastComponent(path, length, isSeparator);
  if (start > length) return path.slice(0, start - 1);
  return length > 0 ? path.slice(0, length) : ".";
}

function basename(path: string, suffix?: string): string {
  if (suffix !== undefined) validateString(suffix, "suffix");
  validateString(path, "path");
  if (suffix === path) return "";
  const from = isLetter(path.charCodeAt(0)) && path.charCodeAt(1) === kColon ? 2 : 0;
  const [start, end] = lastComponent(path, from, isSeparator);
  return start === end ? separatorsOnly(path.slice(from), suffix, path) : basenameOf(path.slice(start, end), suffix);
}

function extname(path: string): string {
  validateString(path, "path");
  const component = basename(path);
  const dot = extensionAt(component);
  return dot < 0 ? "" : component.slice(dot);
}

function format(path: Partial<ParsedPath>): string {
  return formatPath("\\", path);
}

function parse(path: string): ParsedPath {
  validateString(path, "path");
  const parsed: ParsedPath = { root: "", dir: "", base: "", ext: "", name: "" };
  if (path.length === 0) return parsed;
  const { length } = rootOf(path);
  parsed.root = path.slice(0, length);
  const [start, end] = lastComponent(path, length, isSeparator);
  parsed.base = path.slice(start, end);
  const dot = extensionAt(parsed.base);
  parsed.name = dot < 0 ? parsed.base : parsed.base.slice(0, dot);
  parsed.ext = dot < 0 ? "" : parsed.base.slice(dot);
  parsed.dir = start > length ? path.slice(0, start - 1) : parsed.root;
  return parsed;
}

export const win32: Record<string, any> = {
  resolve, normalize, isAbsolute, join, relative, toNamespacedPath, dirname, basename, extname, format, parse,
  matchesGlob: (path: string, pattern: string): boolean => matchesGlob(path, pattern, true),
  sep: "\\",
  delimiter: ";",
};
