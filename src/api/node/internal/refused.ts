// SPDX-License-Identifier: Apache-2.0
// Functions and classes that are there to be imported, and fail by their name when they are used.
import { notImplemented } from "./errors.ts";

const { defineProperty } = Object;

export function refuse(name: string, label = name): (...args: unknown[]) => never {
  const run = (): never => {
    throw notImplemented(label);
  };
  return defineProperty(run, "name", { value: name });
}

/** refuse() of each of the names, which are separated by spaces. */
export function refuseAll(names: string, prefix = ""): Record<string, (...args: unknown[]) => never> {
  return Object.fromEntries(names.split(" ").map((name) => [name, refuse(name, prefix + name)]));
}

export function refusedClass(name: string, label = name, base?: any): any {
  const class_ = base === undefined ? class {
    constructor() {
      throw notImplemented(label);
    }
  } : class extends base {
    constructor() {
      super();
      throw notImplemented(label);
    }
  };
  return defineProperty(class_, "name", { value: name });
}
