// SPDX-License-Identifier: Apache-2.0
//
// Runs plugins that customers upload. A plugin is a set of modules; the host knows the name of one entrypoint and the
// methods it must have, and hands it its settings as `props`.

import main from "../plugins/slug/main.js";
import stopWords from "../plugins/slug/stop-words.json";
import words from "../plugins/slug/words.js";

interface Env {
  LOADER: WorkerLoader;
}

interface TextPlugin extends Rpc.WorkerEntrypointBranded {
  describe(): { name: string; version: string };
  transform(text: string): string;
}

// A host would find these in its database, under the customer's name.
const modules = {
  "main.js": main,
  "words.js": words,
  "stop-words.json": { json: stopWords },
};

export default {
  async fetch(request, env) {
    const text = new URL(request.url).searchParams.get("text") ?? "The Art of Computer Programming";
    const worker = env.LOADER.get("slug@1.0.0", () => ({
      compatibilityDate: "2026-11-01",
      mainModule: "main.js",
      modules,
      globalOutbound: null,
    }));
    const plugin = worker.getEntrypoint<TextPlugin>("TextPlugin", { props: { separator: "-" } });
    const [about, slug] = await Promise.all([plugin.describe(), plugin.transform(text)]);
    return Response.json({ plugin: `${about.name} ${about.version}`, text, slug });
  },
} satisfies ExportedHandler<Env>;
