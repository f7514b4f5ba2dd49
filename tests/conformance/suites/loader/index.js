// SPDX-License-Identifier: Apache-2.0
//
// The Worker Loader: what load() and get() return, what code may hold, what the loaded worker can reach.

import { DurableObject, WorkerEntrypoint } from "cloudflare:workers";
import { suite } from "../../check.js";
import "./loading.js";
import "./modules.js";
import "./typescript.js";
import "./wasm.js";
import "./clock.js";
import "./environment.js";
import "./passing.js";
import "./outbound.js";
import "./validation.js";
import "./classes.js";
import "./containment.js";
import "./abuse.js";
import "./tails.js";

/** What `fetch()` of this worker reaches: no test needs the internet. */
export class Internet extends WorkerEntrypoint {
  fetch(request) {
    return new Response(`internet: ${request.method} ${request.url}`);
  }
}

export class Tool extends WorkerEntrypoint {
  add(a, b) {
    return a + b;
  }
  owner() {
    return this.ctx.props.owner;
  }
  fetch(request) {
    return new Response(`tool of ${this.ctx.props?.owner}: ${request.method} ${request.url}`);
  }
}

export { codeLater, keptStub } from "./callbacks.js";

export { BadTail, Hasty, Tail, plainTail } from "./tails.js";

export class Counter extends DurableObject {}

export const plainOutbound = {
  fetch(request) {
    return new Response(`plain: ${request.url}`);
  },
};

export default suite();
