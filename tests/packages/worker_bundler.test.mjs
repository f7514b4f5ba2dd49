// SPDX-License-Identifier: Apache-2.0
//
// @cloudflare/worker-bundler as it is published: esbuild as WebAssembly in a host worker, packages from a registry on
// loopback.

import assert from "node:assert/strict";
import { test } from "node:test";
import { join } from "node:path";
import { root, runtimes, start } from "../e2e/harness.mjs";
import { startRegistry } from "./registry.mjs";

for (const runtime of runtimes) {
  test(`@cloudflare/worker-bundler on ${runtime}`, async (t) => {
    const registry = await startRegistry();
    t.after(() => registry.close());
    const server = await start(runtime, join(root, "tests/packages/worker_bundler"), { args: ["--shards", "1"] });
    t.after(() => server.stop());

    const bundle = async (make, options, requests) => {
      const body = JSON.stringify({ make, options: { registry: registry.url, ...options }, requests });
      return (await server.request({ method: "POST", path: "/", body, timeoutMs: 60_000 })).json();
    };
    const textsOf = ({ answers, error }) => {
      assert.equal(error, undefined);
      return answers.map(({ text }) => text);
    };

    await t.test("TypeScript and JSON of several files become one module", async () => {
      const files = {
        "src/index.ts":
          'import { twice } from "./lib/twice";\nimport config from "../config.json";\nexport default { fetch: (): Response => Response.json(twice(config.n)) };',
        "src/lib/twice.ts": "export const twice = (n: number) => n * 2;",
        "config.json": '{"n":21}',
      };
      const made = await bundle("createWorker", { files }, [["/"]]);
      assert.deepEqual(textsOf(made), ["42"]);
      assert.equal(Object.keys(made.modules).length, 1);
    });

    await t.test("the entry point, the date and the flags are those of the project's wrangler.jsonc", async () => {
      const files = {
        "wrangler.jsonc":
          '{ "main": "app.js", /* a comment */ "compatibility_date": "2026-01-01", "compatibility_flags": ["nodejs_compat"] }',
        "app.js":
          'import { Buffer } from "node:buffer"; export default { fetch: () => new Response(Buffer.from("hi").toString("hex")) };',
      };
      assert.deepEqual(textsOf(await bundle("createWorker", { files }, [["/"]])), ["6869"]);
    });

    await t.test("dependencies, theirs, CommonJS ones and scoped ones come from the registry", async () => {
      const dependencies = { htmlparser2: "^12.0.0", ms: "^2.0.0", "@cfworker/json-schema": "latest" };
      const files = {
        "package.json": JSON.stringify({ dependencies }),
        "src/index.ts": `
          import { Validator } from "@cfworker/json-schema";
          import { DomUtils, parseDocument } from "htmlparser2";
          import ms from "ms";
          const valid = new Validator({ type: "integer" }).validate(7).valid;
          const text = DomUtils.textContent(parseDocument("<p>a &amp; b</p>"));
          export default { fetch: () => Response.json([text, ms("1m"), valid]) };`,
      };
      const made = await bundle("createWorker", { files }, [["/"]]);
      assert.deepEqual(textsOf(made), ['["a & b",60000,true]']);
      for (const name of ["/htmlparser2", "/domhandler", "/@cfworker/json-schema"])
        assert.ok(registry.requests.includes(name), name);
    });

    await t.test("a package that the registry does not have is a warning with its name", async () => {
      const files = {
        "package.json": '{"dependencies":{"no-such-package":"1"}}',
        "src/index.js": "export default { fetch: () => new Response('up') };",
      };
      const made = await bundle("createWorker", { files }, [["/"]]);
      assert.deepEqual(textsOf(made), ["up"]);
      assert.match(made.warnings.join(), /no-such-package.*404/);
    });

    await t.test("without bundling each file is a module", async () => {
      const files = {
        "src/index.ts":
          'import { greet } from "./greet.ts"; export default { fetch: () => new Response(greet("ada")) };',
        "src/greet.ts": "export const greet = (name: string): string => `hello ${name}`;",
      };
      const made = await bundle("createWorker", { files, bundle: false }, [["/"]]);
      assert.deepEqual(textsOf(made), ["hello ada"]);
      assert.equal(Object.keys(made.modules).length, 2);
    });

    await t.test("options reach esbuild: minify, define, loader, virtual modules, JSX", async () => {
      const files = {
        "src/index.tsx": `/** @jsx h */
          import svg from "./mark.svg"; import { version } from "virtual:about";
          const h = (tag: string, props: unknown, ...children: string[]) => tag + children.join("");
          export default { fetch: () => Response.json([svg, version, STAGE, <b>x</b>]) };`,
        "src/mark.svg": "<svg/>",
      };
      const options = {
        files,
        entryPoint: "src/index.tsx",
        minify: true,
        define: { STAGE: '"test"' },
        loader: { ".svg": "text" },
        virtualModules: { "virtual:about": "export const version = 3;" },
      };
      const made = await bundle("createWorker", options, [["/"]]);
      assert.deepEqual(textsOf(made), ['["<svg/>",3,"test","bx"]']);
    });

    await t.test("code that does not parse is told with its place", async () => {
      const { error } = await bundle("createWorker", {
        files: { "src/index.ts": "export default {\n  fetch( { }\n};" },
      });
      assert.match(error, /src\/index\.ts:3:0: ERROR: Expected "\)" but found "\}"/);
    });

    await t.test("an app has a server, a client and files with types and tags", async () => {
      const made = await bundle(
        "createApp",
        {
          files: {
            "src/server.ts":
              'export default { fetch: (request: Request) => new Response("server " + new URL(request.url).pathname) };',
            "src/client.ts": 'import { name } from "./name"; document.title = name;',
            "src/name.ts": 'export const name: string = "from the client";',
          },
          server: "src/server.ts",
          client: "src/client.ts",
          assets: { "/index.html": "<h1>home</h1>", "/robots.txt": "none" },
        },
        [["/"], ["/robots.txt"], ["/api"]],
      );
      const [home, robots, api] = made.answers;
      assert.deepEqual([home.text, robots.text, api.text], ["<h1>home</h1>", "none", "server /api"]);
      assert.match(home.type, /^text\/html/);
      assert.ok(robots.etag);
      assert.equal(made.clientBundles.length, 1);
    });
  });
}
