// SPDX-License-Identifier: Apache-2.0
//
// Serves dynamic workers of several tenants, well-behaved ones and others, for bench/fairness.mjs and tests/hostile/soak.mjs:
//   /good?tenant=T           a worker that is kept for T answers
//   /fresh?tenant=T          new code of T is loaded and answers
//   /deed?kind=K&tenant=T    a worker of T does what `deeds` says; the answer is always 200 and says how it ended
// Runs under workerd too, where nobody has tenants.
import { WorkerEntrypoint } from "cloudflare:workers";

const good = `export default {
  async fetch(request) {
    const text = await request.text();
    return new Response("good " + text.length);
  },
};`;

/** What a worker does that means harm, or means well and takes much. `n` is how often, or how long. */
const deeds = {
  // Computes for as long as it may.
  burn: "for (let i = 0, x = 0; i < n * 1e6; i++) x = (x * 31 + i) | 0;",
  loop: "for (;;);",
  recurse: "const deeper = () => deeper() + 1; try { deeper(); } catch {}",
  // Floods.
  calls: "for (let i = 0; i < n; i += 100) await Promise.all(Array.from({ length: 100 }, () => env.TOOL.echo(i)));",
  callsAtOnce: "await Promise.all(Array.from({ length: n }, (_, i) => env.TOOL.echo('x'.repeat(1000))));",
  timers: `await new Promise((done) => {
    let left = n;
    for (let i = 0; i < n; i++) setTimeout(() => --left || done(), i % 10);
  });`,
  logs: "const line = 'x'.repeat(1000); for (let i = 0; i < n; i++) console.log(line);",
  microtasks: "for (let i = 0; i < n; i++) await i;",
  answer: "return new Response('x'.repeat(n * 1000));",
  // Memory.
  churn: "let kept; for (let i = 0; i < n; i++) kept = Array.from({ length: 1000 }, (_, j) => ({ j }));",
  fill: "const kept = []; for (;;) kept.push(new Array(1000).fill(n));",
  buffers: "const kept = []; for (;;) kept.push(new Uint8Array(1 << 20).fill(1));",
  strings: "let text = 'x'; for (;;) text = text.repeat(2) + text.length;",
  // What V8 cannot interrupt, and what ends the cell.
  stuck: "[].indexOf.call({ length: 2 ** 53 - 1 }, 1);",
  arrays: "const kept = []; for (;;) kept.push(Array(2 ** 24).fill(1.5));",
  // Errors.
  throws: "throw new Error('as it was told');",
  never: "await new Promise(() => {});",
  waiting: "await new Promise((go) => setTimeout(go, 25_000));",
};

const codeOf = (source, { tenant, isolation, cpuMs, env }) => ({
  compatibilityDate: "2026-11-01",
  mainModule: "main.js",
  modules: { "main.js": source },
  globalOutbound: null,
  ...(cpuMs && { limits: { cpuMs } }),
  ...(env && { env }),
  // Only Mayfly knows tenants, and only it has this variable.
  ...(hasTenants && { mayfly: isolation ? { tenant, isolation } : { tenant } }),
});
let hasTenants = false;

let serial = 0;
const fresh = () => `// ${crypto.randomUUID()} ${++serial}\n`;

export class Tool extends WorkerEntrypoint {
  echo(value) {
    return value;
  }
}

async function doDeed({ kind, n, tenant, isolation, cpuMs }, env, exports) {
  const source = `${fresh()}export default { async fetch(request, env) {
    const n = ${n};
    ${deeds[kind]}
    return new Response("done");
  } };`;
  try {
    const code = codeOf(source, { tenant, isolation, cpuMs, env: { TOOL: exports.Tool({ props: {} }) } });
    const response = await env.LOADER.load(code).getEntrypoint().fetch("http://deed/");
    return { bytes: (await response.arrayBuffer()).byteLength };
  } catch (error) {
    return { error: error.name, message: error.message };
  }
}

export default {
  async fetch(request, env, ctx) {
    hasTenants = env.TENANTS === true;
    const { pathname, searchParams } = new URL(request.url);
    const tenant = searchParams.get("tenant") ?? "";
    switch (pathname) {
      case "/good":
        return env.LOADER.get(`good ${tenant}`, () => codeOf(`// ${tenant}\n${good}`, { tenant })).getEntrypoint().fetch(request);
      case "/fresh":
        return env.LOADER.load(codeOf(fresh() + good, { tenant })).getEntrypoint().fetch(request);
      case "/deed": {
        const deed = {
          kind: searchParams.get("kind"),
          n: Number(searchParams.get("n") ?? 1000),
          isolation: searchParams.get("isolation") ?? undefined,
          cpuMs: Number(searchParams.get("cpuMs") ?? 0),
          tenant,
        };
        return Response.json(await doDeed(deed, env, ctx.exports));
      }
      default:
        return new Response("ready");
    }
  },
};
