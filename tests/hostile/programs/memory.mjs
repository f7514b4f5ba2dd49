// SPDX-License-Identifier: Apache-2.0
import { cpuLimit, done, inFetch, memoryLimit } from "../program.mjs";

export const title = "what would take all of the memory";

const cpuMs = 10_000;
const filling = (body) => ({ code: inFetch(body), cpuMs, ends: memoryLimit });

export const programs = {
  "objects without end": filling(`const all = []; for (;;) all.push({ a: all.length })`),
  "a map without end": filling(`const all = new Map(); for (;;) all.set(all.size, {})`),
  "objects in microtasks": filling(`
    const all = [];
    const again = () => { all.push(new Array(10_000).fill(0)); return Promise.resolve().then(again); };
    await again()`),
  "objects in a getter of an argument": filling(`
    await env.TOOL.echo({ get x() { const all = []; for (;;) all.push(new Array(1_000)); } })`),
  "buffers without end": filling(`const all = []; for (;;) all.push(new Uint8Array(1 << 20))`),
  "a heap and buffers that fit alone and not together": filling(`
    const buffers = Array.from({ length: 80 }, () => new Uint8Array(1 << 20).fill(1));
    const all = [];
    for (let n = 0; n < 80; n++) all.push(new Array(1 << 17).fill(n));
    for (;;) all.at(-1).slice()`),
  "buffers and a heap that do not fit together": filling(`
    const all = Array.from({ length: 80 }, (_, n) => new Array(1 << 17).fill(n));
    const buffers = [];
    for (;;) buffers.push(new Uint8Array(1 << 20).fill(all.length))`),
  "a heap and buffers that fit together": {
    code: inFetch(`
      const buffers = Array.from({ length: 40 }, () => new Uint8Array(1 << 20).fill(1));
      const all = Array.from({ length: 40 }, (_, n) => new Array(1 << 17).fill(n));
      for (let n = 0; n < 200; n++) new Array(1 << 17).fill(n);
      await env.TOOL.echo(buffers.length + all.length)`),
    cpuMs,
    ends: done,
  },
  "a clone of one string a thousand times": {
    code: inFetch(`
      const text = "x".repeat(30 << 20) + Math.random();
      try { structuredClone(Array(1_000).fill(text)); } catch (error) { return new Response(error.name); }`),
    cpuMs,
    ends: { text: /^(DataCloneError|RangeError|Error)$/ },
  },
  "an argument of one string a thousand times": {
    code: inFetch(`await env.TOOL.length(Array(1_000).fill("x".repeat(1 << 20)))`),
    cpuMs,
    ends: { error: /^(Error|RangeError|DataCloneError)$/ },
  },
  "a log of long records": { code: inFetch(`for (;;) console.log("x".repeat(1e6))`), cpuMs: 200, ends: cpuLimit },
  "a text that does not fit": {
    code: inFetch(`try { "xy".repeat(2 ** 29); } catch (error) { return new Response(error.name); }`),
    ends: { text: "RangeError" },
  },
  "calls that are never answered": {
    code: inFetch(`for (let i = 0; i < 1_000; i++) env.TOOL.never("x".repeat(10_000)).catch(() => {})`),
    cpuMs,
    ends: done,
  },
};
