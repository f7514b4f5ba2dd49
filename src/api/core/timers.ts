// SPDX-License-Identifier: Apache-2.0
// Timers, as https://html.spec.whatwg.org/multipage/timers-and-user-prompts.html has them, without string handlers. A
// timer belongs to the request in which it was set: it runs with that one's frame and is cleared when that one ends.

import { AsyncFrame, type ContextOwned, type RequestContext } from "./context.ts";
import { describeError, limitError } from "./errors.ts";
import { checkHung, kHungTimer, reportActivity } from "./hung.ts";
import { limits } from "./limits.ts";

const kDelayMax = 0x7fffffff;
const { apply } = Reflect;

class Timer implements ContextOwned {
  readonly id: number;
  readonly handler: Function;
  readonly args: unknown[];
  readonly delay: number;
  readonly repeats: boolean;
  readonly frame: unknown = ops.getAsyncFrame();
  readonly context: RequestContext | null;

  constructor(id: number, handler: Function, args: unknown[], delay: number, repeats: boolean) {
    this.id = id;
    this.handler = handler;
    this.args = args;
    this.delay = delay;
    this.repeats = repeats;
    this.context = this.frame instanceof AsyncFrame ? this.frame.context : null;
    this.context?.own(this);
  }

  contextEnded(): void {
    if (timers.delete(this.id)) ops.clearTimer(this.id);
  }
}

const timers = new Map<number, Timer>();
let lastId = 0;

reportActivity((activity) => {
  for (const { context } of timers.values()) activity.fed.add(context);
});

function set(name: string, handler: unknown, delay: unknown, args: unknown[], repeats: boolean): number {
  if (typeof handler !== "function") {
    throw new TypeError(`Failed to execute '${name}': the first argument must be a function` +
        (typeof handler === "string" ? "; code in a string is not run." : "."));
  }
  let ms = Math.trunc(Number(delay));
  if (!(ms > 0 && ms <= kDelayMax)) ms = 0;
  // As browsers do, so that an interval of 0 does not take all of the time.
  if (repeats && ms < 1) ms = 1;
  if (!ops.setTimer(++lastId, ms)) {
    throw limitError("TimerLimit", `Too many timers are set (at most ${limits.timers}). Clear those that are not needed any more.`);
  }
  const timer = new Timer(lastId, handler, args, ms, repeats);
  timers.set(timer.id, timer);
  return timer.id;
}

function clear(id: unknown): void {
  const key = Number(id);
  const timer = timers.get(key);
  if (timer === undefined) return;
  timers.delete(key);
  timer.context?.disown(timer);
  ops.clearTimer(key);
}

/** hooks.timer */
export function fireTimer(id: number): void {
  if (id === kHungTimer) {
    checkHung();
    return;
  }
  const timer = timers.get(id);
  if (timer === undefined) return;
  const { context } = timer;
  if (timer.repeats) {
    ops.setTimer(id, timer.delay);
  } else {
    timers.delete(id);
    context?.disown(timer);
  }
  const previous = ops.getAsyncFrame();
  ops.setAsyncFrame(timer.frame);
  if (context !== null) ops.setContext(context.id);
  try {
    apply(timer.handler, globalThis, timer.args);
  } catch (error) {
    ops.log("exception", "error", describeError(error));
  } finally {
    ops.setAsyncFrame(previous);
  }
}

export function setTimeout(handler: unknown, delay?: unknown, ...args: unknown[]): number {
  return set("setTimeout", handler, delay, args, false);
}
export function setInterval(handler: unknown, delay?: unknown, ...args: unknown[]): number {
  return set("setInterval", handler, delay, args, true);
}
export function clearTimeout(id?: unknown): void {
  clear(id);
}
export function clearInterval(id?: unknown): void {
  clear(id);
}
/** Called at snapshot time. */
export function defineTimers(): void {
  for (const value of [setTimeout, setInterval, clearTimeout, clearInterval]) {
    Object.defineProperty(globalThis, value.name, { value, writable: true, configurable: true, enumerable: true });
  }
}
