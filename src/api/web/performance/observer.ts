// SPDX-License-Identifier: Apache-2.0
// https://w3c.github.io/performance-timeline/#the-performanceobserver-interface. An observer is called once the code that
// runs has come to its end, with all that was added meanwhile: in a microtask, where the standard has a task, as there are
// entries outside of any event too.
import { defineInterface, requireArguments } from "mayfly:core";

import type { PerformanceEntry } from "./entries.ts";

const internal = Symbol("PerformanceObserver");
const supported = Object.freeze(["mark", "measure"]);

type Callback = (entries: PerformanceObserverEntryList, observer: PerformanceObserver) => void;

export class PerformanceObserverEntryList {
  #entries: PerformanceEntry[];

  constructor(...state: unknown[]) {
    if (state[0] !== internal) throw new TypeError("Illegal constructor");
    this.#entries = (state[1] as PerformanceEntry[]).toSorted((one, other) => one.startTime - other.startTime);
  }
  getEntries(): PerformanceEntry[] {
    return [...this.#entries];
  }
  getEntriesByType(type: string): PerformanceEntry[] {
    requireArguments("PerformanceObserverEntryList.getEntriesByType", arguments.length, 1);
    return this.#entries.filter((entry) => entry.entryType === `${type}`);
  }
  getEntriesByName(name: string, type?: string): PerformanceEntry[] {
    requireArguments("PerformanceObserverEntryList.getEntriesByName", arguments.length, 1);
    return this.#entries.filter((entry) => entry.name === `${name}` && (type === undefined || entry.entryType === `${type}`));
  }
}

interface Observation {
  types: Set<string>;
  entries: PerformanceEntry[];
  call(): void;
}
const observations = new Set<Observation>();
let scheduled = false;

/** Tells the observers of a new entry. */
export function tellObservers(entry: PerformanceEntry): void {
  for (const observation of observations) if (observation.types.has(entry.entryType)) add(observation, [entry]);
}

function add(observation: Observation, entries: PerformanceEntry[]): void {
  observation.entries.push(...entries);
  if (scheduled) return;
  scheduled = true;
  requireGroup("mayfly:web/misc").queueMicrotask(() => {
    scheduled = false;
    for (const each of [...observations]) each.call();
  });
}

let bufferedEntries: () => PerformanceEntry[];
/** Where the entries are that were there before an observer. */
export function setBuffer(entries: () => PerformanceEntry[]): void {
  bufferedEntries = entries;
}

export class PerformanceObserver {
  #observation: Observation;
  #kind: "one" | "many" | undefined;

  constructor(callback: Callback) {
    if (typeof callback !== "function") throw new TypeError("PerformanceObserver constructor: the first argument must be a function");
    const entries: PerformanceEntry[] = [];
    this.#observation = {
      types: new Set(), entries,
      call: () => {
        if (entries.length === 0) return;
        try {
          callback.call(this, new PerformanceObserverEntryList(internal, entries.splice(0)), this);
        } catch (error) {
          requireGroup("mayfly:web/events").reportError(error);
        }
      },
    };
  }
  static get supportedEntryTypes(): readonly string[] {
    return supported;
  }

  observe(options: { entryTypes?: Iterable<string>; type?: string; buffered?: boolean } = {}): void {
    if (options === null || typeof options !== "object") throw new TypeError("PerformanceObserver.observe: the first argument must be an object");
    const { entryTypes, type, buffered } = options;
    if ((entryTypes === undefined) === (type === undefined)) {
      throw new TypeError("PerformanceObserver.observe: one of entryTypes and type must be given");
    }
    const kind = type === undefined ? "many" : "one";
    if (entryTypes !== undefined && buffered !== undefined) throw new TypeError("PerformanceObserver.observe: buffered goes with type alone");
    if (this.#kind !== undefined && this.#kind !== kind) {
      throw new (requireGroup("mayfly:web/events").DOMException)("PerformanceObserver.observe: this observer was told its types in another way before", "InvalidModificationError");
    }
    const wanted = Array.from(type === undefined ? entryTypes! : [type], (each) => `${each}`).filter((each) => supported.includes(each));
    this.#kind = kind;
    if (wanted.length === 0) return;
    const observation = this.#observation;
    if (kind === "many") observation.types = new Set(wanted);
    else observation.types.add(wanted[0]!);
    observations.add(observation);
    if (buffered) add(observation, bufferedEntries().filter((entry) => entry.entryType === wanted[0]));
  }
  disconnect(): void {
    observations.delete(this.#observation);
    this.#observation.types = new Set();
    this.#observation.entries.length = 0;
    this.#kind = undefined;
  }
  takeRecords(): PerformanceEntry[] {
    return this.#observation.entries.splice(0);
  }
}

for (const class_ of [PerformanceObserver, PerformanceObserverEntryList]) defineInterface(class_);
