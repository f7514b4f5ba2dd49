// SPDX-License-Identifier: Apache-2.0
// The capabilities behind stubs: ImportCapability is an export of a peer, RemoteEntrypoint an entrypoint of a worker,
// named anew on whatever session leads to that worker.

import { CallState, RemoteCall } from "./calls.ts";
import { type Callee, Capability, type FetchTarget, ForwardCallee } from "./capability.ts";
import { type RequestContext, currentContext } from "./context.ts";
import { cloneError } from "./errors.ts";
import { type WorkerKey, callInFlight, fetchInFlight, limitsInFlight } from "./in_flight.ts";
import type { Import } from "./import.ts";
import type { Session } from "./session.ts";

/** What the running request may still do. */
function countSubRequest(): void {
  const context: RequestContext | null = currentContext();
  if (context !== null) context.countSubRequest();
}

async function sendRequest(target: FetchTarget, request: Request): Promise<Response> {
  return requireGroup("mayfly:web/fetch").sendRequest(target.session, target.target, target.pipelined, request);
}

export class ImportCapability extends Capability {
  readonly releasable = true;
  readonly import: Import;
  readonly isService: boolean;
  #disposed = false;

  /** Takes over one handle of `entry`. */
  constructor(entry: Import, service: boolean) {
    super();
    this.import = entry;
    this.isService = service;
  }

  call(path: readonly string[], args: unknown[] | undefined): RemoteCall {
    if (this.isService) {
      try {
        countSubRequest();
      } catch (error) {
        return RemoteCall.rejected(error);
      }
    }
    return this.import.session.call(this.import.id, false, undefined, path, args);
  }

  async fetch(request: Request): Promise<Response> {
    countSubRequest();
    return sendRequest(this.fetchTarget(), request);
  }

  override connectionTarget(): FetchTarget {
    countSubRequest();
    return this.fetchTarget();
  }

  fetchTarget(): FetchTarget {
    return { session: this.import.session, target: this.import.id, pipelined: false };
  }

  toCallee(): Callee {
    return this.import.session.calleeBehind(this.import.id) ?? new ForwardCallee(this.dup(), this.isService);
  }

  dup(): ImportCapability {
    this.import.handles++;
    return new ImportCapability(this.import, this.isService);
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.import.drop();
  }
}

/** Those that are set, by the names of base/limits.h. */
export type ResourceLimits = Record<string, number>;

/** Which entrypoint of a worker is meant. `name` is "" for the default export. */
export interface EntrypointName {
  name: string;
  props?: object;
  limits?: ResourceLimits;
}

/** A worker that can be reached: `session()` opens the way to it if there is none. */
export interface WorkerPath {
  session(): Session;
  /** While it is not known yet whether there will be a session: settles when it is. */
  readonly opening?: Promise<void> | null;
  /** Of a dynamic worker: what its calls in flight are counted by. */
  readonly inFlightKey?: WorkerKey;
  /** What to export where an entrypoint of it is sent elsewhere; null: calls are forwarded. */
  calleeOf(entrypoint: EntrypointName): Callee | null;
  /** Why an entrypoint of it must not be sent elsewhere. */
  readonly notTransferable?: string;
  /** One more, or one less, entrypoint stub of it exists; only if it counts them. */
  hold?(): void;
  release?(): void;
}

// What may stand in a message's head: printable ASCII.
const plainName = /^[\x20-\x7e]*$/;

export class RemoteEntrypoint extends Capability {
  readonly releasable: boolean;
  readonly #worker: WorkerPath;
  readonly #entrypoint: EntrypointName;
  /** Whether each call can simply name the entrypoint. */
  readonly #plain: boolean;
  /** The call whose answer is the entrypoint, and the session on which it was made. */
  #kept: RemoteCall | null = null;
  #session: Session | null = null;

  constructor(worker: WorkerPath, entrypoint: EntrypointName) {
    super();
    this.#worker = worker;
    this.#entrypoint = entrypoint;
    this.#plain = entrypoint.props === undefined && entrypoint.limits === undefined && plainName.test(entrypoint.name);
    this.releasable = worker.hold !== undefined || !this.#plain;
    worker.hold?.();
  }

  #target(): FetchTarget {
    const session = this.#worker.session();
    if (this.#kept === null || this.#session !== session) {
      const { name, props, limits } = this.#entrypoint;
      this.#session = session;
      this.#kept = session.call(0, false, undefined, ["entrypoint"], [name, props, limits]);
    }
    return { session, target: this.#kept.id, pipelined: true };
  }

  call(path: readonly string[], args: unknown[] | undefined): RemoteCall {
    const key = this.#worker.inFlightKey;
    if (key === undefined || !limitsInFlight()) return this.#call(path, args);
    return callInFlight(key, () => this.#call(path, args));
  }

  #call(path: readonly string[], args: unknown[] | undefined): RemoteCall {
    const opening = this.#worker.opening;
    if (opening) return RemoteCall.eventual(opening.then(() => this.#call(path, args)));
    try {
      countSubRequest();
      if (this.#plain) return this.#worker.session().call(0, false, this.#entrypoint.name, path, args);
      const { session, target } = this.#target();
      if (this.#kept!.state === CallState.rejected) return this.#kept!;
      return session.call(target, true, undefined, path, args);
    } catch (error) {
      return RemoteCall.rejected(error);
    }
  }

  async fetch(request: Request): Promise<Response> {
    const key = this.#worker.inFlightKey;
    if (key === undefined || !limitsInFlight()) return this.#fetch(request);
    return fetchInFlight(key, () => this.#fetch(request));
  }

  async #fetch(request: Request): Promise<Response> {
    if (this.#worker.opening) await this.#worker.opening;
    countSubRequest();
    const target = this.fetchTarget();
    if (target.pipelined && this.#kept!.state === CallState.rejected) throw this.#kept!.value;
    return sendRequest(target, request);
  }

  override async connectionTarget(): Promise<FetchTarget> {
    if (this.#worker.opening) await this.#worker.opening;
    countSubRequest();
    return this.fetchTarget();
  }

  fetchTarget(): FetchTarget {
    if (this.#plain && this.#entrypoint.name === "") {
      return { session: this.#worker.session(), target: 0, pipelined: false };
    }
    return this.#target();
  }

  toCallee(): Callee {
    if (this.#worker.notTransferable !== undefined) throw cloneError(this.#worker.notTransferable);
    return this.#worker.calleeOf(this.#entrypoint) ?? new ForwardCallee(this.dup(), true);
  }

  dup(): RemoteEntrypoint {
    return new RemoteEntrypoint(this.#worker, this.#entrypoint);
  }

  dispose(): void {
    const kept = this.#kept;
    if (kept !== null && this.#session !== null) this.#session.finishKept(kept.id);
    this.#kept = null;
    this.#worker.release?.();
  }
}
