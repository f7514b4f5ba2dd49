// SPDX-License-Identifier: Apache-2.0
//
// The host worker that the benchmark serves under each runtime. One route per thing that is measured.

const greeter = `import { WorkerEntrypoint } from "cloudflare:workers";
export default class extends WorkerEntrypoint {
  greet(name) { return "Hello, " + name; }
  fetch(request) { return new Response("Hello, " + request.method); }
}
`;

const code = (source) => ({
  compatibilityDate: "2026-11-01",
  mainModule: "main.js",
  modules: { "main.js": source },
  globalOutbound: null,
});

let serial = 0;

/** Source text that was never seen before, padded to about `kilobytes` with functions like those of a bundle. */
function freshSource(kilobytes) {
  return `const run = "${crypto.randomUUID()} ${++serial}";\n${greeter}${padding(kilobytes)}`;
}

const paddings = new Map();
function padding(kilobytes) {
  let text = paddings.get(kilobytes);
  if (text === undefined) {
    text = "";
    for (let n = 0; text.length < kilobytes * 1024 - greeter.length; n++) {
      text += `export function step${n}(list, options = {}) {
  const { limit = ${n}, label = "step ${n}" } = options;
  return list.filter((item) => item.value > limit).map((item) => ({ ...item, label: \`\${label}: \${item.name}\` }));
}\n`;
    }
    paddings.set(kilobytes, text);
  }
  return text;
}

const routes = {
  "/plain": () => new Response("Hello"),

  async "/cold"(env, parameters) {
    const worker = env.LOADER.load(code(freshSource(Number(parameters.get("kb") ?? 0))));
    return new Response(await worker.getEntrypoint().greet("cold"));
  },

  async "/warm-rpc"(env) {
    return new Response(
      await env.LOADER.get("warm", () => code(greeter))
        .getEntrypoint()
        .greet("warm"),
    );
  },

  "/warm-fetch": (env, parameters, request) =>
    env.LOADER.get("warm", () => code(greeter))
      .getEntrypoint()
      .fetch(request),

  async "/sequential"(env, parameters) {
    const entrypoint = env.LOADER.get("warm", () => code(greeter)).getEntrypoint();
    for (let calls = Number(parameters.get("calls")); calls > 0; calls--) await entrypoint.greet("again");
    return new Response("done");
  },

  async "/keep"(env, parameters) {
    for (let n = Number(parameters.get("from")); n < Number(parameters.get("to")); n++) {
      await env.LOADER.get(`kept ${n}`, () => code(freshSource(0)))
        .getEntrypoint()
        .greet("kept");
    }
    return new Response("done");
  },
};

export default {
  fetch(request, env) {
    const { pathname, searchParams } = new URL(request.url);
    return routes[pathname](env, searchParams, request);
  },
};
