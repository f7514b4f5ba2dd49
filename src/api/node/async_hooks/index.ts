// SPDX-License-Identifier: Apache-2.0
// node:async_hooks. Of the hooks themselves there is the shape alone, as in Workers: none is ever called.
import { AsyncLocalStorage } from "./async_local_storage.ts";
import { AsyncResource } from "./async_resource.ts";

class AsyncHook {
  enable(): this {
    return this;
  }
  disable(): this {
    return this;
  }
}

function createHook(): AsyncHook {
  return new AsyncHook();
}

const topResource = {};

function executionAsyncResource(): object {
  return topResource;
}

function executionAsyncId(): number {
  return 0;
}

function triggerAsyncId(): number {
  return 0;
}

const asyncWrapProviders: Record<string, number> = Object.freeze({ __proto__: null as never, NONE: 0 });

export { AsyncLocalStorage, AsyncResource };
export default {
  AsyncLocalStorage, AsyncResource, asyncWrapProviders, createHook, executionAsyncId, executionAsyncResource,
  triggerAsyncId,
};
