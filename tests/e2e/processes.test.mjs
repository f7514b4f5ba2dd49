// SPDX-License-Identifier: Apache-2.0
//
// What becomes of the processes: an orderly end, a death of either side, limits on memory, a client that dawdles.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import net from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import {
  descendants,
  exchange,
  isAlive,
  kill,
  residentBytes,
  root,
  sleep,
  startMayfly,
  temporaryProject,
} from "./harness.mjs";

const serving = join(root, "tests/e2e/workers/serving");

const megabytes = (bytes) => Math.round(bytes / 2 ** 20);

async function until(what, condition, timeoutMs = 10_000) {
  for (const start = Date.now(); Date.now() - start < timeoutMs; await sleep(20)) {
    if (await condition()) return;
  }
  assert.fail(`${what}: not within ${timeoutMs} ms`);
}

/** The process that serves: the child that runs JavaScript. */
function cellOf(server) {
  const cells = descendants(server.pid).filter((pid) => readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("node"));
  assert.ok(cells.length > 0, "a cell among the children");
  return cells[0];
}

for (const signal of ["SIGTERM", "SIGINT"]) {
  test(`${signal} ends everything with status 0 and leaves no process`, async () => {
    const server = await startMayfly(serving);
    const family = descendants(server.pid);
    assert.ok(family.length >= 1);
    await server.request("/text");
    const { code } = await server.stop(signal);
    assert.equal(code, 0);
    await until("all processes gone", () => !family.some(isAlive), 3000);
  });
}

test("SIGTERM lets requests in flight finish", async () => {
  const server = await startMayfly(serving);
  const slow = server.request("/slow?ms=400");
  await sleep(100);
  kill(server.pid, "SIGTERM");
  const answer = await slow;
  assert.equal(answer.text, "slow");
  const { code } = await server.stop();
  assert.equal(code, 0);
});

test("SIGTERM waits for a request that never ends as long as --drain-ms says", async () => {
  const server = await startMayfly(serving, { args: ["--drain-ms", "300"] });
  server.request({ path: "/endless", timeoutMs: 60_000 }).catch(() => {});
  await sleep(100);
  const started = Date.now();
  kill(server.pid, "SIGTERM");
  await server.program.end(5_000);
  assert.ok(Date.now() - started >= 250, `it waited for ${Date.now() - started} ms`);
});

test("when the supervisor is killed no process stays behind", async () => {
  const server = await startMayfly(serving);
  const family = descendants(server.pid);
  kill(server.pid, "SIGKILL");
  await until("the cells gone", () => !family.some(isAlive), 5000);
});

test("a cell that is killed under load is started again and the log says why", async () => {
  const server = await startMayfly(serving);
  try {
    const first = cellOf(server);
    let running = true;
    let answered = 0;
    const load = Array.from({ length: 8 }, async () => {
      while (running) {
        try {
          const { status } = await server.request({ path: "/text", timeoutMs: 5000 });
          if (status === 200) answered++;
        } catch {
          await sleep(10);
        }
      }
    });
    await until("answers before", () => answered > 100);
    kill(first, "SIGKILL");
    const before = answered;
    await until("answers after", () => answered > before + 200);
    running = false;
    await Promise.all(load);
    assert.notEqual(cellOf(server), first);
    await server.program.waitFor(/cell.*(signal 9|SIGKILL|killed)/i, 2000);
  } finally {
    await server.stop();
  }
});

test("a cell that is killed again and again is started again", async () => {
  const server = await startMayfly(serving);
  try {
    for (let round = 0; round < 3; round++) {
      kill(cellOf(server), "SIGKILL");
      await until(`an answer after round ${round}`, async () => {
        try {
          return (await server.request({ path: "/text", timeoutMs: 2000 })).status === 200;
        } catch {
          return false;
        }
      });
    }
  } finally {
    await server.stop();
  }
});

test("10,000 ids leave memory bounded, and the last ones are kept", { timeout: 170_000 }, async () => {
  const directory = temporaryProject({
    "wrangler.jsonc": {
      name: "many",
      main: "index.js",
      compatibility_date: "2026-11-01",
      worker_loaders: [{ binding: "LOADER" }],
    },
    "index.js": `
      const main = "let calls = 0; const ballast = 'x'.repeat(20000);" +
        "export default { fetch: () => new Response(String(++calls)) };";
      const code = () => ({ compatibilityDate: "2026-11-01", mainModule: "main.js", modules: { "main.js": main } });
      export default {
        async fetch(request, env) {
          const { searchParams } = new URL(request.url);
          let last;
          for (let id = Number(searchParams.get("from")); id < Number(searchParams.get("to")); id++) {
            last = await (await env.LOADER.get("id" + id, code).getEntrypoint().fetch("http://x/")).text();
          }
          return new Response(last);
        },
      };`,
  });
  const server = await startMayfly(directory);
  try {
    const run = (from, to) => server.request({ path: `/?from=${from}&to=${to}`, timeoutMs: 60_000 });
    assert.equal((await run(0, 2000)).text, "1");
    const early = residentBytes(server.pid);
    for (let from = 2000; from < 10_000; from += 1000) assert.equal((await run(from, from + 1000)).text, "1");
    const late = residentBytes(server.pid);
    assert.ok(late < early * 1.5 + 200 * 2 ** 20, `memory grew from ${megabytes(early)} to ${megabytes(late)} MB`);
    assert.ok(late < 3 * 1024 ** 3, `${megabytes(late)} MB for 10,000 ids`);
    assert.equal((await run(9999, 10_000)).text, "2");
    assert.equal((await run(0, 1)).text, "1");
  } finally {
    await server.stop();
  }
});

test("load() leaves nothing behind", { timeout: 120_000 }, async () => {
  const server = await startMayfly(join(root, "examples/agent-sandbox"));
  try {
    const rounds = async (count) => {
      for (let n = 0; n < count; n++) assert.equal((await server.request("/")).status, 200);
    };
    await rounds(300);
    const early = residentBytes(server.pid);
    await rounds(1500);
    const late = residentBytes(server.pid);
    assert.ok(
      late < early + 150 * 2 ** 20,
      `memory grew from ${megabytes(early)} to ${megabytes(late)} MB over 1500 loads`,
    );
  } finally {
    await server.stop();
  }
});

/** What the server answers to these bytes when it was started with these options. */
async function limited(args, chunks, timeoutMs = 5_000) {
  const server = await startMayfly(serving, { args });
  try {
    return await server.raw(chunks, { timeoutMs });
  } finally {
    await server.stop();
  }
}
const host = "Host: x\r\n";

test("a head that comes too slowly is answered 408: --header-timeout-ms", async () => {
  const drip = Array.from({ length: 20 }, (_, n) => [100, `a${n}: 1\r\n`]).flat();
  const { text, closed } = await limited(["--header-timeout-ms", "500"], ["GET /text HTTP/1.1\r\n", ...drip]);
  assert.match(text, /^HTTP\/1\.1 408 /);
  assert.ok(closed);
});

test("a body that comes too slowly is cut off: --body-timeout-ms", async () => {
  const request = [`POST /length HTTP/1.1\r\n${host}Content-Length: 10\r\n\r\nabc`];
  const { text, closed } = await limited(["--body-timeout-ms", "500"], request);
  assert.doesNotMatch(text, /^HTTP\/1\.1 200 /);
  assert.ok(closed);
});

test("an idle connection is closed: --idle-timeout-ms", async () => {
  const { text, closed } = await limited(["--idle-timeout-ms", "300"], [`GET /text HTTP/1.1\r\n${host}\r\n`]);
  assert.match(text, /plain text$/);
  assert.ok(closed);
});

test("a head above --max-header-bytes is answered 431", async () => {
  const request = [`GET /text HTTP/1.1\r\n${host}a: ${"x".repeat(3000)}\r\nConnection: close\r\n\r\n`];
  assert.match((await limited(["--max-header-bytes", "2048"], request)).text, /^HTTP\/1\.1 431 /);
  assert.match((await limited(["--max-header-bytes", "8192"], request)).text, /^HTTP\/1\.1 200 /);
});

test("a body above --max-body-bytes is refused, with a length or in chunks", async () => {
  const args = ["--max-body-bytes", "1000"];
  const known = `POST /length HTTP/1.1\r\n${host}Content-Length: 2000\r\n\r\n${"x".repeat(2000)}`;
  assert.match((await limited(args, [known], 1_000)).text, /^HTTP\/1\.1 413 /);
  const chunk = `3e8\r\n${"x".repeat(1000)}\r\n`;
  const chunked = `POST /length HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\n${chunk}${chunk}0\r\n\r\n`;
  const { text } = await limited(args, [chunked], 1_000);
  assert.doesNotMatch(text, /^HTTP\/1\.1 200 /);
});

test("two hundred requests at once, each with code of its own, all answer", async () => {
  const server = await startMayfly(join(root, "examples/agent-sandbox"));
  try {
    const answers = await Promise.all(
      Array.from({ length: 200 }, () => server.request({ path: "/", timeoutMs: 30_000 })),
    );
    assert.deepEqual(
      new Set(answers.map(({ status, text }) => `${status} ${text.slice(0, 13)}`)),
      new Set(['200 {"doubled":42']),
    );
  } finally {
    await server.stop();
  }
});

test("many idle connections do not keep others out", async () => {
  const server = await startMayfly(serving);
  const sockets = Array.from({ length: 500 }, () => net.connect(server.port, "127.0.0.1").on("error", () => {}));
  try {
    await sleep(200);
    assert.equal((await exchange(server.port, "/text")).text, "plain text");
  } finally {
    for (const socket of sockets) socket.destroy();
    await server.stop();
  }
});
