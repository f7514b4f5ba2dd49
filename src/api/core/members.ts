// SPDX-License-Identifier: Apache-2.0
// What a receiver exposes over RPC. Instances of RpcTarget and of the entrypoint classes show the members of their
// classes (methods, getters) and nothing of their own; plain objects, arrays and functions show their own properties.
// Nothing of Object.prototype is ever shown. A path that meets a stub goes on at the other side of that stub.

import type { RemoteCall } from "./calls.ts";
import type { Capability } from "./capability.ts";
import { rpcBaseOf } from "./targets.ts";

const { getPrototypeOf, hasOwn } = Object;
const objectPrototype = Object.prototype;
const { apply, get } = Reflect;
const { join } = Array.prototype;

type StubProbe = (value: object) => Capability | RemoteCall | null;
let stubProbe: StubProbe = () => null;
/** stub.ts says how to know a stub. */
export function setStubProbe(probe: StubProbe): void {
  stubProbe = probe;
}

/** What stands behind a stub, a promise or property of one; null for everything else. */
export function capabilityOf(value: unknown): Capability | RemoteCall | null {
  return value !== null && (typeof value === "object" || typeof value === "function") ? stubProbe(value) : null;
}

function notImplemented(name: string): TypeError {
  return new TypeError(`The RPC receiver does not implement the method "${name}".`);
}

export function checkNotReserved(name: string): void {
  if (name === "constructor" || name === "dup") {
    throw new TypeError(`'${name}' is a reserved method and cannot be called over RPC.`);
  }
}

/** `from`: by which name `holder` was found. */
function readMember(holder: unknown, name: string, from: string | undefined): unknown {
  checkNotReserved(name);
  if (holder === null || (typeof holder !== "object" && typeof holder !== "function")) throw notImplemented(from ?? name);
  const base = rpcBaseOf(holder);
  if (base !== null) {
    let prototype = getPrototypeOf(holder) as object | null;
    for (; prototype !== null && prototype !== base; prototype = getPrototypeOf(prototype) as object | null) {
      if (hasOwn(prototype, name)) return get(prototype, name, holder);
    }
    throw notImplemented(name);
  }
  if (typeof holder === "object") {
    const prototype: unknown = getPrototypeOf(holder);
    if (prototype !== objectPrototype && prototype !== null && !Array.isArray(holder)) throw notImplemented(name);
  }
  if (!hasOwn(holder, name)) throw notImplemented(name);
  return (holder as Record<string, unknown>)[name];
}

/**
 * Reads `path` from `root` and calls what is found there, or returns it when `args` is undefined. Returns a RemoteCall
 * where the path leads to a stub; throws what user code throws. `handler`, when given, takes over the call of a
 * function found directly in `root`. `rootIsOwn`: it is known to be no stub.
 */
export function callMember(
  root: unknown,
  path: readonly string[],
  args: unknown[] | undefined,
  handler: ((name: string, method: Function, args: unknown[]) => unknown) | null,
  rootIsOwn = false,
): unknown {
  let holder: unknown = undefined;
  let value = root;
  for (let index = 0; index < path.length; index++) {
    const capability = index === 0 && rootIsOwn ? null : capabilityOf(value);
    if (capability !== null) return capability.call(path.slice(index), args);
    holder = value;
    value = readMember(value, path[index]!, path[index - 1]);
  }
  if (args === undefined) return value;
  const capability = capabilityOf(value);
  if (capability !== null) return capability.call([], args);
  if (typeof value !== "function") {
    if (path.length === 0) throw new TypeError('"(this)" is not a function.');
    throw new TypeError(`"${apply(join, path, ["."])}" is not a function.`);
  }
  if (handler !== null && path.length === 1) return handler(path[0]!, value, args);
  return apply(value, holder, args);
}
