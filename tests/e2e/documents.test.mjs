// SPDX-License-Identifier: Apache-2.0
//
// The examples of the documentation do what it says. A block that begins with ```js runnable is a whole worker with a
// loader, LOADER; its last line says what it answers to GET /.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { root, startMayfly, temporaryProject } from "./harness.mjs";

const examples = readdirSync(join(root, "docs"))
  .filter((name) => name.endsWith(".md"))
  .flatMap((name) => {
    const text = readFileSync(join(root, "docs", name), "utf8");
    return [...text.matchAll(/^```js runnable\n(.*?)^```$/gms)].map(({ 1: code, index }) => {
      const line = text.slice(0, index).split("\n").length;
      return { where: `docs/${name}:${line}`, code, answer: code.match(/\n\/\/ answers: (.*)\n$/)?.[1] };
    });
  });

test("the documentation of RPC and of the loader has examples that are run", () => {
  for (const name of ["docs/rpc.md", "docs/loader.md"]) {
    assert.ok(examples.some(({ where }) => where.startsWith(name)), name);
  }
});

for (const { where, code, answer } of examples) {
  test(`the example at ${where} answers what it says`, async (t) => {
    assert.ok(answer, `${where}: the last line must be // answers: ...`);
    const project = temporaryProject({
      "wrangler.jsonc": {
        name: "example",
        main: "index.js",
        compatibility_date: "2026-11-01",
        worker_loaders: [{ binding: "LOADER" }],
      },
      "index.js": code,
    });
    const server = await startMayfly(project);
    t.after(() => server.stop());
    const { status, text } = await server.request("/");
    assert.deepEqual([status, text], [200, answer]);
  });
}
