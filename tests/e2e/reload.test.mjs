// SPDX-License-Identifier: Apache-2.0
//
// `mayfly dev` watches what it was made of, and drops nothing while it changes over.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { sleep, startMayfly, temporaryProject } from "./harness.mjs";

const main = (text) => `import { suffix } from "./suffix.ts";
export default {
  async fetch(request, env) {
    if (request.url.endsWith("/slow")) await new Promise((done) => setTimeout(done, 1500));
    return new Response(${JSON.stringify(text)} + suffix + env.WHO);
  },
};`;
const settings = (who) =>
  JSON.stringify({ name: "app", main: "index.ts", compatibility_date: "2026-11-01", vars: { WHO: who } });

async function project() {
  const directory = temporaryProject({
    "wrangler.jsonc": settings("!"),
    "index.ts": main("one"),
    "suffix.ts": 'export const suffix: string = "-a";',
  });
  const server = await startMayfly(directory);
  const write = (name, text) => writeFileSync(join(directory, name), text);
  const until = async (text) => {
    let last;
    for (const start = Date.now(); Date.now() - start < 10_000; await sleep(30)) {
      last = await server.request("/");
      if (last.text === text) return;
    }
    assert.fail(`expected ${text}, still ${last.text}\n${server.program.output}`);
  };
  return { server, write, until };
}

test("a changed file, an imported file and the configuration are taken up", async () => {
  const { server, write, until } = await project();
  try {
    await until("one-a!");
    write("index.ts", main("two"));
    await until("two-a!");
    write("suffix.ts", 'export const suffix: string = "-b";');
    await until("two-b!");
    write("wrangler.jsonc", settings("?"));
    await until("two-b?");
  } finally {
    await server.stop();
  }
});

test("a request in flight finishes on the code it began with", async () => {
  const { server, write, until } = await project();
  try {
    const slow = server.request("/slow");
    await sleep(100);
    write("index.ts", main("two"));
    await until("two-a!");
    assert.equal((await slow).text, "one-a!");
  } finally {
    await server.stop();
  }
});

test("no request fails while the code changes under load", async () => {
  const { server, write, until } = await project();
  try {
    let running = true;
    const failures = [];
    const seen = new Set();
    const load = Array.from({ length: 4 }, async () => {
      while (running) {
        try {
          const { status, text } = await server.request({ path: "/", timeoutMs: 5000 });
          seen.add(text);
          if (status !== 200) failures.push(`${status} ${text}`);
        } catch (error) {
          failures.push(String(error));
        }
      }
    });
    for (const text of ["two", "three"]) {
      write("index.ts", main(text));
      await until(`${text}-a!`);
    }
    running = false;
    await Promise.all(load);
    assert.deepEqual(failures, []);
    assert.ok(seen.has("three-a!"));
  } finally {
    await server.stop();
  }
});

test("a broken file keeps the last good code and says what is wrong", async () => {
  const { server, write, until } = await project();
  try {
    await until("one-a!");
    write("index.ts", "export default { fetch( };");
    await server.program.waitFor(/index\.ts:1/, 10_000);
    assert.equal((await server.request("/")).text, "one-a!");
    write("index.ts", main("mended"));
    await until("mended-a!");
  } finally {
    await server.stop();
  }
});
