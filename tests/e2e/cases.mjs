// SPDX-License-Identifier: Apache-2.0
//
// Runs groups of cases (a worker, requests, expectations) under a runtime. The cases of a group share one server and
// run in their order. The verdicts are those of the conformance suites.

import { isDeepStrictEqual } from "node:util";
import { join } from "node:path";
import { root, sleep, start } from "./harness.mjs";
import { examples } from "./cases/examples.mjs";
import { kept } from "./cases/kept.mjs";
import { serving } from "./cases/serving.mjs";

export const groups = [...examples, kept, serving];

export async function runGroup(runtime, group, { filter, onResult = () => {} } = {}) {
  let server = await start(
    runtime,
    group.targets.map((target) => join(root, target)),
    group.options,
  );
  const results = [];
  try {
    for (const one of group.cases) {
      if (filter && !one.name.includes(filter)) continue;
      const result = { name: one.name, reason: one.differs ?? one.mayflyOnly };
      if (one.mayflyOnly && runtime !== "mayfly") {
        result.verdict = "skipped";
      } else {
        for (let n = 0; n < (one.times ?? 1) && !result.error; n++) result.error = await attempt(server, one);
        if (one.differs && runtime !== "mayfly") result.verdict = result.error ? "differs" : "stale";
        else result.verdict = result.error ? "failed" : "passed";
        if (result.error && !(await alive(server))) {
          await server.stop("SIGKILL");
          server = await start(
            runtime,
            group.targets.map((target) => join(root, target)),
            group.options,
          );
          result.error += " (the server had to be started again)";
        }
      }
      results.push(result);
      onResult(result);
    }
  } finally {
    await server.stop();
  }
  return results;
}

async function alive(server) {
  const { text } = await server.raw("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", {
    until: /\r\n/,
    timeoutMs: 2000,
  });
  return text.startsWith("HTTP/1.1 ");
}

/** What is wrong with the answer, or undefined. */
async function attempt(server, one) {
  let problem;
  for (let tries = 0; tries < (one.retry ? 20 : 1); tries++) {
    if (tries) await sleep(50);
    try {
      problem = one.raw
        ? judgeRaw(await server.raw(one.raw, { timeoutMs: one.timeoutMs ?? 2500, until: untilOf(one) }), one.expect)
        : judge(await server.request(one.request), one.expect);
      problem ??= await judgeLog(server, one);
    } catch (error) {
      problem = String(error);
    }
    if (!problem) return undefined;
  }
  return problem;
}

/** A raw exchange may end once all patterns are met, unless it must also be closed or must not contain something. */
function untilOf({ expect }) {
  if (expect.closed || expect.not || !expect.raw) return undefined;
  return { test: (text) => expect.raw.every((pattern) => pattern.test(text)) };
}

const show = (value) => {
  const text =
    typeof value === "string" ? JSON.stringify(value) : String(value instanceof RegExp ? value : JSON.stringify(value));
  return text.length > 300 ? `${text.slice(0, 300)}...` : text;
};
const meets = (actual, expected) =>
  expected instanceof RegExp
    ? expected.test(actual ?? "")
    : typeof expected === "function"
      ? expected(actual)
      : isDeepStrictEqual(actual, expected);

function judge(response, { status, statusText, headers = {}, text, json, bytes, length }) {
  const problems = [];
  const compare = (what, actual, expected) => {
    if (!meets(actual, expected)) problems.push(`${what}: expected ${show(expected)}, got ${show(actual)}`);
  };
  if (status !== undefined) compare("status", response.status, status);
  if (statusText !== undefined) compare("status text", response.statusText, statusText);
  for (const [name, expected] of Object.entries(headers)) compare(`header ${name}`, response.headers[name], expected);
  if (text !== undefined) compare("body", response.text, text);
  if (bytes !== undefined) compare("bytes", [...response.bytes], bytes);
  if (length !== undefined) compare("length", response.bytes.length, length);
  if (json !== undefined) {
    try {
      compare("JSON", response.json(), json);
    } catch {
      problems.push(`no JSON: ${show(response.text)}`);
    }
  }
  return problems.join("; ") || undefined;
}

function judgeRaw({ text, closed }, expect) {
  const problems = [];
  for (const pattern of expect.raw ?? [])
    if (!pattern.test(text)) problems.push(`expected ${pattern}, got ${show(text)}`);
  if (expect.not?.test(text)) problems.push(`did not expect ${expect.not}, got ${show(text)}`);
  if (expect.closed && !closed) problems.push(`the connection was not closed after ${show(text)}`);
  return problems.join("; ") || undefined;
}

/** Log lines may come after the answer. */
async function judgeLog({ program }, { log = [] }) {
  let missing = log;
  for (let tries = 0; tries < 50; tries++) {
    missing = log.filter((pattern) => !pattern.test(program.output));
    if (!missing.length) return undefined;
    await sleep(20);
  }
  return `the log lacks ${missing}: ${show(program.output)}`;
}
