// SPDX-License-Identifier: Apache-2.0
//
// Bundles what it is sent, by createWorker() or createApp() as they are published, runs the result as a dynamic worker
// and answers what that answered: POST { make, options, requests: [[path, headers]] }.

import { createApp, createMemoryStorage, createWorker, handleAssetRequest } from "@cloudflare/worker-bundler";

const makers = { createApp, createWorker };

async function answersOf(made, requests, { LOADER }) {
  const { mainModule, modules, wranglerConfig } = made;
  const worker = LOADER.load({
    compatibilityDate: wranglerConfig?.compatibilityDate ?? "2026-11-01",
    compatibilityFlags: wranglerConfig?.compatibilityFlags,
    mainModule,
    modules,
    globalOutbound: null,
  });
  const answers = [];
  for (const [path, headers] of requests) {
    const request = new Request(`https://app.example${path}`, { headers });
    const asset =
      made.assetManifest &&
      (await handleAssetRequest(request, made.assetManifest, createMemoryStorage(made.assets), made.assetConfig));
    const { status, headers: sent, body } = asset ?? (await worker.getEntrypoint().fetch(request));
    answers.push({
      status,
      type: sent.get("content-type"),
      etag: sent.get("etag"),
      text: await new Response(body).text(),
    });
  }
  return answers;
}

export default {
  async fetch(request, env) {
    const { make, options, requests = [] } = await request.json();
    try {
      const made = await makers[make](options);
      const { mainModule, modules, warnings, clientBundles } = made;
      const answers = await answersOf(made, requests, env);
      return Response.json({ mainModule, modules, warnings, clientBundles, answers });
    } catch (error) {
      return Response.json({ error: error.message });
    }
  },
};
