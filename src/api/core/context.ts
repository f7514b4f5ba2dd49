// SPDX-License-Identifier: Apache-2.0
// A request context is one event being served: a fetch, an RPC call, a test. It lives while something holds it: the
// event itself, promises given to waitUntil, bodies that are still being sent, capabilities that were returned to the
// caller. What was opened in it (timers, incoming streams, dynamic workers from `load`) ends with it.
//
// Which context runs is kept in the async frame, which V8 carries along promise reactions, so that code after an
// `await` still knows its own. The frame holds AsyncLocalStorage's values too: one slot, one owner.

import { describeError, limitError, markSystem } from "./errors.ts";
import { reportActivity } from "./hung.ts";
import { limits } from "./limits.ts";
import type { EventTrace } from "./trace.ts";

export class AsyncFrame {
  readonly context: RequestContext | null;
  /** AsyncLocalStorage -> value; never changed after construction. */
  readonly storage: ReadonlyMap<object, unknown> | null;

  constructor(context: RequestContext | null, storage: ReadonlyMap<object, unknown> | null) {
    this.context = context;
    this.storage = storage;
  }
}

const { getAsyncFrame, setAsyncFrame } = ops;

export function currentFrame(): AsyncFrame | undefined {
  return getAsyncFrame() as AsyncFrame | undefined;
}

export function currentContext(): RequestContext | null {
  const frame = getAsyncFrame() as AsyncFrame | undefined;
  return frame === undefined ? null : frame.context;
}

/** What ends with a context: told once, after the last hold is gone. */
export interface ContextOwned {
  contextEnded(): void;
}

const kCallerGone = "The request was cancelled: its caller has gone away.";

let nextContextId = 1;

let tellAborted: (context: RequestContext, reason: unknown) => void;
/** session.ts fails what an aborted context serves and drops what it waits for. */
export function setAbortListener(listener: typeof tellAborted): void {
  tellAborted = listener;
}

/** Those that have promises to wait for. */
const waiting = new Set<RequestContext>();

/** Those with a limit of time on the clock, by number. It has no prototype: what finds them cannot be patched. */
const withDeadline: Record<number, RequestContext> = Object.create(null) as Record<number, RequestContext>;

/** hooks.wallExceeded */
export function endOverdue(id: number, name: string, message: string): void {
  const context = withDeadline[id];
  if (context === undefined) return;
  context.overdue = true;
  context.abort(markSystem(limitError(name, message)));
}

reportActivity(({ lingering }) => {
  for (const context of waiting) lingering.add(context);
});

export class RequestContext {
  readonly id: number;
  readonly frame: AsyncFrame;
  ended = false;
  aborted = false;
  /** Who is told what happens, if the worker has tails. */
  trace: EventTrace | null = null;
  subRequests = 0;
  readonly #subRequestsMax: number;
  #hasDeadline = false;
  /** Whether it is ended by that. */
  overdue = false;
  #holds = 1;
  /** Promises that waitUntil() waits for. */
  #waits = 0;
  #abandoned = false;
  #owned: Set<ContextOwned> | null = null;

  constructor(subRequestsMax: number) {
    this.id = nextContextId++;
    this.frame = new AsyncFrame(this, null);
    this.#subRequestsMax = subRequestsMax;
  }

  /** Makes this the running context; the answer is for leave(). */
  enter(): unknown {
    const previous = getAsyncFrame();
    setAsyncFrame(this.frame);
    ops.setContext(this.id);
    return previous;
  }

  static leave(previous: unknown): void {
    setAsyncFrame(previous);
  }

  hold(): void {
    this.#holds++;
  }

  release(): void {
    if (--this.#holds === 0 && !this.ended) this.#end();
  }

  /** Ends it now, whatever it waits for: what it serves fails with `reason`, and what is called on it later as well. */
  abort(reason: unknown): void {
    if (this.ended) return;
    this.aborted = true;
    this.hold();
    tellAborted(this, reason);
    this.#end();
  }

  waitUntil(promise: unknown): void {
    if (this.#waits >= limits.waitUntil) {
      throw limitError("WaitUntilLimit", `waitUntil() waits for ${limits.waitUntil} promises already, which is as many as it may.`);
    }
    if (this.#waits++ === 0) waiting.add(this);
    this.#holds++;
    void this.#waitFor(promise);
  }

  // By `await`, which no patched Promise.prototype.then can see.
  async #waitFor(promise: unknown): Promise<void> {
    try {
      await promise;
    } catch (error) {
      ops.log("exception", "error", describeError(error));
      this.trace?.exception(error);
    }
    if (--this.#waits === 0) waiting.delete(this);
    if (this.#waits === 0 && this.#abandoned) this.abort(new Error(kCallerGone));
    this.release();
  }

  /** Nobody waits for its answer any more: what it promised to waitUntil() is still done, and then it ends. */
  abandon(): void {
    this.#abandoned = true;
    if (this.#waits === 0) this.abort(new Error(kCallerGone));
  }

  own(thing: ContextOwned): void {
    (this.#owned ??= new Set()).add(thing);
  }

  disown(thing: ContextOwned): void {
    this.#owned?.delete(thing);
  }

  /** How many more it may make. */
  get subRequestsLeft(): number {
    return this.#subRequestsMax - this.subRequests;
  }

  /** Counts one subrequest against the limit of this event. */
  countSubRequest(): void {
    if (this.subRequests >= this.#subRequestsMax) {
      throw limitError("SubrequestLimit", "Too many subrequests by single Worker invocation.");
    }
    this.subRequests++;
  }

  /** It may last so long on the clock, from now on. */
  limitWall(wallMs: number): void {
    this.#hasDeadline = true;
    withDeadline[this.id] = this;
    ops.limitContextWall(this.id, wallMs);
  }

  #end(): void {
    this.ended = true;
    if (this.#waits > 0) waiting.delete(this);
    if (this.#hasDeadline) delete withDeadline[this.id];
    const owned = this.#owned;
    this.#owned = null;
    if (owned !== null) for (const thing of owned) thing.contextEnded();
    this.trace?.end();
    ops.endContext(this.id);
  }
}
