// SPDX-License-Identifier: Apache-2.0
// A function or RpcTarget of this isolate that a peer may call. It runs in the request context from which it was sent;
// what was sent in the `init` of a dynamic worker belongs to none and gets a fresh context for each call.

import { type Answer, serve } from "./calls.ts";
import type { Callee, Capability } from "./capability.ts";
import { RequestContext } from "./context.ts";
import { describeError } from "./errors.ts";
import { importLocally, newContext } from "./worker.ts";

/** What the exports of one object share. When the last of them is released the object's own disposer runs. */
interface Host {
  readonly object: object;
  references: number;
}

export class ObjectCallee implements Callee {
  readonly isService = false;
  readonly context: RequestContext | null;
  readonly #host: Host;
  #holdsContext = false;

  constructor(object: object, context: RequestContext | null, host: Host = { object, references: 0 }) {
    this.#host = host;
    this.context = context;
    host.references++;
  }

  get key(): object {
    return this.#host.object;
  }

  /** Keeps the context alive until this is released: for what was returned to a caller. */
  holdContext(): void {
    if (this.#holdsContext || this.context === null || this.context.ended) return;
    this.#holdsContext = true;
    this.context.hold();
  }

  call(answer: Answer, path: string[], args: unknown[] | undefined): void {
    if (this.context !== null) {
      serve(answer, this.context, this.#host.object, path, args);
      return;
    }
    const fresh = newContext(undefined);
    serve(answer, fresh, this.#host.object, path, args);
    fresh.release();
  }

  fetch(answer: Answer): void {
    answer.fail(new TypeError("fetch() was called on a stub that is no service."));
  }

  released(): void {
    if (--this.#host.references === 0) this.#dispose();
    if (this.#holdsContext) this.context!.release();
    this.#holdsContext = false;
  }

  #dispose(): void {
    const object = this.#host.object as Partial<Disposable>;
    if (this.context?.ended) return;
    const previous = this.context?.enter();
    try {
      const dispose = object[Symbol.dispose];
      if (typeof dispose === "function") dispose.call(object);
    } catch (error) {
      ops.log("exception", "error", describeError(error));
    } finally {
      if (this.context !== null) RequestContext.leave(previous);
    }
  }

  again(): ObjectCallee {
    return new ObjectCallee(this.#host.object, this.context, this.#host);
  }

  toCapability(): Capability {
    return importLocally(this.again());
  }
}

