// SPDX-License-Identifier: Apache-2.0
//
// A WebAssembly.Module that is passed as a module is compiled once in a process, however many workers and modules of it
// import it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { startMayfly, temporaryProject } from "./harness.mjs";

function leb(value) {
  const bytes = [];
  for (; value > 127; value >>>= 7) bytes.push((value & 127) | 128);
  return [...bytes, value];
}

/** A module that takes long to validate: functions of many constants that are added and dropped. */
function largeModule() {
  const functions = 4_000;
  const add = [0x41, 1, 0x41, 2, 0x6a, 0x1a];
  const body = [0, ...Array(250).fill(add).flat(), 0x0b];
  const one = [...leb(body.length), ...body];
  const sections = [
    [1, [1, 0x60, 0, 0]],
    [3, [...leb(functions), ...Array(functions).fill(0)]],
    [10, [...leb(functions), ...Array(functions).fill(one).flat()]],
  ];
  const bytes = sections.flatMap(([id, content]) => [id, ...leb(content.length), ...content]);
  return Uint8Array.from([0, 97, 115, 109, 1, 0, 0, 0, ...bytes]);
}

const worker = `
import compiled from "./large.wasm";
import bytes from "./large.bin";

// What the engine has compiled before it knows again: a section of no meaning makes other bytes of these.
let salt = 0;
function otherBytes() {
  const other = new Uint8Array(bytes.byteLength + 4);
  other.set(new Uint8Array(bytes));
  other.set([0, 2, 1, 65 + salt++ % 26], bytes.byteLength);
  return other;
}

export default {
  async fetch(request, env) {
    const wasm = new URL(request.url).pathname === "/module" ? compiled : otherBytes();
    const modules = {
      "main.js": \`
        import a from "./a.wasm"; import b from "./b.wasm"; import source c from "./a.wasm"; import d from "./lib/d.js";
        export default { fetch: () => Response.json([a === c, a === d, WebAssembly.Module.customSections(b, "").length]) };\`,
      "lib/d.js": 'import d from "../a.wasm"; export default d;',
      "a.wasm": { wasm },
      "b.wasm": { wasm },
    };
    const began = Date.now();
    const worker = env.LOADER.load({ compatibilityDate: "2026-11-01", mainModule: "main.js", modules });
    const found = await (await worker.getEntrypoint().fetch(request)).json();
    return Response.json({ found, ms: Date.now() - began });
  },
};`;

test("a compiled module is not compiled again in the same process", async (t) => {
  const wasm = largeModule();
  const project = temporaryProject({
    "wrangler.jsonc": {
      name: "wasm",
      main: "index.js",
      compatibility_date: "2026-11-01",
      worker_loaders: [{ binding: "LOADER" }],
      // In the process of the loading worker: to another one its bytes are sent.
      mayfly: { loader: { isolation: "isolate" } },
    },
    "index.js": worker,
    "large.wasm": wasm,
    "large.bin": wasm,
  });
  const server = await startMayfly(project);
  t.after(() => server.stop());
  const load = async (what) => {
    const { found, ms } = (await server.request(`/${what}`)).json();
    assert.deepEqual(found, [true, true, 0]);
    return ms;
  };
  const least = { module: Infinity, bytes: Infinity };
  for (let i = 0; i < 5; i++) {
    for (const what of ["module", "bytes"]) least[what] = Math.min(least[what], await load(what));
  }
  assert.ok(least.module * 2 < least.bytes, `a module in ${least.module} ms, its bytes in ${least.bytes} ms`);
});
