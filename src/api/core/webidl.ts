// SPDX-License-Identifier: Apache-2.0
// What makes a class look as WebIDL wants interfaces to look: members enumerable, a toStringTag, and constructors and
// methods that refuse missing arguments. User code cannot tell such a class from a native one but by its source text.

const { defineProperty, getOwnPropertyDescriptors, entries } = Object;

type Class = abstract new (...args: never[]) => object;

/** Makes the public members of `class_` enumerable, its constants (`constants`) too, and names it in toStringTag. */
export function defineInterface(class_: Class, tag: string = class_.name, constants: Record<string, unknown> = {}): void {
  for (const target of [class_, class_.prototype as object]) {
    for (const [name, descriptor] of entries(getOwnPropertyDescriptors(target))) {
      if (name === "constructor" || name === "prototype" || name === "name" || name === "length") continue;
      defineProperty(target, name, { ...descriptor, enumerable: true });
    }
    for (const [name, value] of entries(constants)) defineProperty(target, name, { value, enumerable: true });
  }
  defineProperty(class_.prototype, Symbol.toStringTag, { value: tag, configurable: true });
}

/** Throws as WebIDL does when a required argument was left out. */
export function requireArguments(what: string, got: number, wanted: number): void {
  if (got < wanted) {
    throw new TypeError(`${what}: ${wanted} argument${wanted === 1 ? "" : "s"} required, but only ${got} present`);
  }
}

/** A WebIDL dictionary argument: undefined and null count as empty. */
export function toDictionary<T extends object>(value: T | null | undefined, what: string): Partial<T> {
  if (value === undefined || value === null) return {};
  if (typeof value !== "object" && typeof value !== "function") throw new TypeError(`${what} is not an object`);
  return value;
}
