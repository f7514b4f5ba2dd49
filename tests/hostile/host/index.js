// SPDX-License-Identifier: Apache-2.0
//
// Loads what it is sent as a dynamic worker that has no network (unless it asks for it) and one capability, TOOL, calls
// it and tells what came of it. Beside that it serves three answers that must always come: its own, that of a worker
// that it keeps in the same guest cell, and that of one that it keeps in another tenant's.
import { WorkerEntrypoint } from "cloudflare:workers";

const compatibilityDate = "2026-11-01";

const answering = (text, more) => ({
  compatibilityDate,
  mainModule: "main.js",
  modules: { "main.js": `export default { fetch() { return new Response("${text}"); } };` },
  globalOutbound: null,
  ...more,
});

export class Tool extends WorkerEntrypoint {
  fetch() {
    return new Response("a tool");
  }
  echo(value) {
    return value;
  }
  length(value) {
    return value.length;
  }
  call(callback) {
    return callback();
  }
  never() {
    return new Promise(() => {});
  }
  fetch() {
    return new Response(new Uint8Array(1 << 20));
  }
  bytes(length) {
    return new Uint8Array(length);
  }
  text(length) {
    return "x".repeat(length);
  }
  stream(chunk, chunks) {
    const bytes = new Uint8Array(chunk);
    return new ReadableStream({ pull: (to) => (chunks-- > 0 ? to.enqueue(bytes) : to.close()) });
  }
}

function makeCode({ modules, main, cpuMs, network, limits, tenant, isolation, padTo = 0 }, exports) {
  if (padTo > 0) modules[main] = modules[main].padEnd(padTo);
  for (const module of Object.values(modules)) {
    if (module.wasm !== undefined) module.wasm = Uint8Array.from(atob(module.wasm), (unit) => unit.charCodeAt(0));
  }
  return {
    compatibilityDate,
    mainModule: main,
    modules,
    ...(!network && { globalOutbound: null }),
    limits: { cpuMs, ...limits },
    ...(tenant && { mayfly: { tenant, ...(isolation && { isolation }) } }),
    env: { TOOL: exports.Tool({ props: { secret: "of the host" } }) },
  };
}

async function answerOf(entrypoint, request) {
  try {
    return await (await entrypoint.fetch(request)).text();
  } catch (error) {
    return `${error?.name}: ${error?.message}`;
  }
}

async function attack(program, env, exports) {
  try {
    const code = makeCode(program, exports);
    for (let load = 1; load < (program.loads ?? 1); load++) await answerOf(env.LOADER.load(code).getEntrypoint(), "http://program/");
    for (let other = 1; other < (program.atOnce ?? 1); other++) answerOf(env.LOADER.load(code).getEntrypoint(), "http://program/");
    const entrypoint = env.LOADER.load(code).getEntrypoint();
    let text;
    for (let call = 0; call < (program.calls ?? 1); call++) text = await (await entrypoint.fetch("http://program/")).text();
    return { text };
  } catch (error) {
    // What was thrown may be anything that can be sent, a stub too.
    const [name, message] = [error?.name, error?.message];
    return { error: typeof name === "string" ? name : `a thrown ${typeof error}`, message: typeof message === "string" ? message : "", code: error?.code };
  }
}

const kept = (env, name, more) => env.LOADER.get(name, () => answering(name === "beside" ? name : "a neighbour", more)).getEntrypoint();

export default {
  async fetch(request, env, ctx) {
    switch (new URL(request.url).pathname) {
      case "/own":
        return new Response("the host");
      case "/beside":
        return new Response(await answerOf(kept(env, "beside"), request));
      case "/neighbour":
        return new Response(await answerOf(kept(env, "neighbour", { mayfly: { tenant: "neighbour" } }), request));
      case "/attack":
        return Response.json(await attack(await request.json(), env, ctx.exports));
      default:
        return new Response(null, { status: 404 });
    }
  },
};
