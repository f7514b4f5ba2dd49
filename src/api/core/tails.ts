// SPDX-License-Identifier: Apache-2.0
// The tails of a dynamic worker, on the side of the worker that loaded it. From what the worker tells of its events
// (trace.ts) a trace item is made for each and handed to the tail() handler of every tail. When the worker is ended, by
// a limit or with the request that loaded it, the items of the events that were under way are made of what was told.
//
// What arrives here came from another isolate and is checked.

import type { Capability } from "./capability.ts";
import { describeError } from "./errors.ts";
import { RpcTarget } from "./targets.ts";
import { type LogLevel, kTraceBytesMax, kTraceEntryBytes } from "./trace.ts";

type Outcome = "ok" | "exception" | "exceededCpu" | "exceededMemory" | "exceededWallTime" | "canceled";

/** What an event has used. Of what a limit ended in the middle no more than its time is known. */
export interface UsageOfEvent {
  cpuMs: number;
  wallMs: number;
  /** The most memory that its worker was seen to use meanwhile: heap, buffers and WebAssembly. */
  memoryBytes: number;
  bytesIn: number;
  bytesOut: number;
  subRequests: number;
}

interface TraceException {
  name: string;
  message: string;
  stack?: string;
  timestamp: number;
}

interface OpenEvent {
  event: { request?: object; response?: object; rpcMethod?: string };
  entrypoint: string;
  timestamp: number;
  logs: { level: LogLevel; timestamp: number; bytes: Uint8Array }[];
  exceptions: TraceException[];
  bytes: number;
  truncated: boolean;
  outcome: Outcome | null;
  usage: UsageOfEvent;
}

/** What the open events of one worker may hold together. */
const kOpenBytesMax = 32 * 1024 * 1024;

const levels: readonly unknown[] = ["debug", "info", "log", "warn", "error"];
const outcomes: readonly unknown[] = ["ok", "exception", "exceededWallTime", "canceled"];

/** Times and amounts. */
function isAmount(value: unknown): value is number {
  return typeof value === "number" && value >= 0 && Number.isFinite(value);
}

function readUsage(given: unknown[]): UsageOfEvent | null {
  if (!given.every(isAmount)) return null;
  const [cpuMs = 0, wallMs = 0, memoryBytes = 0, bytesIn = 0, bytesOut = 0, subRequests = 0] = given;
  return { cpuMs, wallMs, memoryBytes, bytesIn, bytesOut, subRequests };
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

/** The event as a trace item has it, and its size; null if it is none. */
function readEvent(given: unknown): { event: OpenEvent["event"]; bytes: number } | null {
  if (given === null || typeof given !== "object") return null;
  const { request, rpcMethod } = given as { request?: unknown; rpcMethod?: unknown };
  if (isText(rpcMethod)) return { event: { rpcMethod }, bytes: rpcMethod.length };
  if (request === null || typeof request !== "object") return null;
  const { url, method, headers } = request as { url?: unknown; method?: unknown; headers?: unknown };
  if (!isText(url) || !isText(method) || headers === null || typeof headers !== "object") return null;
  let bytes = url.length + method.length;
  for (const [name, value] of Object.entries(headers)) {
    if (!isText(value)) return null;
    bytes += name.length + value.length;
  }
  return { event: { request: { url, method, headers } }, bytes };
}

/** The stack without the line that repeats name and message. */
function framesOf(stack: string, name: string, message: string): string {
  const title = message === "" ? name : `${name}: ${message}`;
  return stack.startsWith(`${title}\n`) ? stack.slice(title.length + 1) : stack;
}

function outcomeOf(reason: unknown): Outcome | null {
  const name = reason instanceof Error ? reason.name : "";
  switch (name) {
    case "CpuLimitExceeded":
      return "exceededCpu";
    case "MemoryLimitExceeded":
      return "exceededMemory";
    case "WallLimitExceeded":
      return "exceededWallTime";
    default:
      return null;
  }
}

/** Members that the worker, which calls by names, cannot reach. */
export const workerEnded = Symbol("workerEnded");
export const whenOpen = Symbol("whenOpen");

/** What of a trace item is of use to who does not hand it on. */
export interface TraceItem {
  logs: { level: LogLevel; message: unknown; timestamp: number }[];
  outcome: Outcome;
  truncated: boolean;
  usage: UsageOfEvent;
}
export type TraceSink = (item: TraceItem) => void;

export class TailCollector extends RpcTarget {
  readonly #tails: Capability[];
  readonly #scriptName: string | null;
  readonly #open = new Map<number, OpenEvent>();
  /** Gets the trace items as well, at once. */
  readonly #sink: TraceSink | null;
  #bytes = 0;
  /** Called when the first event begins (true) and when the last one has ended. */
  [whenOpen]: (open: boolean) => void = () => {};

  /** Takes `tails` over. */
  constructor(tails: Capability[], scriptName: string | null, sink: TraceSink | null) {
    super();
    this.#sink = sink;
    this.#tails = tails;
    this.#scriptName = scriptName;
  }

  // --- what the worker tells ---

  begin(id: unknown, given: unknown, entrypoint: unknown, timestamp: unknown): void {
    const read = readEvent(given);
    if (typeof id !== "number" || this.#open.has(id) || read === null) return;
    if (!isText(entrypoint) || !isAmount(timestamp)) return;
    const bytes = read.bytes + entrypoint.length + kTraceEntryBytes;
    if (this.#bytes + bytes > kOpenBytesMax) return;
    this.#bytes += bytes;
    if (this.#open.size === 0) this[whenOpen](true);
    const { event } = read;
    this.#open.set(id, {
      event, entrypoint, timestamp, bytes,
      logs: [], exceptions: [], truncated: false, outcome: null, usage: readUsage([])!,
    });
  }

  log(id: unknown, level: unknown, timestamp: unknown, bytes: unknown): void {
    if (!levels.includes(level) || !isAmount(timestamp) || !(bytes instanceof Uint8Array)) return;
    const open = this.#take(id, bytes.byteLength);
    if (open !== null) open.logs.push({ level: level as LogLevel, timestamp, bytes });
  }

  exception(id: unknown, name: unknown, message: unknown, stack: unknown, timestamp: unknown): void {
    if (!isText(name) || !isText(message) || !isText(stack) || !isAmount(timestamp)) return;
    const open = this.#take(id, name.length + message.length + stack.length);
    if (open === null) return;
    const frames = framesOf(stack, name, message);
    open.exceptions.push({ name, message, ...(frames === "" ? {} : { stack: frames }), timestamp });
  }

  truncate(id: unknown): void {
    const open = this.#open.get(id as number);
    if (open !== undefined) open.truncated = true;
  }

  answer(id: unknown, outcome: unknown, status: unknown, ...figures: unknown[]): void {
    const open = this.#open.get(id as number);
    const usage = readUsage(figures);
    if (open === undefined || !outcomes.includes(outcome) || usage === null) return;
    open.outcome = outcome as Outcome;
    open.usage = usage;
    if (open.event.request !== undefined && Number.isInteger(status)) open.event.response = { status };
  }

  end(id: unknown, ...figures: unknown[]): void {
    const open = this.#open.get(id as number);
    const usage = readUsage(figures);
    if (open === undefined || usage === null) return;
    this.#open.delete(id as number);
    this.#bytes -= open.bytes;
    open.usage = usage;
    this.#deliver(open, open.outcome ?? "canceled");
    if (this.#open.size === 0) this[whenOpen](false);
  }

  // --- the other side is gone ---

  /** The worker was ended, because of `reason`, or the session with it. */
  [workerEnded](reason: unknown): void {
    const limit = outcomeOf(reason);
    // Of a worker that used up its time no more is known than how much that was.
    const spentMs = limit === "exceededCpu" ? Number(/ (\d+) ms/.exec((reason as Error).message)?.[1] ?? 0) : 0;
    for (const open of this.#open.values()) {
      if (limit !== null) {
        const { name, message } = reason as Error;
        open.exceptions.push({ name, message, timestamp: ops.now() });
      }
      const { usage } = open;
      if (open.outcome === null || limit !== null) usage.wallMs = Math.max(usage.wallMs, ops.now() - open.timestamp);
      usage.cpuMs = Math.max(usage.cpuMs, spentMs);
      this.#deliver(open, limit ?? open.outcome ?? "canceled");
    }
    this.#open.clear();
    this.#bytes = 0;
    for (const tail of this.#tails) tail.dispose();
  }

  /** Event `id`, if it may hold so much more. */
  #take(id: unknown, length: number): OpenEvent | null {
    const open = this.#open.get(id as number);
    if (open === undefined) return null;
    const bytes = length + kTraceEntryBytes;
    if (open.bytes + bytes > 2 * kTraceBytesMax || this.#bytes + bytes > kOpenBytesMax) {
      open.truncated = true;
      return null;
    }
    open.bytes += bytes;
    this.#bytes += bytes;
    return open;
  }

  #deliver(open: OpenEvent, outcome: Outcome): void {
    const logs: TraceItem["logs"] = [];
    for (const { level, timestamp, bytes } of open.logs) {
      try {
        logs.push({ level, message: ops.fromBytes(bytes), timestamp });
      } catch {
        open.truncated = true;
      }
    }
    const { cpuMs, wallMs, ...amounts } = open.usage;
    const item = {
      event: open.event,
      eventTimestamp: open.timestamp,
      logs,
      exceptions: open.exceptions,
      diagnosticsChannelEvents: [],
      scriptName: this.#scriptName,
      ...(open.entrypoint === "" ? {} : { entrypoint: open.entrypoint }),
      outcome,
      executionModel: "stateless",
      truncated: open.truncated,
      cpuTime: cpuMs,
      wallTime: wallMs,
      ...amounts,
    };
    this.#sink?.({ logs, outcome, truncated: open.truncated, usage: open.usage });
    // In no context: it is nobody's request that the tails belong to.
    const frame = ops.getAsyncFrame();
    ops.setAsyncFrame(undefined);
    try {
      for (const tail of this.#tails) {
        tail.call(["tail"], [[item]]).promise().catch((error: unknown) => {
          ops.log("exception", "error", `A tail of a dynamic worker failed: ${describeError(error)}`);
        });
      }
    } finally {
      ops.setAsyncFrame(frame);
    }
  }
}
