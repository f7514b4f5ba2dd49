// SPDX-License-Identifier: Apache-2.0
// An AbortSignal crosses as what it is, if it is aborted, else as a capability: the receiver's signal asks to be told.
import { RpcTarget, cloneError, currentContext, enqueueMicrotask, registerHostType } from "mayfly:core";

import { AbortSignal, abortSignal, makeSignal } from "./abort.ts";
import { DOMException } from "./dom_exception.ts";

type Told = ((reason: unknown) => PromiseLike<void>) & Disposable & { dup(): Told };

/** The signal that was sent. */
class Source extends RpcTarget {
  readonly #signal: AbortSignal;

  constructor(signal: AbortSignal) {
    super();
    this.#signal = signal;
  }

  /** Has `given` called with the reason when the signal is aborted, unless the request that sent it has ended. */
  subscribe(given: unknown): void {
    if (typeof given !== "function") throw new TypeError("An AbortSignal cannot tell that");
    const told = (given as Told).dup();
    const signal = this.#signal;
    const context = currentContext();
    const owned = {
      contextEnded() {
        signal.removeEventListener("abort", tell);
        told[Symbol.dispose]();
      },
    };
    const tell = async (): Promise<void> => {
      context?.disown(owned);
      try {
        await told(signal.reason).then(undefined, (error: unknown) => {
          if ((error as { name?: unknown }).name !== "DataCloneError") return undefined;
          // The reason cannot be sent.
          return told(new DOMException("The operation was aborted", "AbortError"));
        });
      } catch {
        // There is nobody to be told any more.
      }
      told[Symbol.dispose]();
    };
    if (signal.aborted) {
      void tell();
      return;
    }
    context?.own(owned);
    signal.addEventListener("abort", tell, { once: true });
  }
}

type SourceStub = Disposable & { dup(): SourceStub; subscribe(told: (reason: unknown) => void): PromiseLike<void> };

function signalOf(source: SourceStub): AbortSignal {
  const signal = makeSignal();
  // Arguments are given back when the call returns: this is needed for longer.
  const kept = source.dup();
  const subscribe = async (): Promise<void> => {
    try {
      await kept.subscribe((reason) => abortSignal(signal, reason));
    } catch {
      // The request that sent it is over: it will not be aborted.
    }
    kept[Symbol.dispose]();
  };
  // Not while a message is being read.
  enqueueMicrotask(() => void subscribe());
  return signal;
}

registerHostType({
  tag: "abortSignal",
  type: AbortSignal,
  write(session, signal) {
    if (session === null) throw cloneError("AbortSignal can only be serialized for RPC.");
    return ["abortSignal", signal.aborted, signal.aborted ? signal.reason : new Source(signal)];
  },
  read(session, [, aborted, value]) {
    if (aborted === true) return AbortSignal.abort(value);
    if (session === null || typeof value !== "function") throw new TypeError("An AbortSignal came malformed");
    return signalOf(value as unknown as SourceStub);
  },
});
