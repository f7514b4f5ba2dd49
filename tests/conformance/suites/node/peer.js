// SPDX-License-Identifier: Apache-2.0
//
// Another entrypoint of the same worker, to be called by RPC.

import { AsyncLocalStorage } from "node:async_hooks";
import { WorkerEntrypoint } from "cloudflare:workers";

export const storage = new AsyncLocalStorage();

export class Peer extends WorkerEntrypoint {
  store() {
    return { store: storage.getStore() ?? "none" };
  }

  async callBack(callback) {
    return storage.run("of the peer", async () => await callback());
  }
}

/** Stands in for the network. */
export class Echo extends WorkerEntrypoint {
  async fetch(request) {
    const url = new URL(request.url);
    if (url.pathname === "/redirect") return Response.redirect(`${url.origin}/landed`, 302);
    const { method, headers } = request;
    const answer = { method, path: url.pathname + url.search, headers: Object.fromEntries(headers), body: await request.text() };
    return Response.json(answer, { headers: [["set-cookie", "a=1"], ["set-cookie", "b=2"]] });
  }
}
