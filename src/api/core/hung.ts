// SPDX-License-Identifier: Apache-2.0
// Finds requests that can never be answered: their code waits for a promise, and nothing is under way that could settle
// it. Such a request is aborted with an error that says so, instead of keeping its caller and its memory for ever.
//
// From time to time, while answers are awaited, the tables of the sessions and of the timers are looked through; calls
// pay nothing for it. What can make a request go on is input of its own: a timer, a call or fetch that is not answered,
// a stream that is not at its end, or something that it handed out and that can be called. Requests of one isolate can
// also wait for each other, through promises that they share. So one without input is given up only when every
// request that was there with it, and has input, is over. (That a later one will help it cannot be known, and is not
// waited for.)
//
// Within the isolate (loopback sessions) a call is no input: it waits for a request that is looked at itself.

import type { RequestContext } from "./context.ts";
import { systemError } from "./errors.ts";

const kHung =
    "The Workers runtime canceled this request because it detected that your Worker's code had hung and would never " +
    "generate a response. Refer to: https://developers.cloudflare.com/workers/observability/errors/";

const kLingers =
    "A promise that was given to waitUntil() will never settle: nothing is under way that could settle it. The request " +
    "was ended without it.";

/** What a look through the tables finds. */
export class Activity {
  /** Have input from outside: they can go on, and let others go on. Null: what belongs to no request. */
  readonly fed = new Set<RequestContext | null>();
  /** Can go on, but only by way of another request of this isolate. */
  readonly linked = new Set<RequestContext | null>();
  /** Are waited for by somebody. */
  readonly awaited = new Set<RequestContext>();
  /** Wait for what was given to waitUntil(). */
  readonly lingering = new Set<RequestContext>();
}

type Look = (activity: Activity) => void;
const looks: Look[] = [];
/** Has `look` asked for what it knows. */
export function reportActivity(look: Look): void {
  looks.push(look);
}

/** The native timer of its own: those of timers.ts have numbers from 1. */
export const kHungTimer = 0;
const kShortestMs = 50;
const kLongestMs = 1_000;

let armed = false;
let delayMs = kShortestMs;
/** Requests without input -> the number of the youngest request when they were first seen so. */
let idle = new Map<RequestContext, number>();

/** There is something that may hang. */
export function watchForHung(): void {
  if (armed) return;
  armed = true;
  ops.setTimer(kHungTimer, delayMs);
}

/** hooks.timer, of kHungTimer: no request runs, and no microtask waits. */
export function checkHung(): void {
  const activity = new Activity();
  for (const look of looks) look(activity);
  const { fed, linked, awaited, lingering } = activity;
  let oldestFed = Infinity;
  let youngest = 0;
  for (const context of fed) oldestFed = Math.min(oldestFed, context?.id ?? 0);
  const waiting = new Set([...awaited, ...lingering]);
  for (const context of waiting) youngest = Math.max(youngest, context.id);

  const before = idle;
  idle = new Map();
  const hung: RequestContext[] = [];
  for (const context of waiting) {
    if (context.ended || fed.has(context) || linked.has(context)) continue;
    const since = before.get(context);
    if (since !== undefined && oldestFed > since) hung.push(context);
    else idle.set(context, since ?? youngest);
  }
  for (const context of hung) {
    if (!awaited.has(context)) ops.log("system", "warn", kLingers);
    context.abort(systemError(kHung));
  }

  armed = false;
  // What was found may have waited for something that was given up now.
  delayMs = hung.length > 0 || idle.size > before.size ? kShortestMs : Math.min(2 * delayMs, kLongestMs);
  if (waiting.size > 0) watchForHung();
  else delayMs = kShortestMs;
}
