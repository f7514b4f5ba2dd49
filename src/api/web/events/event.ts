// SPDX-License-Identifier: Apache-2.0
// https://dom.spec.whatwg.org/#events, for targets without parents: there is no tree, so no capture or bubble phase.
import { defineInterface, requireArguments, toDictionary } from "mayfly:core";

import { DOMException } from "./dom_exception.ts";

const { defineProperty } = Object;

/** What EventTarget and AbortSignal may do with an event and user code may not. */
export let beginDispatch: (event: Event, target: EventTarget) => void;
export let endDispatch: (event: Event) => void;
export let isStopped: (event: Event) => boolean;
export let setPassive: (event: Event, passive: boolean) => void;
export let markTrusted: <E extends Event>(event: E) => E;
/** Calls every listener for the event. Exceptions of listeners are reported, to `report` if given, and not thrown. */
export let dispatch: (target: EventTarget, event: Event, report?: (error: unknown) => void) => boolean;
/** Whether anybody listens: an event without listeners need not be made. */
export let hasListeners: (target: EventTarget, type: string) => boolean;
/** The callbacks in order: node:events tells them. */
export let listenersOf: (target: EventTarget, type: string) => unknown[];
export let setErrorReporter: (report: (error: unknown) => void) => void;
/** The method that is called when a listener was added, for classes that care. */
export const listenerAdded = Symbol("listenerAdded");

interface EventInit {
  bubbles?: boolean;
  cancelable?: boolean;
  composed?: boolean;
}

export class Event {
  #type: string;
  #bubbles = false;
  #cancelable = false;
  #composed = false;
  #timeStamp = ops.monotonicNow();
  #target: EventTarget | null = null;
  #dispatching = false;
  #stop = 0; // 1: no propagation, 2: no further listener
  #canceled = false;
  #passive = false;
  #trusted = false;

  constructor(type: string, init: EventInit | null = {}) {
    requireArguments("Event constructor", arguments.length, 1);
    this.#type = `${type}`;
    const { bubbles, cancelable, composed } = toDictionary(init, "The event's init");
    this.#bubbles = !!bubbles;
    this.#cancelable = !!cancelable;
    this.#composed = !!composed;
  }

  static {
    beginDispatch = (event, target) => {
      if (event.#dispatching) throw new DOMException("The event is already being dispatched", "InvalidStateError");
      event.#dispatching = true;
      event.#target = target;
    };
    endDispatch = (event) => {
      event.#dispatching = event.#passive = false;
      event.#stop = 0;
    };
    isStopped = (event) => event.#stop === 2;
    setPassive = (event, passive) => void (event.#passive = passive);
    markTrusted = (event) => ((event.#trusted = true), event);
  }

  get type(): string { return this.#type; }
  get target(): EventTarget | null { return this.#target; }
  get srcElement(): EventTarget | null { return this.#target; }
  get currentTarget(): EventTarget | null { return this.#dispatching ? this.#target : null; }
  get eventPhase(): number { return this.#dispatching ? 2 : 0; }
  get bubbles(): boolean { return this.#bubbles; }
  get cancelable(): boolean { return this.#cancelable; }
  get composed(): boolean { return this.#composed; }
  get defaultPrevented(): boolean { return this.#canceled; }
  get returnValue(): boolean { return !this.#canceled; }
  set returnValue(value: boolean) { if (!value) this.preventDefault(); }
  get cancelBubble(): boolean { return this.#stop > 0; }
  set cancelBubble(value: boolean) { if (value) this.stopPropagation(); }
  get isTrusted(): boolean { return this.#trusted; }
  get timeStamp(): number { return this.#timeStamp; }

  composedPath(): EventTarget[] { return this.#dispatching ? [this.#target!] : []; }
  preventDefault(): void { if (this.#cancelable && !this.#passive) this.#canceled = true; }
  stopPropagation(): void { if (this.#stop === 0) this.#stop = 1; }
  stopImmediatePropagation(): void { this.#stop = 2; }
}
defineInterface(Event, "Event", { NONE: 0, CAPTURING_PHASE: 1, AT_TARGET: 2, BUBBLING_PHASE: 3 });

type ListenerCallback = ((this: EventTarget, event: Event) => unknown) | { handleEvent(event: Event): unknown };
interface ListenerOptions {
  capture?: boolean;
  once?: boolean;
  passive?: boolean;
  signal?: AbortSignal;
}
interface Listener {
  callback: ListenerCallback;
  capture: boolean;
  once: boolean;
  passive: boolean;
  removed: boolean;
}

export class EventTarget {
  #listeners: Map<string, Listener[]> | undefined;

  static {
    let reportGlobally: (error: unknown) => void;
    setErrorReporter = (reporter) => void (reportGlobally = reporter);
    hasListeners = (target, type) => target.#listeners?.has(type) ?? false;
    listenersOf = (target, type) => (target.#listeners?.get(type) ?? []).map(({ callback }) => callback);
    dispatch = (target, event, report = reportGlobally) => {
      beginDispatch(event, target);
      const listeners = target.#listeners?.get(event.type);
      if (listeners !== undefined) {
        for (const listener of listeners.slice()) {
          if (listener.removed) continue;
          if (isStopped(event)) break;
          if (listener.once) target.#remove(event.type, listener);
          setPassive(event, listener.passive);
          const { callback } = listener;
          try {
            if (typeof callback === "function") Reflect.apply(callback, target, [event]);
            else callback.handleEvent(event);
          } catch (error) {
            report(error);
          }
        }
      }
      endDispatch(event);
      return !event.defaultPrevented;
    };
  }

  addEventListener(type: string, callback: ListenerCallback | null, options?: boolean | ListenerOptions | null): void {
    requireArguments("EventTarget.addEventListener", arguments.length, 2);
    type = `${type}`;
    const { capture, once, passive, signal } = toListenerOptions(options);
    if (!isCallback(callback)) return;
    if (signal !== undefined) {
      if (typeof signal !== "object" || signal === null || typeof signal.aborted !== "boolean") {
        throw new TypeError("EventTarget.addEventListener: options.signal is not an AbortSignal");
      }
      if (signal.aborted) return;
    }
    const all = (this.#listeners ??= new Map());
    let listeners = all.get(type);
    if (listeners === undefined) all.set(type, (listeners = []));
    for (const listener of listeners) if (listener.callback === callback && listener.capture === !!capture) return;
    const added = { callback, capture: !!capture, once: !!once, passive: !!passive, removed: false };
    listeners.push(added);
    signal?.addEventListener("abort", () => this.#remove(type, added), { once: true });
    this[listenerAdded](type);
  }

  removeEventListener(type: string, callback: ListenerCallback | null, options?: boolean | ListenerOptions): void {
    requireArguments("EventTarget.removeEventListener", arguments.length, 2);
    const { capture } = toListenerOptions(options);
    if (!isCallback(callback)) return;
    for (const listener of this.#listeners?.get(`${type}`) ?? []) {
      if (listener.callback === callback && listener.capture === !!capture) return this.#remove(`${type}`, listener);
    }
  }

  dispatchEvent(event: Event): boolean {
    requireArguments("EventTarget.dispatchEvent", arguments.length, 1);
    void this.#listeners; // brand check
    if (!(event instanceof Event)) throw new TypeError("EventTarget.dispatchEvent: the argument is not an Event");
    return dispatch(this, event);
  }

  [listenerAdded](type: string): void {}

  #remove(type: string, listener: Listener): void {
    listener.removed = true;
    const listeners = this.#listeners!.get(type)?.filter((other) => other !== listener) ?? [];
    if (listeners.length > 0) this.#listeners!.set(type, listeners);
    else this.#listeners!.delete(type);
  }
}
defineInterface(EventTarget);

function isCallback(callback: unknown): callback is ListenerCallback {
  if (callback === null || callback === undefined) return false;
  if (typeof callback === "function" || typeof callback === "object") return true;
  throw new TypeError("An event listener must be a function or an object with a method handleEvent");
}

function toListenerOptions(options: unknown): ListenerOptions {
  return typeof options === "object" && options !== null ? options : { capture: !!options };
}

/**
 * Adds the event handler attribute `on<type>` to a class of targets. The handler is a listener that keeps its place in
 * the order when it is replaced.
 */
export function defineHandler(prototype: EventTarget, type: string): void {
  const handlers = new WeakMap<EventTarget, { current: Function | null }>();
  defineProperty(prototype, `on${type}`, {
    enumerable: true,
    configurable: true,
    get(this: EventTarget) {
      return handlers.get(this)?.current ?? null;
    },
    set(this: EventTarget, value: unknown) {
      let holder = handlers.get(this);
      if (holder === undefined) {
        if (typeof value !== "function") return;
        const made: { current: Function | null } = (holder = { current: value });
        handlers.set(this, made);
        this.addEventListener(type, function (this: EventTarget, event: Event) {
          if (made.current !== null && Reflect.apply(made.current, this, [event]) === false) event.preventDefault();
        });
      }
      holder.current = typeof value === "function" ? value : null;
    },
  });
}
