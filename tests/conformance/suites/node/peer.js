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
