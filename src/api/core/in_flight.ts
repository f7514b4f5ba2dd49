// SPDX-License-Identifier: Apache-2.0
// How many distinct dynamic workers one request has in flight: those with calls of it that are not answered yet. A call
// to one more than the configuration allows fails, or waits until one of them has answered.

import { RemoteCall } from "./calls.ts";
import { type RequestContext, currentContext } from "./context.ts";
import { worker } from "./worker.ts";

/** What makes a dynamic worker the same: its name, or for one without a name the way to it. */
export type WorkerKey = string | object;

interface Start {
  key: WorkerKey;
  run: () => void;
}

class InFlight {
  readonly #max: number;
  readonly #waits: boolean;
  /** Unanswered calls of each worker that has some. */
  readonly #calls = new Map<WorkerKey, number>();
  #waiting: Start[] = [];

  constructor(max: number, waits: boolean) {
    this.#max = max;
    this.#waits = waits;
  }

  #enter(key: WorkerKey): boolean {
    const calls = this.#calls.get(key) ?? 0;
    if (calls === 0 && this.#calls.size >= this.#max) return false;
    this.#calls.set(key, calls + 1);
    return true;
  }

  #leave(key: WorkerKey): void {
    const calls = this.#calls.get(key)! - 1;
    if (calls > 0) {
      this.#calls.set(key, calls);
      return;
    }
    this.#calls.delete(key);
    const waiting = this.#waiting;
    this.#waiting = [];
    const entered = waiting.filter((start) => {
      const enters = this.#enter(start.key);
      if (!enters) this.#waiting.push(start);
      return enters;
    });
    for (const { run } of entered) run();
  }

  /** `start` is given what it is to call when the call is answered. Throws if the call must not be made. */
  admit<T>(key: WorkerKey, start: (answered: () => void) => T): T | Promise<T> {
    const answered = (): void => this.#leave(key);
    if (this.#enter(key)) return start(answered);
    if (!this.#waits) throw new Error("Too many concurrent dynamic workers");
    const frame = ops.getAsyncFrame();
    return new Promise<T>((resolve) => {
      // At once when a place is free, so that calls keep their order.
      const run = (): void => {
        const previous = ops.getAsyncFrame();
        ops.setAsyncFrame(frame);
        resolve(start(answered));
        ops.setAsyncFrame(previous);
      };
      this.#waiting.push({ key, run });
    });
  }
}

const ofContext = new WeakMap<RequestContext, InFlight>();

/** Null if the running request may have any number in flight. */
function currentInFlight(): InFlight | null {
  const { inFlightMax = 0, inFlightWaits = false } = worker.config;
  const context = inFlightMax === 0 ? null : currentContext();
  if (context === null) return null;
  let inFlight = ofContext.get(context);
  if (inFlight === undefined) ofContext.set(context, (inFlight = new InFlight(inFlightMax, inFlightWaits)));
  return inFlight;
}

/** Whether there is a limit at all. */
export function limitsInFlight(): boolean {
  return (worker.config.inFlightMax ?? 0) > 0;
}

/** Makes a call to a dynamic worker when the running request may. */
export function callInFlight(key: WorkerKey, make: () => RemoteCall): RemoteCall {
  const inFlight = currentInFlight();
  if (inFlight === null) return make();
  try {
    const call = inFlight.admit(key, (answered) => {
      const made = make();
      made.whenSettled(answered);
      return made;
    });
    return call instanceof RemoteCall ? call : RemoteCall.eventual(call);
  } catch (error) {
    return RemoteCall.rejected(error);
  }
}

export async function fetchInFlight(key: WorkerKey, make: () => Promise<Response>): Promise<Response> {
  const inFlight = currentInFlight();
  if (inFlight === null) return make();
  return inFlight.admit(key, (answered) => {
    const response = make();
    response.then(answered, answered);
    return response;
  });
}
