// SPDX-License-Identifier: Apache-2.0
//
// Bad input and options of the command line: what a person sees who mistypes something. An error names what was
// wrong, where, and what would be right; the exit status is not 0 and no process stays behind.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import net from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { freePort, root, runMayfly, startMayfly, temporaryProject } from "./harness.mjs";

const answers = (text) => `export default { fetch: () => new Response(${JSON.stringify(text)}) };`;
const settings = (more = {}) => ({ name: "app", main: "index.js", compatibility_date: "2026-11-01", ...more });
const project = (files) => temporaryProject({ "wrangler.jsonc": settings(), "index.js": answers("hello"), ...files });

/** `mayfly dev` on these files must fail with output that matches every pattern. */
async function refused(files, patterns, args = []) {
  const directory = typeof files === "string" ? files : temporaryProject(files);
  const port = await freePort();
  const { code, stdout, stderr } = await runMayfly(["dev", directory, "--port", String(port), ...args]);
  assert.notEqual(code, 0, `exit status 0:\n${stdout}${stderr}`);
  for (const pattern of patterns) assert.match(stderr, pattern);
  assert.doesNotMatch(stdout, /listening/);
  return stderr;
}

test("--version prints a version", async () => {
  const { code, stdout } = await runMayfly(["--version"]);
  assert.equal(code, 0);
  assert.match(stdout, /\d+\.\d+\.\d+/);
});

test("--help names the commands and options", async () => {
  const { code, stdout } = await runMayfly(["--help"]);
  assert.equal(code, 0);
  for (const word of ["dev", "serve", "test", "run"]) assert.match(stdout, new RegExp(`\\b${word}\\b`));
  const dev = await runMayfly(["dev", "--help"]);
  assert.equal(dev.code, 0);
  for (const option of ["--port", "--host", "--shards", "--log", "--env"])
    assert.ok(dev.stdout.includes(option), `${option} in:\n${dev.stdout}`);
});

test("no command is a usage error that shows the way", async () => {
  const { code, stdout, stderr } = await runMayfly([]);
  assert.notEqual(code, 0);
  assert.match(stdout + stderr, /mayfly dev|--help/);
});

test("an unknown command or option is named", async () => {
  const command = await runMayfly(["deploy"]);
  assert.notEqual(command.code, 0);
  assert.match(command.stderr, /deploy/);
  const option = await runMayfly(["dev", project(), "--prot", "1"]);
  assert.notEqual(option.code, 0);
  assert.match(option.stderr, /--prot/);
});

test("a bad port is refused", async () => {
  for (const port of ["99999", "abc", "-1"]) {
    const { code, stderr } = await runMayfly(["dev", project(), "--port", port]);
    assert.notEqual(code, 0);
    assert.match(stderr, /port/i);
  }
});

test("a directory that is not there is named", () => refused("/no/such/directory", [/\/no\/such\/directory/]));

test("a directory without configuration says what it looked for", () =>
  refused({ "readme.txt": "x" }, [/wrangler\.jsonc/]));

test("broken JSONC names file and line", () =>
  refused({ "wrangler.jsonc": '{\n  "name": "app",\n  "main" "index.js"\n}', "index.js": answers("x") }, [
    /wrangler\.jsonc:3/,
  ]));

test("an unknown key names file, line and the nearest key", () =>
  refused(
    {
      "wrangler.jsonc": '{\n  "name": "app",\n  "main": "index.js",\n  "compatability_date": "2026-11-01"\n}',
      "index.js": answers("x"),
    },
    [/wrangler\.jsonc:4/, /compatability_date/, /compatibility_date/],
  ));

test("an unknown key inside of a binding is refused", () =>
  refused({ "wrangler.jsonc": settings({ worker_loaders: [{ bindin: "LOADER" }] }), "index.js": answers("x") }, [
    /bindin/,
    /\bbinding\b/,
  ]));

test("an unknown mayfly setting is refused", () =>
  refused({ "wrangler.jsonc": settings({ mayfly: { globalOutBound: {} } }), "index.js": answers("x") }, [
    /globalOutBound/,
    /globalOutbound/,
  ]));

test("a key of the wrong type is refused", () =>
  refused({ "wrangler.jsonc": settings({ compatibility_flags: "nodejs_compat" }), "index.js": answers("x") }, [
    /compatibility_flags/,
    /array|list/i,
  ]));

test("a missing main is refused", () =>
  refused({ "wrangler.jsonc": { name: "app", compatibility_date: "2026-11-01" } }, [/\bmain\b/]));

test("a main file that is not there is named", () =>
  refused({ "wrangler.jsonc": settings({ main: "src/gone.ts" }) }, [/src\/gone\.ts/]));

test("a bad compatibility date or flag is refused", async () => {
  await refused({ "wrangler.jsonc": settings({ compatibility_date: "soon" }), "index.js": answers("x") }, [/soon/]);
  await refused({ "wrangler.jsonc": settings({ compatibility_flags: ["no_such_flag"] }), "index.js": answers("x") }, [
    /no_such_flag/,
  ]);
});

test("a syntax error names file and line", async () => {
  await refused({ "wrangler.jsonc": settings(), "index.js": "export default {\n  fetch() { return (; }\n};" }, [
    /index\.js:2/,
  ]);
  await refused(
    { "wrangler.jsonc": settings({ main: "index.ts" }), "index.ts": "const a: number = ;\nexport default {};" },
    [/index\.ts:1/],
  );
});

test("an import that is not there is named", () =>
  refused({ "wrangler.jsonc": settings(), "index.js": 'import x from "no-such-package";\nexport default x;' }, [
    /no-such-package/,
    /index\.js:1/,
  ]));

test("a module that throws at start says so with its line", () =>
  refused({ "wrangler.jsonc": settings(), "index.js": "\nthrow new Error('broken at start');" }, [
    /broken at start/,
    /index\.js:2/,
  ]));

test("a binding that Mayfly does not have is refused, unless it may be missing", async () => {
  const files = {
    "wrangler.jsonc": settings({ kv_namespaces: [{ binding: "STORE", id: "1" }] }),
    "index.js": `export default {
      fetch(request, env) {
        try { return new Response(env.STORE.get("x")); } catch (error) { return new Response(error.message); }
      },
    };`,
  };
  await refused(files, [/kv_namespaces/, /--allow-missing-bindings/]);
  const server = await startMayfly(temporaryProject(files), { args: ["--allow-missing-bindings"] });
  try {
    assert.match((await server.request("/")).text, /STORE|kv_namespaces/);
  } finally {
    await server.stop();
  }
});

test("a service that is not on the command line is refused", () =>
  refused(
    { "wrangler.jsonc": settings({ services: [{ binding: "S", service: "elsewhere" }] }), "index.js": answers("x") },
    [/elsewhere/],
  ));

test("a port in use is named", async () => {
  const port = await freePort();
  const blocker = net.createServer().listen(port, "127.0.0.1");
  try {
    const { code, stderr } = await runMayfly(["dev", project(), "--port", String(port)]);
    assert.notEqual(code, 0);
    assert.match(stderr, new RegExp(`${port}`));
    assert.match(stderr, /in use/i);
  } finally {
    blocker.close();
  }
});

async function served(files, check, options) {
  const server = await startMayfly(temporaryProject(files), options);
  try {
    await check(server);
  } finally {
    await server.stop();
  }
}

test("keys for Cloudflare's deployment are accepted, with a notice under --verbose", async () => {
  const files = {
    "wrangler.jsonc": settings({
      account_id: "x",
      routes: ["example.com/*"],
      observability: { enabled: true },
      $schema: "s",
      placement: { mode: "smart" },
    }),
    "index.js": answers("served"),
  };
  await served(files, async (server) => assert.equal((await server.request("/")).text, "served"));
  await served(files, async (server) => assert.match(server.program.output, /account_id/), { args: ["--verbose"] });
});

test("wrangler.toml and wrangler.json are read", async () => {
  const toml =
    'name = "app"\nmain = "index.js"\ncompatibility_date = "2026-11-01"\n[vars]\nWHO = "toml"\n[[worker_loaders]]\nbinding = "LOADER"\n';
  const main = "export default { fetch: (request, env) => new Response(env.WHO + typeof env.LOADER?.load) };";
  await served({ "wrangler.toml": toml, "index.js": main }, async (server) =>
    assert.equal((await server.request("/")).text, "tomlfunction"),
  );
  await served({ "wrangler.json": settings({ vars: { WHO: "json" } }), "index.js": main }, async (server) =>
    assert.equal((await server.request("/")).text, "jsonundefined"),
  );
});

test("--env applies an environment, and an unknown one is refused", async () => {
  const files = {
    "wrangler.jsonc": settings({ vars: { WHO: "top" }, env: { staging: { vars: { WHO: "staging" } } } }),
    "index.js": "export default { fetch: (request, env) => new Response(env.WHO) };",
  };
  await served(files, async (server) => assert.equal((await server.request("/")).text, "top"));
  await served(files, async (server) => assert.equal((await server.request("/")).text, "staging"), {
    args: ["--env", "staging"],
  });
  await refused(files, [/stagin\b/, /staging/], ["--env", "stagin"]);
});

test("define and alias are applied", async () => {
  const files = {
    "wrangler.jsonc": settings({ define: { VERSION: '"1.2.3"' }, alias: { "the-lib": "./lib.js" } }),
    "lib.js": "export const lib = 'lib';",
    "index.js": 'import { lib } from "the-lib";\nexport default { fetch: () => new Response(VERSION + lib) };',
  };
  await served(files, async (server) => assert.equal((await server.request("/")).text, "1.2.3lib"));
});

test("imports of text, data, JSON and wasm follow the default rules", async () => {
  const wasm = Buffer.from("0061736d010000000105016000017f03020100070a0106616e7377657200000a06010400412a0b", "hex");
  const files = {
    "wrangler.jsonc": settings({ main: "index.ts", rules: [{ type: "Text", globs: ["**/*.md"], fallthrough: true }] }),
    "a.txt": "text é",
    "b.md": "# md",
    "c.bin": Buffer.from([1, 2, 255]),
    "d.json": '{"x":1}',
    "e.wasm": wasm,
    "index.ts": `import text from "./a.txt";
      import markdown from "./b.md";
      import data from "./c.bin";
      import json from "./d.json";
      import wasm from "./e.wasm";
      const { answer } = new WebAssembly.Instance(wasm).exports as any;
      const values = [text, markdown, [...new Uint8Array(data)], json, answer()];
      export default { fetch: (): Response => Response.json(values) };`,
  };
  await served(files, async (server) =>
    assert.deepEqual((await server.request("/")).json(), ["text é", "# md", [1, 2, 255], { x: 1 }, 42]),
  );
});

test("a stack trace names the TypeScript file and line", async () => {
  const files = {
    "wrangler.jsonc": settings({ main: "src/index.ts" }),
    "src/index.ts": 'import { fail } from "./fail";\n\nexport default { fetch: (): Response => fail("x") };\n',
    "src/fail.ts":
      "type Reason = string;\n\nexport function fail(reason: Reason): never {\n  throw new Error(`failed: ${reason}`);\n}\n",
  };
  await served(files, async (server) => {
    const { status, text } = await server.request("/");
    assert.equal(status, 500);
    assert.match(text, /failed: x/);
    assert.match(text, /src\/fail\.ts:4/);
    assert.match(text, /src\/index\.ts:3/);
    await server.program.waitFor(/src\/fail\.ts:4/, 2000);
  });
});

test("under serve an uncaught error shows in the log, not in the body", async () => {
  await served(
    { "wrangler.jsonc": settings(), "index.js": "export default { fetch() { throw new Error('private detail'); } };" },
    async (server) => {
      const { status, text } = await server.request("/");
      assert.equal(status, 500);
      assert.doesNotMatch(text, /private detail/);
      await server.program.waitFor(/private detail/, 2000);
    },
    { command: "serve" },
  );
});

test("a single file is served", async () => {
  const directory = temporaryProject({
    "hello.js": answers("from a file"),
    "typed.ts": "export default { fetch: (): Response => new Response('typed') };",
  });
  for (const [file, text] of [
    ["hello.js", "from a file"],
    ["typed.ts", "typed"],
  ]) {
    const server = await startMayfly(join(directory, file));
    assert.equal((await server.request("/")).text, text);
    await server.stop();
  }
});

test("several workers on one command line reach each other", async () => {
  const front = temporaryProject({
    "wrangler.jsonc": settings({
      name: "front",
      services: [{ binding: "BACK", service: "back", entrypoint: "Api", props: { of: "front" } }],
    }),
    "index.js": "export default { fetch: async (request, env) => new Response(await env.BACK.hello('you')) };",
  });
  const back = temporaryProject({
    "wrangler.jsonc": settings({ name: "back" }),
    "index.js": `import { WorkerEntrypoint } from "cloudflare:workers";
      export class Api extends WorkerEntrypoint {
        hello(name) { return \`hello \${name} from back for \${this.ctx.props.of}\`; }
      }
      export default {};`,
  });
  const server = await startMayfly([front, back]);
  try {
    assert.equal((await server.request("/")).text, "hello you from back for front");
  } finally {
    await server.stop();
  }
});

test("console output goes to the terminal, as JSON lines with --log json", async () => {
  const files = {
    "wrangler.jsonc": settings(),
    "index.js": `export default {
      fetch() { console.log("logged", { a: 1 }); console.error("bad"); return new Response("x"); },
    };`,
  };
  await served(files, async (server) => {
    await server.request("/");
    await server.program.waitFor(/logged \{ ?a: ?1 ?\}|logged \{"a":1\}/, 2000);
    await server.program.waitFor(/bad/, 2000);
  });
  await served(
    files,
    async (server) => {
      await server.request("/");
      await server.program.waitFor(/logged/, 2000);
      const line = server.program.output.split("\n").find((one) => one.includes("logged"));
      assert.match(JSON.stringify(JSON.parse(line)), /logged/);
    },
    { args: ["--log", "json"] },
  );
});

test("--shards sets the number of event loops and is checked", async () => {
  await served(
    { "wrangler.jsonc": settings(), "index.js": answers("two") },
    async (server) => assert.equal((await server.request("/")).text, "two"),
    {
      args: ["--shards", "2"],
    },
  );
  const { code, stderr } = await runMayfly(["dev", project(), "--shards", "0"]);
  assert.notEqual(code, 0);
  assert.match(stderr, /shards/);
});

test("the command works from another directory with a relative path", async () => {
  const directory = project({ "index.js": answers("relative") });
  const server = await startMayfly(".", { cwd: directory });
  try {
    assert.equal((await server.request("/")).text, "relative");
  } finally {
    await server.stop();
  }
  assert.notEqual(directory, root);
});

test("variables come from .dev.vars under dev and test, and from --env-file in any case", async () => {
  const project = temporaryProject({
    "wrangler.jsonc": { name: "v", main: "i.js", compatibility_date: "2026-11-01", vars: { A: "vars", B: "vars", C: "vars" } },
    "i.js": `export default { fetch: (request, env) => Response.json(env) };
             export const tests = { test(controller, env) { if (env.B !== "dev") throw new Error(env.B); } };`,
    ".dev.vars": "B=dev\nC=dev\n",
    "more.env": "C='more'\n",
  });
  const more = ["--env-file", join(project, "more.env")];
  for (const [command, args, expected] of [
    ["dev", more, { A: "vars", B: "dev", C: "more" }],
    ["serve", more, { A: "vars", B: "vars", C: "more" }],
    ["serve", [], { A: "vars", B: "vars", C: "vars" }],
  ]) {
    const server = await startMayfly(project, { command, args });
    try {
      assert.deepEqual((await server.request("/")).json(), expected, command);
    } finally {
      await server.stop();
    }
  }
  assert.equal((await runMayfly(["test", project])).code, 0);
  writeFileSync(join(project, ".dev.vars"), "B\n");
  const { code, stderr } = await runMayfly(["dev", project, "--port", "0"]);
  assert.equal(code, 2);
  assert.match(stderr, /\.dev\.vars: line 1 is not of the form NAME=value/);
});
