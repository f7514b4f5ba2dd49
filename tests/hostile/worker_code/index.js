// SPDX-License-Identifier: Apache-2.0
//
// Loads `count` WorkerCodes that are wrong here and there, made from `seed`, and says what came of them.

const kMarker = "thrown by the code's own getter";
const names = {
  top: ["compatibilityDate", "compatibilityFlags", "allowExperimental", "limits", "mainModule", "modules", "env",
    "globalOutbound", "network", "secrets", "tails", "streamingTails", "mayfly"],
};

function randomFrom(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  return { below: (end) => next() % end, pick: (list) => list[next() % list.length] };
}

const revoked = () => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
};
const throws = () => { throw new Error(kMarker); };

/** Values that are hardly ever right. */
const oddities = [
  () => undefined, () => null, () => true, () => 0, () => -1, () => NaN, () => 1e308, () => 2 ** 31, () => 10n, () => "",
  () => "x", () => "\0", () => "\ud800", () => "__proto__", () => "main.js", () => "a".repeat(100_000), () => Symbol("s"),
  () => () => {}, () => class {}, () => [], () => [undefined], () => [[]], () => ["nodejs_compat", 1], () => ({}),
  () => Object.create(null), () => ({ toString: throws }), () => ({ valueOf: throws, toString: null }), () => new Date(NaN),
  () => /x/g, () => new Map([[1, 2]]), () => new ArrayBuffer(8), () => new Uint8Array(3), () => new DataView(new ArrayBuffer(2)),
  () => new ArrayBuffer(8, { maxByteLength: 64 }), () => structuredClone(new ArrayBuffer(4)), () => Promise.reject(1).catch(() => {}),
  () => new Proxy({}, {}), () => new Proxy([], {}), revoked, () => new Proxy({}, { ownKeys: throws }),
  () => new Proxy({}, { get: throws }), () => new Proxy({ a: 1 }, { getOwnPropertyDescriptor: throws }),
  () => new Proxy([], { get: (target, key) => key === "length" ? 2 ** 53 : undefined, has: () => true }),
  () => Object.defineProperty([], "0", { get: throws }), () => Object.freeze({}), () => new (class extends Array {})(),
  () => { const circle = {}; circle.self = circle; return circle; }, () => new Error("an error"), () => new Headers(),
  () => new Response("x"), () => new ReadableStream(), () => new WeakMap(), () => Object(1n), () => Object(Symbol()),
  () => new Array(1e6), () => Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`k${index}`, index])),
  () => globalThis, () => ({ then: throws }), () => ({ get js() { throw new Error(kMarker); } }),
];
const keys = ["__proto__", "constructor", "toString", "length", "", "0", "main.js", "a/../b.js", "\0.js", "x.ts", "y.cts", "z.tsx",
  "p.py", "\ud800.js", "m".repeat(70_000) + ".js", "js", "wasm", "json", "data", "cpuMs", "subRequests", "allow", "default"];
const works = "export default { fetch() { return new Response('ok') } }";
const sources = [works, works, works, "export default {}", "", "}{", "throw 1", "import 'no'",
  "import './main.js'; export default 1", "\0", "await 0; export default {}", "\ud800", "(".repeat(5_000), "enum X { a }"];

function valid(random, loader) {
  const code = {
    compatibilityDate: random.pick(["2026-11-01", "2026-01-01"]),
    mainModule: "main.js",
    modules: { "main.js": random.pick(sources), "text.txt": { text: "text" }, "data": { data: new Uint8Array(4) }, "j": { json: { a: 1 } } },
    env: { A: 1 },
  };
  if (random.below(3) === 0) code.limits = { cpuMs: 50, subRequests: 1 };
  if (random.below(3) === 0) code.network = { default: "deny", allow: ["https://a.b"], deny: ["loopback"] };
  if (random.below(4) === 0) code.secrets = { KEY: { value: "v", hosts: ["a.b"] } };
  if (random.below(4) === 0) code.compatibilityFlags = ["nodejs_compat"];
  if (random.below(4) === 0) code.globalOutbound = null;
  if (random.below(6) === 0) code.env.LOADER = loader;
  code.mayfly = { isolation: "isolate" };
  return code;
}

/** One change somewhere in the tree. */
function spoil(random, code) {
  let at = code;
  let key = random.pick(names.top);
  for (let depth = random.below(4); depth > 0; depth--) {
    const inner = at[key];
    if (inner === null || typeof inner !== "object") break;
    const inside = Object.keys(inner);
    if (inside.length === 0) break;
    at = inner;
    key = random.pick(inside);
  }
  if (random.below(4) === 0) key = random.pick(keys);
  const value = random.pick(oddities)();
  try {
    switch (random.below(8)) {
      case 0: delete at[key]; break;
      case 1: Object.defineProperty(at, key, { get: throws, enumerable: true, configurable: true }); break;
      case 2: Object.defineProperty(at, key, { get: () => random.pick(oddities)(), enumerable: true, configurable: true }); break;
      case 3: at[Symbol("s")] = value; at[key] = value; break;
      default: Object.defineProperty(at, key, { value, writable: true, enumerable: true, configurable: true });
    }
  } catch {
    // A value that takes no properties: another change, then.
  }
}

function judge(error) {
  if (!(error instanceof Error)) return `threw what is no Error: ${typeof error}`;
  if (error.message.includes(kMarker) || /proxy/i.test(error.message)) return undefined;
  if (error.message === "") return `an error without a message: ${error.name}`;
  // What an engine says when code did not look before it used something.
  if (/^(Cannot (read|set) prop|.* is not (a function|iterable|defined|a constructor)$|Invalid (array|string) length)/.test(error.message)) {
    return `${error.name}: ${error.stack.slice(0, 600)}`;
  }
  return undefined;
}

export default {
  async fetch(request, env) {
    const { seed, count, calls, longNames } = await request.json();
    if (longNames) {
      const long = "n".repeat(1_000_000);
      try {
        env.LOADER.load({ compatibilityDate: "2026-11-01", mainModule: "m" + long, modules: { [long + ".js"]: "" } });
        return new Response("loaded");
      } catch (error) {
        return new Response(error.message.slice(0, 20));
      }
    }
    const outcome = { refused: 0, loaded: 0, answered: 0, failed: 0, wrong: [] };
    for (let index = 0; index < count; index++) {
      const random = randomFrom(seed + index);
      let worker;
      try {
        let code = valid(random, env.LOADER);
        for (let changes = random.below(4); changes > 0; changes--) spoil(random, code);
        if (random.below(40) === 0) code = random.pick(oddities)();
        else if (random.below(20) === 0) code = new Proxy(code, {});
        worker = env.LOADER.load(code);
        outcome.loaded++;
      } catch (error) {
        outcome.refused++;
        const why = judge(error);
        if (why !== undefined) outcome.wrong.push(`${seed + index}: ${why}`);
      }
      if (worker === undefined || outcome.answered + outcome.failed >= calls) continue;
      try {
        await (await worker.getEntrypoint().fetch("http://worker/")).text();
        outcome.answered++;
      } catch (error) {
        outcome.failed++;
        const why = error instanceof Error || error === 1 ? undefined : `failed with what is no Error: ${String(error)}`;
        if (why !== undefined) outcome.wrong.push(`${seed + index}: ${why}`);
      }
    }
    return Response.json(outcome);
  },
};
