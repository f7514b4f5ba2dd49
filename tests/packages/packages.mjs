// SPDX-License-Identifier: Apache-2.0
//
// Runs the programs of this folder's `programs/`, one for each npm package, in a worker of their own kind: as part of a
// host worker and as a dynamic worker. A program is a default function that throws when its package does not do its job.
// It gets { UPSTREAM }, the address of a server that speaks as OpenAI and Anthropic do.

import * as esbuild from "esbuild";
import { once } from "node:events";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import http from "node:http";
import { builtinModules } from "node:module";
import { join } from "node:path";
import { root, start, temporaryProject } from "../e2e/harness.mjs";
import { reasons } from "./reasons.mjs";
import { answer } from "./upstream.mjs";

const folder = join(root, "tests/packages/programs");
const scopes = ["@anthropic-ai", "@modelcontextprotocol", "@trpc"];
export const places = ["host", "dynamic"];

/** [{ name, version, file }], by name. */
export const packages = readdirSync(folder)
  .map((file) => {
    const plain = file.replace(/\.js$/, "");
    const scope = scopes.find((one) => plain.startsWith(`${one.slice(1)}-`));
    const name = scope ? `${scope}/${plain.slice(scope.length)}` : plain;
    const { version } = JSON.parse(readFileSync(join(root, "node_modules", name, "package.json"), "utf8"));
    return { name, version, file: join(folder, file) };
  })
  .sort((a, b) => a.name.localeCompare(b.name));

/** Imports of Node's modules, also without "node:" and by require(), become imports that the runtime answers. */
const nodeModules = {
  name: "node",
  setup(build) {
    const names = new Set(builtinModules);
    build.onResolve({ filter: /^[\w:/]+$/ }, ({ path, kind }) => {
      if (!path.startsWith("node:") && !names.has(path)) return undefined;
      const specifier = path.replace(/^(?:node:)?/, "node:");
      return kind === "require-call" ? { path: specifier, namespace: "required" } : { path: specifier, external: true };
    });
    build.onLoad({ filter: /.*/, namespace: "required" }, ({ path }) => ({
      contents: `import value from "${path}"; module.exports = value;`,
    }));
  },
};

/** One module for each program, with all that it imports: N.js for program N. Bundled as Mayfly bundles. */
async function bundle(chosen) {
  const entryOf = (file) => `
    import { WorkerEntrypoint } from "cloudflare:workers";
    import run from ${JSON.stringify(file)};
    export default class extends WorkerEntrypoint {
      run() {
        return run(this.env);
      }
    }`;
  const directory = temporaryProject(Object.fromEntries(chosen.map(({ file }, n) => [`${n}.entry.ts`, entryOf(file)])));
  await esbuild.build({
    absWorkingDir: root,
    entryPoints: chosen.map((_, n) => ({ in: join(directory, `${n}.entry.ts`), out: String(n) })),
    outdir: directory,
    bundle: true,
    format: "esm",
    target: "es2024",
    mainFields: ["browser", "module", "main"],
    conditions: ["workerd", "worker", "browser"],
    external: ["cloudflare:*"],
    plugins: [nodeModules],
    logLevel: "silent",
  });
  return directory;
}

/**
 * A project that runs program N in the place that is asked for (GET /host/N, GET /dynamic/N), and the server that the
 * programs ask. That also has the programs' bundles, for the host worker to load.
 */
export async function prepare(runtime, chosen, wanted = places) {
  const directory = await bundle(chosen);
  const upstream = http.createServer((request, response) => {
    const n = request.url.match(/^\/programs\/(\d+)$/)?.[1];
    if (n === undefined) return void answer(request, response);
    response.end(readFileSync(join(directory, `${n}.js`)));
  });
  await once(upstream.listen(0, "127.0.0.1"), "listening");

  const inHost = wanted.includes("host") ? chosen : [];
  const main = `
    ${inHost.map((_, n) => `import Program${n} from "./${n}.js";`).join("\n")}
    const programs = [${inHost.map((_, n) => `Program${n}`)}];
    const runs = {
      host: (n, env, ctx) => new programs[n](ctx, env).run(),
      dynamic: async (n, { LOADER, UPSTREAM }) => {
        const code = await (await fetch(UPSTREAM + "/programs/" + n)).text();
        const about = { compatibilityDate: "2026-11-01", mainModule: "main.js", modules: { "main.js": code }, env: { UPSTREAM } };
        return LOADER.load(about).getEntrypoint().run();
      },
    };
    export default {
      async fetch(request, env, ctx) {
        const [, place, n] = new URL(request.url).pathname.split("/");
        try {
          await runs[place](n, env, ctx);
          return Response.json({});
        } catch (error) {
          return Response.json({ error: String(error?.stack ?? error) });
        }
      },
    };`;
  const configuration = {
    name: "packages",
    main: "index.js",
    compatibility_date: "2026-11-01",
    worker_loaders: [{ binding: "LOADER" }],
    vars: { UPSTREAM: `http://127.0.0.1:${upstream.address().port}` },
    mayfly: { loader: { network: { allow: ["loopback"] } } },
    // Once is enough. The harness of workerd knows no other way than to bundle.
    ...(runtime === "mayfly" && { no_bundle: true, rules: [{ type: "ESModule", globs: ["**/*.js"] }] }),
  };
  writeFileSync(join(directory, "index.js"), main);
  writeFileSync(join(directory, "wrangler.json"), JSON.stringify(configuration));
  return { project: directory, upstream };
}

async function runTogether(runtime, chosen, wanted) {
  const { project, upstream } = await prepare(runtime, chosen, wanted);
  const results = [];
  let server;
  try {
    server = await start(runtime, project, { args: ["--shards", "1"] });
    for (const [n, { name }] of chosen.entries()) {
      for (const place of wanted) {
        const { error } = (await server.request({ path: `/${place}/${n}`, timeoutMs: 30_000 })).json();
        results.push({ name, place, error });
      }
    }
  } catch (error) {
    if (chosen.length > 1) throw error;
    results.push({ name: chosen[0].name, place: wanted[0], error: String(error) });
  } finally {
    await server?.stop();
    upstream.close();
    upstream.closeAllConnections();
  }
  return results;
}

/** [{ name, place, error, reason, verdict }]: passed, failed, differs (fails for a known reason), stale (no longer). */
export async function runPackages(runtime, chosen = packages) {
  const reasonOf = (name, place) => reasons[name]?.[runtime]?.[place];
  // What cannot start would take the whole worker with it.
  const alone = chosen.filter(({ name }) => reasonOf(name, "host"));
  const together = chosen.filter((one) => !alone.includes(one));
  const results = together.length > 0 ? await runTogether(runtime, together, places) : [];
  for (const one of alone) {
    for (const place of places) results.push(...(await runTogether(runtime, [one], [place])));
  }
  return results.map((result) => {
    const reason = reasonOf(result.name, result.place);
    const verdict = reason ? (result.error ? "differs" : "stale") : result.error ? "failed" : "passed";
    return { ...result, reason, verdict };
  });
}
