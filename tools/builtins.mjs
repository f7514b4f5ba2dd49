// SPDX-License-Identifier: Apache-2.0
// Bundles the built-ins: node tools/builtins.mjs --out build/builtins
//
// A group is one script: `mayfly:core` (src/api/core: main.ts, and as exports those of index.ts, the same module
// instances) and every src/api/{web,node,platform}/<name>/index.ts as `mayfly:<kind>/<name>`. Imports named `mayfly:*`
// stay calls of requireGroup, npm packages are bundled in, and relative imports may not leave the group's folder, or
// two groups would each have a copy of a module. Types are stripped, not checked.
//
// The output, builtins.inc, is C++: the table kBuiltins. Each source is the *body* of a function with the parameters
// `exports, requireGroup, ops`; core has `registerHooks` as a fourth. It is ASCII, so V8 can use it in place as an
// external one-byte string. The file changes only when its content does.
import { mkdirSync, readFileSync, readdirSync, writeFileSync, existsSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const api = join(root, "src/api");
const coreEntry = "mayfly-core-entry";

// exports is filled before the modules of the group run (with getters: esbuild's live bindings), so that groups may
// import each other in a cycle as long as they use each other later.
const prologue =
  '"use strict";const require=requireGroup,module={set exports(value){' +
  "Object.defineProperties(exports,Object.getOwnPropertyDescriptors(value))}};";

// What built-ins use of the language's own globals. Core takes them as the snapshot is made and other groups from core, so
// that a worker which deletes or replaces a global does it for itself alone. Collections are copies whose methods are their
// own, as Map.prototype may be patched as well.
const intrinsics = [
  "Object", "Function", "Array", "Map", "Set", "WeakMap", "Promise", "Proxy", "Reflect", "Symbol", "String", "Number",
  "Boolean", "BigInt", "Math", "JSON", "Date", "RegExp", "Error", "TypeError", "RangeError", "SyntaxError",
  "ReferenceError", "EvalError", "URIError", "AggregateError", "ArrayBuffer", "DataView", "Uint8Array",
  "FinalizationRegistry", "WeakRef",
];
const corePrologue =
  `const {${intrinsics.map((name) => (/^(Map|Set|WeakMap)$/.test(name) ? `${name}:own${name}` : name)).join(",")}}=globalThis;` +
  "const safe=(base)=>{const copy=class extends base{};for(const key of Reflect.ownKeys(base.prototype))" +
  'if(key!=="constructor")Object.defineProperty(copy.prototype,key,Object.getOwnPropertyDescriptor(base.prototype,key));' +
  "return copy};const Map=safe(ownMap),Set=safe(ownSet),WeakMap=safe(ownWeakMap);" +
  `Object.defineProperty(exports,"intrinsics",{value:{${intrinsics.join(",")}}});`;
const groupPrologue = `const {${intrinsics.join(",")}}=requireGroup("mayfly:core").intrinsics;`;

function findGroups() {
  const groups = [];
  for (const kind of ["web", "node", "platform"]) {
    const folder = join(api, kind);
    if (!existsSync(folder)) continue;
    for (const name of readdirSync(folder).sort()) {
      const index = join(folder, name, "index.ts");
      if (existsSync(index)) groups.push({ name: `mayfly:${kind}/${name}`, entry: index });
    }
  }
  return groups;
}

// What npm packages that are bundled in mean by these names.
const nodeGroups = new Map([
  ["buffer", "mayfly:node/buffer"], ["events", "mayfly:node/events"], ["process", "mayfly:node/process"],
  ["string_decoder", "mayfly:node/string_decoder"], ["abort-controller", "mayfly:web/events"],
]);

// The folder of the group that `path` belongs to, or undefined outside src/api.
function groupFolder(path) {
  const parts = relative(api, path).split(sep);
  if (parts[0] === "..") return undefined;
  return join(api, ...parts.slice(0, parts[0] === "core" ? 1 : 2));
}

function groupsPlugin(names) {
  return {
    name: "mayfly-groups",
    setup(builder) {
      builder.onResolve({ filter: /^mayfly-core-entry$/ }, () => ({ path: coreEntry, namespace: coreEntry }));
      builder.onLoad({ filter: /.*/, namespace: coreEntry }, () => ({
        contents: 'import "./main.ts"; export * from "./index.ts";',
        resolveDir: join(api, "core"),
      }));
      builder.onResolve({ filter: /^mayfly:/ }, ({ path, importer }) =>
        names.has(path)
          ? { path, external: true }
          : { errors: [{ text: `There is no group ${path} (imported by ${relative(root, importer)})` }] });
      builder.onResolve({ filter: /^[a-z_-]+\/?$/ }, ({ path }) => {
        const group = nodeGroups.get(path.replace(/\/$/, ""));
        return group === undefined ? undefined : { path: group, external: true };
      });
      builder.onResolve({ filter: /^\.\.?\// }, ({ path, importer, resolveDir, namespace }) => {
        if (namespace !== "file") return undefined;
        const own = groupFolder(importer);
        if (own === undefined || resolve(resolveDir, path).startsWith(own + sep)) return undefined;
        return { errors: [{ text: `${relative(root, importer)} imports ${path}, which is outside of its group ` +
          `${relative(root, own)}: import the other group by its name (mayfly:...)` }] };
      });
    },
  };
}

async function bundle(groups) {
  const entryPoints = groups.map(({ entry }, index) => ({ in: entry, out: `group${index}` }));
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints,
    outdir: "/",
    write: false,
    bundle: true,
    format: "cjs",
    platform: "neutral",
    mainFields: ["module", "main"],
    target: "esnext",
    minifyWhitespace: true,
    minifySyntax: true,
    charset: "ascii",
    legalComments: "eof",
    tsconfigRaw: { compilerOptions: { useDefineForClassFields: true } },
    plugins: [groupsPlugin(new Set(groups.map((group) => group.name)))],
    logLevel: "warning",
  });
  const texts = new Map(outputFiles.map((file) => [file.path, file.text]));
  return groups.map(({ name }, index) => ({
    name,
    source: prologue + (index === 0 ? corePrologue : groupPrologue) + escapeForeign(texts.get(`/group${index}.js`)),
  }));
}

// esbuild leaves other characters than ASCII in regular expressions only, where escapes mean the same.
const escapeForeign = (source) =>
  source.replace(/[^\x00-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);

// Where a class mentions itself, esbuild writes `X=class _X`, which users would see as its name.
function restoreClassNames({ name, source }) {
  const names = new Set(Array.from(source.matchAll(/\b(\w+)=class _\1\b/g), (match) => match[1]));
  for (const className of names) {
    if (new RegExp(`["'\`.#]_${className}\\b`).test(source)) {
      throw new Error(`${name} uses the name _${className}: rename it`);
    }
    source = source.replaceAll(new RegExp(`\\b_${className}\\b`, "g"), className);
  }
  return { name, source };
}

// A raw string literal, whose delimiter must not occur within.
function literal({ name, source }) {
  if (source.includes(')builtin"')) throw new Error(`${name} contains the delimiter )builtin"`);
  return `    {"${name}", {R"builtin(${source})builtin", ${source.length}}},\n`;
}

function writeIfChanged(path, content) {
  if (existsSync(path) && readFileSync(path, "utf8") === content) return;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

const outFlag = process.argv.indexOf("--out");
if (outFlag < 0 || !process.argv[outFlag + 1]) {
  console.error("usage: node tools/builtins.mjs --out FOLDER");
  process.exit(2);
}
const groups = [{ name: "mayfly:core", entry: coreEntry }, ...findGroups()];
let bundles;
try {
  bundles = await bundle(groups);
} catch (error) {
  if (!error.errors) throw error; // esbuild has printed its own
  process.exit(1);
}
const lines = bundles.map(restoreClassNames).map(literal).join("");
writeIfChanged(join(process.argv[outFlag + 1], "builtins.inc"),
  `// Generated by tools/builtins.mjs. Include <string_view> before, and this once, inside of a namespace.
struct BuiltinSource {
  std::string_view name;    // mayfly:core, mayfly:web/url...
  std::string_view source;  // ASCII; body of a function (exports, requireGroup, ops, and for core registerHooks)
};
inline constexpr BuiltinSource kBuiltins[] = {
${lines}};
`);
