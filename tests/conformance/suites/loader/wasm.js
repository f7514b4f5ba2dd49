// SPDX-License-Identifier: Apache-2.0
//
// WebAssembly: modules that the loading worker has compiled already, and imports of the source phase.

import { check, equal, rejects, same } from "../../check.js";
import compiled from "./answer.wasm";
import { code, evaluate, method } from "./code.js";

const instantiate = "new WebAssembly.Instance(wasm).exports.answer()";

for (const [what, module] of [
  ["a WebAssembly.Module", compiled],
  ["{ wasm: WebAssembly.Module }", { wasm: compiled }],
]) {
  check(`${what} is a module`, async ({ env }) => {
    const body = `return [wasm instanceof WebAssembly.Module, WebAssembly.Module.exports(wasm)[0].name, ${instantiate}]`;
    const modules = { "a.wasm": module };
    same(await evaluate(env, body, { top: `import wasm from "./a.wasm";`, modules }), [true, "answer", 42]);
  });
}

check("one compiled module serves several workers and names", async ({ env }) => {
  const modules = { "a.wasm": compiled, "b.wasm": { wasm: compiled } };
  const top = `import wasm from "./a.wasm"; import other from "./b.wasm";`;
  const body = `return ${instantiate} + new WebAssembly.Instance(other).exports.answer()`;
  const all = await Promise.all(Array.from({ length: 5 }, () => evaluate(env, body, { top, modules })));
  same(all, Array(5).fill(84));
  equal(new WebAssembly.Instance(compiled).exports.answer(), 42);
});

for (const [what, module] of [
  ["bytes", () => ({ wasm: new Uint8Array(bytes) })],
  ["a compiled module", () => compiled],
]) {
  check(`import source of ${what} is a WebAssembly.Module`, async ({ env }) => {
    const body = `return [wasm instanceof WebAssembly.Module, wasm === byDefault, ${instantiate}]`;
    const top = `import source wasm from "./a.wasm"; import byDefault from "./a.wasm";`;
    same(await evaluate(env, body, { top, modules: { "a.wasm": module() } }), [true, true, 42]);
  });
}

const older = "workerd does not support import.source()";

check("import.source() is a WebAssembly.Module", { differs: older }, async ({ env }) => {
  const body = `const wasm = await import.source("./a.wasm");
    return [wasm instanceof WebAssembly.Module, wasm === await import.source("/a.wasm"), ${instantiate}]`;
  same(await evaluate(env, body, { modules: { "a.wasm": compiled } }), [true, true, 42]);
});

check("import source works in TypeScript", { mayflyOnly: "workerd's loader takes no TypeScript" }, async ({ env }) => {
  const main = method(
    `const wasm = taken as WebAssembly.Module; const again: unknown = await import.source("./lib/a.wasm");
     return [again === wasm, ${instantiate}] as const`,
    `import type { X } from "./x.ts"; import source taken from "./lib/a.wasm"; import source unused from "./none.wasm";`,
  );
  const modules = { "main.ts": main, "lib/a.wasm": compiled };
  const worker = env.LOADER.load({ compatibilityDate: "2026-11-01", mainModule: "main.ts", modules });
  same(await worker.getEntrypoint().run(), [true, 42]);
});

const noSource = { "lib.js": "export const x = 1;", "a.txt": { text: "a" } };

check("only WebAssembly modules have a source", async ({ env }) => {
  for (const name of Object.keys(noSource)) {
    const loading = evaluate(env, "return 1", { top: `import source x from "./${name}";`, modules: noSource });
    await rejects(loading, new RegExp(`Source phase import not available for module: ${name}\\.`));
  }
});

check("import.source() of a module without a source is a SyntaxError", { differs: older }, async ({ env }) => {
  for (const name of Object.keys(noSource)) {
    const body = `return import.source("./${name}").then(() => "", (error) => error.name)`;
    equal(await evaluate(env, body, { modules: noSource }), "SyntaxError");
  }
});

check("an import source of what is not there names it", async ({ env }) => {
  await rejects(evaluate(env, "return 1", { top: `import source x from "./none.wasm";` }), /none\.wasm|source/);
  await rejects(env.LOADER.load(code("import source x from 'fs';")).getEntrypoint().run(), /fs|source/);
});

const bytes = [
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 127, 3, 2, 1, 0, 7, 10, 1, 6, 97, 110, 115, 119, 101, 114, 0, 0, 10,
  6, 1, 4, 0, 65, 42, 11,
];
