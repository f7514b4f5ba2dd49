// SPDX-License-Identifier: Apache-2.0
//
// examples/bundled-app, with packages from a registry on loopback.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { join } from "node:path";
import { startRegistry } from "../packages/registry.mjs";
import { startMayfly, temporaryProject } from "./harness.mjs";

let registry;
let server;
before(async () => {
  registry = await startRegistry();
  const variables = join(temporaryProject({ vars: `REGISTRY=${registry.url}` }), "vars");
  server = await startMayfly("examples/bundled-app", { args: ["--env-file", variables, "--shards", "1"] });
});
after(async () => {
  await server?.stop();
  registry?.close();
});

const get = (path) => server.request({ path, timeoutMs: 120_000 });

test("a project in TypeScript and JSX is bundled with its dependencies, and served", async () => {
  assert.equal((await get("/")).text, "<h1>Ours &amp; yours</h1>");
  assert.deepEqual((await get("/bill/1250")).json(), { cents: 1250, total: "12.50", answered: 1 });
  assert.equal((await get("/missing")).status, 404);
});

test("it is bundled once and stays warm", async () => {
  const asked = registry.requests.length;
  assert.deepEqual((await get("/bill/800")).json(), { cents: 800, total: "8.00", answered: 2 });
  assert.equal(registry.requests.length, asked);
  assert.ok(asked >= 2, "the registry was asked for hono and its tarball");
});
