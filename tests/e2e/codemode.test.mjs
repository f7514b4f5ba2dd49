// SPDX-License-Identifier: Apache-2.0
//
// examples/codemode, as an MCP client meets it: what a model is shown, what its programs can do, and what it is told
// about the worst of them.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { startMayfly } from "./harness.mjs";

let server;
let client;

before(async () => {
  server = await startMayfly("examples/codemode");
  client = new Client({ name: "test", version: "1.0.0" });
  await client.connect(new StreamableHTTPClientTransport(new URL(`${server.url}/mcp`)));
});
after(async () => {
  await client?.close();
  await server?.stop();
});

/** What the model reads after it sent `code`: { text, isError }. */
async function told(code) {
  const { content, isError = false } = await client.callTool({ name: "code", arguments: { code } });
  assert.equal(content.length, 1);
  return { text: content[0].text, isError };
}

async function answers(code, expected) {
  assert.deepEqual(await told(code), { text: expected, isError: false });
}

async function fails(code, pattern) {
  const { text, isError } = await told(code);
  assert.match(text, pattern);
  assert.equal(isError, true);
}

test("there is one tool, and its description has the types of the shop's tools", async () => {
  const { tools } = await client.listTools();
  assert.deepEqual(
    tools.map(({ name }) => name),
    ["code"],
  );
  const [{ description }] = tools;
  assert.match(description, /type SetStatusInput = \{\s+id: number;\s+status: "open" \| "shipped" \| "refunded"/);
  assert.match(description, /set_status: \(input: SetStatusInput\) => Promise<SetStatusOutput>/);
});

test("a program calls several tools and returns what it made of their answers", async () => {
  const code = `async () => {
    const orders = await codemode.list_orders({ customer: "ada" });
    const open = orders.filter(({ status }) => status === "open");
    const shipped = await Promise.all(open.map(({ id }) => codemode.set_status({ id, status: "shipped" })));
    const now = await codemode.list_orders({ customer: "ada" });
    return [shipped.length, now.map(({ id, status }) => id + " " + status).join(", ")];
  }`;
  await answers(code, '[\n  1,\n  "1 shipped, 3 shipped"\n]');
});

test("the error of a tool is the program's to catch, and otherwise what the model is told", async () => {
  await answers(
    "async () => codemode.set_status({ id: 9, status: 'open' }).catch((e) => 'caught: ' + e.message)",
    "caught: there is no order 9",
  );
  await fails("async () => codemode.set_status({ id: 9, status: 'open' })", /^Error: there is no order 9$/);
  await fails(
    "async () => codemode.set_status({ id: 1, status: 'lost' })",
    /^Error: .*Invalid arguments for tool set_status/s,
  );
  await fails("async () => codemode.delete_everything()", /^Error: Tool "delete_everything" not found$/);
});

test("code in markdown fences, statements and bare expressions run", async () => {
  await answers("```js\nasync () => 6 * 7\n```", "42");
  await answers("6 * 7", "42");
  await answers("const n = 6;\nn * 7", "42");
  await answers("async function main() { return 42; }", "42");
});

test("a program that returns nothing answers undefined", async () => {
  await answers("async () => { await codemode.list_orders({}); }", "undefined");
  await answers("", "undefined");
});

test("a syntax error is told with its place", async () => {
  await fails("async () => { const = 1; }", /^Error: executor\.js:\d+:\d+: .*Unexpected token/);
  await fails("async () => { let total: number = 1; return total }", /^Error: executor\.js:\d+:\d+: /);
});

test("a loop without end is ended by the limit of processor time, which the executor's timeout could not", async () => {
  const started = performance.now();
  await fails("async () => { for (;;); }", /^Error: Worker exceeded CPU time limit of 100 ms\.$/);
  assert.ok(performance.now() - started < 1_900, "not by the timeout of 2 s");
  await fails("async () => { for (;;) await null; }", /CPU time limit/);
  await fails("async () => { /^(a+)+$/.test('a'.repeat(50) + '!'); }", /CPU time limit/);
  await answers("async () => 'the next one runs'", "the next one runs");
});

test("a program that waits for ever is ended by the executor's timeout", async () => {
  await fails("() => new Promise((resolve) => setTimeout(resolve, 60_000))", /^Error: Execution timed out$/);
});

test("a huge result is cut, with a mark", async () => {
  const text = await told("async () => 'x'.repeat(5_000_000)");
  assert.equal(text.isError, false);
  assert.match(text.text, /^x{1000}/);
  assert.match(text.text, /--- TRUNCATED ---/);
  assert.ok(text.text.length < 30_000, `${text.text.length} characters`);
  const list = await told("async () => Array.from({ length: 100_000 }, (_, n) => ({ n }))");
  assert.match(list.text, /--- TRUNCATED ---/);
  assert.ok(Array.isArray(JSON.parse(list.text)));
});

test("a result beyond the worker's memory is an error", async () => {
  await fails(
    "async () => { const all = []; for (;;) all.push(new ArrayBuffer(1 << 24)); }",
    /^Error: Worker exceeded its memory limit of 128 MB\.$/,
  );
});

test("a result beyond what a message may hold is an error with the figures", async () => {
  await fails(
    "async () => 'x'.repeat(40_000_000)",
    /^Error: .* limited to 32MiB, but the size of this value was: 40000\d{3} bytes\.$/,
  );
});

test("errors that nobody waits for end nothing", async () => {
  const late = "await new Promise((done) => setTimeout(done, 20)); return 'went on';";
  await answers(`async () => { setTimeout(() => { throw new Error("late"); }, 1); ${late} }`, "went on");
  await answers(`async () => { Promise.reject(new Error("nobody's")); ${late} }`, "went on");
});

test("a program finds no bindings and makes no other workers", async () => {
  await answers("async () => Object.keys((await import('cloudflare:workers')).env)", "[]");
  await fails("async () => { await import('mayfly:sandbox'); }", /No such module "mayfly:sandbox"/);
  await fails("})(); (async () => {", /^Error: executor\.js:\d+:\d+: /);
});

test("a log without end does not reach the model", async () => {
  await answers("async () => { for (let n = 0; n < 10_000; n++) console.log('noise'); return 'quiet'; }", "quiet");
});

test("process.exit() ends the program alone", async () => {
  await fails(
    "async () => { process.exit(1); }",
    /^Error: The Node\.js process\.exit\(1\) API was called\. Canceling the request\.$/,
  );
  await answers("async () => 'still here'", "still here");
});

test("there is no network", async () => {
  const refused = /not permitted to access the internet/;
  await fails("async () => (await fetch('http://127.0.0.1:1/')).status", refused);
  await fails(
    "async () => { const { connect } = await import('cloudflare:sockets'); await connect('127.0.0.1:1').opened; }",
    refused,
  );
  await fails(
    "async () => { const { connect } = await import('node:net'); await new Promise((go, stop) => connect(1, '127.0.0.1', go).on('error', stop)); }",
    /^Error: connect E[A-Z]+ 127\.0\.0\.1:1/,
  );
});

test("what is thrown and is no error", async () => {
  // The executor reads `message` of whatever was thrown: of a text there is none, and it takes that for success.
  await answers("async () => { throw 'a text'; }", "undefined");
  await fails("async () => { throw null; }", /^Error: Cannot read properties of null/);
});

test("results that cannot be passed on are errors", async () => {
  await fails("async () => ({ lock: new WeakMap() })", /^Error: #<WeakMap> could not be cloned\.$/);
});
