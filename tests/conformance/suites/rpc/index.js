// SPDX-License-Identifier: Apache-2.0
//
// Calls between workers: methods, values, errors, functions and targets that travel, order, names that are not
// reachable. Every check of `calls.js` and `values.js` runs twice: against a service binding and against a dynamic
// worker.

import * as workers from "cloudflare:workers";
import { RpcTarget, WorkerEntrypoint } from "cloudflare:workers";
import { suite } from "../../check.js";
import { aborts } from "./abort.js";
import { entrypoints } from "./calls.js";
import "./capabilities.js";
import "./dates.js";
import { hanging } from "./hung.js";
import "./importable.js";
import "./misuse.js";
import "./module.js";
import "./names.js";
import { pipelining } from "./pipelining.js";
import { keeping } from "./requests.js";
import { shapes } from "./shapes.js";
import { transfers } from "./transfers.js";

export class Api extends entrypoints(WorkerEntrypoint, RpcTarget) {}

export class Transfers extends transfers(WorkerEntrypoint) {}

export class Aborts extends aborts(workers) {}

export class Shapes extends shapes(workers) {}

export class Keeping extends keeping(workers) {}

export class Pipelining extends pipelining(workers) {}

export class Hanging extends hanging(workers) {}

export { loading } from "./hung.js";

export const aborting = {
  now(reason, env, ctx) {
    ctx.abort(reason);
  },
};

export class Bound extends WorkerEntrypoint {
  who() {
    return `${this.env.GREETING} ${this.ctx.props.owner}`;
  }
}

export const plain = {
  greet(name, env, ctx) {
    return `${env.GREETING} ${name} ${typeof ctx.waitUntil}`;
  },
  two(a, b, env, ctx) {
    return [a, b];
  },
  none() {
    return arguments.length;
  },
  rest(...all) {
    return [all.length, all[0]];
  },
  chosen(name = "nobody") {
    return name;
  },
  number: 5,
  fetch(request) {
    return new Response("plain fetch");
  },
};

export default suite();
