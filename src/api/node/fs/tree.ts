// SPDX-License-Identifier: Apache-2.0
// The files of node:fs: a tree in memory. /tmp belongs to the request and goes with it; the rest is read-only. Nothing of
// the machine's own files is ever in it. Contents are array buffers, so that they count against the memory limit.
import { type RequestContext, currentContext } from "mayfly:core";
import { Buffer } from "mayfly:node/buffer";
import { invalidArgType, invalidArgValue, isBytes } from "mayfly:node/internal";

export interface FileNode {
  kind: "file";
  data: Uint8Array;
  size: number;
  mode: number;
  changed: number;
}
export interface DirectoryNode {
  kind: "directory";
  children: Map<string, Node>;
  mode: number;
  changed: number;
}
export interface LinkNode {
  kind: "link";
  target: string;
  mode: number;
  changed: number;
}
/** What reads and writes by itself. */
export interface DeviceNode {
  kind: "device";
  name: "null" | "zero" | "full" | "random";
  mode: number;
  changed: number;
}
export type Node = FileNode | DirectoryNode | LinkNode | DeviceNode;

const errors: Record<string, [number, string]> = {
  EACCES: [-13, "permission denied"], EBADF: [-9, "bad file descriptor"], EEXIST: [-17, "file already exists"],
  EINVAL: [-22, "invalid argument"], EISDIR: [-21, "illegal operation on a directory"],
  ELOOP: [-40, "too many symbolic links encountered"], ENOENT: [-2, "no such file or directory"],
  ENOSPC: [-28, "no space left on device"], ENOTDIR: [-20, "not a directory"], ENOTEMPTY: [-39, "directory not empty"],
  EPERM: [-1, "operation not permitted"], EMFILE: [-24, "too many open files"],
};

export function systemError(code: string, syscall: string, path?: string, dest?: string): Error {
  const [errno, text] = errors[code]!;
  const where = path === undefined ? "" : ` '${path}'${dest === undefined ? "" : ` -> '${dest}'`}`;
  const error = new Error(`${code}: ${text}, ${syscall}${where}`) as any;
  error.errno = errno;
  error.code = code;
  error.syscall = syscall;
  if (path !== undefined) error.path = path;
  if (dest !== undefined) error.dest = dest;
  return error;
}

export function toPath(value: any, name = "path"): string {
  let path: string;
  if (typeof value === "string") path = value;
  else if (isBytes(value)) path = Buffer.from(value as any).toString();
  else if (typeof value?.href === "string") path = requireGroup("mayfly:node/url").default.fileURLToPath(value);
  else throw invalidArgType(name, ["string", "Buffer", "URL"], value);
  if (path.includes("\0")) throw invalidArgValue(name, value, "must be a string, Uint8Array, or URL without null bytes");
  return path;
}

export function directory(): DirectoryNode {
  return { kind: "directory", children: new Map(), mode: 0o40777, changed: ops.now() };
}

export function file(data: Uint8Array = new Uint8Array(0), mode = 0o666): FileNode {
  return { kind: "file", data, size: data.length, mode: 0o100000 | (mode & 0o7777), changed: ops.now() };
}

const root = directory();
for (const name of ["bundle", "tmp", "dev"]) root.children.set(name, directory());
for (const name of ["null", "zero", "full", "random"] as const) {
  (root.children.get("dev") as DirectoryNode).children.set(name, { kind: "device", name, mode: 0o20666, changed: 0 });
}
const temporary = new WeakMap<RequestContext, DirectoryNode>();

function childOf(parent: DirectoryNode, name: string): Node | undefined {
  if (parent !== root || name !== "tmp") return parent.children.get(name);
  const context = currentContext();
  if (context === null) return root.children.get("tmp");
  let own = temporary.get(context);
  if (own === undefined) temporary.set(context, (own = directory()));
  return own;
}

/** Whether something may be made in, or taken out of, this directory. */
function isWritable(parts: readonly string[]): boolean {
  return parts[0] === "tmp";
}

export interface Place {
  parent: DirectoryNode;
  name: string;
  node: Node | undefined;
  /** Absolute and without links but for the last part. */
  path: string;
  writable: boolean;
}

const kLinksMax = 40;

/** Where a path leads. The last part may be missing; `follow`: if it is a link, what that leads to. */
export function locate(value: unknown, syscall: string, follow = true): Place {
  const given = toPath(value);
  let parts: string[] = requireGroup("mayfly:node/path").default.resolve(given).split("/").filter((part: string) => part !== "");
  let links = 0;
  search: while (true) {
    let at: DirectoryNode = root;
    for (let index = 0; index < parts.length; index++) {
      const name = parts[index]!;
      const node = childOf(at, name);
      const last = index === parts.length - 1;
      if (node?.kind === "link" && (!last || follow)) {
        if (++links > kLinksMax) throw systemError("ELOOP", syscall, given);
        const base = `/${parts.slice(0, index).join("/")}`;
        parts = requireGroup("mayfly:node/path").default.resolve(base, node.target, ...parts.slice(index + 1)).split("/").filter((part: string) => part !== "");
        continue search;
      }
      if (last) return { parent: at, name, node, path: `/${parts.join("/")}`, writable: isWritable(parts) && parts.length > 1 };
      if (node === undefined) throw systemError("ENOENT", syscall, given);
      if (node.kind !== "directory") throw systemError("ENOTDIR", syscall, given);
      at = node;
    }
    return { parent: root, name: "", node: root, path: "/", writable: false };
  }
}

export function existing(value: unknown, syscall: string, follow = true): Place & { node: Node } {
  const place = locate(value, syscall, follow);
  if (place.node === undefined) throw systemError("ENOENT", syscall, toPath(value));
  return place as Place & { node: Node };
}

/** That something may be changed at this place. */
export function requireWritable(place: Place, syscall: string, path: unknown): void {
  if (!place.writable) throw systemError("EPERM", syscall, toPath(path));
}

export function childrenOf(node: DirectoryNode): string[] {
  return [...node.children.keys()].sort();
}

/** Makes room for `size` bytes; grown by halves, so that appending does not copy each time. */
export function resize(node: FileNode, size: number): void {
  if (size > node.data.length) {
    const grown = new Uint8Array(Math.max(size, Math.min(node.data.length + (node.data.length >> 1), 2 ** 31 - 1)));
    grown.set(node.data.subarray(0, node.size));
    node.data = grown;
  } else if (size < node.size) {
    node.data.fill(0, size, node.size);
  }
  node.size = size;
  node.changed = ops.now();
}

export function readBytes(node: Node, position: number, length: number, syscall: string): Uint8Array {
  switch (node.kind) {
    case "file": return node.data.subarray(Math.min(position, node.size), Math.min(position + length, node.size));
    case "device": {
      if (node.name === "null") return new Uint8Array(0);
      const bytes = new Uint8Array(Math.min(length, 1 << 16));
      if (node.name === "random") requireGroup("mayfly:web/crypto").crypto.getRandomValues(bytes);
      return bytes;
    }
    default: throw systemError("EISDIR", syscall);
  }
}

export function writeBytes(node: Node, position: number, bytes: Uint8Array, syscall: string): number {
  if (node.kind === "device") {
    if (node.name === "full") throw systemError("ENOSPC", syscall);
    return bytes.length;
  }
  if (node.kind !== "file") throw systemError("EISDIR", syscall);
  // A copy first, where the bytes are the file's own.
  const source = bytes.buffer === node.data.buffer ? bytes.slice() : bytes;
  if (position + source.length > node.size) resize(node, position + source.length);
  node.data.set(source, position);
  node.changed = ops.now();
  return source.length;
}
