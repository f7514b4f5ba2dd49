// SPDX-License-Identifier: Apache-2.0
//
// Which modules of Node a worker finds, by its compatibility date and flags. Asked of dynamic workers.

import { check, equal, matches, rejects, same, suite } from "../../check.js";

const code = `
  const names = ["node:buffer", "node:async_hooks", "node:path", "buffer", "async_hooks", "sys", "node:sys"];
  export default {
    async fetch(request, env) {
      const found = [];
      const errors = {};
      for (const name of names) {
        try { await import(name); found.push(name); } catch (error) { errors[name] = error.message; }
      }
      const globals = ["Buffer", "process", "global", "setImmediate", "clearImmediate"].filter((name) => name in globalThis);
      const timer = setTimeout(() => {}, 0);
      return Response.json({ found, errors, globals, timer: typeof timer, env: globalThis.process?.env });
    },
  };`;

async function ask(env, compatibilityDate, compatibilityFlags) {
  const worker = env.LOADER.load({
    compatibilityDate, compatibilityFlags, mainModule: "main.js", modules: { "main.js": code }, env: { TEXT: "x", NUMBER: 5 },
  });
  return (await worker.getEntrypoint().fetch("http://x/")).json();
}

const nothing = [];
const prefixed = ["node:buffer", "node:async_hooks", "node:path"];
const all = [...prefixed, "buffer", "async_hooks", "sys", "node:sys"];
const globals = ["Buffer", "process", "global", "setImmediate", "clearImmediate"];

for (const [date, flags, found, globalNames] of [
  ["2024-01-01", [], nothing, nothing],
  ["2026-08-03", [], nothing, nothing],
  ["2026-08-04", [], all, globals],
  ["2024-01-01", ["nodejs_als"], ["node:async_hooks"], nothing],
  ["2024-01-01", ["nodejs_compat"], prefixed, nothing],
  ["2024-09-22", ["nodejs_compat"], prefixed, nothing],
  ["2024-09-23", ["nodejs_compat"], all, globals],
  ["2024-09-23", ["nodejs_compat", "no_nodejs_compat_v2"], prefixed, nothing],
  ["2024-01-01", ["nodejs_compat_v2"], all, globals],
  ["2026-11-01", ["no_nodejs_compat"], all, globals],
  ["2026-11-01", ["no_nodejs_compat_v2"], prefixed, nothing],
  ["2026-11-01", ["no_nodejs_compat", "no_nodejs_compat_v2"], nothing, nothing],
]) {
  check(`${date} ${flags.join(" ") || "without flags"}: ${found.length} modules, ${globalNames.length} globals`, async ({ env }) => {
    const answer = await ask(env, date, flags);
    same([answer.found, answer.globals], [found, globalNames]);
  });
}

check("without the flag the error begins with the module's name", async ({ env }) => {
  const { errors } = await ask(env, "2024-01-01", []);
  matches(errors["node:buffer"], /^No such module "node:buffer"/);
  matches(errors.buffer, /^No such module "buffer"/);
});

check("the error says which flag there is", { mayflyOnly: "workerd's error does not say" }, async ({ env }) => {
  equal((await ask(env, "2024-01-01", [])).errors["node:buffer"], 'No such module "node:buffer".\n' +
    "  Modules of Node need the compatibility flag nodejs_compat.\n  imported from \"main.js\"");
});

check("process.env has the variables from 2025-04-01 on", async ({ env }) => {
  same([(await ask(env, "2025-03-31", ["nodejs_compat"])).env, (await ask(env, "2025-04-01", ["nodejs_compat"])).env.TEXT], [{}, "x"]);
  same((await ask(env, "2025-04-01", ["nodejs_compat", "nodejs_compat_do_not_populate_process_env"])).env, {});
});

check("setTimeout gives an object to workers with Node's globals, a number to others", async ({ env }) => {
  same([(await ask(env, "2026-11-01", [])).timer, (await ask(env, "2024-01-01", [])).timer], ["object", "number"]);
});

check("a CommonJS module requires modules of Node", async ({ env }) => {
  const worker = env.LOADER.load({
    compatibilityDate: "2026-11-01", mainModule: "main.js",
    modules: {
      "main.js": 'import lib from "./lib.js"; export default { fetch: () => new Response(lib.text) };',
      "lib.js": { cjs: 'const { join } = require("path"); const { EventEmitter } = require("node:events"); exports.text = join("a", "b") + typeof EventEmitter + require("events").EventEmitter.name;' },
    },
  });
  equal(await (await worker.getEntrypoint().fetch("http://x/")).text(), "a/bfunctionEventEmitter");
});

check("a worker's own module of that name goes first", { differs: "Node's goes first in workerd" }, async ({ env }) => {
  const worker = env.LOADER.load({
    compatibilityDate: "2026-11-01", mainModule: "main.js",
    modules: { "main.js": 'import own from "buffer"; export default { fetch: () => new Response(own) };', "buffer": { js: 'export default "own";' } },
  });
  equal(await (await worker.getEntrypoint().fetch("http://x/")).text(), "own");
});

const unlimited = { mayflyOnly: "workerd enforces no limits" };

async function fill(env, body) {
  const main = `import fs from "node:fs"; import zlib from "node:zlib"; export default { fetch() { ${body} } };`;
  const worker = env.LOADER.load({ compatibilityDate: "2026-11-01", mainModule: "main.js", modules: { "main.js": main } });
  return rejects(() => worker.getEntrypoint().fetch("http://x/"));
}

check("files in memory are bounded by the worker's memory", unlimited, async ({ env }) => {
  const error = await fill(env, 'for (let i = 0; ; i++) fs.writeFileSync(`/tmp/${i}`, Buffer.alloc(8 << 20, 1));');
  matches(`${error.name}: ${error.message}`, /memory|allocation/i);
});

check("codecs are bounded by the worker's memory", unlimited, async ({ env }) => {
  const error = await fill(env, "const all = []; for (;;) all.push(zlib.createBrotliCompress(), zlib.createDeflate());");
  matches(`${error.name}: ${error.message}`, /memory|allocation/i);
});

check("what is unpacked is bounded by the worker's memory", unlimited, async ({ env }) => {
  const error = await fill(env, "let bomb = zlib.gzipSync(Buffer.alloc(64 << 20)); bomb = Buffer.concat(Array(40).fill(bomb)); return new Response(zlib.gunzipSync(bomb).length);");
  matches(`${error.name}: ${error.message}`, /memory|allocation|larger/i);
});

export default suite();
