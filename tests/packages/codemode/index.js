// SPDX-License-Identifier: Apache-2.0
//
// @cloudflare/codemode as it is published, all that needs no Durable Object.

import { WorkerEntrypoint } from "cloudflare:workers";
import { suite } from "../../conformance/check.js";
import "./executor.js";
import "./tools.js";
import "./servers.js";

/** What programs reach when it is their `globalOutbound`. */
export class Internet extends WorkerEntrypoint {
  fetch(request) {
    return new Response(`internet: ${request.method} ${request.url}`);
  }
}

/** A binding for programs. */
export class Notes extends WorkerEntrypoint {
  read(name) {
    return `${name} of ${this.ctx.props.owner}`;
  }
}

export default suite();
