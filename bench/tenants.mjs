// SPDX-License-Identifier: Apache-2.0
//
// The worker of bench/tenants as a project, and the load that tenants put on it: paced, or as fast as answers come.

import { readFileSync } from "node:fs";
import http from "node:http";
import { join } from "node:path";
import { root, sleep, temporaryProject } from "../tests/e2e/harness.mjs";

const folder = join(root, "bench/tenants");

/** A copy of the project; `tenants`: its code names them, which workerd does not know. */
export function tenantsProject({ tenants, mayfly } = {}) {
  const config = readFileSync(join(folder, "wrangler.jsonc"), "utf8").replace(/,(\s*[}\]])/g, "$1");
  return temporaryProject({
    "wrangler.json": { ...JSON.parse(config), vars: { TENANTS: tenants === true }, ...(mayfly && { mayfly }) },
    "index.js": readFileSync(join(folder, "index.js")),
  });
}

export function query(path, parameters) {
  return `${path}?${new URLSearchParams(Object.entries(parameters).filter(([, value]) => value !== undefined))}`;
}

/** One request over the agent's connections: { status, text }. Fails when there is no answer in time. */
export function request(port, path, { agent, body, timeoutMs = 10_000 } = {}) {
  return new Promise((done, fail) => {
    const outgoing = http.request(
      { host: "127.0.0.1", port, path, agent, method: body === undefined ? "GET" : "POST" },
      (incoming) => {
        const chunks = [];
        incoming.on("data", (chunk) => chunks.push(chunk));
        incoming.on("error", failed);
        incoming.on("end", () => {
          clearTimeout(timer);
          done({ status: incoming.statusCode, text: Buffer.concat(chunks).toString() });
        });
      },
    );
    const failed = (error) => {
      clearTimeout(timer);
      fail(error);
    };
    const timer = setTimeout(() => outgoing.destroy(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    outgoing.on("error", failed);
    outgoing.end(body);
  });
}

/**
 * Does `deed(n)` `perSecond` times a second, whether or not the last one is done, until `stopped()`. A latency is counted
 * from when its turn was, so that who is held up is not forgotten. Returns { latencies (ms), errors (texts) } once all
 * are done.
 */
export async function paced(perSecond, stopped, deed) {
  const latencies = [];
  const errors = [];
  const running = new Set();
  const start = performance.now();
  for (let n = 0; !stopped(); n++) {
    const due = start + (n * 1000) / perSecond;
    const wait = due - performance.now();
    if (wait > 0.5) await sleep(wait);
    const one = deed(n).then(
      () => latencies.push(performance.now() - due),
      (error) => errors.push(error.message),
    );
    running.add(one);
    one.finally(() => running.delete(one));
  }
  await Promise.all(running);
  return { latencies, errors };
}

export function summary(latencies) {
  const sorted = [...latencies].sort((a, b) => a - b);
  const at = (q) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))];
  return { count: sorted.length, p50: at(0.5), p99: at(0.99), max: sorted.at(-1) };
}
