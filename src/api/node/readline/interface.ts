// SPDX-License-Identifier: Apache-2.0
// https://nodejs.org/api/readline.html#class-readlineinterface: the lines of a stream. There is no terminal, so lines are
// not edited and there are no keys, completion and history.
import { EventEmitter } from "mayfly:node/events";
import {
  abortError, invalidArgType, invalidArgValue, nextTick, nodeError, validateAbortSignal, validateFunction,
  validateString,
} from "mayfly:node/internal";

const { StringDecoder } = requireGroup("mayfly:node/string_decoder");

type Answer = (line: string) => void;

function closed(): Error {
  return nodeError(Error, "ERR_USE_AFTER_CLOSE", "readline was closed");
}

export class Interface extends EventEmitter {
  line = "";
  cursor = 0;
  terminal = false;
  closed = false;
  paused = false;
  input: any;
  output: any;
  #prompt: string;
  #decoder = new StringDecoder("utf8");
  /** What stands behind the last end of a line. */
  #rest = "";
  /** A line has just ended with a carriage return: a line feed belongs to it. */
  #afterReturn = false;
  #answer: Answer | undefined;
  #onData = (chunk: any): void => this.#take(typeof chunk === "string" ? chunk : this.#decoder.write(chunk));
  #onEnd = (): void => this.#end();

  constructor(input: any, output?: any, _completer?: unknown, _terminal?: boolean) {
    super();
    let options: any = { output };
    if (typeof input?.on !== "function" && typeof input?.input === "object") options = input;
    else options.input = input;
    if (typeof options.input?.on !== "function") throw invalidArgType("input", "Stream", options.input);
    if (options.completer !== undefined && typeof options.completer !== "function") throw invalidArgValue("completer", options.completer);
    if (options.prompt !== undefined) validateString(options.prompt, "options.prompt");
    if (options.terminal) throw nodeError(Error, "ERR_METHOD_NOT_IMPLEMENTED", "options.terminal is not supported: there is no terminal");
    this.input = options.input;
    this.output = options.output;
    this.#prompt = options.prompt ?? "> ";
    const { signal } = options;
    if (signal !== undefined) {
      validateAbortSignal(signal, "options.signal");
      if (signal.aborted) nextTick(() => this.close());
      else {
        const abort = (): void => this.close();
        signal.addEventListener("abort", abort, { once: true });
        this.once("close", () => signal.removeEventListener("abort", abort));
      }
    }
    this.input.on("data", this.#onData);
    this.input.on("end", this.#onEnd);
    this.input.on("error", (error: unknown) => this.#fail(error));
    this.input.resume?.();
  }
  #fail(error: unknown): void {
    if (this.listenerCount("error") > 0) this.emit("error", error);
  }
  #take(text: string): void {
    if (this.closed || text === "") return;
    if (this.#afterReturn && text[0] === "\n") text = text.slice(1);
    this.#afterReturn = text.endsWith("\r");
    const lines = (this.#rest + text).split(/\r\n|\n|\r|\u2028|\u2029/);
    this.#rest = lines.pop()!;
    for (const line of lines) this.#tell(line);
  }
  #tell(line: string): void {
    if (this.closed) return;
    const answer = this.#answer;
    this.#answer = undefined;
    if (answer !== undefined) answer(line);
    else this.emit("line", line);
  }
  #end(): void {
    this.#take(this.#decoder.end());
    const rest = this.#rest;
    this.#rest = "";
    if (rest !== "") this.#tell(rest);
    this.close();
  }

  getPrompt(): string {
    return this.#prompt;
  }
  setPrompt(prompt: string): void {
    this.#prompt = prompt;
  }
  prompt(_preserveCursor?: boolean): void {
    if (this.closed) throw closed();
    if (this.paused) this.resume();
    this.output?.write(this.#prompt);
  }
  question(query: unknown, options: any, callback?: unknown): void {
    if (typeof options === "function") [options, callback] = [{}, options];
    if (this.closed) throw closed();
    validateString(query, "query");
    if (typeof callback !== "function") return;
    this._ask(query, options ?? {}, callback as Answer);
  }
  /** For question() of both modules; a question that is asked while another waits is forgotten, as in Node. */
  _ask(query: string, options: { signal?: AbortSignal }, answer: Answer, aborted?: (reason: unknown) => void): void {
    const { signal } = options;
    if (signal !== undefined) {
      validateAbortSignal(signal, "options.signal");
      if (signal.aborted) {
        aborted?.(signal.reason);
        return;
      }
    }
    if (this.#answer !== undefined) {
      this.prompt();
      return;
    }
    const abort = (): void => {
      this.#answer = undefined;
      aborted?.(signal!.reason);
    };
    this.#answer = (line) => {
      signal?.removeEventListener("abort", abort);
      answer(line);
    };
    signal?.addEventListener("abort", abort, { once: true });
    this.output?.write(query);
    if (this.paused) this.resume();
  }
  pause(): this {
    if (this.closed) throw closed();
    if (this.paused) return this;
    this.input.pause?.();
    this.paused = true;
    this.emit("pause");
    return this;
  }
  resume(): this {
    if (this.closed) throw closed();
    if (!this.paused) return this;
    this.input.resume?.();
    this.paused = false;
    this.emit("resume");
    return this;
  }
  /** As if the input had brought it. */
  write(data: any, _key?: unknown): void {
    if (this.closed) throw closed();
    if (this.paused) this.resume();
    if (data !== undefined && data !== null) this.#take(typeof data === "string" ? data : this.#decoder.write(data));
  }
  close(): void {
    if (this.closed) return;
    this.input.removeListener("data", this.#onData);
    this.input.removeListener("end", this.#onEnd);
    if (!this.paused) {
      this.input.pause?.();
      this.paused = true;
    }
    this.closed = true;
    this.#answer = undefined;
    this.emit("close");
  }
  [Symbol.dispose](): void {
    this.close();
  }
  getCursorPos(): { rows: number; cols: number } {
    return { rows: 0, cols: 0 };
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<string> {
    const lines: string[] = [];
    let wake: (() => void) | undefined;
    let over = this.closed;
    let failure: { error: unknown } | undefined;
    const onLine = (line: string): void => {
      lines.push(line);
      // What is not asked for waits in the input.
      if (lines.length > 1024 && !this.closed) this.pause();
      wake?.();
    };
    const onClose = (): void => {
      over = true;
      wake?.();
    };
    const onError = (error: unknown): void => {
      failure = { error };
      wake?.();
    };
    this.on("line", onLine);
    this.on("close", onClose);
    this.input.on("error", onError);
    try {
      while (true) {
        while (lines.length > 0) yield lines.shift()!;
        if (failure !== undefined) throw failure.error;
        if (over) return;
        if (this.paused && !this.closed) this.resume();
        if (lines.length === 0 && !over) await new Promise<void>((resolve) => (wake = resolve));
      }
    } finally {
      this.removeListener("line", onLine);
      this.removeListener("close", onClose);
      this.input.removeListener("error", onError);
      this.close();
    }
  }
}

export class PromisesInterface extends Interface {
  override question(query: unknown, options: { signal?: AbortSignal } = {}): Promise<string> {
    return new Promise((resolve, reject) => {
      if (this.closed) throw closed();
      validateString(query, "query");
      if (options === null || typeof options !== "object") throw invalidArgType("options", "Object", options);
      const gone = (): void => reject(abortError());
      this.once("close", gone);
      const settled = <T>(run: (value: T) => void) => (value: T): void => {
        this.removeListener("close", gone);
        run(value);
      };
      this._ask(query, options, settled(resolve), settled((cause: unknown) => reject(abortError(undefined, { cause }))));
    });
  }
}

export function checkCallback(callback: unknown): void {
  if (callback !== undefined) validateFunction(callback, "callback");
}
