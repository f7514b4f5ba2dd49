// SPDX-License-Identifier: Apache-2.0
//
// What guest cells may compile with (--guest-jit): they run the same code, and what they cannot have is said.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { startMayfly, temporaryProject } from "../e2e/harness.mjs";
import { cellsOf } from "./harness.mjs";

// (module (func (export "add") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add))
const wasm = "0061736d0100000001070160027f7f017f030201000707010361646400000a09010700200020016a0b";

const host = `
const wasm = Uint8Array.from("${wasm}".match(/../g), (byte) => parseInt(byte, 16));
const programs = {
  plain: { main: \`
    function sum(n) { let s = 0; for (let i = 0; i < n; i++) s = (s + i * 7) | 0; return s; }
    class A { #x = 1; get x() { return this.#x; } }
    export default { async fetch() {
      const text = "aaab".repeat(1000).replace(/(a+)b/g, "$1c");
      return Response.json([sum(1e6), text.length, new A().x, [3, 1, 2].sort(), new Intl.NumberFormat("de").format(1234.5), typeof WebAssembly]);
    } };\` },
  wasm: { main: \`import module from "add.wasm";
    export default { fetch: () => new Response(String(new WebAssembly.Instance(module).exports.add(20, 22))) };\`, wasm: true },
  received: { main: \`import { WorkerEntrypoint } from "cloudflare:workers";
    export default class extends WorkerEntrypoint {
      take(module) { return new WebAssembly.Instance(module).exports.add(20, 22); }
    };\` },
};
import module from "./add.wasm";
export default {
  async fetch(request, env) {
    const name = new URL(request.url).pathname.slice(1);
    const { main, wasm: has } = programs[name];
    const code = { compatibilityDate: "2026-11-01", mainModule: "main.js", modules: { "main.js": main, ...(has && { "add.wasm": { wasm } }) }, globalOutbound: null };
    try {
      const entrypoint = env.LOADER.load(code).getEntrypoint();
      if (name === "received") return Response.json({ value: await entrypoint.take(module) });
      const response = await entrypoint.fetch(request);
      return Response.json({ value: await response.text() });
    } catch (error) {
      return Response.json({ error: error.name, message: error.message });
    }
  },
};`;

const project = () =>
  temporaryProject({
    "wrangler.jsonc": { name: "host", main: "index.js", compatibility_date: "2026-11-01", worker_loaders: [{ binding: "LOADER" }] },
    "index.js": host,
    "add.wasm": Buffer.from(wasm, "hex"),
  });

async function ask(server, name) {
  const { status, text } = await server.request(`/${name}`);
  assert.equal(status, 200, text);
  return JSON.parse(text);
}

/** The memory of a process that can be both written and executed, or null where one may not look. */
function writableCode(pid) {
  try {
    return readFileSync(`/proc/${pid}/maps`, "utf8").split("\n").filter((line) => / [r-]wx/.test(line));
  } catch (error) {
    if (error.code === "EACCES" || error.code === "EPERM") return null;
    throw error;
  }
}
const argumentsOf = (pid) => readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");

for (const level of ["full", "no-turbofan", "none"]) {
  test(`guest cells run code with --guest-jit=${level}`, async () => {
    const server = await startMayfly(project(), { args: ["--shards", "1", "--guest-jit", level] });
    try {
      const { value } = await ask(server, "plain");
      assert.equal(value, `[-401846240,4000,1,[1,2,3],"1.234,5","${level === "none" ? "undefined" : "object"}"]`);
      const { guests, hosts } = cellsOf(server);
      for (const guest of guests) {
        const flags = argumentsOf(guest);
        assert.equal(flags.includes("--jitless"), level === "none");
        assert.equal(flags.includes("--no-turbofan"), level === "no-turbofan");
        const writable = writableCode(guest);
        if (writable !== null && level === "none") assert.deepEqual(writable, []);
      }
      for (const cell of [...guests, ...hosts]) assert.ok(argumentsOf(cell).includes("--freeze-flags-after-init"));
      assert.ok(!argumentsOf(hosts[0]).includes("--jitless"), "the host cell compiles");
      assert.doesNotMatch(server.program.stderr, /was refused|died/);
    } finally {
      await server.stop();
    }
  });
}

test("without WebAssembly, code that has it is refused by the name of the setting", async () => {
  const server = await startMayfly(project(), { args: ["--shards", "1", "--guest-jit", "none"] });
  try {
    const { error, message } = await ask(server, "wasm");
    assert.equal(error, "Error");
    assert.equal(message, 'Module "add.wasm" is WebAssembly, which dynamic workers do not have here: --guest-jit is "none".');
    const received = await ask(server, "received");
    assert.match(received.message, /cannot be received here: dynamic workers have no WebAssembly \(--guest-jit=none\)/);
    assert.doesNotMatch(server.program.stderr, /died/);
  } finally {
    await server.stop();
  }
});

test("without the optimizing compiler there is WebAssembly", async () => {
  const server = await startMayfly(project(), { args: ["--shards", "1", "--guest-jit", "no-turbofan"] });
  try {
    assert.deepEqual(await ask(server, "wasm"), { value: "42" });
    assert.deepEqual(await ask(server, "received"), { value: 42 });
  } finally {
    await server.stop();
  }
});

test("workers in the process of their loader cannot have fewer compilers than it", async () => {
  const isolate = temporaryProject({
    "wrangler.jsonc": {
      name: "host",
      main: "index.js",
      compatibility_date: "2026-11-01",
      worker_loaders: [{ binding: "LOADER" }],
      mayfly: { loader: { isolation: "isolate" } },
    },
    "index.js": host,
    "add.wasm": Buffer.from(wasm, "hex"),
  });
  const server = await startMayfly(isolate, { args: ["--shards", "1", "--guest-jit", "none"] });
  try {
    const { message } = await ask(server, "plain");
    assert.match(message, /--guest-jit="none" takes a process of its own: isolation must be "tenant" or "worker", but is "isolate"/);
  } finally {
    await server.stop();
  }
});
