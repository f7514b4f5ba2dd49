// SPDX-License-Identifier: Apache-2.0
//
// Tails of dynamic workers: what they get after each event.

import { WorkerEntrypoint } from "cloudflare:workers";
import { check, equal, matches, ok, pause, rejects, same, throws } from "../../check.js";
import { code, method, textOf } from "./code.js";

const jsonOnly = { differs: "workerd keeps what JSON makes of logged values" };
const rpcErrors = { differs: "workerd reports calls that throw as ok" };
const cannotStop = { mayflyOnly: "workerd enforces no limits: the server would stop answering" };

const received = new Map(); // id -> trace items

export class Tail extends WorkerEntrypoint {
  tail(events) {
    take(this.ctx.props.id, events);
  }
}

export class BadTail extends WorkerEntrypoint {
  tail() {
    throw new Error("this tail fails");
  }
}

/** Its request ends while the worker that it loaded still works. */
export class Hasty extends WorkerEntrypoint {
  start(id) {
    const tails = [this.ctx.exports.Tail({ props: { id } })];
    const body = "console.log('began'); await new Promise((r) => setTimeout(r, 20000));";
    const entrypoint = this.env.LOADER.load(code(method(body), { tails })).getEntrypoint();
    this.ctx.waitUntil(pause(50));
    entrypoint.run().catch(() => {});
  }
}

export const plainTail = {
  tail(events, env, ctx) {
    take("plain", [{ event: events[0].event, env: "LOADER" in env, waitUntil: typeof ctx.waitUntil }]);
  },
};

function take(id, events) {
  if (!received.has(id)) received.set(id, []);
  received.get(id).push(...events);
  received.get(id).size = events.length;
}

let lastId = 0;

/** A tail of its own and `items(n)`, which waits for n items. */
function makeTail(ctx) {
  const id = `tail ${++lastId}`;
  const items = async (count) => {
    for (let tried = 0; tried < 300 && (received.get(id)?.length ?? 0) < count; tried++) await pause(10);
    await pause(20); // there must be no more
    const all = received.get(id) ?? [];
    equal(all.length, count, "number of trace items: ");
    return all;
  };
  return { tail: ctx.exports.Tail({ props: { id } }), items, id };
}

const messages = (item) => item.logs.map(({ message }) => message);

check("a fetch becomes one trace item", async ({ env, ctx }) => {
  const { tail, items } = makeTail(ctx);
  const main = `export default { fetch() {
    console.log("seen", 1, { a: [true, null] });
    return new Response("x", { status: 201 });
  } };`;
  const before = Date.now();
  const url = "http://any/path?query#fragment";
  const init = { method: "POST", body: "b", headers: { "X-Name": "v", authorization: "Bearer 1", cookie: "a=b" } };
  equal(await textOf(env.LOADER.load(code(main, { tails: [tail] })).getEntrypoint().fetch(url, init)), "x");
  const [item] = await items(1);
  equal(received.get(`tail ${lastId}`).size, 1);
  equal(item.event.request.url, "http://any/path?query");
  equal(item.event.request.method, "POST");
  equal(item.event.request.headers["x-name"], "v");
  equal(item.event.request.headers.authorization, "REDACTED");
  equal(item.event.request.headers.cookie, "REDACTED");
  equal(item.event.response.status, 201);
  equal(item.outcome, "ok");
  equal(item.truncated, false);
  equal(item.executionModel, "stateless");
  equal(item.entrypoint, undefined);
  equal(item.scriptName, null);
  same(item.exceptions, []);
  same(item.diagnosticsChannelEvents, []);
  ok(item.eventTimestamp >= before - 1000 && item.eventTimestamp <= Date.now(), "a time stamp of now");
  ok(item.cpuTime >= 0 && item.wallTime >= 0, "times");
  equal(item.logs.length, 1);
  equal(item.logs[0].level, "log");
  same(item.logs[0].message, ["seen", 1, { a: [true, null] }]);
  ok(item.logs[0].timestamp >= item.eventTimestamp, "a log after the start");
});

check("a call becomes one trace item, with the method's name", async ({ env, ctx }) => {
  const { tail, items } = makeTail(ctx);
  const stub = env.LOADER.load(code(method("console.log('ran', ...args); return 7"), { tails: [tail] }));
  equal(await stub.getEntrypoint().run("a", 2), 7);
  const [item] = await items(1);
  equal(item.event.rpcMethod, "run");
  equal(item.outcome, "ok");
  same(messages(item), [["ran", "a", 2]]);
});

check("an item tells what the event used", { mayflyOnly: "these fields are ours" }, async ({ env, ctx }) => {
  const { tail, items } = makeTail(ctx);
  const body = `
    const start = Date.now();
    globalThis.kept = new Uint8Array(8 << 20).fill(1);
    await args[0]();
    await args[0]();
    await new Promise((done) => setTimeout(done, 30));
    return "x".repeat(10_000);`;
  await env.LOADER.load(code(method(body), { tails: [tail], limits: { subRequests: 5 } })).getEntrypoint().run(() => "y".repeat(20_000));
  const [item] = await items(1);
  ok(item.memoryBytes > 8 << 20 && item.memoryBytes < 64 << 20, `memory: ${item.memoryBytes}`);
  ok(item.bytesOut > 10_000 && item.bytesOut < 12_000, `bytes out: ${item.bytesOut}`);
  ok(item.bytesIn > 40_000 && item.bytesIn < 42_000, `bytes in: ${item.bytesIn}`);
  equal(item.subRequests, 0, "a callback is no subrequest: ");
  ok(item.cpuTime > 0 && item.cpuTime < 1000, `processor time: ${item.cpuTime}`);
  ok(item.wallTime >= 29, `time on the clock: ${item.wallTime}`);
});

check("time on the clock is that of the real one also while code computes", cannotStop, async ({ env, ctx }) => {
  const { tail, items } = makeTail(ctx);
  const body = "let x = 0; for (let n = 0; n < 2e7; n++) x = (x + n) % 7; return x;";
  await env.LOADER.load(code(method(body), { tails: [tail] })).getEntrypoint().run();
  const [item] = await items(1);
  ok(item.cpuTime > 1 && item.wallTime > 1, `${item.cpuTime} of ${item.wallTime} ms`);
});

check("an event beyond its time on the clock is reported, and its worker goes on", cannotStop, async ({ env, ctx }) => {
  const { tail, items } = makeTail(ctx);
  const body = "console.log('waits'); if (args[0]) await new Promise((r) => setTimeout(r, 60_000)); return 'well';";
  const entrypoint = env.LOADER.load(code(method(body), { tails: [tail], limits: { wallMs: 150 } })).getEntrypoint();
  await rejects(entrypoint.run(true), /wall time limit of 150 ms/);
  equal(await entrypoint.run(false), "well");
  const [late, well] = await items(2);
  equal(late.outcome, "exceededWallTime");
  same(messages(late), [["waits"]]);
  equal(late.exceptions[0].name, "WallLimitExceeded");
  ok(late.wallTime >= 149, `time on the clock: ${late.wallTime}`);
  equal(well.outcome, "ok");
});

check("each event has its own item and its own logs", async ({ env, ctx }) => {
  const { tail, items } = makeTail(ctx);
  const body = `console.log('start', args[0]);
    await new Promise((r) => setTimeout(r, args[1]));
    console.log('end', args[0]);`;
  const entrypoint = env.LOADER.load(code(method(body), { tails: [tail] })).getEntrypoint();
  await Promise.all([entrypoint.run("slow", 30), entrypoint.run("fast", 5)]);
  const [first, second] = await items(2);
  same(messages(first), [["start", "fast"], ["end", "fast"]]);
  same(messages(second), [["start", "slow"], ["end", "slow"]]);
});

check("levels and arguments are those of the call", async ({ env, ctx }) => {
  const { tail, items } = makeTail(ctx);
  const body = `console.debug("d"); console.info("i"); console.log("%s", "l");
    console.warn("w"); console.error("e"); console.log();`;
  await env.LOADER.load(code(method(body), { tails: [tail] })).getEntrypoint().run();
  const [item] = await items(1);
  same(
    item.logs.map(({ level, message }) => [level, message]),
    [["debug", ["d"]], ["info", ["i"]], ["log", ["%s", "l"]], ["warn", ["w"]], ["error", ["e"]], ["log", []]],
  );
});

check("the entrypoint is named", async ({ env, ctx }) => {
  const { tail, items } = makeTail(ctx);
  const main = `import { WorkerEntrypoint } from "cloudflare:workers";
    export class Other extends WorkerEntrypoint { run() {} }`;
  await env.LOADER.load(code(main, { tails: [tail] })).getEntrypoint("Other").run();
  equal((await items(1))[0].entrypoint, "Other");
});

check("a fetch handler that throws has the outcome exception", async ({ env, ctx }) => {
  const { tail, items } = makeTail(ctx);
  const main = `export default { fetch() { console.log("before"); throw new RangeError("thrown"); } };`;
  await rejects(env.LOADER.load(code(main, { tails: [tail] })).getEntrypoint().fetch("http://any/"), "thrown");
  const [item] = await items(1);
  equal(item.outcome, "exception");
  equal(item.event.response, undefined);
  equal(item.exceptions.length, 1);
  const [{ name, message, stack, timestamp }] = item.exceptions;
  same([name, message, typeof timestamp], ["RangeError", "thrown", "number"]);
  matches(stack, /^ {4}at .*main\.js:1:\d+\)?/);
  same(messages(item), [["before"]]);
});

check("a call that throws has the outcome exception", rpcErrors, async ({ env, ctx }) => {
  const { tail, items } = makeTail(ctx);
  const stub = env.LOADER.load(code(method("throw new TypeError('no')"), { tails: [tail] }));
  await rejects(stub.getEntrypoint().run(), "no");
  const [item] = await items(1);
  equal(item.outcome, "exception");
  same([item.exceptions[0].name, item.exceptions[0].message], ["TypeError", "no"]);
});

check("what waitUntil does belongs to the event", async ({ env, ctx }) => {
  const { tail, items } = makeTail(ctx);
  const main = `export default { fetch(request, env, ctx) {
    ctx.waitUntil(new Promise((r) => setTimeout(r, 20)).then(() => console.log("late")));
    ctx.waitUntil(Promise.reject(new RangeError("failed later")));
    return new Response("x");
  } };`;
  equal(await textOf(env.LOADER.load(code(main, { tails: [tail] })).getEntrypoint().fetch("http://any/")), "x");
  const [item] = await items(1);
  equal(item.outcome, "ok");
  same(messages(item), [["late"]]);
  same(item.exceptions.map(({ message }) => message), ["failed later"]);
});

check("calls on what was returned belong to the event", async ({ env, ctx }) => {
  const { tail, items } = makeTail(ctx);
  const body = "console.log('run'); return { inner() { console.log('inner'); } };";
  {
    const result = await env.LOADER.load(code(method(body), { tails: [tail] })).getEntrypoint().run();
    await result.inner();
    result[Symbol.dispose]();
  }
  same(messages((await items(1))[0]), [["run"], ["inner"]]);
});

check("logged values keep their types", jsonOnly, async ({ env, ctx }) => {
  const { tail, items } = makeTail(ctx);
  const body = `console.log(new Map([[1, new Set([2])]]), 10n, undefined, new Date(5), new Uint8Array([1]),
    new TypeError('t'))`;
  await env.LOADER.load(code(method(body), { tails: [tail] })).getEntrypoint().run();
  const [[map, big, nothing, date, bytes, error]] = messages((await items(1))[0]);
  same(map, new Map([[1, new Set([2])]]));
  equal(big, 10n);
  equal(nothing, undefined);
  equal(date.getTime(), 5);
  same([...bytes], [1]);
  ok(error instanceof TypeError && error.message === "t", "a TypeError");
});

check("values that cannot be cloned are logged as text", jsonOnly, async ({ env, ctx }) => {
  const { tail, items } = makeTail(ctx);
  const body = `class Point { x = 1 }
    const circle = {}; circle.self = circle;
    const proxy = new Proxy({}, { get() { throw 1; } });
    console.log(1, new Point(), () => 1, Symbol("s"), proxy, circle, new Response("kept"));
    console.log({ get x() { throw new Error("no"); } });`;
  await env.LOADER.load(code(method(body), { tails: [tail] })).getEntrypoint().run();
  const [[one, point, callback, symbol, proxy, circle, response], [getter]] = messages((await items(1))[0]);
  equal(one, 1);
  equal(point, "Point { x: 1 }");
  equal(callback, "[Function (anonymous)]");
  equal(symbol, "Symbol(s)");
  equal(typeof proxy, "string");
  equal(circle.self, circle);
  equal(typeof response, "string");
  equal(getter, "{ x: [Getter] }");
});

check("logging a body does not use it up", async ({ env, ctx }) => {
  const { tail, items } = makeTail(ctx);
  const main = `export default { async fetch(request) {
    console.log(request, request.body);
    return new Response(await request.text());
  } };`;
  const entrypoint = env.LOADER.load(code(main, { tails: [tail] })).getEntrypoint();
  equal(await textOf(entrypoint.fetch("http://any/", { method: "POST", body: "whole" })), "whole");
  equal((await items(1))[0].logs.length, 1);
});

check("logs above 256 KiB are cut off", async ({ env, ctx }) => {
  const { tail, items } = makeTail(ctx);
  const body = "for (let i = 0; i < 400; i++) console.log(String(i).padEnd(1000)); console.log('last'); return 'done'";
  equal(await env.LOADER.load(code(method(body), { tails: [tail] })).getEntrypoint().run(), "done");
  const [item] = await items(1);
  equal(item.truncated, true);
  ok(item.logs.length > 200 && item.logs.length < 300, `200 to 300 logs, not ${item.logs.length}`);
});

check("a plain object's tail gets (events, env, ctx)", async ({ env, ctx }) => {
  received.delete("plain");
  await env.LOADER.load(code(method("return 1"), { tails: [ctx.exports.plainTail] })).getEntrypoint().run();
  for (let tried = 0; tried < 100 && !received.has("plain"); tried++) await pause(10);
  const [{ event, env: hasEnv, waitUntil }] = received.get("plain");
  same([event.rpcMethod, hasEnv, waitUntil], ["run", true, "function"]);
});

check("every tail is told, and one that fails disturbs nobody", async ({ env, ctx }) => {
  const a = makeTail(ctx);
  const b = makeTail(ctx);
  const tails = [a.tail, ctx.exports.BadTail, ctx.exports.Tool, b.tail];
  equal(await env.LOADER.load(code(method("return 1"), { tails })).getEntrypoint().run(), 1);
  await a.items(1);
  await b.items(1);
});

check("a worker of get() is traced for all who call it", async ({ env, ctx }) => {
  const { tail, items } = makeTail(ctx);
  const getCode = () => code(method("console.log(args[0])"), { tails: [tail] });
  const get = () => env.LOADER.get("traced", getCode).getEntrypoint();
  await get().run(1);
  await get().run(2);
  same((await items(2)).map(messages), [[[1]], [[2]]]);
});

const hasty = { differs: "workerd reports an event that was cut off so as ok", timed: true };

check("an event that ends with the request that loaded the worker is canceled", hasty, async ({ ctx }) => {
  const { items, id } = makeTail(ctx);
  await ctx.exports.Hasty.start(id);
  const [item] = await items(1);
  equal(item.outcome, "canceled");
  same(messages(item), [["began"]]);
});

check("an empty list of tails is none", async ({ env }) => {
  equal(await env.LOADER.load(code(method("console.log(1); return 1"), { tails: [] })).getEntrypoint().run(), 1);
});

check("tails that are no services are refused", ({ env }) => {
  throws(() => env.LOADER.load(code(method(""), { tails: [1] })), {
    name: "TypeError",
    message: "Incorrect type for array element 0: the provided value is not of type 'Fetcher'.",
  });
  throws(() => env.LOADER.load(code(method(""), { tails: 1 })), {
    name: "TypeError",
    message: "Incorrect type for the 'tails' field on 'WorkerCode': the provided value is not of type 'Array'.",
  });
});

check("an entrypoint of a dynamic worker cannot be a tail", ({ env }) => {
  const entrypoint = env.LOADER.load(code(method(""))).getEntrypoint();
  throws(() => env.LOADER.load(code(method(""), { tails: [entrypoint] })), {
    name: "DataCloneError",
    message: /^Entrypoints to dynamically-loaded workers cannot be transferred to other Workers/,
  });
});

check("a worker ended by its CPU time limit is reported, with its logs", cannotStop, async ({ env, ctx }) => {
  const { tail, items } = makeTail(ctx);
  const more = { limits: { cpuMs: 100 }, tails: [tail] };
  const entrypoint = env.LOADER.load(code(method("console.log('before', args[0]); for (;;);"), more)).getEntrypoint();
  await rejects(entrypoint.run(5), /CPU time limit/);
  const [item] = await items(1);
  equal(item.outcome, "exceededCpu");
  equal(item.event.rpcMethod, "run");
  same(messages(item), [["before", 5]]);
  equal(item.cpuTime, 100);
  ok(item.wallTime >= 50, `a wall time of 50 ms or more, not ${item.wallTime}`);
  equal(item.exceptions[0].name, "CpuLimitExceeded");
});

check("a worker ended by its memory limit is reported, with its logs", { ...cannotStop, timed: true }, async ({ env, ctx }) => {
  const { tail, items } = makeTail(ctx);
  const main = `export default { fetch() {
    console.log("before");
    const keep = [];
    for (;;) keep.push(new Array(1000).fill(keep.length));
  } };`;
  const more = { limits: { cpuMs: 20000 }, tails: [tail] };
  await rejects(env.LOADER.load(code(main, more)).getEntrypoint().fetch("http://any/x"), /memory limit/);
  const [item] = await items(1);
  equal(item.outcome, "exceededMemory");
  equal(item.event.request.url, "http://any/x");
  same(messages(item), [["before"]]);
});

check("all events of a worker that was ended are reported", cannotStop, async ({ env, ctx }) => {
  const { tail, items } = makeTail(ctx);
  const body = "if (args[0]) for (;;); await new Promise(() => {});";
  const more = { limits: { cpuMs: 100 }, tails: [tail] };
  const entrypoint = env.LOADER.load(code(method(body), more)).getEntrypoint();
  const waiting = rejects(entrypoint.run(false), /CPU time limit/);
  await rejects(entrypoint.run(true), /CPU time limit/);
  await waiting;
  same((await items(2)).map(({ outcome }) => outcome), ["exceededCpu", "exceededCpu"]);
});
