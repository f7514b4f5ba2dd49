// SPDX-License-Identifier: Apache-2.0
//
// How many calls of one peer may be unfinished. Each costs the side that is called a few kilobytes until the peer says
// that it wants the answer no longer. The caller's side refuses more by itself, so that a flood of calls costs whoever
// makes it; the other side does not trust it to.

import { limits } from "./limits.ts";

/** Finished calls that were not told yet count at the side that is called. */
const kUntoldMax = 1_024;
/** Of all peers together. Beyond it those are refused that have more than a few, so that no crowd fills our memory. */
const kUnfinishedOfAllMax = 24_576;
const kFewUnfinished = 1_024;
/** There may be many peers: they are looked at once in so many calls. */
const kCallsBetweenLooks = 256;

export class CallQuota {
  #isCrowded = false;

  /** The bound for a peer that has `unfinished` calls, at its call number `id`; `all` are the peers, it among them. */
  max(unfinished: number, id: number, all: Iterable<{ readonly unfinished: number }>): number {
    if (unfinished < kFewUnfinished) {
      this.#isCrowded = false;
    } else if (id % kCallsBetweenLooks === 0) {
      let sum = 0;
      for (const peer of all) sum += peer.unfinished;
      this.#isCrowded = sum >= kUnfinishedOfAllMax;
    }
    return this.#isCrowded ? Math.min(kFewUnfinished, limits.pendingCalls) : limits.pendingCalls + kUntoldMax;
  }
}
