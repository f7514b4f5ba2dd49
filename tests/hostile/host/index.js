// SPDX-License-Identifier: Apache-2.0
//
// Loads what it is sent as a dynamic worker that has no network (unless it asks for it) and one capability, TOOL, calls it and tells what came
// of it. Beside that it serves two answers that must always come: its own, and that of a worker that it keeps.
import { WorkerEntrypoint } from "cloudflare:workers";

const compatibilityDate = "2026-11-01";

const neighbour = {
  compatibilityDate,
  mainModule: "neighbour.js",
  modules: { "neighbour.js": 'export default { fetch() { return new Response("a neighbour"); } };' },
  globalOutbound: null,
};

export class Tool extends WorkerEntrypoint {
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
}

function makeCode({ modules, main, limits, network }, exports) {
  for (const module of Object.values(modules)) {
    if (module.wasm !== undefined) module.wasm = Uint8Array.from(atob(module.wasm), (unit) => unit.charCodeAt(0));
  }
  return {
    compatibilityDate,
    mainModule: main,
    modules,
    ...(!network && { globalOutbound: null }),
    limits,
    env: { TOOL: exports.Tool({ props: { secret: "of the host" } }) },
  };
}

async function attack(program, env, exports) {
  try {
    const entrypoint = env.LOADER.load(makeCode(program, exports)).getEntrypoint();
    const response = await entrypoint.fetch("http://program/");
    return { text: await response.text() };
  } catch (error) {
    return { error: error.name, message: error.message, code: error.code };
  }
}

export default {
  async fetch(request, env, ctx) {
    switch (new URL(request.url).pathname) {
      case "/own":
        return new Response("the host");
      case "/neighbour":
        return env.LOADER.get("neighbour", () => neighbour)
          .getEntrypoint()
          .fetch(request);
      case "/attack":
        return Response.json(await attack(await request.json(), env, ctx.exports));
      default:
        return new Response(null, { status: 404 });
    }
  },
};
