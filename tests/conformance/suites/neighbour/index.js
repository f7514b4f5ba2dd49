// SPDX-License-Identifier: Apache-2.0
//
// Another worker beside a suite, with a loader of its own.

const code = {
  compatibilityDate: "2026-11-01",
  mainModule: "main.js",
  modules: { "main.js": "let calls = 0; export default { fetch: () => new Response(`neighbour ${++calls}`) };" },
};

export default {
  fetch: (request, env) =>
    env.LOADER.get(new URL(request.url).searchParams.get("id"), () => code)
      .getEntrypoint()
      .fetch(request),
};
