// SPDX-License-Identifier: Apache-2.0
// https://w3c.github.io/performance-timeline/ and https://w3c.github.io/user-timing/
import { defineInterface } from "mayfly:core";

const internal = Symbol("PerformanceEntry");

export class PerformanceEntry {
  #fields: { name: string; entryType: string; startTime: number; duration: number; detail: unknown };

  constructor(...fields: unknown[]) {
    if (fields[0] !== internal) throw new TypeError("Illegal constructor");
    const [, name, entryType, startTime, duration, detail] = fields as [symbol, string, string, number, number, unknown];
    this.#fields = { name, entryType, startTime, duration, detail };
  }
  get name(): string { return this.#fields.name; }
  get entryType(): string { return this.#fields.entryType; }
  get startTime(): number { return this.#fields.startTime; }
  get duration(): number { return this.#fields.duration; }
  toJSON(): object {
    const { name, entryType, startTime, duration } = this.#fields;
    return { name, entryType, startTime, duration };
  }
  static detailOf(entry: PerformanceEntry): unknown {
    return entry.#fields.detail;
  }
}
const { detailOf } = PerformanceEntry;
Reflect.deleteProperty(PerformanceEntry, "detailOf");

export interface MarkOptions {
  detail?: unknown;
  startTime?: number;
}

function copyDetail(detail: unknown): unknown {
  return detail === undefined || detail === null ? null : requireGroup("mayfly:web/misc").structuredClone(detail);
}

export class PerformanceMark extends PerformanceEntry {
  constructor(name: string, options: MarkOptions | null = {}) {
    const startTime = options?.startTime === undefined ? ops.monotonicNow() : Number(options.startTime);
    if (!(startTime >= 0)) throw new TypeError("PerformanceMark constructor: startTime must not be negative");
    super(internal, `${name}`, "mark", startTime, 0, copyDetail(options?.detail));
  }
  get detail(): unknown { return detailOf(this); }
}

export class PerformanceMeasure extends PerformanceEntry {
  get detail(): unknown { return detailOf(this); }
}

export function makeMeasure(name: string, start: number, end: number, detail: unknown): PerformanceMeasure {
  return new PerformanceMeasure(internal, name, "measure", start, end - start, copyDetail(detail));
}

for (const class_ of [PerformanceEntry, PerformanceMark, PerformanceMeasure]) defineInterface(class_);
