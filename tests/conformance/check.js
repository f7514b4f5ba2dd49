// SPDX-License-Identifier: Apache-2.0
//
// A conformance suite is a worker. It names its checks with `check()`, and `suite()` makes the handler that lists them
// (GET /checks) and runs one (GET /check/N). So the same bundle runs under every runtime and needs nothing but HTTP.
//
//   check("a sentence about behaviour", ({ env, ctx, request }) => { equal(...); });
//   check("...", { differs: "why workerd fails this check, by choice" }, ...);   // must fail there
//   check("...", { mayflyOnly: "why workerd cannot be asked" }, ...);            // is not run there
//   check("...", { timed: true }, ...);   // says how fast something is: not asked of an engine that was made slow

const checks = [];

export function check(name, ...rest) {
  const run = rest.pop();
  checks.push({ name, ...rest[0], run });
}

export function suite(exported = {}) {
  return {
    async fetch(request, env, ctx) {
      const { pathname } = new URL(request.url);
      if (pathname === "/checks") return Response.json(checks.map(({ run, ...about }) => about));
      const number = pathname.match(/^\/check\/(\d+)$/)?.[1];
      if (number === undefined)
        return exported.fetch?.(request, env, ctx) ?? new Response("no such check", { status: 404 });
      try {
        await checks[number].run({ env, ctx, request });
        return Response.json({ passed: true });
      } catch (error) {
        return Response.json({ passed: false, error: String(error?.stack ?? error) });
      }
    },
  };
}

class Unmet extends Error {
  name = "Unmet";
}

const show = (value) => {
  try {
    if (typeof value === "function" || typeof value === "symbol" || typeof value === "bigint") return String(value);
    if (value instanceof RegExp) return String(value);
    if (value instanceof Response) return `Response ${value.status} ${value.url}`;
    return value instanceof Error ? String(value) : (JSON.stringify(value) ?? String(value));
  } catch {
    return Object.prototype.toString.call(value);
  }
};

export function ok(value, what = "a true value") {
  if (!value) throw new Unmet(`expected ${what}, got ${show(value)}`);
}

export function equal(actual, expected, what = "") {
  if (!Object.is(actual, expected)) throw new Unmet(`${what}expected ${show(expected)}, got ${show(actual)}`);
}

/** Equal in structure: primitives, arrays, plain objects, Map, Set, Date, RegExp, bytes, errors by name and message. */
export function same(actual, expected, path = "value") {
  const fail = () => {
    throw new Unmet(`${path}: expected ${show(expected)}, got ${show(actual)}`);
  };
  if (Object.is(actual, expected)) return;
  if (typeof actual !== "object" || typeof expected !== "object" || !actual || !expected) fail();
  const tag = Object.prototype.toString.call(expected);
  if (Object.prototype.toString.call(actual) !== tag) fail();
  if (expected instanceof Date && actual.getTime() !== expected.getTime()) fail();
  if (expected instanceof RegExp && String(actual) !== String(expected)) fail();
  if (expected instanceof Error && (actual.name !== expected.name || actual.message !== expected.message)) fail();
  if (expected instanceof Error) return;
  if (expected instanceof ArrayBuffer) return same([...new Uint8Array(actual)], [...new Uint8Array(expected)], path);
  if (expected instanceof Map || expected instanceof Set) return same([...actual], [...expected], path);
  const keys = Object.keys(expected);
  if (Object.keys(actual).length !== keys.length) fail();
  for (const key of keys) same(actual[key], expected[key], `${path}.${key}`);
}

export function matches(text, pattern) {
  const met = typeof pattern === "string" ? text === pattern : pattern.test(text);
  if (!met)
    throw new Unmet(`expected text ${typeof pattern === "string" ? show(pattern) : pattern}, got ${show(text)}`);
}

/** `expected` is a constructor, a message (text or pattern), or { name, message }. Returns the error. */
function judge(error, expected) {
  if (expected === undefined) return error;
  if (typeof expected === "function") {
    if (!(error instanceof expected))
      throw new Unmet(`expected a ${expected.name}, got ${show(error)} (${error?.name})`);
  } else if (typeof expected === "string" || expected instanceof RegExp) {
    matches(String(error?.message), expected);
  } else {
    if (expected.name) equal(error?.name, expected.name, `name of ${show(error)}: `);
    if (expected.message) matches(String(error?.message), expected.message);
  }
  return error;
}

export function throws(run, expected) {
  let result;
  try {
    result = run();
  } catch (error) {
    return judge(error, expected);
  }
  throw new Unmet(
    `expected ${show(expected?.message ?? expected?.name ?? expected)} to be thrown, got ${show(result)}`,
  );
}

export async function rejects(promise, expected) {
  let result;
  try {
    result = await (typeof promise === "function" ? promise() : promise);
  } catch (error) {
    return judge(error, expected);
  }
  throw new Unmet(`expected a rejection with ${show(expected?.message ?? expected)}, got ${show(result)}`);
}

export const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
