// SPDX-License-Identifier: Apache-2.0
// node:events: the module is EventEmitter itself.
import { AsyncResource } from "mayfly:node/async_hooks";

import { EventEmitter as Emitter } from "./emitter.ts";
import {
  addAbortListener, getEventListeners, getMaxListeners, listenerCount, on, once, setMaxListeners,
} from "./utilities.ts";

export const EventEmitter = Emitter as any;

class EventEmitterReferencingAsyncResource extends AsyncResource {
  #emitter: object;
  constructor(emitter: object, type: string, options?: object) {
    super(type, options);
    this.#emitter = emitter;
  }
  get eventEmitter(): object {
    return this.#emitter;
  }
}

class EventEmitterAsyncResource extends EventEmitter {
  #resource: EventEmitterReferencingAsyncResource;

  constructor(options?: string | { name?: string }) {
    super(typeof options === "object" ? options : undefined);
    const name = typeof options === "string" ? options : options?.name ?? new.target.name;
    this.#resource = new EventEmitterReferencingAsyncResource(this, name);
  }
  emit(event: string | symbol, ...args: unknown[]): boolean {
    return this.#resource.runInAsyncScope(super.emit, this, event, ...args) as boolean;
  }
  emitDestroy(): void {
    this.#resource.emitDestroy();
  }
  get asyncId(): number {
    return this.#resource.asyncId();
  }
  get triggerAsyncId(): number {
    return this.#resource.triggerAsyncId();
  }
  get asyncResource(): object {
    return this.#resource;
  }
}

Object.assign(EventEmitter, {
  addAbortListener, EventEmitterAsyncResource, getEventListeners, getMaxListeners, listenerCount, on, once, setMaxListeners,
});

export default EventEmitter;
