// SPDX-License-Identifier: Apache-2.0
// https://nodejs.org/api/fs.html#promises-api: nothing waits here, so each is its synchronous function, answered later.
import { EventEmitter } from "mayfly:node/events";
import { isBytes, notImplemented } from "mayfly:node/internal";

import { ReadStream, WriteStream } from "./streams.ts";
import * as sync from "./sync.ts";

export class FileHandle extends EventEmitter {
  #fd: number;

  constructor(fd: number) {
    super();
    this.#fd = fd;
  }
  get fd(): number {
    return this.#fd;
  }
  async read(buffer?: any, offset?: any, length?: any, position?: any): Promise<object> {
    if (!isBytes(buffer)) {
      const options = buffer ?? {};
      buffer = options.buffer ?? requireGroup("mayfly:node/buffer").Buffer.alloc(16384);
      ({ offset, length, position } = options);
    }
    return { bytesRead: sync.readSync(this.#fd, buffer, offset, length, position), buffer };
  }
  async write(data: any, offset?: any, length?: any, position?: any): Promise<object> {
    return { bytesWritten: sync.writeSync(this.#fd, data, offset, length, position), buffer: data };
  }
  async readFile(options?: unknown): Promise<unknown> {
    return sync.readFileSync(this.#fd, options);
  }
  async writeFile(data: unknown, options?: unknown): Promise<void> {
    sync.writeFileSync(this.#fd, data, options);
  }
  async appendFile(data: unknown, options?: unknown): Promise<void> {
    sync.writeFileSync(this.#fd, data, options);
  }
  async stat(options?: unknown): Promise<unknown> {
    return sync.fstatSync(this.#fd, options);
  }
  async truncate(length?: unknown): Promise<void> {
    sync.ftruncateSync(this.#fd, length);
  }
  async readv(buffers: any[], position?: unknown): Promise<object> {
    return { bytesRead: sync.readvSync(this.#fd, buffers, position), buffers };
  }
  async writev(buffers: any[], position?: unknown): Promise<object> {
    return { bytesWritten: sync.writevSync(this.#fd, buffers, position), buffers };
  }
  async utimes(accessed: unknown, modified: unknown): Promise<void> {
    sync.futimesSync(this.#fd, accessed, modified);
  }
  async sync(): Promise<void> {}
  async datasync(): Promise<void> {}
  createReadStream(options?: object): unknown {
    return new ReadStream(undefined, { ...options, fd: this.#fd });
  }
  createWriteStream(options?: object): unknown {
    return new WriteStream(undefined, { ...options, fd: this.#fd });
  }
  async close(): Promise<void> {
    if (this.#fd < 0) return;
    sync.closeSync(this.#fd);
    this.#fd = -1;
    this.emit("close");
  }
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

export const promises: Record<string, unknown> = {
  constants: sync.constants, FileHandle,
  open: async (path: unknown, flags?: unknown, mode?: unknown) => new FileHandle(sync.openSync(path, flags, mode)),
  readFile: async (path: any, options?: unknown) => sync.readFileSync(path instanceof FileHandle ? path.fd : path, options),
  async writeFile(path: any, data: any, options?: unknown) {
    if (typeof data === "object" && data !== null && !isBytes(data)) data = await requireGroup("mayfly:node/stream_consumers").default.buffer(data);
    sync.writeFileSync(path instanceof FileHandle ? path.fd : path, data, options);
  },
  appendFile: async (path: any, data: unknown, options?: unknown) => sync.appendFileSync(path instanceof FileHandle ? path.fd : path, data, options),
  async chown(path: unknown) { sync.onlyChecked(path); },
  async lchown(path: unknown) { sync.onlyChecked(path); },
  watch() { throw notImplemented("fs.promises.watch"); },
  glob() { throw notImplemented("fs.promises.glob"); },
};
for (const name of [
  "access", "chmod", "copyFile", "cp", "link", "lstat", "mkdir", "mkdtemp", "readdir", "readlink", "realpath", "rename", "rm", "rmdir",
  "stat", "symlink", "truncate", "unlink", "utimes",
]) {
  const run = (sync as any)[`${name}Sync`];
  promises[name] = Object.defineProperty(async (...args: unknown[]) => run(...args), "name", { value: name });
}
