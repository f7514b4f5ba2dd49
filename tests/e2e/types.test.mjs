// SPDX-License-Identifier: Apache-2.0
//
// What `mayfly types` writes is read by the TypeScript compiler, together with a worker that uses it.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { root, runMayfly, temporaryProject } from "./harness.mjs";

const configuration = {
  name: "typed",
  main: "src/index.ts",
  compatibility_date: "2026-11-01",
  vars: { GREETING: "hello", LEVELS: { debug: true, depth: 3 }, "odd-name": "x" },
  worker_loaders: [{ binding: "LOADER" }],
  services: [
    { binding: "TOOLS", service: "typed", entrypoint: "Tools" },
    { binding: "SELF", service: "typed" },
  ],
  assets: { directory: "public", binding: "FILES" },
  version_metadata: { binding: "VERSION" },
  kv_namespaces: [{ binding: "KV" }],
  rules: [{ type: "Text", globs: ["**/*.md"] }],
  mayfly: { secrets: { KEY: { value: "s3cret-s3cret", hosts: ["api.example.com"] } } },
};

const index = `
import { WorkerEntrypoint } from "cloudflare:workers";
import { DynamicWorker } from "mayfly:sandbox";
import readme from "./readme.md";

export class Tools extends WorkerEntrypoint<Env> {
  add(a: number, b: number): number { return a + b; }
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const greeting: "hello" = env.GREETING;
    const depth: number = env.LEVELS.depth;
    const odd: string = env["odd-name"];
    const key: string = env.KEY;
    const sum: number = await env.TOOLS.add(1, 2);
    const stub = env.LOADER.load({ compatibilityDate: "2026-11-01", mainModule: "m.js", modules: { "m.js": "" } });
    const id: string = env.VERSION.id;
    const kept: string | null = await env.KV.get("key");
    const made = await DynamicWorker.create({ script: "export default () => 1" });
    const length: number = readme.length;
    if (request.url === "") return env.FILES.fetch(request);
    return Response.json([greeting, depth, odd, key, sum, typeof stub, id, kept, typeof made, length]);
  },
} satisfies ExportedHandler<Env>;
`;

const makeProject = (source = index) =>
  temporaryProject({
    "wrangler.jsonc": configuration,
    "src/index.ts": source,
    "src/readme.md": "text",
    "public/index.html": "",
    "tsconfig.json": {
      compilerOptions: {
        target: "es2024", lib: ["es2024"], module: "esnext", moduleResolution: "bundler", strict: true, noEmit: true,
        skipLibCheck: true, types: [join(root, "node_modules/@cloudflare/workers-types")],
      },
      include: ["src", "*.d.ts"],
    },
  });

const compile = (directory) =>
  new Promise((done) => {
    execFile(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "--pretty", "false", "-p", directory], (error, stdout) =>
      done({ ok: !error, output: stdout }));
  });

describe("mayfly types", () => {
  test("a worker compiles with the types of its env", async () => {
    const directory = makeProject();
    const { code, stdout, stderr } = await runMayfly(["types", directory]);
    assert.equal(code, 0, stderr);
    assert.equal(stdout, `${join(directory, "worker-configuration.d.ts")}\n`);
    const { ok, output } = await compile(directory);
    assert.ok(ok, output + readFileSync(join(directory, "worker-configuration.d.ts"), "utf8"));
  });

  for (const [what, from, to, complaint] of [
    ["a variable that is not configured", "env.GREETING", "env.GREETINGS", /Property 'GREETINGS' does not exist/],
    ["a method that the service does not have", "env.TOOLS.add(1, 2)", "env.TOOLS.sub(1, 2)", /Property 'sub' does not exist/],
    ["an argument of another type", "env.TOOLS.add(1, 2)", 'env.TOOLS.add("1", 2)', /not assignable to parameter/],
  ]) {
    test(`${what} is an error of the compiler`, async () => {
      const directory = makeProject(index.replace(from, to));
      await runMayfly(["types", directory]);
      const { ok, output } = await compile(directory);
      assert.equal(ok, false);
      assert.match(output, complaint);
    });
  }

  test("--check tells whether the file is up to date, and writes nothing", async () => {
    const directory = makeProject();
    const check = () => runMayfly(["types", directory, "--check"]);
    assert.equal((await check()).code, 1);
    await runMayfly(["types", directory]);
    assert.equal((await check()).code, 0);
    writeFileSync(join(directory, "wrangler.jsonc"), JSON.stringify({ ...configuration, vars: { OTHER: "x" } }));
    const { code, stdout } = await check();
    assert.equal(code, 1);
    assert.match(stdout, /out of date: run `mayfly types`/);
  });

  test("--output and --env-interface say where to and under which name", async () => {
    const directory = makeProject();
    const output = join(directory, "src/env.d.ts");
    const { code } = await runMayfly(["types", directory, "--output", output, "--env-interface", "MyEnv"]);
    assert.equal(code, 0);
    const text = readFileSync(output, "utf8");
    assert.match(text, /^interface MyEnv extends Cloudflare\.Env \{\}$/m);
    assert.match(text, /typeof import\("\.\/index"\)/);
    const refused = await runMayfly(["types", directory, "--env-interface", "My Env"]);
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /--env-interface My Env: it must be a name/);
  });
});
