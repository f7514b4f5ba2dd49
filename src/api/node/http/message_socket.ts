// SPDX-License-Identifier: Apache-2.0
// What stands for the socket of a message: there is none, but programs look at it and listen to it.
import { EventEmitter } from "mayfly:node/events";

export class MessageSocket extends EventEmitter {
  readonly encrypted: boolean;
  readonly remoteAddress: string | undefined;
  readable = true;
  writable = true;
  destroyed = false;
  #end: (error?: unknown) => void;

  constructor(encrypted = false, remoteAddress?: string, end: (error?: unknown) => void = () => {}) {
    super();
    this.encrypted = encrypted;
    this.remoteAddress = remoteAddress;
    this.#end = end;
  }
  destroy(error?: unknown): this {
    if (this.destroyed) return this;
    this.destroyed = true;
    this.readable = this.writable = false;
    this.#end(error);
    return this;
  }
  setTimeout(_delay: number, callback?: () => void): this {
    if (callback) this.once("timeout", callback);
    return this;
  }
  setKeepAlive(): this {
    return this;
  }
  setNoDelay(): this {
    return this;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }
}
