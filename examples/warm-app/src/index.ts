// SPDX-License-Identifier: Apache-2.0
//
// Serves a whole application out of a dynamic worker that stays warm. `get()` starts it on the first request and
// finds it again under its id on the next ones; the factory runs only when there is nothing to find. Put the version
// of the code into the id, and a new version is a new worker.

import main from "../app/main.js";
import { honoModules } from "./hono";

interface Env {
  LOADER: WorkerLoader;
}

export default {
  fetch(request, env) {
    const worker = env.LOADER.get("shop:v1", async () => ({
      compatibilityDate: "2026-11-01",
      mainModule: "main.js",
      modules: { "main.js": main, ...honoModules },
      globalOutbound: null,
    }));
    return worker.getEntrypoint().fetch(request);
  },
} satisfies ExportedHandler<Env>;
