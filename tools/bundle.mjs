// SPDX-License-Identifier: Apache-2.0
// Turns a worker's main module and all that it imports into the modules that a cell compiles. src/config/bundle.cc runs
// it as `node tools/bundle.mjs`: one JSON job on stdin; on stdout one line of JSON, which says how long each module is,
// and after it the modules' bytes one after another. What the user did wrong comes back as {"errors": [...]}.
//
// esbuild does the work, set up as wrangler sets it up. Files that are not JavaScript become modules of their own, and
// the bundle imports them; "cloudflare:", "mayfly:" and "node:" imports stay as they are for the runtime.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { builtinModules } from "node:module";
import path from "node:path";
import { build } from "esbuild";

const kModuleScheme = "mayfly-module:";
const nodeModuleNames = builtinModules.filter((name) => !name.startsWith("_") && !name.startsWith("node:"));

// A glob as wrangler reads it (only * and ** are special) -> source of a regular expression, for Go and JavaScript.
function globSource(pattern) {
  return pattern
    .replace(/\?module$/, "") // esbuild keeps a query apart from the path
    .split(/(\*\*\/|\*\*|\*)/)
    .map((part) => {
      if (part === "**/") return "(?:.*/)?";
      if (part === "**") return ".*";
      if (part === "*") return "[^/]*";
      return part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    })
    .join("");
}

// Matches absolute paths: patterns that begin with ** anywhere, others below `directory`.
function absoluteFilter(globs, directory) {
  const below = `${directory.replace(/\/$/, "")}/`.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const sources = globs.map((pattern) =>
    pattern.startsWith("**/") ? `/${globSource(pattern)}` : below + globSource(pattern.replace(/^\.\//, "")),
  );
  return new RegExp(`^(?:${sources.join("|")})$`);
}

// A path as the person at the terminal would write it.
function shownPath(file, root) {
  const absolute = path.resolve(root, file);
  const relative = path.relative(process.cwd(), absolute);
  return relative.startsWith("../..") ? absolute : relative;
}

function shownMessage(message, root) {
  const { location } = message;
  if (!location) return message.text;
  const text = message.text.replace(/^Could not resolve "([^"./#][^"]*)"$/, (whole, name) => {
    const packageName = name.split("/").slice(0, name.startsWith("@") ? 2 : 1).join("/");
    return `${whole}: package "${packageName}" is not installed (npm install ${packageName})`;
  });
  const lines = [`${shownPath(location.file, root)}:${location.line}:${location.column + 1}: ${text}`];
  if (location.lineText) {
    lines.push(`    ${location.lineText}`);
    lines.push(`    ${location.lineText.slice(0, location.column).replace(/[^\t]/g, " ")}^`);
  }
  return lines.join("\n");
}

class ModuleSet {
  #modules = new Map();

  add(name, kind, body) {
    this.#modules.set(name, { name, kind, body });
  }

  list() {
    return [...this.#modules.values()];
  }
}

// Imports of files that a rule gives a kind: the file becomes a module of that kind.
function rulePlugin(job, modules, inputs) {
  return {
    name: "rules",
    setup(builder) {
      builder.onResolve({ filter: new RegExp(`^${kModuleScheme}`) }, (args) => ({
        path: `./${args.path.slice(kModuleScheme.length)}`,
        external: true,
      }));
      for (const rule of job.rules) {
        if (rule.kind === "esModule" || rule.kind === "commonJs" || rule.globs.length === 0) continue;
        builder.onLoad({ filter: absoluteFilter(rule.globs, job.root), namespace: "file" }, async (args) => {
          if (rule.hidden) {
            const text =
              `a rule of kind ${rule.kind} matches this file, but an earlier rule of the same kind does not, ` +
              `and it ends the search: give it "fallthrough": true`;
            return { errors: [{ text, location: null, detail: args.path }] };
          }
          const body = await readFile(args.path);
          const base = path.basename(args.path);
          const hash = createHash("sha1").update(body).digest("hex");
          const name = job.preserveFileNames ? base : `${hash}-${base}`;
          modules.add(name, rule.kind, body);
          inputs.add(args.path);
          return { contents: `export { default } from "${kModuleScheme}${name}";`, loader: "js" };
        });
      }
    },
  };
}

// "node:fs" stays. So does "fs" under nodejs_compat; without it an npm package of that name may stand in. require() of
// either becomes an import, since the bundle is an ES module.
function nodePlugin(job, warnings) {
  const names = nodeModuleNames.map((name) => name.replaceAll("/", "\\/")).join("|");
  return {
    name: "node",
    setup(builder) {
      builder.onResolve({ filter: new RegExp(`^(?:node:.*|${names})$`) }, async (args) => {
        if (args.pluginData === "resolving") return undefined;
        if (!job.nodejsCompat && !args.path.startsWith("node:")) {
          const { importer, kind, resolveDir } = args;
          const found = await builder.resolve(args.path, { importer, kind, resolveDir, pluginData: "resolving" });
          if (found.errors.length === 0) return found;
          const text =
            `Could not resolve "${args.path}": it is a module of Node; add "nodejs_compat" to compatibility_flags, ` +
            `or install a package of that name`;
          return { errors: [{ text }] };
        }
        const specifier = args.path.startsWith("node:") ? args.path : `node:${args.path}`;
        if (!job.nodejsCompat && !(job.nodejsAls && specifier === "node:async_hooks")) {
          const from = args.importer ? shownPath(args.importer, job.root) : "the command line";
          warnings.add(
            `"${specifier}" is imported by ${from}, but "nodejs_compat" is not among the compatibility_flags: ` +
              "the import may fail when the worker starts",
          );
        }
        if (args.kind === "require-call") return { path: specifier, namespace: "node-require" };
        return { path: specifier, external: true };
      });
      builder.onLoad({ filter: /.*/, namespace: "node-require" }, (args) => ({
        contents: `import value from ${JSON.stringify(args.path)};\nmodule.exports = value;`,
        loader: "js",
      }));
    },
  };
}

// Imports of files that are modules of the worker anyway: left to the runtime.
function additionalPlugin(job, names) {
  return {
    name: "additional",
    setup(builder) {
      builder.onResolve({ filter: /.*/ }, async (args) => {
        if (args.pluginData === "resolving" || args.kind === "entry-point") return undefined;
        const { importer, kind, resolveDir } = args;
        const found = await builder.resolve(args.path, { importer, kind, resolveDir, pluginData: "resolving" });
        const name = found.errors.length === 0 ? names.get(found.path) : undefined;
        return name === undefined ? undefined : { path: `./${name}`, external: true };
      });
    },
  };
}

// Every file below `directory`, but for what is installed or hidden there.
async function* walk(directory) {
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const file = path.join(directory, entry.name);
    if (entry.isDirectory() && entry.name !== "node_modules" && !entry.name.startsWith(".")) yield* walk(file);
    if (entry.isFile()) yield file;
  }
}

// The files below baseDir that a rule matches; the first rule decides. Absolute path -> name.
async function findModules(job, modules, inputs) {
  const names = new Map();
  const filters = job.rules
    .filter((rule) => !rule.hidden && rule.globs.length > 0)
    .map((rule) => ({ kind: rule.kind, filter: absoluteFilter(rule.globs, job.baseDir) }));
  for await (const file of walk(job.baseDir)) {
    const match = filters.find(({ filter }) => filter.test(file));
    if (match === undefined || file === job.main) continue;
    const name = path.relative(job.baseDir, file);
    names.set(file, name);
    modules.add(name, match.kind, await readFile(file));
    inputs.add(file);
  }
  return names;
}

async function takeAsItIs(job) {
  const modules = new ModuleSet();
  const inputs = new Set([job.main]);
  const mainModule = path.relative(job.baseDir, job.main);
  modules.add(mainModule, "esModule", await readFile(job.main));
  if (job.findAdditionalModules) await findModules(job, modules, inputs);
  return { mainModule, modules: modules.list(), sourceMap: Buffer.alloc(0), inputs: [...inputs], warnings: [] };
}

async function bundle(job) {
  const nonScript = new ModuleSet();
  const inputs = new Set();
  const warnings = new Set();
  const mainModule = `${path.parse(job.main).name}.js`;
  const plugins = [rulePlugin(job, nonScript, inputs), nodePlugin(job, warnings)];
  if (job.findAdditionalModules) plugins.unshift(additionalPlugin(job, await findModules(job, nonScript, inputs)));
  const nodeEnv = JSON.stringify(process.env.NODE_ENV || job.nodeEnv);

  const result = await build({
    absWorkingDir: job.root,
    entryPoints: [job.main],
    outfile: path.join(job.root, mainModule),
    write: false,
    bundle: true,
    format: "esm",
    target: "es2024",
    platform: "browser",
    mainFields: ["browser", "module", "main"],
    conditions: ["workerd", "worker", "browser"],
    external: ["cloudflare:*", "workerd:*", "mayfly:*"],
    loader: { ".js": "jsx", ".mjs": "jsx", ".cjs": "jsx" },
    define: {
      "navigator.userAgent": '"Cloudflare-Workers"',
      "process.env.NODE_ENV": nodeEnv,
      "global.process.env.NODE_ENV": nodeEnv,
      "globalThis.process.env.NODE_ENV": nodeEnv,
      ...job.define,
    },
    alias: job.alias,
    tsconfig: job.tsconfig || undefined,
    jsxFactory: job.jsxFactory || undefined,
    jsxFragment: job.jsxFragment || undefined,
    minify: job.minify,
    keepNames: job.keepNames,
    sourcemap: "external",
    sourcesContent: false, // stacks name files and lines; nobody shows the text
    metafile: true,
    logLevel: "silent",
    plugins,
  });

  for (const input of Object.keys(result.metafile.inputs)) {
    if (!/^[\w-]+:/.test(input)) inputs.add(path.resolve(job.root, input.replace(/\?.*$/, "")));
  }
  for (const message of result.warnings) warnings.add(shownMessage(message, job.root));
  const output = Object.values(result.metafile.outputs).find((candidate) => candidate.entryPoint !== undefined);
  if (output.exports.length === 0) {
    const shown = shownPath(job.main, job.root);
    warnings.add(
      `${shown}: exports nothing; a worker needs "export default { fetch(request, env, ctx) { ... } }" ` +
        '(addEventListener("fetch", ...) is not supported)',
    );
  }
  const map = result.outputFiles.find((file) => file.path.endsWith(".map"));
  const code = result.outputFiles.find((file) => file !== map);
  return {
    mainModule,
    modules: [{ name: mainModule, kind: "esModule", body: Buffer.from(code.contents) }, ...nonScript.list()],
    sourceMap: Buffer.from(map.contents),
    inputs: [...inputs],
    warnings: [...warnings],
  };
}

function write(header, bodies) {
  process.stdout.write(`${JSON.stringify(header)}\n`);
  for (const body of bodies) process.stdout.write(body);
}

const job = JSON.parse(readFileSync(0, "utf8"));
try {
  const { modules, sourceMap, ...rest } = await (job.bundle ? bundle(job) : takeAsItIs(job));
  const sizes = modules.map(({ name, kind, body }) => ({ name, kind, size: body.length }));
  write({ ...rest, modules: sizes, sourceMapSize: sourceMap.length }, [...modules.map((it) => it.body), sourceMap]);
} catch (error) {
  if (!Array.isArray(error?.errors)) throw error;
  write({ errors: error.errors.map((message) => shownMessage(message, job.root)) }, []);
}
