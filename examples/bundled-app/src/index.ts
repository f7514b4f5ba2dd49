// SPDX-License-Identifier: Apache-2.0
//
// Serves a project that is given as source: it is bundled here, in this worker, with its dependencies from a registry,
// and runs as a dynamic worker. The name under which that is kept says what it was made of, so a project is bundled once
// and a changed one is another worker.

import { createWorker } from "@cloudflare/worker-bundler";
import { files } from "./project";

interface Env {
  LOADER: WorkerLoader;
  REGISTRY: string;
}

async function nameOf(project: Record<string, string>): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(JSON.stringify(project)));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function bundle(project: Record<string, string>, registry: string): Promise<WorkerLoaderWorkerCode> {
  const {
    mainModule,
    modules,
    warnings = [],
  } = await createWorker({
    files: project,
    entryPoint: "src/index.tsx",
    registry,
    jsx: "automatic",
    jsxImportSource: "hono/jsx",
  });
  if (warnings.length > 0) throw new Error(warnings.join("\n"));
  return { compatibilityDate: "2026-11-01", mainModule, modules, globalOutbound: null };
}

export default {
  async fetch(request, env) {
    const worker = env.LOADER.get(await nameOf(files), () => bundle(files, env.REGISTRY));
    return worker.getEntrypoint().fetch(request);
  },
} satisfies ExportedHandler<Env>;
