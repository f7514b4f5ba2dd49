// SPDX-License-Identifier: Apache-2.0
import type { Node } from "./tree.ts";

const kinds: Record<Node["kind"], number> = { file: 0o100000, directory: 0o40000, link: 0o120000, device: 0o20000 };

export class Stats {
  dev: any; ino: any; mode: any; nlink: any; uid: any; gid: any; rdev: any; size: any; blksize: any; blocks: any;
  atimeMs: any; mtimeMs: any; ctimeMs: any; birthtimeMs: any; atime: Date; mtime: Date; ctime: Date; birthtime: Date;
  #kind: Node["kind"];

  constructor(node: Node, options?: { bigint?: boolean }) {
    const number = (value: number): number | bigint => (options?.bigint ? BigInt(Math.trunc(value)) : value);
    const size = node.kind === "file" ? node.size : node.kind === "link" ? node.target.length : 0;
    this.#kind = node.kind;
    this.dev = this.ino = this.uid = this.gid = this.rdev = this.blksize = number(0);
    this.nlink = number(1);
    this.mode = number(kinds[node.kind] | (node.mode & 0o7777));
    this.size = number(size);
    this.blocks = number(Math.ceil(size / 512));
    this.atimeMs = this.mtimeMs = this.ctimeMs = this.birthtimeMs = number(node.changed);
    this.atime = new Date(node.changed);
    this.mtime = new Date(node.changed);
    this.ctime = new Date(node.changed);
    this.birthtime = new Date(node.changed);
  }
  isFile(): boolean { return this.#kind === "file"; }
  isDirectory(): boolean { return this.#kind === "directory"; }
  isSymbolicLink(): boolean { return this.#kind === "link"; }
  isCharacterDevice(): boolean { return this.#kind === "device"; }
  isBlockDevice(): boolean { return false; }
  isFIFO(): boolean { return false; }
  isSocket(): boolean { return false; }
}

export class Dirent {
  name: string;
  parentPath: string;
  #kind: Node["kind"];

  constructor(name: string, parentPath: string, kind: Node["kind"]) {
    this.name = name;
    this.parentPath = parentPath;
    this.#kind = kind;
  }
  isFile(): boolean { return this.#kind === "file"; }
  isDirectory(): boolean { return this.#kind === "directory"; }
  isSymbolicLink(): boolean { return this.#kind === "link"; }
  isCharacterDevice(): boolean { return this.#kind === "device"; }
  isBlockDevice(): boolean { return false; }
  isFIFO(): boolean { return false; }
  isSocket(): boolean { return false; }
}
