// SPDX-License-Identifier: Apache-2.0
//
// DynamicWorkerExecutor: what programs are given and what comes back of them.

import { DynamicWorkerExecutor, normalizeCode, resolveProvider, runCode, truncateResult } from "@cloudflare/codemode";
import { check, equal, matches, ok, pause, rejects, same } from "../../conformance/check.js";

const executorOf = ({ env }, options) => new DynamicWorkerExecutor({ loader: env.LOADER, ...options });
const noProviders = [];

check("a program's result and its log come back", async (context) => {
  const code = "async () => { console.log('a', 1, {}); console.warn('b'); console.error('c'); return { n: [1, 2] }; }";
  same(await executorOf(context).execute(code, noProviders), {
    result: { n: [1, 2] },
    logs: ["a 1 [object Object]", "[warn] b", "[error] c"],
  });
});

check("an error comes back as its message, with the log until then", async (context) => {
  const code = "async () => { console.log('before'); throw new TypeError('no good'); }";
  same(await executorOf(context).execute(code, noProviders), { result: undefined, error: "no good", logs: ["before"] });
});

check("a program that does not parse rejects", async (context) => {
  await rejects(executorOf(context).execute("async () => { return 1 +; }", noProviders), /Unexpected token ';'/);
});

check("tools of several providers are called with values of all kinds", async (context) => {
  const seen = [];
  const providers = [
    { name: "math", fns: { add: async (a, b) => a + b, "odd-name": async () => "sanitized" } },
    { name: "bytes", fns: { reverse: async (bytes) => (seen.push(bytes), Uint8Array.from(bytes).reverse()) } },
  ];
  const code = `async () => {
    const reversed = await bytes.reverse(new Uint8Array([1, 2, 3]));
    return [await math.add(2, 3), await math.odd_name(), reversed instanceof Uint8Array, [...reversed]];
  }`;
  const { result, error } = await executorOf(context).execute(code, providers);
  equal(error, undefined);
  same(result, [5, "sanitized", true, [3, 2, 1]]);
  ok(seen[0] instanceof Uint8Array);
});

check("a tool's error is an error in the program, and a tool that is not there too", async (context) => {
  const fns = {
    fail: async () => {
      throw new Error("out of order");
    },
  };
  const code = `async () => {
    const of = (promise) => promise.then(() => "no error", (error) => error.message);
    return [await of(tools.fail()), await of(tools.missing())];
  }`;
  const { result } = await executorOf(context).execute(code, [{ name: "tools", fns }]);
  same(result, ["out of order", 'Tool "missing" not found']);
});

check("a provider's prelude runs in the sandbox", async (context) => {
  const provider = {
    name: "tools",
    fns: { get: async () => 20 },
    prelude: "tools.twice = async (run) => 2 * (await run());",
  };
  const { result } = await executorOf(context).execute("async () => tools.twice(() => tools.get())", [provider]);
  equal(result, 40);
});

check("modules can be imported by the program", async (context) => {
  const modules = {
    "slug.js": "export const slug = (text) => text.toLowerCase().replaceAll(' ', '-');",
    "executor.js": "ignored",
  };
  const code = "async () => { const { slug } = await import('slug.js'); return slug('Two Words'); }";
  equal((await executorOf(context, { modules }).execute(code, noProviders)).result, "two-words");
});

check("bindings are in the sandbox's env", async (context) => {
  const bindings = { NOTES: context.ctx.exports.Notes({ props: { owner: "ada" } }), PLACE: "Oslo" };
  const code =
    "async () => { const { env } = await import('cloudflare:workers'); return [await env.NOTES.read('list'), env.PLACE]; }";
  same((await executorOf(context, { bindings }).execute(code, noProviders)).result, ["list of ada", "Oslo"]);
});

check("connectors are called with the program's arguments, and their control values are obeyed", async (context) => {
  const binding = {
    callTool: async (method, args) =>
      method === "deny" ? { __codemode_control__: "error", message: "denied" } : { method, args },
  };
  const code = "async () => [await shop.buy({ id: 7 }), await shop.deny().catch(({ message }) => message)]";
  const { result } = await executorOf(context).execute(code, noProviders, { connectors: [{ name: "shop", binding }] });
  same(result, [{ method: "buy", args: { id: 7 } }, "denied"]);
});

check("without globalOutbound there is no network", async (context) => {
  const code = "async () => (await fetch('https://example.com/')).text()";
  matches((await executorOf(context).execute(code, noProviders)).error, /not permitted to access the internet/);
});

check("globalOutbound gets the program's requests", async (context) => {
  const code = "async () => (await fetch('https://example.com/a', { method: 'PUT', body: '1' })).text()";
  const executor = executorOf(context, { globalOutbound: context.ctx.exports.Internet({}) });
  equal((await executor.execute(code, noProviders)).result, "internet: PUT https://example.com/a");
});

check("a program that waits too long times out", async (context) => {
  const executor = executorOf(context, { timeout: 50 });
  equal(
    (await executor.execute("() => new Promise(() => setTimeout(() => {}, 1e6))", noProviders)).error,
    "Execution timed out",
  );
});

check("a tool call that is not awaited holds nobody up", async (context) => {
  let release;
  const slow = new Promise((done) => (release = done));
  const { result } = await executorOf(context).execute("async () => { tools.slow(); return 1; }", [
    { name: "tools", fns: { slow: () => slow } },
  ]);
  equal(result, 1);
  release();
  await pause(5);
});

check("twenty programs at once keep to their own tools", async (context) => {
  const run = (n) =>
    executorOf(context).execute("async () => [await me.number(), await me.number()]", [
      { name: "me", fns: { number: async () => n } },
    ]);
  const results = await Promise.all(Array.from({ length: 20 }, (_, n) => run(n)));
  same(
    results.map(({ result }) => result),
    Array.from({ length: 20 }, (_, n) => [n, n]),
  );
});

check("names that cannot be used are refused", async (context) => {
  const errorOf = async (...names) =>
    (
      await executorOf(context).execute(
        "1",
        names.map((name) => ({ name, fns: {} })),
      )
    ).error;
  equal(await errorOf("console"), 'Provider name "console" is reserved');
  equal(await errorOf("a-b"), 'Provider name "a-b" is not a valid JavaScript identifier');
  equal(await errorOf("a", "a"), 'Duplicate provider name "a"');
});

check("runCode() and resolveProvider()", async (context) => {
  const provider = resolveProvider({
    tools: { one: { execute: async () => 1 }, asked: { needsApproval: true, execute: async () => 2 } },
  });
  same(Object.keys(provider.fns), ["one"]);
  const executor = executorOf(context);
  same(await runCode({ code: "```\nawait codemode.one()\n```", executor, providers: [provider] }), { result: 1 });
  await rejects(
    runCode({ code: "console.log('here'); throw new Error('x')", executor, providers: [provider] }),
    "Code execution failed: x\n\nConsole output:\nhere",
  );
});

check("normalizeCode() and truncateResult()", () => {
  equal(normalizeCode("```ts\n1 + 1\n```"), "async () => {\nreturn (1 + 1)\n}");
  equal(normalizeCode(""), "async () => {}");
  const cut = JSON.stringify(truncateResult({ a: "x".repeat(10_000), b: 1 }, { maxChars: 500 }));
  ok(cut.length <= 500 && cut.includes("TRUNCATED"), cut);
});
