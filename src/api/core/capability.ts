// SPDX-License-Identifier: Apache-2.0
// Two views of what can be called over RPC. A Capability is what this isolate holds and calls: behind every stub stands
// one. A Callee is what this isolate offers to a peer: behind every export of a session stands one. Sending a
// capability over another session makes a callee of it (ForwardCallee, or the thing itself where it lives in this
// isolate).

import type { Answer, RemoteCall } from "./calls.ts";
import { isConnectHead, relayConnection } from "./connections.ts";
import type { RequestContext } from "./context.ts";

export abstract class Capability {
  /** Whether anything is given back by dispose(). */
  abstract readonly releasable: boolean;
  /** Calls `path` with `args`; gets the property when `args` is undefined. Never throws: failure is in the call. */
  abstract call(path: readonly string[], args: unknown[] | undefined): RemoteCall;
  abstract fetch(request: Request): Promise<Response>;
  /** Where connect() sends what asks for a connection. Throws, or rejects, where that is not possible. */
  connectionTarget(): FetchTarget | Promise<FetchTarget> {
    throw new TypeError("connect() was called on a stub that is no service.");
  }
  /**
   * What a session exports when this is sent over it; called once per sending. Throws DataCloneError if it must not go.
   */
  abstract toCallee(): Callee;
  /** Another reference to the same, disposed of on its own. */
  abstract dup(): Capability;
  abstract dispose(): void;
}

/** Where fetch messages can be sent to: `target` is an export of the peer, or a call of ours whose answer is meant. */
export interface FetchTarget {
  session: import("./session.ts").Session;
  target: number;
  pipelined: boolean;
}

export interface Callee {
  call(answer: Answer, path: string[], args: unknown[] | undefined): void;
  fetch(answer: Answer, head: string, flags: number, stream: number, payload: unknown): void;
  /** The last reference that the peer had is gone. */
  released(): void;
  /** Another one for the same, to be exported and released on its own. */
  again(): Callee;
  /** For when it comes home: a new capability for it. */
  toCapability(): Capability;
  /** Whether stubs of it are service stubs. */
  readonly isService: boolean;
  /** The request that a call of it runs in, if that is a certain one. */
  readonly context?: RequestContext | null;
  /** What Session.exportIdOf finds it by; null if it is exported anew each time. */
  readonly key: object | null;
}

/** Export 0 of a worker: the worker itself. */
export interface Bootstrap extends Callee {
  /** A call that names its entrypoint in the message ("" is the default export). */
  callEntrypoint(answer: Answer, name: string, path: string[], args: unknown[] | undefined): void;
}

/** Passes calls on to a capability that lives elsewhere. */
export class ForwardCallee implements Callee {
  readonly #capability: Capability;
  readonly key = null;
  readonly isService: boolean;

  /** Takes `capability` over. */
  constructor(capability: Capability, isService: boolean) {
    this.#capability = capability;
    this.isService = isService;
  }

  call(answer: Answer, path: string[], args: unknown[] | undefined): void {
    answer.forward(this.#capability.call(path, args));
  }

  fetch(answer: Answer, head: string, flags: number, stream: number, payload: unknown): void {
    if (isConnectHead(head)) {
      relayConnection(answer, head, stream, this.#capability);
      return;
    }
    const request = answer.readRequest(head, flags, stream, payload);
    answer.settleResponse(this.#capability.fetch(request));
  }

  released(): void {
    this.#capability.dispose();
  }

  again(): Callee {
    return new ForwardCallee(this.#capability.dup(), this.isService);
  }

  toCapability(): Capability {
    return this.#capability.dup();
  }
}
