// SPDX-License-Identifier: Apache-2.0
import "./abort_host_type.ts";

export { DOMException } from "./dom_exception.ts";
export { Event, EventTarget, defineHandler, dispatch, hasListeners, listenerAdded, listenersOf, markTrusted } from "./event.ts";
export { ExtendableEvent, FetchEvent } from "./fetch_event.ts";
export { CloseEvent, CustomEvent, ErrorEvent, MessageEvent, PromiseRejectionEvent } from "./event_types.ts";
export { AbortController, AbortSignal, abortSignal, makeSignal } from "./abort.ts";
export {
  Navigator,
  addEventListener,
  dispatchEvent,
  dispatchUnhandledRejection,
  navigator,
  removeEventListener,
  reportError,
  self,
} from "./global_events.ts";
