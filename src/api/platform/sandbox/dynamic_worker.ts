// SPDX-License-Identifier: Apache-2.0
// DynamicWorker: code that is run once in an isolate of its own, by workers that have no use for a loader.

import { type EndableWorker, type TraceSink, type UsageOfEvent, clearTimeout, limitError, loadEndable, setTimeout } from "mayfly:core";
import { type Parsed, parseOptions } from "./options.ts";

const kConstruct = Symbol("construct");

/** What the events of a worker have used together; of memory, the most. */
export class Usage {
  readonly #sum: UsageOfEvent = { cpuMs: 0, wallMs: 0, memoryBytes: 0, bytesIn: 0, bytesOut: 0, subRequests: 0 };

  add(usage: UsageOfEvent): void {
    const { memoryBytes } = this.#sum;
    for (const key of Object.keys(usage) as (keyof UsageOfEvent)[]) this.#sum[key] += usage[key];
    this.#sum.memoryBytes = Math.max(memoryBytes, usage.memoryBytes);
  }

  /** A copy, with `wallMs` as its caller has measured it. */
  total(wallMs: number): UsageOfEvent {
    return { ...this.#sum, wallMs: Math.round(wallMs * 1000) / 1000 };
  }
}

export class DynamicWorker {
  readonly #worker: EndableWorker;
  readonly #wallMs: number;
  readonly #usage = new Usage();
  #began = 0;
  #wall = 0;
  /** Why it cannot be run (any more). */
  #over: string | null = null;

  constructor(key: symbol, { code, wallMs }: Parsed, sink: TraceSink | null = null) {
    if (key !== kConstruct) throw new TypeError("A DynamicWorker is made with DynamicWorker.create(options).");
    this.#worker = loadEndable(code, (item) => {
      this.#usage.add(item.usage);
      sink?.(item);
    });
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
    this.#began = ops.monotonicNow();
    let timer: unknown = null;
    if (this.#wallMs > 0) timer = setTimeout(() => this.#worker.end(limitError("WallLimitExceeded", `Worker exceeded wall time limit of ${this.#wallMs} ms.`)), this.#wallMs);
    try {
      const entrypoint = this.#worker.stub.getEntrypoint() as unknown as { run(input: unknown): Promise<unknown> };
      return await entrypoint.run(input);
    } finally {
      clearTimeout(timer);
      this.#wall = ops.monotonicNow() - this.#began;
      this.dispose();
    }
  }

  /** What the run has used, once it is over; `wallMs` from run() on. */
  get usage(): UsageOfEvent {
    return this.#usage.total(this.#wall);
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

/** For who answers with JSON: the result of run() is a text of at most that length. `sink` has been told all when it is over. */
export function createForJson(options: unknown, resultBytesMax: number, sink: TraceSink): DynamicWorker {
  return new DynamicWorker(kConstruct, parseOptions(options, resultBytesMax), sink);
}
