// SPDX-License-Identifier: Apache-2.0
// https://nodejs.org/api/events.html#class-eventemitter
// An old-style class: programs call EventEmitter on objects of their own and inherit from it with Object.setPrototypeOf.
// Listeners stand in `_events`, one function or an array of them by name, as packages expect.
import { invalidArgType, nodeError, validateFunction, validateNumber } from "mayfly:node/internal";

const { apply, ownKeys } = Reflect;
const { getPrototypeOf, defineProperty } = Object;

export type Listener = ((...args: any[]) => any) & { listener?: Listener };
type Name = string | symbol;

export const kCapture: unique symbol = Symbol("kCapture") as never;
export const kRejection: unique symbol = Symbol.for("nodejs.rejection") as never;
export const kErrorMonitor: unique symbol = Symbol("events.errorMonitor") as never;

let defaultMaxListeners = 10;

function validateListener(listener: unknown): asserts listener is Listener {
  validateFunction(listener, "listener");
}

export function EventEmitter(this: any, options?: { captureRejections?: boolean }): void {
  apply(EventEmitter.init, this, [options]);
}

EventEmitter.init = function init(this: any, options?: { captureRejections?: boolean }): void {
  if (this._events === undefined || this._events === getPrototypeOf(this)._events) {
    this._events = { __proto__: null };
    this._eventsCount = 0;
  }
  this._maxListeners ??= undefined;
  if (options?.captureRejections !== undefined) {
    if (typeof options.captureRejections !== "boolean") {
      throw invalidArgType("options.captureRejections", "boolean", options.captureRejections);
    }
    this[kCapture] = options.captureRejections;
  } else {
    this[kCapture] = EventEmitter.prototype[kCapture];
  }
};

EventEmitter.EventEmitter = EventEmitter;
EventEmitter.usingDomains = false;
EventEmitter.captureRejectionSymbol = kRejection;
EventEmitter.errorMonitor = kErrorMonitor;

const prototype = EventEmitter.prototype as any;
defineProperty(prototype, kCapture, { value: false, writable: true, enumerable: false });
prototype._events = undefined;
prototype._eventsCount = 0;
prototype._maxListeners = undefined;

defineProperty(EventEmitter, "captureRejections", {
  get: () => prototype[kCapture],
  set(value) {
    if (typeof value !== "boolean") throw invalidArgType("EventEmitter.captureRejections", "boolean", value);
    prototype[kCapture] = value;
  },
  enumerable: true,
});
defineProperty(EventEmitter, "defaultMaxListeners", {
  get: () => defaultMaxListeners,
  set(value) {
    validateNumber(value, "defaultMaxListeners", 0);
    defaultMaxListeners = value;
  },
  enumerable: true,
});

/** Lets a listener's promise that rejects become the event "error". */
function watchRejection(emitter: any, result: any, type: Name, args: unknown[]): void {
  try {
    const { then } = result;
    if (typeof then !== "function") return;
    apply(then, result, [undefined, (error: unknown) => {
      requireGroup("mayfly:node/process").process.nextTick(() => {
        if (typeof emitter[kRejection] === "function") {
          emitter[kRejection](error, type, ...args);
          return;
        }
        const before = emitter[kCapture];
        try {
          emitter[kCapture] = false;
          emitter.emit("error", error);
        } finally {
          emitter[kCapture] = before;
        }
      });
    }]);
  } catch (error) {
    emitter.emit("error", error);
  }
}

function throwUnhandled(error: unknown): never {
  if (error instanceof Error) throw error;
  let shown: string;
  try {
    shown = requireGroup("mayfly:node/util").inspect(error);
  } catch {
    shown = String(error);
  }
  const unhandled = nodeError(Error, "ERR_UNHANDLED_ERROR", `Unhandled error. (${shown})`) as Error & { context?: unknown };
  unhandled.context = error;
  throw unhandled;
}

prototype.emit = function emit(type: Name, ...args: unknown[]): boolean {
  const events = this._events;
  if (type === "error") {
    if (events !== undefined && events[kErrorMonitor] !== undefined) this.emit(kErrorMonitor, ...args);
    if (events === undefined || events.error === undefined) throwUnhandled(args[0]);
  } else if (events === undefined) {
    return false;
  }
  const handler = events[type];
  if (handler === undefined) return false;
  if (typeof handler === "function") {
    const result = apply(handler, this, args);
    if (result !== undefined && result !== null && this[kCapture]) watchRejection(this, result, type, args);
    return true;
  }
  const listeners = handler.slice();
  for (let index = 0; index < listeners.length; index++) {
    const result = apply(listeners[index], this, args);
    if (result !== undefined && result !== null && this[kCapture]) watchRejection(this, result, type, args);
  }
  return true;
};

function warnOfLeak(emitter: any, type: Name, listeners: any): void {
  listeners.warned = true;
  const { inspect } = requireGroup("mayfly:node/util");
  const warning = new Error("Possible EventEmitter memory leak detected. " +
    `${listeners.length} ${String(type)} listeners added to ${inspect(emitter, { depth: -1 })}. MaxListeners is ` +
    `${emitter.getMaxListeners()}. Use emitter.setMaxListeners() to increase limit`) as any;
  warning.name = "MaxListenersExceededWarning";
  warning.emitter = emitter;
  warning.type = type;
  warning.count = listeners.length;
  requireGroup("mayfly:node/process").process.emitWarning(warning);
}

function add(emitter: any, type: Name, listener: Listener, prepend: boolean): any {
  validateListener(listener);
  let events = emitter._events;
  if (events === undefined) {
    events = emitter._events = { __proto__: null };
    emitter._eventsCount = 0;
  } else if (events.newListener !== undefined) {
    emitter.emit("newListener", type, listener.listener ?? listener);
    events = emitter._events; // it may have been replaced
  }
  const existing = events[type];
  if (existing === undefined) {
    events[type] = listener;
    emitter._eventsCount++;
    return emitter;
  }
  let listeners = existing;
  if (typeof existing === "function") listeners = events[type] = prepend ? [listener, existing] : [existing, listener];
  else if (prepend) existing.unshift(listener);
  else existing.push(listener);
  const max = emitter._maxListeners ?? defaultMaxListeners;
  if (max > 0 && listeners.length > max && !listeners.warned) warnOfLeak(emitter, type, listeners);
  return emitter;
}

prototype.addListener = function addListener(type: Name, listener: Listener): any {
  return add(this, type, listener, false);
};
prototype.on = prototype.addListener;
prototype.prependListener = function prependListener(type: Name, listener: Listener): any {
  return add(this, type, listener, true);
};

function onceWrapper(emitter: any, type: Name, listener: Listener): Listener {
  let fired = false;
  const wrapped: Listener = (...args) => {
    if (fired) return undefined;
    fired = true;
    emitter.removeListener(type, wrapped);
    return apply(listener, emitter, args);
  };
  wrapped.listener = listener;
  return wrapped;
}

prototype.once = function once(type: Name, listener: Listener): any {
  validateListener(listener);
  return this.on(type, onceWrapper(this, type, listener));
};
prototype.prependOnceListener = function prependOnceListener(type: Name, listener: Listener): any {
  validateListener(listener);
  return this.prependListener(type, onceWrapper(this, type, listener));
};

function forget(emitter: any, events: any, type: Name): void {
  if (--emitter._eventsCount === 0) emitter._events = { __proto__: null };
  else delete events[type];
}

prototype.removeListener = function removeListener(type: Name, listener: Listener): any {
  validateListener(listener);
  const events = this._events;
  const list = events?.[type];
  if (list === undefined) return this;
  if (list === listener || list.listener === listener) {
    forget(this, events, type);
    if (events.removeListener) this.emit("removeListener", type, list.listener ?? listener);
  } else if (typeof list !== "function") {
    let position = list.length - 1;
    while (position >= 0 && list[position] !== listener && list[position].listener !== listener) position--;
    if (position < 0) return this;
    list.splice(position, 1);
    if (list.length === 1) events[type] = list[0];
    if (events.removeListener !== undefined) this.emit("removeListener", type, listener);
  }
  return this;
};
prototype.off = prototype.removeListener;

prototype.removeAllListeners = function removeAllListeners(type?: Name): any {
  const events = this._events;
  if (events === undefined) return this;
  if (events.removeListener === undefined) {
    if (arguments.length === 0) {
      this._events = { __proto__: null };
      this._eventsCount = 0;
    } else if (events[type!] !== undefined) {
      forget(this, events, type!);
    }
    return this;
  }
  if (arguments.length === 0) {
    for (const key of ownKeys(events)) if (key !== "removeListener") this.removeAllListeners(key);
    this.removeAllListeners("removeListener");
    this._events = { __proto__: null };
    this._eventsCount = 0;
    return this;
  }
  const listeners = events[type!];
  if (typeof listeners === "function") this.removeListener(type, listeners);
  else if (listeners !== undefined) for (let i = listeners.length - 1; i >= 0; i--) this.removeListener(type, listeners[i]);
  return this;
};

function listenersOf(emitter: any, type: Name, unwrap: boolean): Listener[] {
  const listeners = emitter._events?.[type];
  if (listeners === undefined) return [];
  const all: Listener[] = typeof listeners === "function" ? [listeners] : listeners.slice();
  return unwrap ? all.map((each) => each.listener ?? each) : all;
}

prototype.listeners = function listeners(type: Name): Listener[] {
  return listenersOf(this, type, true);
};
prototype.rawListeners = function rawListeners(type: Name): Listener[] {
  return listenersOf(this, type, false);
};
prototype.listenerCount = function listenerCount(type: Name, listener?: Listener): number {
  const all = listenersOf(this, type, false);
  if (listener === undefined || listener === null) return all.length;
  return all.filter((each) => each === listener || each.listener === listener).length;
};
prototype.eventNames = function eventNames(): Name[] {
  return this._eventsCount > 0 ? ownKeys(this._events) : [];
};
prototype.setMaxListeners = function setMaxListeners(count: number): any {
  if (typeof count !== "number" || !(count >= 0)) {
    if (typeof count !== "number") throw invalidArgType("setMaxListeners", "number", count);
    throw nodeError(RangeError, "ERR_OUT_OF_RANGE",
      `The value of "setMaxListeners" is out of range. It must be >= 0. Received ${count}`);
  }
  this._maxListeners = count;
  return this;
};
prototype.getMaxListeners = function getMaxListeners(): number {
  return this._maxListeners ?? defaultMaxListeners;
};
for (const name of Object.keys(prototype)) {
  if (typeof prototype[name] === "function") defineProperty(prototype, name, { writable: true, enumerable: true });
}
