// SPDX-License-Identifier: Apache-2.0
// https://w3c.github.io/hr-time/: the clock. Like Date, it stands still while code runs and moves on with I/O.
import { defineInterface } from "mayfly:core";

import { EventTarget } from "mayfly:web/events";

const internal = Symbol("performance");
const { monotonicNow, now } = ops;

export class Performance extends EventTarget {
  #timeOrigin: number;

  constructor(...key: symbol[]) {
    if (key[0] !== internal) throw new TypeError("Illegal constructor");
    super();
    this.#timeOrigin = now() - monotonicNow();
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
}
defineInterface(Performance);

export const performance = new Performance(internal);
