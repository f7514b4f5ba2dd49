// SPDX-License-Identifier: Apache-2.0
import { inFetch } from "../program.mjs";

export const title = "what goes over a limit";

const limit = (name, message) => ({ error: name, code: name, message });
const startup = limit("StartupLimitExceeded", /^Worker exceeded startup time limit of 100 ms\.$/);
const wall = limit("WallLimitExceeded", /^Worker exceeded wall time limit of 200 ms\.$/);
const burn = (ms) => `for (let end = work(${ms}); end > 0; end--) Math.sqrt(end);`;
// Clocks stand still: work is counted, in rounds that take about a millisecond.
const works = "const work = (ms) => ms * 200_000;";

const caught = (body) => `export default { async fetch(request, env, ctx) {
  try { ${body} } catch (error) { return new Response(error.code + " " + error.message); }
  return new Response("no error");
} };`;

export const programs = {
  "an endless loop at start": {
    code: `for (;;);\n${inFetch("")}`,
    limits: { startupMs: 100 },
    ends: startup,
  },
  "a start that computes in pieces": {
    code: `${works} for (;;) { await new Promise((done) => setTimeout(done, 1)); ${burn(20)} }\n${inFetch("")}`,
    limits: { startupMs: 100 },
    ends: startup,
  },
  "a top-level await that never ends": {
    code: `await new Promise(() => {});\n${inFetch("")}`,
    limits: { startupMs: 100 },
    ends: limit("StartupLimitExceeded", /^Worker exceeded startup time limit of 100 ms: after 1000 ms a top-level await has not ended\.$/),
  },
  "a top-level await that never ends in a module that is imported late": {
    code: inFetch('await import("late.js")'),
    modules: { "late.js": "await new Promise((done) => setTimeout(done, 60_000));" },
    limits: { wallMs: 200 },
    ends: wall,
  },
  "an event that waits for a long time": {
    code: inFetch("await new Promise((done) => setTimeout(done, 60_000))"),
    limits: { wallMs: 200 },
    ends: wall,
  },
  "an event that waits for another": {
    code: inFetch("await env.TOOL.never()"),
    limits: { wallMs: 200 },
    ends: wall,
  },
  "an event that computes beyond its time on the clock": {
    code: inFetch("for (;;);"),
    cpuMs: 5_000,
    limits: { wallMs: 200 },
    ends: wall,
  },
  "an event that computes in pieces beyond its time on the clock": {
    code: inFetch("for (;;) await new Promise((done) => setTimeout(done, 5))"),
    limits: { wallMs: 200 },
    ends: wall,
  },
  "a worker that patches what would end one event": {
    code: inFetch(`
      const late = new Promise((done) => setTimeout(done, 60_000));
      const types = [Map, Set, WeakMap, WeakSet, Array];
      const { defineProperty, getOwnPropertyNames } = Object;
      for (let t = 0; t < types.length; t++) {
        const names = getOwnPropertyNames(types[t].prototype);
        names[names.length] = Symbol.iterator;
        for (let n = 0; n < names.length; n++) {
          if (names[n] === "length") continue;
          defineProperty(types[t].prototype, names[n], { value() { throw new Error("patched"); }, configurable: true });
        }
      }
      await late`),
    limits: { wallMs: 200 },
    ends: wall,
  },
  "a body that is sent for ever": {
    code: `export default { fetch() {
      return new Response(new ReadableStream({
        async pull(controller) {
          await new Promise((done) => setTimeout(done, 10));
          controller.enqueue(new Uint8Array(1));
        },
      }));
    } };`,
    limits: { wallMs: 200 },
    ends: wall,
  },

  // Caps: what goes beyond one is an error that the program can catch.
  "timers without end": {
    code: caught("for (;;) setTimeout(() => {}, 1e6);"),
    ends: { text: "TimerLimit Too many timers are set (at most 10000). Clear those that are not needed any more." },
  },
  "intervals without end": {
    code: caught("for (;;) setInterval(() => {}, 1e6);"),
    limits: { timers: 10 },
    ends: { text: "TimerLimit Too many timers are set (at most 10). Clear those that are not needed any more." },
  },
  "timers that are cleared are not counted": {
    code: caught("for (let n = 0; n < 1000; n++) { clearTimeout(setTimeout(() => {}, 1e6)); await scheduler.wait(0); }"),
    limits: { timers: 5 },
    ends: { text: "no error" },
  },
  "streams without end": {
    code: caught("const kept = []; for (;;) kept.push(await env.TOOL.echo(new ReadableStream({ type: 'bytes', pull: () => new Promise(() => {}) })));"),
    limits: { streams: 20 },
    ends: { text: "StreamLimit Too many streams are open (at most 20). Read or cancel those that there are." },
  },
  "responses that nobody reads, without end": {
    code: caught("const kept = []; for (;;) kept.push(await env.TOOL.fetch('http://tool/'));"),
    ends: { text: /^BufferLimitExceeded There is no room for 1048576 bytes that were received: \d+ bytes of buffers are in use beside the heap, and the worker may use 128 MB$/ },
  },
  "stubs without end": {
    code: caught("await env.TOOL.length(Array.from({ length: 30 }, () => () => {}));"),
    limits: { stubs: 20 },
    ends: { text: "RpcStubLimit Too many stubs are held by one other worker (at most 20). Dispose of those that are not needed any more." },
  },
  "calls that are never answered": {
    code: caught("await Promise.all(Array.from({ length: 30 }, () => env.TOOL.call(() => new Promise(() => {}))));"),
    limits: { pendingCalls: 20 },
    ends: { text: "PendingCallLimit Too many calls are unfinished on one connection (at most 20)." },
  },
  "promises for waitUntil without end": {
    code: caught("for (;;) ctx.waitUntil(new Promise(() => {}));"),
    ends: { text: "WaitUntilLimit waitUntil() waits for 10000 promises already, which is as many as it may." },
  },
  "a message that is too large": {
    code: caught("await env.TOOL.length('x'.repeat(5000));"),
    limits: { messageBytes: 2000 },
    ends: { text: /^RpcMessageTooLarge Serialized RPC arguments or return values are limited to 2000 bytes, but the size of this value was: 50\d\d bytes\.$/ },
  },
  "a body that is too long": {
    code: inFetch("return new Response('x'.repeat(5000))"),
    limits: { bodyBytes: 2000 },
    ends: limit("BodyTooLarge", /^A body or stream is longer than 2000 bytes, which is the limit of this worker\.$/),
  },
  "a stream that is too long": {
    code: inFetch(`return new Response(new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(1000)) }))`),
    limits: { bodyBytes: 10_000 },
    ends: limit("BodyTooLarge", /^A body or stream is longer than 10000 bytes/),
  },
  "a stream that is relayed and too long": {
    code: caught("const { body } = new Response(await env.TOOL.echo(new ReadableStream({ type: 'bytes', pull: (c) => c.enqueue(new Uint8Array(1000)) }))); await new Response(body).arrayBuffer();"),
    limits: { bodyBytes: 10_000 },
    ends: { text: /^BodyTooLarge / },
  },
  "subrequests without end": {
    code: caught("for (;;) await env.TOOL.echo(1);"),
    limits: { subRequests: 50 },
    ends: { text: "SubrequestLimit Too many subrequests by single Worker invocation." },
  },
};
