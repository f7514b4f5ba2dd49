// SPDX-License-Identifier: Apache-2.0
// What makes a class look as WebIDL wants interfaces to look: members enumerable, a toStringTag, and constructors and
// methods that refuse missing arguments. User code cannot tell such a class from a native one but by its source text.

const { defineProperty, getOwnPropertyDescriptors, getPrototypeOf, entries } = Object;
const { apply } = Reflect;
const inspectCustom = Symbol.for("nodejs.util.inspect.custom");

type Class = abstract new (...args: never[]) => object;

type Constants = Record<string, unknown>;

/** Makes the public members of `class_` enumerable, its constants too, and names it in toStringTag. */
export function defineInterface(class_: Class, tag: string = class_.name, constants: Constants = {}): void {
  for (const target of [class_, class_.prototype as object]) {
    for (const [name, descriptor] of entries(getOwnPropertyDescriptors(target))) {
      if (name === "constructor" || name === "prototype" || name === "name" || name === "length") continue;
      defineProperty(target, name, { ...descriptor, enumerable: true });
    }
    for (const [name, value] of entries(constants)) defineProperty(target, name, { value, enumerable: true });
  }
  defineProperty(class_.prototype, Symbol.toStringTag, { value: tag, configurable: true });
  if (!Object.hasOwn(class_.prototype, inspectCustom) && !(class_.prototype instanceof Error)) {
    defineProperty(class_.prototype, inspectCustom, { value: inspectInterface, writable: true, configurable: true });
  }
}

/** What the console shows of an object whose state is private: the values of its attributes. */
function inspectInterface(this: object, _depth: number, options: { inspect(value: unknown): string }): string {
  const members: Record<string, unknown> = {};
  for (const [name, { value, enumerable }] of entries(getOwnPropertyDescriptors(this))) {
    if (enumerable && value !== undefined) members[name] = value;
  }
  for (let at = getPrototypeOf(this) as object | null; at !== null; at = getPrototypeOf(at) as object | null) {
    for (const [name, { get, enumerable }] of entries(getOwnPropertyDescriptors(at))) {
      // Asking for a body would make a stream of it.
      if (!enumerable || get === undefined || name === "body" || name in members) continue;
      try {
        members[name] = apply(get, this, []);
      } catch {
        // `this` is a prototype, not an instance.
      }
    }
  }
  return `${this.constructor.name} ${options.inspect(members)}`;
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
