// SPDX-License-Identifier: Apache-2.0
//
// The web platform as a worker sees it. Checks state what the standards say, on what programs and Hono use.

import { WorkerEntrypoint } from "cloudflare:workers";
import { suite } from "../../check.js";
import "./abort.js";
import "./crypto.js";
import "./encoding.js";
import "./fetch.js";
import "./files.js";
import "./globals.js";
import "./headers.js";
import "./messages.js";
import "./performance.js";
import "./streams.js";
import "./timers.js";
import "./url.js";

/** Stands in for the network. */
export class Echo extends WorkerEntrypoint {
  async fetch(request) {
    const url = new URL(request.url);
    if (url.pathname === "/redirect") return Response.redirect(`${url.origin}/landed`, 302);
    if (url.pathname === "/slow") await new Promise((done) => setTimeout(done, 2000));
    return Response.json(
      {
        method: request.method,
        path: url.pathname + url.search,
        headers: Object.fromEntries(request.headers),
        body: await request.text(),
      },
      {
        headers: [
          ["set-cookie", "a=1"],
          ["set-cookie", "b=2"],
          ["x-one", "1"],
        ],
      },
    );
  }
}

export default suite();
