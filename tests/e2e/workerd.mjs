// SPDX-License-Identifier: Apache-2.0
//
// Turns wrangler projects into a workerd configuration: each worker is bundled by esbuild the way wrangler bundles
// (text, data and wasm imports by wrangler's rules) and its bindings are written as Cap'n Proto text. Covers what our
// tests use and refuses the rest, so that a case never runs on half of its configuration.

import * as esbuild from "esbuild";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { parseJsonc } from "./jsonc.mjs";

const quote = (text) => JSON.stringify(text).replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029");

const defaultRules = [
  { type: "Text", globs: ["**/*.txt", "**/*.html", "**/*.sql"] },
  { type: "Data", globs: ["**/*.bin"] },
  { type: "CompiledWasm", globs: ["**/*.wasm", "**/*.wasm?module"] },
];

function globPattern(glob) {
  const source = glob
    .replace(/[.+^$()|[\]{}?]/g, "\\$&")
    .replaceAll("**/", "\u0000")
    .replaceAll("*", "[^/]*")
    .replaceAll("\u0000", "(?:.*/)?");
  return new RegExp(`^${source}$`);
}

/** Applies wrangler's module rules. Wasm stays a module of its own; text and data become part of the bundle. */
function rulesPlugin(rules, wasmModules) {
  return {
    name: "wrangler-rules",
    setup(build) {
      for (const { type, globs } of rules) {
        for (const glob of globs) {
          build.onResolve({ filter: globPattern(glob) }, ({ path, resolveDir }) => {
            const file = resolve(resolveDir, path.replace(/\?module$/, ""));
            if (type === "CompiledWasm") {
              const name = `./${wasmModules.length}-${basename(file)}`;
              wasmModules.push({ name: name.slice(2), file });
              return { path: name, external: true };
            }
            return { path: file, namespace: `rule-${type}` };
          });
        }
      }
      build.onLoad({ filter: /.*/, namespace: "rule-Text" }, ({ path }) => ({
        contents: readFileSync(path),
        loader: "text",
      }));
      build.onLoad({ filter: /.*/, namespace: "rule-Data" }, ({ path }) => ({
        contents: `const base64 = ${JSON.stringify(readFileSync(path).toString("base64"))};
          export default Uint8Array.from(atob(base64), (c) => c.charCodeAt(0)).buffer;`,
      }));
    },
  };
}

/** A project's settings: a directory with a wrangler.jsonc or wrangler.json, or a single module. */
export function readProject(target) {
  if (!statSync(target).isDirectory()) {
    return { directory: dirname(target), name: basename(target).replace(/\.\w+$/, ""), main: basename(target) };
  }
  for (const file of ["wrangler.jsonc", "wrangler.json"]) {
    try {
      return { directory: target, ...parseJsonc(readFileSync(join(target, file), "utf8")) };
    } catch (error) {
      if (error.code !== "ENOENT") throw error;
    }
  }
  throw new Error(`${target} has no wrangler.jsonc`);
}

const known = new Set([
  "$schema",
  "directory",
  "name",
  "main",
  "compatibility_date",
  "compatibility_flags",
  "vars",
  "worker_loaders",
  "services",
  "rules",
  "mayfly",
]);

export async function bundle(project, outputDirectory) {
  const wasmModules = [];
  const result = await esbuild.build({
    absWorkingDir: resolve(project.directory),
    entryPoints: [project.main],
    outfile: join(outputDirectory, `${project.name}.js`),
    bundle: true,
    format: "esm",
    target: "es2024",
    conditions: ["workerd", "worker", "browser", "import"],
    external: ["cloudflare:*", "node:*"],
    sourcemap: "inline",
    keepNames: true,
    plugins: [rulesPlugin([...(project.rules ?? []), ...defaultRules], wasmModules)],
    logLevel: "silent",
  });
  return { file: `${project.name}.js`, wasmModules, warnings: result.warnings };
}

function bindings(project, extraVars) {
  const lines = [];
  for (const [name, value] of Object.entries({ ...project.vars, ...extraVars })) {
    const kind = typeof value === "string" ? `text = ${quote(value)}` : `json = ${quote(JSON.stringify(value))}`;
    lines.push(`(name = ${quote(name)}, ${kind})`);
  }
  for (const { binding, id } of project.worker_loaders ?? []) {
    lines.push(`(name = ${quote(binding)}, workerLoader = (${id ? `id = ${quote(id)}` : ""}))`);
  }
  for (const { binding, service, entrypoint, props } of project.services ?? []) {
    const parts = [`name = ${quote(service)}`];
    if (entrypoint) parts.push(`entrypoint = ${quote(entrypoint)}`);
    if (props) parts.push(`props = (json = ${quote(JSON.stringify(props))})`);
    lines.push(`(name = ${quote(binding)}, service = (${parts.join(", ")}))`);
  }
  return lines.join(",\n      ");
}

/** Writes a configuration that serves the first target on the port and has the others as services. Returns its path. */
export async function writeWorkerdConfig(targets, { directory, port, vars = {}, network = ["public", "private"] }) {
  const projects = targets.map(readProject);
  const services = [];
  for (const project of projects) {
    for (const key of Object.keys(project)) {
      if (!known.has(key)) throw new Error(`${project.directory}: the workerd harness does not know '${key}'`);
    }
    const { file, wasmModules } = await bundle(project, directory);
    const modules = [`(name = "index.js", esModule = embed ${quote(file)})`];
    for (const { name, file: wasm } of wasmModules) {
      writeFileSync(join(directory, name), readFileSync(wasm));
      modules.push(`(name = ${quote(name)}, wasm = embed ${quote(name)})`);
    }
    const outbound = project.mayfly?.globalOutbound;
    const outboundText = outbound
      ? `(name = ${quote(outbound.service)}${outbound.entrypoint ? `, entrypoint = ${quote(outbound.entrypoint)}` : ""})`
      : `"internet"`;
    services.push(`(name = ${quote(project.name)}, worker = (
    modules = [${modules.join(", ")}],
    compatibilityDate = ${quote(project.compatibility_date ?? "2026-11-01")},
    compatibilityFlags = [${(project.compatibility_flags ?? []).map(quote).join(", ")}],
    bindings = [
      ${bindings(project, vars)}
    ],
    globalOutbound = ${outboundText},
  ))`);
  }
  const path = join(directory, "config.capnp");
  writeFileSync(
    path,
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
  ${services.join(",\n  ")},
  (name = "internet", network = (allow = [${network.map(quote).join(", ")}], tlsOptions = (trustBrowserCas = true))),
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = ${quote(projects[0].name)})],
);
`,
  );
  return path;
}
