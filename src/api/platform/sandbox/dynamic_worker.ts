// SPDX-License-Identifier: Apache-2.0
// DynamicWorker: code that is run once in an isolate of its own, by workers that have no use for a loader.

import { type EndableWorker, type TraceSink, clearTimeout, loadEndable, setTimeout } from "mayfly:core";
import { type Parsed, parseOptions } from "./options.ts";

const kConstruct = Symbol("construct");

export class DynamicWorker {
  readonly #worker: EndableWorker;
  readonly #wallMs: number;
  /** Why it cannot be run (any more). */
  #over: string | null = null;

  constructor(key: symbol, { code, memoryMb, wallMs }: Parsed, sink: TraceSink | null = null) {
    if (key !== kConstruct) throw new TypeError("A DynamicWorker is made with DynamicWorker.create(options).");
    this.#worker = loadEndable(code, { memoryMb, sink });
    this.#wallMs = wallMs;
  }

  /** Rejects if the options are wrong. What is wrong with the code itself is what run() rejects with. */
  static async create(options: unknown): Promise<DynamicWorker> {
    return new DynamicWorker(kConstruct, parseOptions(options, 0));
  }

  static async run(options: unknown, input?: unknown): Promise<unknown> {
    return (await DynamicWorker.create(options)).run(input);
  }

  async run(input?: unknown): Promise<unknown> {
    if (this.#over !== null) throw new Error(`This DynamicWorker ${this.#over}: make another with DynamicWorker.create().`);
    this.#over = "has been run, which it can be once";
    let timer: unknown = null;
    if (this.#wallMs > 0) timer = setTimeout(() => this.#worker.end(wallLimitExceeded(this.#wallMs)), this.#wallMs);
    try {
      const entrypoint = this.#worker.stub.getEntrypoint() as unknown as { run(input: unknown): Promise<unknown> };
      return await entrypoint.run(input);
    } finally {
      clearTimeout(timer);
      this.dispose();
    }
  }

  dispose(): void {
    this.#over ??= "was disposed of";
    this.#worker.end(new Error("This DynamicWorker was disposed of."));
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

Object.defineProperty(DynamicWorker.prototype, Symbol.toStringTag, { value: "DynamicWorker", configurable: true });

function wallLimitExceeded(wallMs: number): Error {
  const error = new Error(`Worker exceeded wall time limit of ${wallMs} ms.`);
  Object.defineProperty(error, "name", { value: "WallLimitExceeded", writable: true, configurable: true });
  return error;
}

/** For who answers with JSON: the result of run() is a text of at most that length. `sink` has been told all when it is over. */
export function createForJson(options: unknown, resultBytesMax: number, sink: TraceSink): DynamicWorker {
  return new DynamicWorker(kConstruct, parseOptions(options, resultBytesMax), sink);
}
