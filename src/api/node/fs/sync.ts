// SPDX-License-Identifier: Apache-2.0
// The synchronous functions, of which the others are made. https://nodejs.org/api/fs.html#synchronous-api
import { Buffer } from "mayfly:node/buffer";
import {
  invalidArgType, invalidArgValue, isBytes, nodeError, validateInteger, validateObject,
} from "mayfly:node/internal";

import { Dirent, Stats } from "./stats.ts";
import {
  type DirectoryNode, type FileNode, type Node, childrenOf, directory, existing, file, locate, readBytes, requireWritable,
  resize, systemError, toPath, writeBytes,
} from "./tree.ts";

export const constants: Record<string, number> = {
  F_OK: 0, R_OK: 4, W_OK: 2, X_OK: 1, O_RDONLY: 0, O_WRONLY: 1, O_RDWR: 2, O_CREAT: 64, O_EXCL: 128, O_NOCTTY: 256, O_TRUNC: 512,
  O_APPEND: 1024, O_DIRECTORY: 65536, O_NOFOLLOW: 131072, O_SYNC: 1052672, O_DSYNC: 4096, O_NONBLOCK: 2048, O_NOATIME: 262144,
  O_DIRECT: 16384, S_IFMT: 61440, S_IFREG: 32768, S_IFDIR: 16384, S_IFCHR: 8192, S_IFBLK: 24576, S_IFIFO: 4096, S_IFLNK: 40960,
  S_IFSOCK: 49152, S_IRWXU: 448, S_IRUSR: 256, S_IWUSR: 128, S_IXUSR: 64, S_IRWXG: 56, S_IRGRP: 32, S_IWGRP: 16, S_IXGRP: 8,
  S_IRWXO: 7, S_IROTH: 4, S_IWOTH: 2, S_IXOTH: 1, COPYFILE_EXCL: 1, COPYFILE_FICLONE: 2, COPYFILE_FICLONE_FORCE: 4,
  UV_FS_COPYFILE_EXCL: 1, UV_DIRENT_UNKNOWN: 0, UV_DIRENT_FILE: 1, UV_DIRENT_DIR: 2, UV_DIRENT_LINK: 3,
};
const flagsByName: Record<string, number> = {
  r: 0, rs: 0, "r+": 2, "rs+": 2, w: 577, wx: 705, "w+": 578, "wx+": 706, a: 1089, ax: 1217, "a+": 1090, "ax+": 1218, xw: 705, xa: 1217,
};
const kOpenMax = 1024;

interface OpenFile {
  node: Node;
  flags: number;
  position: number;
  path: string;
}

const open = new Map<number, OpenFile>();
let lastFd = 2;

export function opened(fd: unknown, syscall: string): OpenFile {
  validateInteger(fd, "fd", 0, 2147483647);
  const found = open.get(fd);
  if (found === undefined) throw systemError("EBADF", syscall);
  return found;
}

function toFlags(flag: unknown): number {
  if (typeof flag === "number") return flag;
  if (flag === undefined || flag === null) return 0;
  const known = typeof flag === "string" ? flagsByName[flag.replace("s", "")] : undefined;
  if (known === undefined) throw invalidArgValue("flags", flag);
  return known;
}

function toMode(mode: unknown, fallback: number): number {
  if (mode === undefined || mode === null) return fallback;
  if (typeof mode === "string") {
    if (!/^[0-7]+$/.test(mode)) throw invalidArgValue("mode", mode, "must be a 32-bit unsigned integer or an octal string");
    return parseInt(mode, 8);
  }
  validateInteger(mode, "mode", 0, 2 ** 32 - 1);
  return mode;
}

function toOptions(options: unknown): any {
  if (options === undefined || options === null) return {};
  const all = typeof options === "string" ? { encoding: options } : options;
  validateObject(all, "options");
  const { encoding } = all as { encoding?: unknown };
  if (encoding && encoding !== "buffer" && !Buffer.isEncoding(encoding)) throw invalidArgValue("options.encoding", encoding);
  return all;
}

function toContent(data: unknown, encoding: unknown): Uint8Array {
  if (typeof data === "string") return Buffer.from(data, encoding && encoding !== "buffer" ? encoding : "utf8");
  if (!isBytes(data)) throw invalidArgType("data", ["string", "Buffer", "TypedArray", "DataView"], data);
  return ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(data);
}

function openNode(path: unknown, flags: number, mode: number, syscall: string): Node {
  const place = locate(path, syscall);
  let { node } = place;
  if (node === undefined) {
    if (!(flags & constants.O_CREAT!)) throw systemError("ENOENT", syscall, toPath(path));
    requireWritable(place, syscall, path);
    node = file(undefined, mode & ~requireGroup("mayfly:node/process").process.umask());
    place.parent.children.set(place.name, node);
    return node;
  }
  if (flags & constants.O_EXCL! && flags & constants.O_CREAT!) throw systemError("EEXIST", syscall, toPath(path));
  const writes = (flags & 3) !== 0;
  if (node.kind === "directory" && writes) throw systemError("EISDIR", syscall, toPath(path));
  if (writes && node.kind === "file") requireWritable(place, syscall, path);
  if (flags & constants.O_TRUNC! && node.kind === "file") resize(node, 0);
  return node;
}

export function openSync(path: unknown, flags: unknown = "r", mode?: unknown): number {
  const wanted = toFlags(flags);
  const node = openNode(path, wanted, toMode(mode, 0o666), "open");
  if (open.size >= kOpenMax) throw systemError("EMFILE", "open", toPath(path));
  open.set(++lastFd, { node, flags: wanted, position: 0, path: toPath(path) });
  return lastFd;
}

export function closeSync(fd: unknown): void {
  opened(fd, "close");
  open.delete(fd as number);
}

export function readSync(fd: unknown, buffer: any, offset?: any, length?: any, position?: any): number {
  const from = opened(fd, "read");
  if (!ArrayBuffer.isView(buffer)) throw invalidArgType("buffer", ["Buffer", "TypedArray", "DataView"], buffer);
  if (typeof offset === "object" && offset !== null) ({ offset, length, position } = offset);
  const bytes = new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  const start = offset ?? 0;
  validateInteger(start, "offset", 0, bytes.length);
  const count = length ?? bytes.length - start;
  validateInteger(count, "length", 0, bytes.length - start);
  if ((from.flags & 3) === 1) throw systemError("EBADF", "read");
  const own = typeof position === "number" || typeof position === "bigint";
  const at = own && Number(position) >= 0 ? Number(position) : from.position;
  const part = readBytes(from.node, at, count, "read");
  bytes.set(part, start);
  if (!(own && Number(position) >= 0)) from.position += part.length;
  return part.length;
}

export function writeSync(fd: unknown, data: unknown, offset?: any, length?: any, position?: any): number {
  const to = opened(fd, "write");
  if ((to.flags & 3) === 0) throw systemError("EBADF", "write");
  let bytes: Uint8Array;
  if (typeof data === "string") {
    // (fd, text, position, encoding)
    bytes = toContent(data, length);
    position = offset;
  } else {
    bytes = toContent(data, undefined);
    if (typeof offset === "object" && offset !== null) ({ offset, length, position } = offset);
    const start = offset ?? 0;
    validateInteger(start, "offset", 0, bytes.length);
    const count = length ?? bytes.length - start;
    validateInteger(count, "length", 0, bytes.length - start);
    bytes = bytes.subarray(start, start + count);
  }
  const append = (to.flags & constants.O_APPEND!) !== 0 && to.node.kind === "file";
  const at = append ? (to.node as FileNode).size : typeof position === "number" ? position : to.position;
  const written = writeBytes(to.node, at, bytes, "write");
  if (typeof position !== "number") to.position = at + written;
  return written;
}

export function readFileSync(path: unknown, options?: unknown): any {
  const { encoding, flag } = toOptions(options);
  const node = typeof path === "number" ? opened(path, "read").node : openNode(path, toFlags(flag ?? "r"), 0o666, "open");
  if (node.kind === "directory") throw systemError("EISDIR", "read");
  const bytes = Buffer.from(readBytes(node, 0, node.kind === "file" ? node.size : 0, "read"));
  return encoding && encoding !== "buffer" ? bytes.toString(encoding) : bytes;
}

export function writeFileSync(path: unknown, data: unknown, options?: unknown): void {
  const { encoding, flag = "w", mode } = toOptions(options);
  const bytes = toContent(data, encoding);
  if (typeof path === "number") {
    writeSync(path, bytes);
    return;
  }
  const flags = toFlags(flag);
  const node = openNode(path, flags, toMode(mode, 0o666), "open");
  writeBytes(node, flags & constants.O_APPEND! && node.kind === "file" ? node.size : 0, bytes, "write");
}

export function appendFileSync(path: unknown, data: unknown, options?: unknown): void {
  writeFileSync(path, data, { ...toOptions(options), flag: toOptions(options).flag ?? "a" });
}

export function existsSync(path: unknown): boolean {
  try {
    return locate(path, "access").node !== undefined;
  } catch {
    return false;
  }
}

export function accessSync(path: unknown, mode: unknown = 0): void {
  validateInteger(mode, "mode", 0, 7);
  const place = existing(path, "access");
  if (mode & constants.W_OK! && place.node.kind !== "device" && !place.writable && place.path !== "/tmp") {
    throw systemError("EACCES", "access", toPath(path));
  }
}

function statOf(path: unknown, options: any, follow: boolean): Stats | undefined {
  const syscall = follow ? "stat" : "lstat";
  if (options?.throwIfNoEntry === false && !existsAt(path, follow)) return undefined;
  return new Stats(existing(path, syscall, follow).node, options);
}

function existsAt(path: unknown, follow: boolean): boolean {
  try {
    return locate(path, "stat", follow).node !== undefined;
  } catch (error) {
    if ((error as any).code === "ENOENT" || (error as any).code === "ENOTDIR") return false;
    throw error;
  }
}

export const statSync = (path: unknown, options?: unknown): Stats | undefined => statOf(path, options, true);
export const lstatSync = (path: unknown, options?: unknown): Stats | undefined => statOf(path, options, false);
export const fstatSync = (fd: unknown, options?: any): Stats => new Stats(opened(fd, "fstat").node, options);

export function mkdirSync(path: unknown, options?: any): string | undefined {
  const recursive = typeof options === "object" && options !== null && options.recursive === true;
  toMode(typeof options === "object" ? options?.mode : options, 0o777);
  if (!recursive) {
    const place = locate(path, "mkdir");
    if (place.node !== undefined) throw systemError("EEXIST", "mkdir", toPath(path));
    requireWritable(place, "mkdir", path);
    place.parent.children.set(place.name, directory());
    return undefined;
  }
  const whole: string = requireGroup("mayfly:node/path").default.resolve(toPath(path));
  let first: string | undefined;
  let at = "";
  for (const part of whole.split("/").filter((each) => each !== "")) {
    at += `/${part}`;
    const place = locate(at, "mkdir");
    if (place.node !== undefined) {
      if (place.node.kind !== "directory") throw systemError(at === whole ? "EEXIST" : "ENOTDIR", "mkdir", toPath(path));
      continue;
    }
    requireWritable(place, "mkdir", path);
    place.parent.children.set(place.name, directory());
    first ??= at;
  }
  return first;
}

export function mkdtempSync(prefix: unknown): string {
  const start = toPath(prefix, "prefix");
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  while (true) {
    const random = requireGroup("mayfly:web/crypto").crypto.getRandomValues(new Uint8Array(6)) as Uint8Array;
    const path = start + Array.from(random, (byte) => letters[byte % letters.length]).join("");
    if (existsSync(path)) continue;
    mkdirSync(path);
    return path;
  }
}

export function readdirSync(path: unknown, options?: unknown): any {
  const { withFileTypes = false, recursive = false, encoding } = toOptions(options);
  const found: any[] = [];
  const visit = (node: DirectoryNode, whole: string, relative: string): void => {
    for (const name of childrenOf(node)) {
      const child = existing(`${whole === "/" ? "" : whole}/${name}`, "scandir", false).node;
      if (withFileTypes) found.push(new Dirent(name, whole, child.kind));
      else found.push(encoding === "buffer" ? Buffer.from(relative + name) : relative + name);
      if (recursive && child.kind === "directory") visit(child, `${whole === "/" ? "" : whole}/${name}`, `${relative}${name}/`);
    }
  };
  const place = existing(path, "scandir");
  if (place.node.kind !== "directory") throw systemError("ENOTDIR", "scandir", toPath(path));
  visit(place.node, place.path, "");
  return found;
}

export function unlinkSync(path: unknown): void {
  const place = existing(path, "unlink", false);
  if (place.node.kind === "directory") throw systemError("EISDIR", "unlink", toPath(path));
  requireWritable(place, "unlink", path);
  place.parent.children.delete(place.name);
}

export function rmdirSync(path: unknown): void {
  const place = existing(path, "rmdir", false);
  if (place.node.kind !== "directory") throw systemError("ENOTDIR", "rmdir", toPath(path));
  requireWritable(place, "rmdir", path);
  if (place.node.children.size > 0) throw systemError("ENOTEMPTY", "rmdir", toPath(path));
  place.parent.children.delete(place.name);
}

export function rmSync(path: unknown, options?: any): void {
  if (options !== undefined) validateObject(options, "options");
  const { force = false, recursive = false } = (options ?? {}) as { force?: boolean; recursive?: boolean };
  if (!existsAt(path, false)) {
    if (force) return;
    throw systemError("ENOENT", "rm", toPath(path));
  }
  const place = existing(path, "rm", false);
  if (place.node.kind === "directory" && !recursive) {
    throw nodeError(Error, "ERR_FS_EISDIR", `Path is a directory: rm returned EISDIR (is a directory) ${toPath(path)}`);
  }
  requireWritable(place, "rm", path);
  place.parent.children.delete(place.name);
}

export function renameSync(from: unknown, to: unknown): void {
  const source = existing(from, "rename", false);
  const target = locate(to, "rename", false);
  requireWritable(source, "rename", from);
  requireWritable(target, "rename", to);
  if (source.node === target.node) return;
  if (`${target.path}/`.startsWith(`${source.path}/`)) throw systemError("EINVAL", "rename", toPath(from), toPath(to));
  if (target.node?.kind === "directory") {
    if (source.node.kind !== "directory") throw systemError("EISDIR", "rename", toPath(from), toPath(to));
    if (target.node.children.size > 0) throw systemError("ENOTEMPTY", "rename", toPath(from), toPath(to));
  } else if (target.node !== undefined && source.node.kind === "directory") {
    throw systemError("ENOTDIR", "rename", toPath(from), toPath(to));
  }
  source.parent.children.delete(source.name);
  target.parent.children.set(target.name, source.node);
}

export function copyFileSync(from: unknown, to: unknown, mode: unknown = 0): void {
  validateInteger(mode, "mode", 0, 7);
  const { node } = existing(from, "copyfile");
  if (node.kind !== "file") throw systemError("EISDIR", "copyfile", toPath(from), toPath(to));
  writeFileSync(to, node.data.slice(0, node.size), { flag: mode & 1 ? "wx" : "w" });
}

export function cpSync(from: unknown, to: unknown, options: any = {}): void {
  validateObject(options, "options");
  const { recursive = false, force = true, errorOnExist = false } = options as any;
  const { node } = existing(from, "cp");
  if (node.kind === "directory") {
    if (!recursive) throw nodeError(Error, "ERR_FS_EISDIR", `Recursive option not enabled, cannot copy a directory: ${toPath(from)}`);
    const [source, target] = [existing(from, "cp").path, locate(to, "cp").path];
    if (`${target}/`.startsWith(`${source}/`)) throw systemError("EINVAL", "cp", toPath(from), toPath(to));
    mkdirSync(to, { recursive: true });
    for (const name of childrenOf(node)) cpSync(`${source}/${name}`, `${target}/${name}`, options);
    return;
  }
  if (existsSync(to)) {
    if (errorOnExist && !force) throw systemError("EEXIST", "cp", toPath(to));
    if (!force) return;
  }
  copyFileSync(from, to);
}

export function symlinkSync(target: unknown, path: unknown): void {
  const place = locate(path, "symlink", false);
  if (place.node !== undefined) throw systemError("EEXIST", "symlink", toPath(target, "target"), toPath(path));
  requireWritable(place, "symlink", path);
  place.parent.children.set(place.name, { kind: "link", target: toPath(target, "target"), mode: 0o120777, changed: ops.now() });
}

export function linkSync(from: unknown, to: unknown): void {
  const { node } = existing(from, "link", false);
  if (node.kind === "directory") throw systemError("EPERM", "link", toPath(from), toPath(to));
  const place = locate(to, "link", false);
  if (place.node !== undefined) throw systemError("EEXIST", "link", toPath(from), toPath(to));
  requireWritable(place, "link", to);
  place.parent.children.set(place.name, node);
}

export function readlinkSync(path: unknown, options?: unknown): any {
  const { node } = existing(path, "readlink", false);
  if (node.kind !== "link") throw systemError("EINVAL", "readlink", toPath(path));
  return toOptions(options).encoding === "buffer" ? Buffer.from(node.target) : node.target;
}

export function realpathSync(path: unknown, options?: unknown): any {
  const place = existing(path, "realpath");
  return toOptions(options).encoding === "buffer" ? Buffer.from(place.path) : place.path;
}

function truncateNode(node: Node, length: unknown, syscall: string): void {
  validateInteger(length, "len");
  if (node.kind === "directory") throw systemError("EISDIR", syscall);
  if (node.kind === "file") resize(node, Math.max(0, length));
}

export function truncateSync(path: unknown, length: unknown = 0): void {
  truncateNode(openNode(path, 2, 0o666, "open"), length, "truncate");
}
export function ftruncateSync(fd: unknown, length: unknown = 0): void {
  const to = opened(fd, "ftruncate");
  if ((to.flags & 3) === 0) throw systemError("EINVAL", "ftruncate");
  truncateNode(to.node, length, "ftruncate");
}

export function chmodSync(path: unknown, mode: unknown): void {
  const place = existing(path, "chmod");
  const wanted = toMode(mode, 0);
  requireWritable(place, "chmod", path);
  place.node.mode = (place.node.mode & ~0o7777) | (wanted & 0o7777);
}

function toTime(value: any): number {
  return value instanceof Date ? value.getTime() : Number(value) * 1000;
}

export function utimesSync(path: unknown, _accessed: unknown, modified: unknown): void {
  const place = existing(path, "utime");
  requireWritable(place, "utime", path);
  place.node.changed = toTime(modified);
}
export function futimesSync(fd: unknown, _accessed: unknown, modified: unknown): void {
  opened(fd, "futime").node.changed = toTime(modified);
}

/** What has no meaning for files that have one owner and no disk. */
export function onlyChecked(path: unknown): void {
  if (typeof path === "number") opened(path, "fsync");
  else existing(path, "chown");
}

export function readvSync(fd: unknown, buffers: any[], position?: any): number {
  let total = 0;
  for (const buffer of buffers) {
    const read = readSync(fd, buffer, 0, buffer.byteLength, typeof position === "number" ? position + total : null);
    total += read;
    if (read < buffer.byteLength) break;
  }
  return total;
}
export function writevSync(fd: unknown, buffers: any[], position?: any): number {
  let total = 0;
  for (const buffer of buffers) total += writeSync(fd, buffer, 0, buffer.byteLength, typeof position === "number" ? position + total : null);
  return total;
}
