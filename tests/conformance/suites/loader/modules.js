// SPDX-License-Identifier: Apache-2.0

import { check, equal, matches, ok, rejects, same, throws } from "../../check.js";
import { code, evaluate, method } from "./code.js";

// (module (func (export "answer") (result i32) i32.const 42))
const wasmBytes = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 127, 3, 2, 1, 0, 7, 10, 1, 6, 97, 110, 115, 119, 101, 114, 0, 0, 10,
  6, 1, 4, 0, 65, 42, 11,
]);

check("a string module is JavaScript", async ({ env }) => {
  equal(
    await evaluate(env, "return x", {
      top: `import { x } from "./lib.js";`,
      modules: { "lib.js": "export const x = 1;" },
    }),
    1,
  );
});

check("{ js } is JavaScript under any name", async ({ env }) => {
  equal(
    await evaluate(env, "return x", {
      top: `import { x } from "./lib";`,
      modules: { lib: { js: "export const x = 2;" } },
    }),
    2,
  );
});

check("{ cjs } gives its exports as the default export", async ({ env }) => {
  const modules = { "lib.cjs": { cjs: "exports.greet = (name) => 'hi ' + name;" } };
  equal(await evaluate(env, "return lib.greet('a')", { top: `import lib from "./lib.cjs";`, modules }), "hi a");
});

check("{ cjs } modules require each other", async ({ env }) => {
  const modules = {
    "a.cjs": { cjs: "module.exports = { name: 'a', b: require('./b.cjs') };" },
    "b.cjs": { cjs: "module.exports = function b() { return 'b'; };" },
  };
  equal(await evaluate(env, "return a.name + a.b()", { top: `import a from "./a.cjs";`, modules }), "ab");
});

check("{ text } is a string", async ({ env }) => {
  equal(
    await evaluate(env, "return text", {
      top: `import text from "./a.txt";`,
      modules: { "a.txt": { text: "Grüße, 世界 🎈" } },
    }),
    "Grüße, 世界 🎈",
  );
});

check("{ data } is an ArrayBuffer, from a buffer or a view", async ({ env }) => {
  const whole = new Uint8Array([9, 1, 2, 3, 9]);
  const modules = { a: { data: whole.buffer }, b: { data: whole.subarray(1, 4) } };
  const body = "return [a instanceof ArrayBuffer, [...new Uint8Array(a)], [...new Uint8Array(b)]]";
  same(await evaluate(env, body, { top: `import a from "./a"; import b from "./b";`, modules }), [
    true,
    [9, 1, 2, 3, 9],
    [1, 2, 3],
  ]);
});

check("bytes are copied when the code is given", async ({ env }) => {
  const bytes = new Uint8Array([1, 2, 3]);
  const answer = evaluate(env, "return [...new Uint8Array(a)]", {
    top: `import a from "./a";`,
    modules: { a: { data: bytes } },
  });
  bytes.fill(0);
  same(await answer, [1, 2, 3]);
});

check("{ json } is parsed", async ({ env }) => {
  const modules = { "a.json": { json: { list: [1, "two", null, true] } } };
  same(await evaluate(env, "return value", { top: `import value from "./a.json";`, modules }), {
    list: [1, "two", null, true],
  });
});

check(
  "{ json } with import attributes",
  { differs: "workerd's module registry knows no import attributes" },
  async ({ env }) => {
    const modules = { "a.json": { json: { a: 1 } } };
    same(await evaluate(env, "return value", { top: `import value from "./a.json" with { type: "json" };`, modules }), {
      a: 1,
    });
  },
);

check("{ wasm } from bytes is a WebAssembly.Module", async ({ env }) => {
  const body = "return [wasm instanceof WebAssembly.Module, new WebAssembly.Instance(wasm).exports.answer()]";
  same(await evaluate(env, body, { top: `import wasm from "./a.wasm";`, modules: { "a.wasm": { wasm: wasmBytes } } }), [
    true,
    42,
  ]);
  same(
    await evaluate(env, body, {
      top: `import wasm from "./a.wasm";`,
      modules: { "a.wasm": { wasm: wasmBytes.buffer } },
    }),
    [true, 42],
  );
});

check("modules import each other across folders", async ({ env }) => {
  const modules = {
    "lib/deep/a.js": `import { b } from "../b.js"; export const a = "a" + b;`,
    "lib/b.js": `import { c } from "/c.js"; export const b = "b" + c;`,
    "c.js": `export const c = "c";`,
  };
  equal(await evaluate(env, "return a", { top: `import { a } from "./lib/deep/a.js";`, modules }), "abc");
});

check("a bare specifier finds the module of that name", async ({ env }) => {
  equal(
    await evaluate(env, "return x", {
      top: `import { x } from "lib.js";`,
      modules: { "lib.js": "export const x = 3;" },
    }),
    3,
  );
});

check("modules may import each other in a circle", async ({ env }) => {
  const modules = {
    "even.js": `import { odd } from "./odd.js"; export const even = (n) => n === 0 || odd(n - 1);`,
    "odd.js": `import { even } from "./even.js"; export const odd = (n) => n !== 0 && even(n - 1);`,
  };
  equal(await evaluate(env, "return even(10)", { top: `import { even } from "./even.js";`, modules }), true);
});

check("import() loads a module at run time", async ({ env }) => {
  equal(
    await evaluate(env, "return (await import('./lib.js')).x", { modules: { "lib.js": "export const x = 4;" } }),
    4,
  );
});

check("import() of a missing module rejects and names it", async ({ env }) => {
  matches(await evaluate(env, "return import('./missing.js').catch((error) => error.message)"), /missing\.js/);
});

check("an import of a missing module is named in the error", async ({ env }) => {
  await rejects(evaluate(env, "return 1", { top: `import "./missing.js";` }), /missing\.js/);
});

check("an import of a missing export is named in the error", async ({ env }) => {
  await rejects(
    evaluate(env, "return y", { top: `import { y } from "./lib.js";`, modules: { "lib.js": "export const x = 1;" } }),
    /\by\b/,
  );
});

check("a main module that is not among the modules is named in the error", async ({ env }) => {
  const missing = {
    compatibilityDate: "2026-11-01",
    mainModule: "other.js",
    modules: { "main.js": method("return 1") },
  };
  await rejects(async () => env.LOADER.load(missing).getEntrypoint().run(), /other\.js/);
});

check("a module name without a known ending is refused", ({ env }) => {
  throws(() => env.LOADER.load(code(method(""), { modules: { "a.txt": "text" } })), {
    name: "TypeError",
    message:
      "Module name must end with '.js' or '.py' (or the content must be an object indicating the type explicitly). Got: a.txt",
  });
});

for (const ending of ["tsx", "jsx"]) {
  check(`a .${ending} module is refused with advice`, ({ env }) => {
    throws(() => env.LOADER.load(code(method(""), { modules: { [`a.${ending}`]: "text" } })), {
      name: "TypeError",
      message:
        `Module name must end with '.js' or '.py' (or the content must be an object indicating the type explicitly). Got: a.${ending}. ` +
        "If you're trying to load TypeScript, bundle it first with '@cloudflare/worker-bundler' and pass the generated JavaScript modules.",
    });
  });
}

check("code without modules is refused", ({ env }) => {
  throws(() => env.LOADER.load({ compatibilityDate: "2026-11-01", mainModule: "main.js", modules: {} }), {
    name: "TypeError",
    message: "Dynamic Worker code must contain at least one module.",
  });
});

for (const [module, count] of [
  [{}, 0],
  [{ js: "", text: "" }, 2],
]) {
  check(`a module object with ${count} kinds is refused`, ({ env }) => {
    throws(() => env.LOADER.load(code(method(""), { modules: { N: module } })), {
      name: "TypeError",
      message: `Each module must contain exactly one of 'js', 'cjs', 'text', 'data', 'json', 'py', or 'wasm'. Module 'N' contained ${count} properties.`,
    });
  });
}

check("code above 64 MiB is refused", ({ env }) => {
  const modules = { a: { data: new ArrayBuffer(40 << 20) }, b: { data: new ArrayBuffer(30 << 20) } };
  const total = method("").length + (70 << 20);
  throws(
    () => env.LOADER.load(code(method(""), { modules })),
    `Dynamic Worker code size (${total} bytes) exceeds the maximum allowed size of 67108864 bytes.`,
  );
});

check("a lone surrogate in source text is no crash", async ({ env }) => {
  ok((await evaluate(env, "return 'a\ud800b'.length")) >= 3);
});

check("invalid wasm is an error that names the module or says wasm", async ({ env }) => {
  await rejects(
    evaluate(env, "return 1", {
      top: `import wasm from "./a.wasm";`,
      modules: { "a.wasm": { wasm: new Uint8Array([1, 2, 3]) } },
    }),
    /wasm|WebAssembly/i,
  );
});

check("one source loads under several names", async ({ env }) => {
  const same1 = "export const x = {};";
  const modules = { "a.js": same1, "b.js": same1 };
  equal(
    await evaluate(env, "return a.x !== b.x", {
      top: `import * as a from "./a.js"; import * as b from "./b.js";`,
      modules,
    }),
    true,
  );
});

check("import.meta is an object", async ({ env }) => {
  equal(await evaluate(env, "return typeof import.meta"), "object");
});

const listening = (body) => ({
  compatibilityDate: "2026-11-01",
  mainModule: "main.js",
  modules: { "main.js": `addEventListener("fetch", (event) => { ${body} });` },
  env: { SECRET: "a" },
  globalOutbound: null,
});

check("a main module without a default export serves by its listeners", async ({ env }) => {
  const entrypoint = env.LOADER.load(listening(`
    event.waitUntil(Promise.resolve());
    const { pathname } = new URL(event.request.url);
    if (pathname === "/throws") throw new RangeError("mine");
    if (pathname !== "/nothing") event.respondWith((async () => new Response(pathname))());`)).getEntrypoint();
  equal(await (await entrypoint.fetch("https://x/path")).text(), "/path");
  await rejects(entrypoint.fetch("https://x/throws"), { message: "mine" });
  await rejects(entrypoint.fetch("https://x/nothing"));
});

check(
  "the bindings of a worker that serves by listeners are globals",
  { differs: "workerd has them so in scripts alone, not in modules" },
  async ({ env }) => {
    const worker = env.LOADER.load(listening(`event.respondWith(new Response(SECRET))`));
    equal(await (await worker.getEntrypoint().fetch("https://x/")).text(), "a");
  },
);

for (const [what, date, flags] of [
  ["the default export", "2026-01-22", []],
  ["the default export, by flag", "2025-12-01", ["require_returns_default_export"]],
]) {
  check(`require() of an ES module gives ${what}`, async ({ env }) => {
    equal(await requiredFrom(env, date, flags), "the default");
  });
}

const always = { differs: "workerd gives the default export of a dynamic worker's module whatever the date" };
for (const [date, flags] of [
  ["2026-01-21", []],
  ["2026-01-22", ["require_returns_namespace"]],
]) {
  check(`require() of an ES module gives its namespace (${date} ${flags})`, always, async ({ env }) => {
    same(await requiredFrom(env, date, flags), ["default", "named"]);
  });
}

check("require() of an ES module without a default gives its namespace", { differs: "workerd gives undefined" }, async ({ env }) => {
  same(await requiredFrom(env, "2026-11-01", [], "export const named = 1;"), ["named"]);
});

const module = `export default "the default"; export const named = 1;`;

function requiredFrom(env, compatibilityDate, compatibilityFlags, text = module) {
  const modules = { "lib.js": text, "lib.cjs": { cjs: "module.exports = require('./lib.js');" } };
  const body = "return typeof lib === 'string' ? lib : Object.keys(lib).sort()";
  return evaluate(env, body, { top: `import lib from "./lib.cjs";`, modules, compatibilityDate, compatibilityFlags });
}

for (const flags of [[], ["export_commonjs_default"], ["export_commonjs_namespace"]]) {
  check(`the default import of a CommonJS module is its exports (${flags})`, async ({ env }) => {
    const modules = { "lib.cjs": { cjs: "exports.named = 5;" } };
    const top = `import lib from "./lib.cjs"; import * as space from "./lib.cjs";`;
    const about = { top, modules, compatibilityDate: "2022-11-01", compatibilityFlags: flags };
    same(await evaluate(env, "return [lib.named, Object.keys(space)]", about), [5, ["default"]]);
  });
}

check("an import attribute that nothing knows is refused", async ({ env }) => {
  const modules = { "lib.js": "export default 1;" };
  await rejects(evaluate(env, "return lib", { top: `import lib from "./lib.js" with { type: "nonsense" };`, modules }), /attributes/);
  await rejects(evaluate(env, "return lib", { top: `import lib from "./lib.js" with { odd: "yes" };`, modules }), /attributes/);
});

check("an import attribute must fit the module", async ({ env }) => {
  const modules = { "lib.js": "export default 1;", "a.txt": { text: "t" } };
  for (const name of Object.keys(modules)) {
    await rejects(evaluate(env, "return lib", { top: `import lib from "./${name}" with { type: "json" };`, modules }), /attributes/);
  }
  matches(await evaluate(env, "return import('./lib.js', { with: { type: 'json' } }).catch((error) => error.message)", { modules }), /attributes/);
});
