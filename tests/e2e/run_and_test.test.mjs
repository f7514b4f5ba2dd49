// SPDX-License-Identifier: Apache-2.0
//
// `mayfly run` (one sandboxed run of a module) and `mayfly test` (the test() methods of a worker).

import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import { join } from "node:path";
import { test } from "node:test";
import { runMayfly, temporaryProject } from "./harness.mjs";

const run = (source, args = [], options) => {
  const directory = temporaryProject({ "main.js": source });
  return runMayfly(["run", join(directory, "main.js"), ...args], options);
};

test("run: a default function gets input and env and its result is JSON", async () => {
  const { code, stdout, stderr } = await run(
    "export default (input, env) => { console.log('to stderr'); return { doubled: input.n * 2, who: env.WHO }; };",
    ["--input", '{"n":21}', "--env", "WHO=ada"],
  );
  assert.equal(code, 0, stderr);
  assert.deepEqual(JSON.parse(stdout), { doubled: 42, who: "ada" });
  assert.match(stderr, /to stderr/);
});

test("run: the input comes from stdin with -", async () => {
  const { code, stdout } = await run("export default async (input) => input.length;", ["--input", "-"], {
    input: "[1,2,3]",
  });
  assert.equal(code, 0);
  assert.equal(stdout.trim(), "3");
});

test("run: without input the function gets none", async () => {
  const { code, stdout } = await run("export default (input) => input === undefined || input === null;");
  assert.equal(code, 0);
  assert.equal(stdout.trim(), "true");
});

test("run: a class or an object with run", async () => {
  const klass = `import { WorkerEntrypoint } from "cloudflare:workers";
    export default class extends WorkerEntrypoint { run(input) { return [input, this.env.K]; } }`;
  const first = await run(klass, ["--input", "1", "--env", "K=v"]);
  assert.deepEqual(JSON.parse(first.stdout), [1, "v"]);
  const second = await run("export default { run: (input, env) => [input, env.K] };", ["--input", "2", "--env", "K=w"]);
  assert.deepEqual(JSON.parse(second.stdout), [2, "w"]);
});

test("run: an object with fetch", async () => {
  const { code, stdout } = await run("export default { fetch: () => Response.json({ from: 'fetch' }) };");
  assert.equal(code, 0);
  assert.match(stdout, /"from": ?"fetch"/);
});

test("run: TypeScript and imports", async () => {
  const directory = temporaryProject({
    "main.ts": 'import { twice } from "./lib";\nexport default (n: number): number => twice(n);',
    "lib.ts": "export const twice = (n: number) => n * 2;",
  });
  const { code, stdout, stderr } = await runMayfly(["run", join(directory, "main.ts"), "--input", "4"]);
  assert.equal(code, 0, stderr);
  assert.equal(stdout.trim(), "8");
});

test("run: there is no network", async () => {
  const { stdout } = await run(
    "export default () => fetch('http://127.0.0.1:1/').then(() => 'open', (error) => error.message);",
  );
  assert.match(stdout, /not permitted/);
});

test("run: --allow opens the origins that it names, and no other", async (t) => {
  const server = http.createServer((request, response) => response.end("hello")).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const origin = `http://127.0.0.1:${server.address().port}`;
  const source = "export default (url) => fetch(url).then((response) => response.text(), (error) => error.name);";
  const input = ["--input", JSON.stringify(origin)];
  const open = await run(source, [...input, "--allow", "https://api.example.com", "--allow", origin]);
  assert.equal(open.stdout.trim(), '"hello"', open.stderr);
  const closed = await run(source, [...input, "--allow", "https://api.example.com"]);
  assert.equal(closed.stdout.trim(), '"EgressDenied"', closed.stderr);
  const wrong = await run(source, [...input, "--allow", "10.0.0.1/8"]);
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /--allow: "10\.0\.0\.1\/8"/);
});

test("run: --memory-mb is the limit of memory", async () => {
  const { code, stderr } = await run(
    "export default () => { const all = []; for (;;) all.push(new Array(1e4).fill(1.5)); };",
    ["--memory-mb", "24"],
  );
  assert.equal(code, 3, stderr);
  assert.match(stderr, /memory limit of 24 MB/);
});

test("run: exit statuses tell success, user error, limit and bad usage apart", async () => {
  const [success, userError, limit, usage] = await Promise.all([
    run("export default () => 1;"),
    run("\nexport default () => { throw new TypeError('my mistake'); };"),
    run("export default () => { for (;;); };", ["--cpu-ms", "200"]),
    run("export default () => 1;", ["--no-such-option"]),
  ]);
  assert.equal(success.code, 0);
  const codes = [userError.code, limit.code, usage.code];
  assert.equal(new Set([0, ...codes]).size, 4, `statuses: 0, ${codes}`);
  assert.equal(userError.stdout, "");
  assert.match(userError.stderr, /TypeError: my mistake/);
  assert.match(userError.stderr, /main\.js:2/);
  assert.match(limit.stderr, /CPU time limit/);
});

test("run: bad input, a missing file and a syntax error are told clearly", async () => {
  const badInput = await run("export default () => 1;", ["--input", "{broken"]);
  assert.notEqual(badInput.code, 0);
  assert.match(badInput.stderr, /JSON/);
  const missing = await runMayfly(["run", "/no/such/file.js"]);
  assert.notEqual(missing.code, 0);
  assert.match(missing.stderr, /\/no\/such\/file\.js/);
  const syntax = await run("export default (;");
  assert.notEqual(syntax.code, 0);
  assert.match(syntax.stderr, /main\.js:1/);
  const nothing = await run("export const x = 1;");
  assert.notEqual(nothing.code, 0);
  assert.match(nothing.stderr, /default/);
});

test("run: what never ends is ended by --timeout", async () => {
  const { code, stderr } = await run("export default () => new Promise(() => {});", ["--timeout", "300"]);
  assert.notEqual(code, 0);
  assert.match(stderr, /300 ms|never/);
});

test("run: a heap bomb ends with the memory limit", async () => {
  const { code, stderr } = await run(
    "export default () => { const keep = []; for (;;) keep.push(new Array(1000).fill({})); };",
    [],
    { timeoutMs: 60_000 },
  );
  assert.notEqual(code, 0);
  assert.match(stderr, /memory limit/);
});

test("run: a result that is no JSON is an error", async () => {
  const { code, stderr } = await run("export default () => 10n;");
  assert.notEqual(code, 0);
  assert.match(stderr, /JSON|BigInt/);
});

const tested = (source, args = [], options) => {
  const directory = temporaryProject({ "tests.js": source });
  return runMayfly(["test", join(directory, "tests.js"), ...args], { timeoutMs: 60_000, ...options });
};
const lastLine = (text) => text.trim().split("\n").at(-1);

test("test: every export with a test method runs, with a line each and a count last", async () => {
  const { code, stdout, stderr } = await tested(`
    export const first = {
      async test(controller, env, ctx) { if (typeof ctx.waitUntil !== "function") throw new Error("no ctx"); }
    };
    export const second = { test() { console.log("from a test"); } };
    export const notATest = { fetch() {} };
    export default { test() {} };
  `);
  assert.equal(code, 0, stdout + stderr);
  assert.match(lastLine(stdout), /^3 passed, 0 failed$/);
  assert.match(stdout, /\bfirst\b/);
  assert.match(stdout, /\bsecond\b/);
  assert.doesNotMatch(stdout, /notATest/);
});

test("test: one that fails fails alone and shows its error", async () => {
  const { code, stdout, stderr } = await tested(`
    export const good = { test() {} };
    export const bad = { test() { throw new Error("assertion text"); } };
    export const alsoGood = { test() {} };
  `);
  assert.notEqual(code, 0);
  assert.match(lastLine(stdout), /^2 passed, 1 failed$/);
  assert.match(stdout + stderr, /assertion text/);
  assert.match(stdout + stderr, /tests\.js:3/);
});

test("test: one that hangs or loops fails alone", async () => {
  const { code, stdout } = await tested(
    `
    export const hangs = { test: () => new Promise(() => {}) };
    export const loops = { test() { for (;;); } };
    export const good = { test() {} };
  `,
    ["--timeout", "1000"],
  );
  assert.notEqual(code, 0);
  assert.match(lastLine(stdout), /^1 passed, 2 failed$/);
});

test("test: --filter picks by name", async () => {
  const { code, stdout } = await tested(
    "export const alpha = { test() {} }; export const beta = { test() { throw new Error('no'); } };",
    ["--filter", "alp"],
  );
  assert.equal(code, 0);
  assert.match(lastLine(stdout), /^1 passed, 0 failed$/);
});

test("test: --expose-gc gives gc()", async () => {
  const { code, stdout, stderr } = await tested("export const collects = { test() { gc(); } };", ["--expose-gc"]);
  assert.equal(code, 0, stdout + stderr);
});

test("test: a class with a test method runs", async () => {
  const { stdout } = await tested(
    `import { WorkerEntrypoint } from "cloudflare:workers";
    export class Suite extends WorkerEntrypoint { test() { if (!this.ctx) throw new Error("no ctx"); } }`,
  );
  assert.match(lastLine(stdout), /^1 passed, 0 failed$/);
});

test("test: a project directory is tested with its bindings", async () => {
  const directory = temporaryProject({
    "wrangler.jsonc": {
      name: "app",
      main: "index.ts",
      compatibility_date: "2026-11-01",
      vars: { WHO: "x" },
      worker_loaders: [{ binding: "LOADER" }],
    },
    "index.ts": `export const loads = { async test(controller: unknown, env: any) {
      const modules = { "m.js": "export default { fetch: () => new Response('in') }" };
      const worker = env.LOADER.load({ compatibilityDate: "2026-11-01", mainModule: "m.js", modules });
      const text = await (await worker.getEntrypoint().fetch("http://x/")).text();
      if (text !== "in" || env.WHO !== "x") throw new Error(text + env.WHO);
    } };`,
  });
  const { code, stdout, stderr } = await runMayfly(["test", directory]);
  assert.equal(code, 0, stdout + stderr);
  assert.match(lastLine(stdout), /^1 passed, 0 failed$/);
});
