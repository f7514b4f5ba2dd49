// SPDX-License-Identifier: Apache-2.0
// What a dynamic worker that has tails tells of each of its events, to the TailCollector of the worker that brought its
// code: that it began, what it logs and throws, how it was answered, that it is over. Everything is told as it happens,
// so that something is known of an event whose worker is ended in the middle of it. With --log-events the log is told
// of each event as well, in one record when it is over.

import type { Capability } from "./capability.ts";
import type { RequestContext } from "./context.ts";
import { bareRecord, errorToRecord } from "./errors.ts";

/** How much the logs and exceptions of one event may have, and what each of them counts beside its content. */
export const kTraceBytesMax = 256 * 1024;
export const kTraceEntryBytes = 64;

export type LogLevel = "debug" | "info" | "log" | "warn" | "error";
export type Outcome = "ok" | "exception" | "canceled" | "exceededWallTime";
/** What an event has used, in the order in which it is told (UsageOfEvent in tails.ts). */
type Usage = [...figures: ReturnType<Ops["contextUsage"]>, subRequests: number];

const { min, round } = Math;

let nextTraceId = 1;

export class EventTrace {
  readonly #id = nextTraceId++;
  readonly #context: RequestContext;
  readonly #reporter: Capability | null;
  #status: number | undefined;
  #left = kTraceBytesMax;
  #outcome: Outcome | null = null;

  /**
   * Tells that an event began, which runs in `context`. `event` is what stands in the trace item, `logged` what stands in
   * the log (null: nothing).
   */
  constructor(reporter: Capability | null, context: RequestContext, event: object, entrypoint: string,
              logged: string | null) {
    this.#reporter = reporter;
    this.#context = context;
    if (logged !== null) ops.nameEvent(context.id, logged);
    this.#tell("begin", [event, entrypoint, ops.now()]);
  }

  /** `show` makes text of a value that cannot be cloned. Never throws. */
  log(level: LogLevel, values: unknown[], show: (value: unknown) => string): void {
    if (this.#left <= 0 || this.#reporter === null) return;
    let bytes: Uint8Array | undefined;
    try {
      bytes = toBytes(values) ?? toBytes(values.map((value) => (toBytes(value) === undefined ? show(value) : value)));
    } catch {
      // Its text cannot be made either: the log is not kept, and that is told.
    }
    if (bytes !== undefined && this.#take(bytes.byteLength)) this.#tell("log", [level, ops.now(), bytes]);
    else this.#truncate();
  }

  exception(error: unknown): void {
    if (this.#left <= 0 || this.#reporter === null) return;
    const { name, message, stack } = bareRecord(errorToRecord(error, false));
    const length = name.length + message.length + (stack?.length ?? 0);
    if (this.#take(length)) this.#tell("exception", [name, message, stack ?? "", ops.now()]);
    else this.#truncate();
  }

  /** Before the answer is sent. The first outcome counts, but for an answer that could not be sent after all. */
  answer(outcome: Outcome, status?: number): void {
    if (this.#outcome !== null && !(this.#outcome === "ok" && outcome === "exception")) return;
    this.#outcome = outcome;
    this.#status = status;
    if (this.#reporter !== null) this.#tell("answer", [outcome, status, ...this.#usage()]);
  }

  fail(error: unknown): void {
    this.exception(error);
    this.answer(this.#context.overdue ? "exceededWallTime" : "exception");
  }

  /** Nothing of the event runs any more. */
  end(): void {
    const { id, subRequests } = this.#context;
    // It does nothing for an event without a name.
    ops.logEvent(id, this.#outcome ?? "canceled", this.#status === undefined ? "" : `${this.#status}`, subRequests);
    if (this.#reporter !== null) this.#tell("end", this.#usage());
  }

  #usage(): Usage {
    const microseconds = (ms: number): number => round(ms * 1000) / 1000;
    const [cpuMs, wallMs, memoryBytes, bytesIn, bytesOut] = ops.contextUsage(this.#context.id);
    return [microseconds(cpuMs), microseconds(wallMs), memoryBytes, bytesIn, bytesOut, this.#context.subRequests];
  }

  #take(length: number): boolean {
    const bytes = length + kTraceEntryBytes;
    if (bytes > this.#left) return false;
    this.#left -= bytes;
    return true;
  }

  #truncate(): void {
    this.#left = min(this.#left, 0);
    this.#tell("truncate", []);
  }

  // In no context: the call is none of the event's own.
  #tell(method: string, args: unknown[]): void {
    const frame = ops.getAsyncFrame();
    ops.setAsyncFrame(undefined);
    try {
      this.#reporter?.call([method], [this.#id, ...args]);
    } finally {
      ops.setAsyncFrame(frame);
    }
  }
}

function toBytes(value: unknown): Uint8Array | undefined {
  try {
    return ops.toBytes(value);
  } catch {
    return undefined;
  }
}

const secretName = /auth|key|secret|token|jwt|^(?:set-)?cookie$/;

/** The `event` of a fetch, from the head of its message. What proves who somebody is does not belong into a log. */
export function fetchEvent(head: string): { request: { url: string; method: string; headers: object } } {
  const [method = "", url = "", ...lines] = head.split("\n");
  const headers: Record<string, string> = Object.create(null) as Record<string, string>;
  for (let index = 0; index + 1 < lines.length; index += 2) {
    const name = lines[index]!;
    const value = secretName.test(name) ? "REDACTED" : lines[index + 1]!;
    headers[name] = name in headers && value !== "REDACTED" ? `${headers[name]}, ${value}` : value;
  }
  const fragment = url.indexOf("#");
  return { request: { url: fragment < 0 ? url : url.slice(0, fragment), method, headers: { ...headers } } };
}
