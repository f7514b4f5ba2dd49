// SPDX-License-Identifier: Apache-2.0
// The event functions of the global object, reportError, and navigator.
import { currentContext, defineInterface, describeError, requireArguments } from "mayfly:core";

import { ErrorEvent, PromiseRejectionEvent } from "./event_types.ts";
import { serveListeners } from "./fetch_event.ts";
import { EventTarget, dispatch, hasListeners, markTrusted, setErrorReporter } from "./event.ts";

// What service-worker syntax would listen for and nothing is dispatched for yet: a worker must export such handlers.
const handlers = new Set(["scheduled", "queue", "email", "tail", "trace", "alarm", "connect", "test"]);

const globalTarget = new EventTarget();

type Parameters_ = Parameters<EventTarget["addEventListener"]>;

export function addEventListener(type: string, callback: Parameters_[1], options?: Parameters_[2]): void {
  requireArguments("addEventListener", arguments.length, 2);
  if (handlers.has(`${type}`)) {
    throw new TypeError(`addEventListener("${type}") belongs to the service-worker syntax, of which only "fetch" is supported: ` +
      `write an ES module, export default { ${type}(...) { ... } }`);
  }
  if (`${type}` === "fetch") serveListeners(globalTarget);
  globalTarget.addEventListener(type, callback, options);
}
export function removeEventListener(type: string, callback: Parameters_[1], options?: Parameters_[2]): void {
  requireArguments("removeEventListener", arguments.length, 2);
  globalTarget.removeEventListener(type, callback, options ?? undefined);
}
export function dispatchEvent(event: any): boolean {
  requireArguments("dispatchEvent", arguments.length, 1);
  return globalTarget.dispatchEvent(event);
}

/** Tells the listeners of "unhandledrejection"; returns false when one of them prevented the default, the log line. */
export function dispatchUnhandledRejection(promise: Promise<unknown>, reason: unknown): boolean {
  if (!hasListeners(globalTarget, "unhandledrejection")) return true;
  const init = { promise, reason, cancelable: true };
  return dispatch(globalTarget, markTrusted(new PromiseRejectionEvent("unhandledrejection", init)));
}

let reporting = false;

/** An exception that nobody caught: listeners of "error" hear of it, and unless one prevents it, the log. */
export function reportError(error: unknown): void {
  requireArguments("reportError", arguments.length, 1);
  if (!reporting && hasListeners(globalTarget, "error")) {
    reporting = true;
    try {
      const message = `Uncaught ${describe(error)}`;
      const event = markTrusted(new ErrorEvent("error", { message, error, cancelable: true }));
      if (!dispatch(globalTarget, event)) return;
    } finally {
      reporting = false;
    }
  }
  ops.log("exception", "error", describeError(error));
}
setErrorReporter(reportError);

function describe(error: unknown): string {
  try {
    return String(error);
  } catch {
    return "exception that cannot be converted to a string";
  }
}

const internal = Symbol("Navigator");

export class Navigator {
  constructor(...key: symbol[]) {
    if (key[0] !== internal) throw new TypeError("Illegal constructor");
  }
  get userAgent(): string {
    return "Cloudflare-Workers";
  }
  get hardwareConcurrency(): number {
    return 1;
  }
  get language(): string {
    return "en";
  }
  get languages(): readonly string[] {
    return ["en"];
  }
  /** A POST whose answer nobody sees. */
  sendBeacon(url: string, data: unknown = null): boolean {
    requireArguments("Navigator.sendBeacon", arguments.length, 1);
    const { Request, fetch } = requireGroup("mayfly:web/fetch");
    const sent = fetch(new Request(url, { method: "POST", body: data })).then(() => {}, () => {});
    currentContext()?.waitUntil(sent);
    return true;
  }
  get platform(): string {
    return "Linux";
  }
}
defineInterface(Navigator);

export const navigator = new Navigator(internal);
export const self = globalThis;
