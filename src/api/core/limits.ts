// SPDX-License-Identifier: Apache-2.0
// What this worker may use. The numbers come with the start; base/limits.h has the table of them.

import { limitError } from "./errors.ts";

/** Also the value of a limit that is none. */
export const kUnlimited = 0xffffffff;

export let limits: Record<
  "memoryMb" | "subRequests" | "wallMs" | "timers" | "stubs" | "streams" | "pendingCalls" | "waitUntil" | "messageBytes" |
  "bodyBytes",
  number
>;

export function setLimits(given: Record<string, number>): void {
  limits = given as typeof limits;
}

/** For other groups, which are made before the numbers come. */
export const limitOf = (name: keyof typeof limits): number => limits[name];

export function tooManyStubs(which: string): Error {
  return limitError("RpcStubLimit", `Too many stubs ${which} (at most ${limits.stubs}). Dispose of those that are not ` +
      "needed any more.");
}

export function tooManyCalls(max: number): Error {
  return limitError("PendingCallLimit", `Too many calls are unfinished on one connection (at most ${max}).`);
}
