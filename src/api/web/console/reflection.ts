// SPDX-License-Identifier: Apache-2.0
// Questions to objects that run none of their code.

const { getOwnPropertyDescriptor, getPrototypeOf } = Object;
const errorPrototype = Error.prototype;

/** The object and its prototypes, up to the first proxy. */
function* chain(object: object): Generator<object> {
  for (let at: object | null = object; at !== null; at = getPrototypeOf(at)) {
    if (ops.proxyDetails(at) !== undefined) return;
    yield at;
  }
}

/** The name of the class that an object is of; undefined when no prototype has one. */
export function className(object: object): string | undefined {
  for (const at of chain(object)) {
    const constructor: unknown = getOwnPropertyDescriptor(at, "constructor")?.value;
    const name = typeof constructor === "function" ? functionName(constructor) : "";
    if (name !== "") return name;
  }
  return undefined;
}

export function functionName(value: Function): string {
  if (ops.proxyDetails(value) !== undefined) return "";
  const name: unknown = getOwnPropertyDescriptor(value, "name")?.value;
  return typeof name === "string" ? name : "";
}

/** The value of a data property of the object or its prototypes. */
export function dataProperty(object: object, key: PropertyKey): unknown {
  for (const at of chain(object)) {
    const descriptor = getOwnPropertyDescriptor(at, key);
    if (descriptor !== undefined) return descriptor.value;
  }
  return undefined;
}

/** Whether it looks like an Error. A DOMException does, but is none of V8's. */
export function isException(object: object): boolean {
  if (getOwnPropertyDescriptor(object, "stack") === undefined) return false;
  for (const at of chain(object)) if (at === errorPrototype) return true;
  return false;
}
