// SPDX-License-Identifier: Apache-2.0
import { cpuLimit, inFetch } from "../program.mjs";

export const title = "documents and patterns that never end, or take all memory";

const endless = (chunk) => `new Response(new ReadableStream({ pull(c) { c.enqueue(new TextEncoder().encode(${chunk})); } }))`;
const rewriting = (on, chunk) => inFetch(`
  const rewriter = new HTMLRewriter().on("*", {})${on};
  const reader = rewriter.transform(${endless(chunk)}).body.getReader();
  for (;;) if ((await reader.read()).done) break`);

export const programs = {
  "a document without end": { code: rewriting(`.on("p", { element(e) { e.append("x"); } })`, `"<p>x</p>".repeat(1000)`), cpuMs: 100, ends: cpuLimit },
  "elements that are never closed": { code: rewriting(``, `"<a><b><i>".repeat(10_000)`), cpuMs: 300,
    ends: { error: /^(CpuLimitExceeded|MemoryLimitExceeded)$/ } },
  "a tag that is never finished": {
    code: rewriting(``, `"<p a='" + "x".repeat(60_000)`).replace(`"<p a='" +`, `(globalThis.n ? "" : (globalThis.n = "<p a='")) +`),
    cpuMs: 20_000,
    ends: { error: "TypeError", message: /^Parser error: The memory limit has been exceeded/ },
  },
  "a handler that never ends": {
    code: inFetch(`await new HTMLRewriter().on("p", { element() { for (;;); } }).transform(new Response("<p>")).text()`),
    cpuMs: 100,
    ends: cpuLimit,
  },
  "ten thousand selectors of ten parts": {
    code: inFetch(`const rewriter = new HTMLRewriter();
      for (let n = 0; n < 10_000; n++) rewriter.on("a ".repeat(10) + "b", { element() {} });
      await rewriter.transform(new Response("<a>".repeat(10_000))).text()`),
    cpuMs: 200,
    ends: cpuLimit,
  },
  "content that never ends": {
    code: inFetch(`await new HTMLRewriter().on("p", { element(e) { e.append(${endless(`"x".repeat(60_000)`)}); } })
      .transform(new Response("<p></p>")).body.pipeTo(new WritableStream())`),
    cpuMs: 100,
    ends: cpuLimit,
  },
  "a handler that hands its token out, and patched built-ins": {
    code: inFetch(`let kept; const why = [];
      Array.prototype.push = String.prototype.slice = RegExp.prototype.exec = () => { throw new RangeError("mine"); };
      try { why.push; await new HTMLRewriter().on("p", { element(e) { kept = e; } }).transform(new Response("<p a=1>x")).text(); }
      catch (error) { return new Response(error.message); }`),
    ends: { text: /^(mine|done)$/ },
  },
  "a pattern that backtracks": {
    code: inFetch(`new URLPattern({ pathname: "/((?:a+)+)b" }).test({ pathname: "/" + "a".repeat(40) })`),
    cpuMs: 100,
    ends: cpuLimit,
  },
  "messages between ports without end": {
    code: inFetch(`const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => port1.postMessage(1); port2.onmessage = () => port2.postMessage(1); port1.postMessage(1); port2.postMessage(1);
      await new Promise(() => {})`),
    cpuMs: 100,
    ends: cpuLimit,
  },
};
