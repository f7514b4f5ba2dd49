// SPDX-License-Identifier: Apache-2.0
// The base classes of cloudflare:workers whose instances take part in RPC.

const { getPrototypeOf } = Object;

function checkContext(ctx: unknown, on: string): void {
  if (ctx !== null && (typeof ctx === "object" || typeof ctx === "function")) return;
  throw new TypeError(`Failed to construct '${on}': constructor parameter 1 is not of type 'Object'.`);
}

export class RpcTarget {}

export class WorkerEntrypoint {
  protected ctx: unknown;
  protected env: unknown;
  constructor(ctx: unknown, env: unknown) {
    checkContext(ctx, "WorkerEntrypoint");
    this.ctx = ctx;
    this.env = env;
  }
}

export class DurableObject {
  protected ctx: unknown;
  protected env: unknown;
  constructor(ctx: unknown, env: unknown) {
    checkContext(ctx, "DurableObject");
    this.ctx = ctx;
    this.env = env;
  }
}

export class WorkflowEntrypoint {
  protected ctx: unknown;
  protected env: unknown;
  constructor(ctx: unknown, env: unknown) {
    checkContext(ctx, "WorkflowEntrypoint");
    this.ctx = ctx;
    this.env = env;
  }
}

const targetBase = RpcTarget.prototype;
const entrypointBase = WorkerEntrypoint.prototype;
const durableBase = DurableObject.prototype;
const workflowBase = WorkflowEntrypoint.prototype;

/** The prototype of the RPC base class of an instance, below which members are shown; null if it has none. */
export function rpcBaseOf(value: object): object | null {
  for (let prototype = getPrototypeOf(value) as object | null; prototype !== null;
       prototype = getPrototypeOf(prototype) as object | null) {
    if (prototype === targetBase || prototype === entrypointBase || prototype === durableBase ||
        prototype === workflowBase) {
      return prototype;
    }
  }
  return null;
}

export function isRpcTarget(value: object): boolean {
  return rpcBaseOf(value) === targetBase;
}

/** Whether `value` is a class derived from `base`. */
export function isSubclass(value: unknown, base: Function): value is new (ctx: unknown, env: unknown) => object {
  return typeof value === "function" && base.isPrototypeOf(value);
}
