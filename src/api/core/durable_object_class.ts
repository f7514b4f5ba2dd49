// SPDX-License-Identifier: Apache-2.0
// A reference to a Durable Object class: of a dynamic worker (getDurableObjectClass) or of this one (ctx.exports.Name).
// It can be made and passed on. There is nothing that makes objects of it yet: that comes with storage.

import type { Capability } from "./capability.ts";
import { disposeWith } from "./stub.ts";

const kConstruct = Symbol("construct");

/** The capability of a class reference, null for everything else. */
export let classCapability: (value: object) => Capability | null;

export class DurableObjectClass {
  readonly #capability: Capability;

  constructor(key: unknown, capability?: Capability) {
    if (key !== kConstruct || capability === undefined) throw new TypeError("Illegal constructor");
    this.#capability = capability;
    disposeWith(this, capability);
  }

  static {
    classCapability = (value) => (#capability in value ? value.#capability : null);
  }
}

export function makeClass(capability: Capability): DurableObjectClass {
  return new DurableObjectClass(kConstruct, capability);
}

/** ctx.exports.Name of a class: called, with { props }, it gives the reference. */
export class LoopbackDurableObjectClass {
  constructor() {
    throw new TypeError("Illegal constructor");
  }
}

for (const type of [DurableObjectClass, LoopbackDurableObjectClass]) {
  Object.defineProperty(type.prototype, Symbol.toStringTag, { value: type.name, configurable: true });
}

export function makeClassFactory(make: (...options: unknown[]) => Capability): object {
  return Object.setPrototypeOf((...options: unknown[]) => makeClass(make(...options)), LoopbackDurableObjectClass.prototype);
}
