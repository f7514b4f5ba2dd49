// SPDX-License-Identifier: Apache-2.0
//
// The conformance suites, and how one is run under a runtime. Every check gets a verdict:
//   passed, failed, differs (workerd fails it and the check says why), stale (workerd passes although the check says it
//   differs), skipped (the check is for Mayfly alone).

import { renameSync } from "node:fs";
import { join, resolve } from "node:path";
import { engine } from "../e2e/engine.mjs";
import { root, start, temporaryProject } from "../e2e/harness.mjs";
import { bundle, readProject } from "../e2e/workerd.mjs";

const at = (name) => join(root, "tests/conformance/suites", name);

export const suites = [
  { name: "node", targets: [at("node")] },
  { name: "node, flags", targets: [at("node_flags")] },
  { name: "loader", targets: [at("loader"), at("neighbour")] },
  { name: "rpc", targets: [at("rpc"), at("neighbour")] },
  { name: "web", targets: [at("web")] },
  { name: "web details", targets: [at("web_details")] },
  { name: "sockets", targets: [at("sockets")] },
  { name: "websockets", targets: [at("websockets")] },
  { name: "web, in a dynamic worker", prepare: () => insideDynamicWorker("web") },
  { name: "node, in a dynamic worker", prepare: () => insideDynamicWorker("node") },
];

/**
 * Where a dynamic worker lives, as seen from the one that loaded it. What is true of a pipe must not depend on it, so
 * every suite with dynamic workers in it runs in each layout. Without one they are in a guest cell.
 *   args     more of the command line
 *   mayfly   what the configuration of every worker says under "mayfly"
 */
export const layouts = [
  { name: "one shard", args: ["--shards", "1"], mayfly: { loader: { isolation: "isolate" } } },
  { name: "two shards", args: ["--shards", "2"], mayfly: { loader: { isolation: "isolate", placement: "spread" } } },
];

export const laidOutSuites = suites
  .filter(({ name }) => ["loader", "rpc", "sockets", "websockets", "web, in a dynamic worker"].includes(name))
  .flatMap((suite) =>
    layouts.map((layout) => ({ ...suite, name: `${suite.name}, ${layout.name}`, layout, runtimes: ["mayfly"] })),
  );

/** The same project under a configuration that says more under "mayfly". */
export function laidOut(target, { mayfly }) {
  if (!mayfly) return target;
  const { directory, main, ...project } = readProject(target);
  const path = resolve(directory, main);
  return temporaryProject({ "wrangler.json": { ...project, main: path, mayfly: { ...project.mayfly, ...mayfly } } });
}

/** A project that loads a suite's bundle as a dynamic worker, with the suite's own variables, services and outbound. */
async function insideDynamicWorker(name) {
  const { vars = {}, services, mayfly, compatibility_flags: compatibilityFlags } = readProject(at(name));
  const outbound = { binding: "OUTBOUND", ...mayfly.globalOutbound };
  const directory = temporaryProject({
    "wrangler.jsonc": {
      name: `dynamic-${name}`,
      main: "index.js",
      compatibility_date: "2026-11-01",
      worker_loaders: [{ binding: "LOADER" }],
      services: [...services, outbound],
      rules: [{ type: "Text", globs: ["**/suite.txt"], fallthrough: true }],
    },
    "index.js": `
      import suite from "./suite.txt";
      const vars = ${JSON.stringify(vars)};
      const about = {
        compatibilityDate: "2026-11-01", compatibilityFlags: ${JSON.stringify(compatibilityFlags)},
        mainModule: "suite.js", modules: { "suite.js": suite },
      };
      export default {
        fetch(request, env) {
          const { LOADER, OUTBOUND, ...services } = env;
          const code = () => ({ ...about, env: { ...vars, ...services }, globalOutbound: OUTBOUND });
          return LOADER.get("suite", code).getEntrypoint().fetch(request);
        },
      };`,
  });
  const { file } = await bundle({ ...readProject(at(name)), name: "suite" }, directory);
  renameSync(join(directory, file), join(directory, "suite.txt"));
  return [directory, at(name)];
}

export async function runSuite(
  runtime,
  { targets, prepare, layout },
  { filter, timeoutMs = 15_000 * engine.slowness, onResult = () => {} } = {},
) {
  targets ??= await prepare();
  if (layout) targets = targets.map((target) => laidOut(target, layout));
  const startServer = () => start(runtime, targets, { args: layout?.args });
  let server = await startServer();
  const results = [];
  try {
    const checks = (await server.request("/checks")).json();
    for (const [number, { name, differs, mayflyOnly, timed }] of checks.entries()) {
      if (filter && !name.includes(filter)) continue;
      const result = { name, reason: differs ?? mayflyOnly };
      if ((mayflyOnly && runtime !== "mayfly") || (timed && engine.name)) {
        result.verdict = "skipped";
      } else {
        const { passed, error } = await runCheck(server, number, timeoutMs);
        result.error = error;
        if (differs && runtime !== "mayfly") result.verdict = passed ? "stale" : "differs";
        else result.verdict = passed ? "passed" : "failed";
        // A check that took the server with it, or left it hanging, must not fail the next ones.
        if (!passed && !(await answers(server))) {
          await server.stop("SIGKILL");
          server = await startServer();
          result.error += " (the server had to be started again)";
        }
      }
      results.push(result);
      onResult(result);
    }
  } finally {
    await server.stop();
  }
  return results;
}

async function runCheck(server, number, timeoutMs) {
  try {
    const answer = await server.request({ path: `/check/${number}`, timeoutMs });
    if (answer.status !== 200) return { passed: false, error: `status ${answer.status}: ${answer.text}` };
    return answer.json();
  } catch (error) {
    return { passed: false, error: String(error) };
  }
}

async function answers(server) {
  try {
    return (await server.request({ path: "/checks", timeoutMs: 3_000 * engine.slowness })).status === 200;
  } catch {
    return false;
  }
}
