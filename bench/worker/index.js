// SPDX-License-Identifier: Apache-2.0
//
// The host worker that the benchmark serves under each runtime. One route per thing that is measured.

const greeter = `import { WorkerEntrypoint } from "cloudflare:workers";
export default class extends WorkerEntrypoint {
  greet(name) { return "Hello, " + name; }
  fetch(request) { return new Response("Hello, " + request.method); }
}
`;

const callee = `import { RpcTarget, WorkerEntrypoint } from "cloudflare:workers";
class Node extends RpcTarget {
  next() { return new Node(); }
  get value() { return 1; }
}
export default class extends WorkerEntrypoint {
  greet(name) { return "Hello, " + name; }
  first() { return new Node(); }
  take(order) { return order.lines.length; }
  callBack(callback) { return callback("back"); }
  async count(stream) {
    let bytes = 0;
    for await (const chunk of stream) bytes += chunk.byteLength;
    return bytes;
  }
  echo(stream) { return stream; }
  fetch(request) { return new Response(request.body); }
}
`;

/** About 1 KB as JSON. */
const order = {
  id: 4711,
  customer: { name: "Ada Lovelace", email: "ada@example.com", address: ["12 St James's Square", "London", "SW1Y 4JH"] },
  placed: "2026-11-20T18:00:00Z",
  paid: true,
  lines: Array.from({ length: 10 }, (_, n) => ({ sku: `part-${n}`, count: n, price: 9.95 + n, label: "an ordinary part" })),
};

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

/** One round of each kind of call. */
const calls = {
  greet: (entrypoint) => entrypoint.greet("again"),
  sixteen: (entrypoint) => Promise.all(Array.from({ length: 16 }, () => entrypoint.greet("again"))),
  chain: (entrypoint) => entrypoint.first().next().next().value,
  object: (entrypoint) => entrypoint.take(order),
  callback: (entrypoint) => entrypoint.callBack((text) => text),
};

const chunk = new Uint8Array(64 * 1024);

function streamOf(bytes) {
  let left = bytes;
  return new ReadableStream({
    pull(controller) {
      if (left === 0) return controller.close();
      controller.enqueue(left >= chunk.byteLength ? chunk : chunk.subarray(0, left));
      left -= Math.min(left, chunk.byteLength);
    },
  });
}

async function count(stream) {
  let bytes = 0;
  for await (const part of stream) bytes += part.byteLength;
  return bytes;
}

const streams = {
  argument: (entrypoint, bytes) => entrypoint.count(streamOf(bytes)),
  through: async (entrypoint, bytes) => count(await entrypoint.echo(streamOf(bytes))),
  body: async (entrypoint, bytes) => {
    const response = await entrypoint.fetch("http://callee/", { method: "POST", body: streamOf(bytes) });
    return count(response.body);
  },
};

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

  async "/calls"(env, parameters) {
    const call = calls[parameters.get("kind")];
    const entrypoint = env.LOADER.get("callee", () => code(callee)).getEntrypoint();
    for (let left = Number(parameters.get("times")); left > 0; left--) await call(entrypoint);
    return new Response("done");
  },

  async "/stream"(env, parameters) {
    const bytes = Number(parameters.get("mb")) * 2 ** 20;
    const entrypoint = env.LOADER.get("callee", () => code(callee)).getEntrypoint();
    const arrived = await streams[parameters.get("kind")](entrypoint, bytes);
    if (arrived !== bytes) throw new Error(`${arrived} of ${bytes} bytes arrived`);
    return new Response("done");
  },

  async "/fresh-gets"(env, parameters) {
    for (let left = Number(parameters.get("times")); left > 0; left--) {
      await env.LOADER.get("callee", () => code(callee)).getEntrypoint().greet("again");
    }
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
