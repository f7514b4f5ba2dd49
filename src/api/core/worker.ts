// SPDX-License-Identifier: Apache-2.0
// The worker of this isolate: its configuration, its env, its exports once the main module has been evaluated, and the
// calls that wait for that. There is one worker per isolate, for the isolate's whole life.

import type { Bootstrap, Callee, Capability } from "./capability.ts";
import { RequestContext } from "./context.ts";
import { markSystem } from "./errors.ts";
import { kUnlimited, limits } from "./limits.ts";
import { LoopbackSession } from "./loopback.ts";
import { type EntrypointName, ImportCapability, type ResourceLimits, type WorkerPath } from "./remote.ts";

const { min } = Math;

type State = { is: "starting"; waiting: (() => void)[] } | { is: "ready" } | { is: "failed"; error: unknown };

export class Worker {
  config!: StartConfig;
  env: object = {};
  exports: Record<string, unknown> = {};
  /** Who is told of each event; null if the worker has no tails. */
  traceReporter: Capability | null = null;
  /** Where listeners for "fetch" stand in for a default export (service-worker syntax). */
  listeners: object | null = null;
  bootstrap!: Bootstrap;
  #state: State = { is: "starting", waiting: [] };
  #loopback: [LoopbackSession, LoopbackSession] | null = null;

  /** Runs `action` once the main module is evaluated, in the order of asking; `failed` if it never will be. */
  whenReady(action: () => void, failed: (error: unknown) => void): void {
    switch (this.#state.is) {
      case "ready":
        action();
        return;
      case "failed":
        failed(this.#state.error);
        return;
      case "starting":
        this.#state.waiting.push(() => this.whenReady(action, failed));
    }
  }

  get ready(): boolean {
    return this.#state.is === "ready";
  }

  started(exports: Record<string, unknown>): void {
    this.exports = exports;
    if (this.listeners !== null && !Object.hasOwn(exports, "default")) this.#useListeners(exports, this.listeners);
    this.#settle({ is: "ready" });
  }

  /** In this syntax bindings are globals. */
  #useListeners(exports: Record<string, unknown>, handlers: object): void {
    this.exports = { ...exports, default: handlers };
    for (const [name, value] of Object.entries(this.env)) {
      if (name in globalThis) continue;
      Object.defineProperty(globalThis, name, { value, writable: true, enumerable: true, configurable: true });
    }
  }

  failed(error: unknown): void {
    this.#settle({ is: "failed", error: markSystem(error) });
  }

  #settle(state: State): void {
    const before = this.#state;
    this.#state = state;
    if (before.is === "starting") for (const action of before.waiting) action();
  }

  /** [caller, callee]: sessions that lead from this worker to itself. */
  get loopback(): [LoopbackSession, LoopbackSession] {
    return (this.#loopback ??= LoopbackSession.pair(this.bootstrap));
  }
}

export const worker = new Worker();

/** A context for an event; `lower`: what its entrypoint was got with. */
export function newContext(lower: ResourceLimits | undefined): RequestContext {
  let { subRequests, wallMs } = limits;
  if (lower !== undefined) {
    subRequests = min(subRequests, lower.subRequests ?? kUnlimited);
    wallMs = min(wallMs, lower.wallMs ?? kUnlimited);
  }
  const context = new RequestContext(subRequests);
  if (lower?.cpuMs !== undefined) ops.limitContextCpu(context.id, lower.cpuMs);
  if (wallMs !== kUnlimited) context.limitWall(wallMs);
  return context;
}

/** A capability for something of this isolate, called as if it were elsewhere. Takes `callee` over. */
export function importLocally(callee: Callee): Capability {
  const [caller, host] = worker.loopback;
  return new ImportCapability(caller.import(host.export(callee)), callee.isService);
}

/** The way from this worker to its own entrypoints. */
export function makeOwnPath(calleeOf: (entrypoint: EntrypointName) => Callee): WorkerPath {
  return { session: () => worker.loopback[0], calleeOf };
}
