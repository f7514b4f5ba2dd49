// SPDX-License-Identifier: Apache-2.0
// https://nodejs.org/api/diagnostics_channel.html
import { AsyncLocalStorage } from "mayfly:node/async_hooks";
import { invalidArgType, validateFunction } from "mayfly:node/internal";

const { apply } = Reflect;

type Name = string | symbol;
type Subscriber = (message: unknown, name: Name) => void;
type Transform = (message: unknown) => unknown;

// Kept while somebody subscribes; a channel that nobody holds and nobody listens to may go.
const channels = new Map<Name, WeakRef<Channel>>();
const kept = new Set<Channel>();
const gone = new FinalizationRegistry<Name>((name) => {
  if (channels.get(name)?.deref() === undefined) channels.delete(name);
});

const create = Symbol("create");

export class Channel {
  #name: Name;
  #subscribers: Subscriber[] = [];
  #stores = new Map<AsyncLocalStorage, Transform | undefined>();

  constructor(name: Name, key?: symbol) {
    if (key !== create) throw new TypeError("Illegal constructor");
    this.#name = name;
  }

  get name(): Name {
    return this.#name;
  }
  get hasSubscribers(): boolean {
    return this.#subscribers.length > 0 || this.#stores.size > 0;
  }

  subscribe(subscriber: Subscriber): void {
    validateFunction(subscriber, "subscription");
    this.#subscribers = [...this.#subscribers, subscriber];
    this.#keep();
  }
  unsubscribe(subscriber: Subscriber): boolean {
    const index = this.#subscribers.indexOf(subscriber);
    if (index < 0) return false;
    this.#subscribers = this.#subscribers.toSpliced(index, 1);
    this.#keep();
    return true;
  }
  bindStore(store: AsyncLocalStorage, transform?: Transform): void {
    this.#stores.set(store, transform);
    this.#keep();
  }
  unbindStore(store: AsyncLocalStorage): boolean {
    const had = this.#stores.delete(store);
    this.#keep();
    return had;
  }
  #keep(): void {
    if (this.hasSubscribers) kept.add(this);
    else kept.delete(this);
  }

  publish(message: unknown): void {
    for (const subscriber of this.#subscribers) {
      try {
        subscriber(message, this.#name);
      } catch (error) {
        report(error);
      }
    }
  }

  runStores(message: unknown, run: (...args: any[]) => unknown, self?: unknown, ...args: unknown[]): unknown {
    let inner = (): unknown => {
      this.publish(message);
      return apply(run, self, args);
    };
    for (const [store, transform] of this.#stores) {
      const next = inner;
      inner = () => {
        let value = message;
        if (transform !== undefined) {
          try {
            value = transform(message);
          } catch (error) {
            report(error);
            return next();
          }
        }
        return store.run(value, next);
      };
    }
    return inner();
  }
}

/** What a subscriber throws is no failure of who publishes. */
function report(error: unknown): void {
  requireGroup("mayfly:node/process").process.nextTick(() => {
    throw error;
  });
}

export function channel(name: Name): Channel {
  const known = channels.get(name)?.deref();
  if (known !== undefined) return known;
  if (typeof name !== "string" && typeof name !== "symbol") throw invalidArgType("channel", ["string", "symbol"], name);
  const made = new Channel(name, create);
  channels.set(name, new WeakRef(made));
  gone.register(made, name);
  return made;
}

const events = ["start", "end", "asyncStart", "asyncEnd", "error"] as const;
type Handlers = Partial<Record<(typeof events)[number], Subscriber>>;

export class TracingChannel {
  start!: Channel;
  end!: Channel;
  asyncStart!: Channel;
  asyncEnd!: Channel;
  error!: Channel;

  constructor(nameOrChannels: any) {
    for (const event of events) {
      const given = typeof nameOrChannels === "string" ? channel(`tracing:${nameOrChannels}:${event}`) : nameOrChannels?.[event];
      if (!(given instanceof Channel)) {
        throw typeof nameOrChannels === "object" && nameOrChannels !== null
          ? invalidArgType(`nameOrChannels.${event}`, "Channel", given)
          : invalidArgType("nameOrChannels", ["string", "object", "TracingChannel"], nameOrChannels);
      }
      Object.defineProperty(this, event, { value: given });
    }
  }

  get hasSubscribers(): boolean {
    return events.some((event) => this[event].hasSubscribers);
  }
  subscribe(handlers: Handlers): void {
    for (const event of events) if (handlers[event]) this[event].subscribe(handlers[event]);
  }
  unsubscribe(handlers: Handlers): boolean {
    let all = true;
    for (const event of events) if (handlers[event] && !this[event].unsubscribe(handlers[event])) all = false;
    return all;
  }

  traceSync(run: (...args: any[]) => unknown, context: any = {}, self?: unknown, ...args: unknown[]): unknown {
    if (!this.hasSubscribers) return apply(run, self, args);
    return this.start.runStores(context, () => {
      try {
        const result = apply(run, self, args);
        context.result = result;
        return result;
      } catch (error) {
        context.error = error;
        this.error.publish(context);
        throw error;
      } finally {
        this.end.publish(context);
      }
    });
  }

  tracePromise(run: (...args: any[]) => any, context: any = {}, self?: unknown, ...args: unknown[]): unknown {
    if (!this.hasSubscribers) return apply(run, self, args);
    const settle = (key: "result" | "error", value: unknown): void => {
      context[key] = value;
      if (key === "error") this.error.publish(context);
      this.asyncStart.publish(context);
      this.asyncEnd.publish(context);
    };
    return this.start.runStores(context, () => {
      try {
        let promise = apply(run, self, args);
        if (!(promise instanceof Promise)) promise = Promise.resolve(promise);
        return promise.then(
          (value: unknown) => {
            settle("result", value);
            return value;
          },
          (error: unknown) => {
            settle("error", error);
            throw error;
          });
      } catch (error) {
        context.error = error;
        this.error.publish(context);
        throw error;
      } finally {
        this.end.publish(context);
      }
    });
  }

  traceCallback(run: (...args: any[]) => unknown, position = -1, context: any = {}, self?: unknown, ...args: any[]): unknown {
    if (!this.hasSubscribers) return apply(run, self, args);
    const callback = args.at(position);
    validateFunction(callback, "callback");
    const { asyncStart, asyncEnd, error: failed } = this;
    args.splice(position, 1, function (this: unknown, error: unknown, result: unknown, ...rest: unknown[]) {
      if (error) {
        context.error = error;
        failed.publish(context);
      } else {
        context.result = result;
      }
      return asyncStart.runStores(context, () => {
        try {
          return apply(callback, this, [error, result, ...rest]);
        } finally {
          asyncEnd.publish(context);
        }
      });
    });
    return this.start.runStores(context, () => {
      try {
        return apply(run, self, args);
      } catch (error) {
        context.error = error;
        failed.publish(context);
        throw error;
      } finally {
        this.end.publish(context);
      }
    });
  }
}

export default {
  channel,
  hasSubscribers: (name: Name): boolean => channels.get(name)?.deref()?.hasSubscribers ?? false,
  subscribe(name: Name, subscriber: Subscriber): void {
    channel(name).subscribe(subscriber);
  },
  unsubscribe: (name: Name, subscriber: Subscriber): boolean => channel(name).unsubscribe(subscriber),
  tracingChannel: (nameOrChannels: unknown): TracingChannel => new TracingChannel(nameOrChannels),
  Channel,
  TracingChannel,
};
