// SPDX-License-Identifier: Apache-2.0
// https://w3c.github.io/hr-time/: the clock. Like Date, it stands still while code runs and moves on with I/O.
// https://w3c.github.io/user-timing/: marks and measures, of which the oldest go when there are too many.
import { defineInterface, requireArguments } from "mayfly:core";

import { EventTarget } from "mayfly:web/events";

import { type MarkOptions, type PerformanceEntry, PerformanceMark, type PerformanceMeasure, makeMeasure } from "./entries.ts";
import { setBuffer, tellObservers } from "./observer.ts";

const internal = Symbol("performance");
const kEntriesMax = 10_000;
const { monotonicNow, now } = ops;

type Place = string | number | undefined;
interface MeasureOptions {
  start?: Place;
  end?: Place;
  duration?: number;
  detail?: unknown;
}

function syntaxError(message: string): Error {
  return new (requireGroup("mayfly:web/events").DOMException)(message, "SyntaxError");
}

export class Performance extends EventTarget {
  #timeOrigin: number;
  #entries: PerformanceEntry[] = [];

  constructor(...key: symbol[]) {
    if (key[0] !== internal) throw new TypeError("Illegal constructor");
    super();
    this.#timeOrigin = now() - monotonicNow();
    setBuffer(() => this.#entries);
  }

  get timeOrigin(): number {
    return this.#timeOrigin;
  }
  now(): number {
    void this.#timeOrigin;
    return monotonicNow();
  }
  toJSON(): { timeOrigin: number } {
    return { timeOrigin: this.#timeOrigin };
  }

  #add<E extends PerformanceEntry>(entry: E): E {
    // In one go, as moving all for each of them would take time that grows with their square.
    if (this.#entries.length >= 2 * kEntriesMax) this.#entries = this.#entries.slice(-kEntriesMax);
    this.#entries.push(entry);
    tellObservers(entry);
    return entry;
  }

  mark(name: string, options?: MarkOptions): PerformanceMark {
    requireArguments("Performance.mark", arguments.length, 1);
    return this.#add(new PerformanceMark(name, options));
  }

  #timeOf(place: string | number): number {
    if (typeof place === "number") {
      if (!(place >= 0)) throw new TypeError("Performance.measure: a time must not be negative");
      return place;
    }
    const mark = this.#entries.findLast((entry) => entry.entryType === "mark" && entry.name === `${place}`);
    if (mark === undefined) throw syntaxError(`Performance.measure: there is no mark "${place}"`);
    return mark.startTime;
  }

  measure(name: string, startOrOptions?: Place | MeasureOptions | null, endMark?: string): PerformanceMeasure {
    requireArguments("Performance.measure", arguments.length, 1);
    const options: MeasureOptions = typeof startOrOptions === "object" && startOrOptions !== null ? startOrOptions
      : { start: startOrOptions ?? undefined };
    const given = { start: options.start, end: endMark ?? options.end, duration: options.duration };
    if (given.start !== undefined && given.end !== undefined && given.duration !== undefined) {
      throw new TypeError("Performance.measure: only two of start, end and duration can be given");
    }
    const duration = given.duration === undefined ? undefined : Number(given.duration);
    const start = given.start !== undefined ? this.#timeOf(given.start)
      : duration !== undefined && given.end !== undefined ? this.#timeOf(given.end) - duration : 0;
    const end = given.end !== undefined ? this.#timeOf(given.end)
      : duration !== undefined ? start + duration : monotonicNow();
    return this.#add(makeMeasure(`${name}`, start, end, options.detail));
  }

  #clear(type: string, name: string | undefined): void {
    this.#entries = this.#entries.filter((entry) =>
      entry.entryType !== type || (name !== undefined && entry.name !== `${name}`));
  }
  clearMarks(name?: string): void {
    this.#clear("mark", name);
  }
  clearMeasures(name?: string): void {
    this.#clear("measure", name);
  }

  getEntries(): PerformanceEntry[] {
    return this.#entries.toSorted((one, other) => one.startTime - other.startTime);
  }
  getEntriesByType(type: string): PerformanceEntry[] {
    requireArguments("Performance.getEntriesByType", arguments.length, 1);
    return this.getEntries().filter((entry) => entry.entryType === `${type}`);
  }
  getEntriesByName(name: string, type?: string): PerformanceEntry[] {
    requireArguments("Performance.getEntriesByName", arguments.length, 1);
    return this.getEntries().filter((entry) => entry.name === `${name}` && (type === undefined || entry.entryType === `${type}`));
  }
}
defineInterface(Performance);

export const performance = new Performance(internal);
