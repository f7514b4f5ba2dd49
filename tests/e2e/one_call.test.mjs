// SPDX-License-Identifier: Apache-2.0
//
// mayfly:sandbox: code that is run once, by a worker that has no loader.

import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import { after, before, test } from "node:test";
import { startMayfly, temporaryProject } from "./harness.mjs";

// Runs what it is sent: { options, input }.
const runner = `
import { DynamicWorker } from "mayfly:sandbox";

async function attempt(run) {
  try {
    return { result: await run() };
  } catch (error) {
    return { name: error.name, message: error.message };
  }
}

export default {
  async fetch(request) {
    const { options, input } = await request.json();
    switch (new URL(request.url).pathname) {
      case "/run":
        return Response.json(await attempt(() => DynamicWorker.run(options, input)));
      case "/twice": {
        const worker = await DynamicWorker.create(options);
        await worker.run(input);
        return Response.json(await attempt(() => worker.run(input)));
      }
      case "/dispose": {
        const worker = await DynamicWorker.create(options);
        const running = attempt(() => worker.run(input));
        worker.dispose();
        return Response.json([await running, await attempt(() => worker.run(input))]);
      }
      case "/usage": {
        const worker = await DynamicWorker.create(options);
        const outcome = await attempt(() => worker.run(input));
        return Response.json({ ...outcome, usage: worker.usage });
      }
      case "/callback":
        return Response.json(await attempt(() => DynamicWorker.run(options, (n) => n + 1)));
    }
  },
};`;

let server;
before(async () => {
  server = await startMayfly(temporaryProject({ "runner.js": runner }) + "/runner.js", { command: "serve" });
});
after(() => server.stop());

async function ask(path, options, input) {
  const { status, text } = await server.request({ method: "POST", path, body: JSON.stringify({ options, input }) });
  assert.equal(status, 200, text);
  return JSON.parse(text);
}
const run = (options, input) => ask("/run", options, input);

for (const [what, options, result] of [
  ["a function", { script: "async (input, env) => [input.n, env.A]", env: { A: 1 } }, [20, 1]],
  ["an object with run", { script: "{ run(input, env, ctx) { return [input.n, typeof ctx.waitUntil]; } }" }, [20, "function"]],
  ["a module", { script: "const double = (n) => n * 2;\nexport default (input) => double(input.n);" }, 40],
  ["a module in one line", { script: "const k = 3; export default ({ n }) => n * k;" }, 60],
  ["a text that speaks of exports", { script: "() => 'I export default goods'" }, "I export default goods"],
  [
    "a class of entrypoints",
    {
      script: `import { WorkerEntrypoint } from "cloudflare:workers";
        export default class extends WorkerEntrypoint { run({ n }) { return n + this.env.A; } }`,
      env: { A: 1 },
    },
    21,
  ],
  [
    "modules in TypeScript",
    {
      mainModule: "src/main.ts",
      modules: {
        "src/main.ts": "import { half } from './lib.ts';\nexport default ({ n }: { n: number }): number => half(n);",
        "src/lib.ts": "export const half = (n: number) => n / 2;",
      },
    },
    10,
  ],
]) {
  test(`${what} is run`, async () => assert.deepEqual(await run(options, { n: 20 }), { result }));
}

test("a worker runs once", async () => {
  const { message } = await ask("/twice", { script: "(n) => n" }, 1);
  assert.match(message, /has been run, which it can be once/);
});

test("dispose() ends a run, and lets none begin", async () => {
  const [running, later] = await ask("/dispose", { script: "() => scheduler.wait(60000)" });
  assert.match(running.message, /disposed of/);
  assert.match(later.message, /make another/);
});

test("a run tells what it has used", async () => {
  const well = await ask("/usage", { script: "async (n) => { globalThis.kept = new Uint8Array(5e6).fill(1); await scheduler.wait(20); return n; }" }, 7);
  assert.equal(well.result, 7);
  const { cpuMs, wallMs, memoryBytes, subRequests, bytesIn, bytesOut } = well.usage;
  assert.ok(cpuMs > 0 && cpuMs < 2_000 && wallMs >= 19, JSON.stringify(well.usage));
  assert.ok(memoryBytes > 5e6 && memoryBytes < 100e6 && bytesIn > 0 && bytesOut > 0, JSON.stringify(well.usage));
  assert.equal(subRequests, 0);
  const ended = await ask("/usage", { script: "() => { for (;;); }", limits: { cpuMs: 60 } });
  assert.equal(ended.name, "CpuLimitExceeded");
  assert.ok(ended.usage.cpuMs >= 60, JSON.stringify(ended.usage));
});

test("a function in the input is called back", async () => {
  assert.deepEqual(await ask("/callback", { script: "(next) => next(1)" }), { result: 2 });
});

for (const [what, options, name, message] of [
  ["an endless loop", { script: "() => { for (;;); }", limits: { cpuMs: 50 } }, "CpuLimitExceeded", /limit of 50 ms/],
  [
    "an endless loop at its start",
    { script: "for (;;);\nexport default () => 1;", limits: { cpuMs: 50 } },
    "CpuLimitExceeded",
    /limit of 50 ms/,
  ],
  [
    "a heap bomb",
    { script: "() => { const all = []; for (;;) all.push(new Array(1e4).fill(1.5)); }", limits: { memoryMb: 24 } },
    "MemoryLimitExceeded",
    /limit of 24 MB/,
  ],
  [
    "timers without end",
    { script: "() => new Promise(() => setInterval(() => {}, 10))", limits: { wallMs: 100 } },
    "WallLimitExceeded",
    /limit of 100 ms/,
  ],
  ["a promise that nothing settles", { script: "() => new Promise(() => {})" }, "Error", /hung/],
  ["what does not parse", { script: "(input) => {" }, "SyntaxError", /^script\.js:1:\d+: /],
  ["what throws", { script: "() => { throw new RangeError('mine'); }" }, "RangeError", /^mine$/],
  ["what cannot be run", { script: "42" }, "TypeError", /nothing to run/],
  ["fetch without a network", { script: "() => fetch('https://example.com/')" }, "Error", /not permitted/],
  [
    "fetch beyond the allowed origins",
    { script: "() => fetch('https://example.org/')", network: { allowedOrigins: ["https://example.com"] } },
    "EgressDenied",
    /not among what "network"/,
  ],
  [
    "fetch of a metadata address, whatever is allowed",
    { script: "() => fetch('http://169.254.169.254/')", network: { defaultPolicy: "allow", allowedOrigins: ["private"] } },
    "EgressDenied",
    /metadata/,
  ],
  ["the loader of another kind", { script: "import 'mayfly:sandbox';\nexport default () => 1;" }, "Error", /mayfly:sandbox/],
]) {
  test(`${what} is an error of run() and of nothing else`, async () => {
    const error = await run(options);
    assert.equal(error.name, name, JSON.stringify(error));
    assert.match(error.message, message);
    assert.deepEqual(await run({ script: "(n) => n" }, 1), { result: 1 });
  });
}

for (const [options, message] of [
  [{}, /either 'script', or 'modules'/],
  [{ script: "1", modules: {} }, /either 'script', or 'modules'/],
  [{ script: "1", limitz: {} }, /Unknown field 'limitz'.*Did you mean 'limits'/],
  [{ script: "1", limits: { cpu: 1 } }, /Did you mean 'cpuMs'/],
  [{ script: "1", limits: { cpuMs: 0 } }, /limits\.cpuMs must be a whole number/],
  [{ script: "1", limits: { memoryMb: 1 } }, /limits\.memoryMb must be a whole number of at least 8/],
  [{ script: "1", network: { allowed: [] } }, /Did you mean 'allowedOrigins'/],
  [{ script: "1", network: { defaultPolicy: "open" } }, /must be "deny" or "allow"/],
  [{ script: "1", network: { allowedOrigins: ["10.0.0.1/8"] } }, /10\.0\.0\.1\/8/],
  [{ modules: { "a.js": "1" }, mainModule: "b.js" }, /must name one of the modules: a\.js/],
  [{ script: "1", isolation: "none" }, /isolation must be/],
]) {
  test(`options are refused with what would be right: ${JSON.stringify(options)}`, async () => {
    const error = await run(options);
    assert.equal(error.name, "TypeError", JSON.stringify(error));
    assert.match(error.message, message);
  });
}

test("an allowed origin is reached", async (t) => {
  const site = http.createServer((request, response) => response.end("hello")).listen(0, "127.0.0.1");
  await once(site, "listening");
  t.after(() => site.close());
  const origin = `http://127.0.0.1:${site.address().port}`;
  const project = temporaryProject({
    "wrangler.jsonc": {
      name: "runner",
      main: "runner.js",
      compatibility_date: "2026-11-01",
      mayfly: { loader: { network: { allow: [origin] } } },
    },
    "runner.js": runner,
  });
  const open = await startMayfly(project);
  t.after(() => open.stop());
  const options = { script: "(url) => fetch(url).then((response) => response.text())", network: { allowedOrigins: [origin] } };
  const { text } = await open.request({ method: "POST", path: "/run", body: JSON.stringify({ options, input: origin }) });
  assert.equal(text, '{"result":"hello"}');
});
