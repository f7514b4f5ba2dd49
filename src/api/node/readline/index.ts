// SPDX-License-Identifier: Apache-2.0
// node:readline and node:readline/promises. https://nodejs.org/api/readline.html
import { callable } from "mayfly:node/net";
import { invalidArgType, invalidArgValue, nextTick, nodeError, notImplemented } from "mayfly:node/internal";

import { Interface, PromisesInterface, checkCallback } from "./interface.ts";

const escape = "\x1b[";
const horizontal = (columns: number): string => (columns < 0 ? `${escape}${-columns}D` : columns > 0 ? `${escape}${columns}C` : "");
const vertical = (rows: number): string => (rows < 0 ? `${escape}${-rows}A` : rows > 0 ? `${escape}${rows}B` : "");
const lineOf = (direction: number): string => `${escape}${direction < 0 ? "1" : direction > 0 ? "0" : "2"}K`;

function cursorText(x: unknown, y: unknown): string {
  if (Number.isNaN(x)) throw invalidArgValue("x", x);
  if (Number.isNaN(y)) throw invalidArgValue("y", y);
  if (typeof x !== "number") throw nodeError(TypeError, "ERR_INVALID_CURSOR_POS", "Cannot set cursor row without setting its column");
  return typeof y === "number" ? `${escape}${y + 1};${x + 1}H` : `${escape}${x + 1}G`;
}

/** What moves the cursor of whoever reads the stream. */
function send(stream: any, text: string, callback: unknown): boolean {
  checkCallback(callback);
  if (text === "" || stream === null || stream === undefined) {
    if (callback) nextTick(callback as () => void);
    return true;
  }
  return stream.write(text, callback);
}

/** https://nodejs.org/api/readline.html#class-readlinepromisesreadline */
class Readline {
  #stream: any;
  #autoCommit: boolean;
  #texts: string[] = [];

  constructor(stream: any, options?: { autoCommit?: boolean }) {
    if (typeof stream?.write !== "function") throw invalidArgType("stream", "Stream", stream);
    this.#stream = stream;
    this.#autoCommit = Boolean(options?.autoCommit);
  }
  #add(text: string): this {
    if (this.#autoCommit) nextTick(() => this.#stream.write(text));
    else this.#texts.push(text);
    return this;
  }
  cursorTo(x: unknown, y?: unknown): this {
    return this.#add(cursorText(x, y));
  }
  moveCursor(columns: number, rows: number): this {
    return this.#add(horizontal(columns) + vertical(rows));
  }
  clearLine(direction: number): this {
    return this.#add(lineOf(direction));
  }
  clearScreenDown(): this {
    return this.#add(`${escape}0J`);
  }
  commit(): Promise<void> {
    return new Promise((resolve) => {
      this.#stream.write(this.#texts.join(""), () => resolve());
      this.#texts = [];
    });
  }
  rollback(): this {
    this.#texts = [];
    return this;
  }
}

export default {
  Interface: callable(Interface),
  createInterface: (input: any, output?: any, completer?: unknown, terminal?: boolean) => new Interface(input, output, completer, terminal),
  clearLine: (stream: any, direction: number, callback?: unknown) => send(stream, lineOf(direction), callback),
  clearScreenDown: (stream: any, callback?: unknown) => send(stream, `${escape}0J`, callback),
  cursorTo(stream: any, x: unknown, y?: any, callback?: unknown) {
    if (typeof y === "function") [y, callback] = [undefined, y];
    return send(stream, cursorText(x, y), callback);
  },
  moveCursor: (stream: any, columns: number, rows: number, callback?: unknown) => send(stream, horizontal(columns) + vertical(rows), callback),
  emitKeypressEvents(): never {
    throw notImplemented("readline.emitKeypressEvents");
  },
  promises: {
    Interface: callable(PromisesInterface), Readline,
    createInterface: (input: any, output?: any, completer?: unknown, terminal?: boolean) => new PromisesInterface(input, output, completer, terminal),
  },
};
