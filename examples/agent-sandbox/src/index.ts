// SPDX-License-Identifier: Apache-2.0
//
// Runs code that a model wrote. The code becomes a worker of its own: it sees the arguments of the call and nothing
// else, and because `globalOutbound` is null its `fetch()` leads nowhere.

interface Env {
  LOADER: WorkerLoader;
}

/** What we expect of the generated code. TypeScript's word for it: what really runs is checked by the sandbox alone. */
interface Agent extends Rpc.WorkerEntrypointBranded {
  run(input: number): Promise<{ doubled: number; ts: number }>;
}

// In real life this string is the answer of a model.
const agentCode = `
  import { WorkerEntrypoint } from "cloudflare:workers";

  export default class extends WorkerEntrypoint {
    run(input) {
      return { doubled: input * 2, ts: Date.now() };
    }
  }
`;

export default {
  async fetch(_request, env) {
    const worker = env.LOADER.load({
      compatibilityDate: "2026-11-01",
      mainModule: "agent.js",
      modules: { "agent.js": agentCode },
      globalOutbound: null,
    });
    const result = await worker.getEntrypoint<Agent>().run(21);
    return Response.json(result);
  },
} satisfies ExportedHandler<Env>;
