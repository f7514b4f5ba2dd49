// SPDX-License-Identifier: Apache-2.0
//
// A dynamic worker that outlives the request that loaded it, with the capabilities which that request gave it.

import { WorkerEntrypoint } from "cloudflare:workers";

let loads = 0;

export class Tool extends WorkerEntrypoint {
  name() {
    return `tool ${this.ctx.props.load}`;
  }
  fetch(request) {
    return new Response(`${new URL(request.url).hostname} through tool ${this.ctx.props.load}`);
  }
}

const main = `
  import { WorkerEntrypoint } from "cloudflare:workers";
  let calls = 0;
  export default class extends WorkerEntrypoint {
    async fetch(request) {
      const text = await (await fetch("http://outside.example/")).text();
      return Response.json({ calls: ++calls, tool: await this.env.TOOL.name(), text });
    }
    fail() { throw new Error("this call alone"); }
    never() { return new Promise(() => {}); }
  }`;

export default {
  async fetch(request, env, ctx) {
    const worker = env.LOADER.get("kept", () => {
      const tool = ctx.exports.Tool({ props: { load: ++loads } });
      return {
        compatibilityDate: "2026-11-01",
        mainModule: "main.js",
        modules: { "main.js": main },
        env: { TOOL: tool },
        globalOutbound: tool,
      };
    });
    const entrypoint = worker.getEntrypoint();
    switch (new URL(request.url).pathname) {
      case "/fail":
        return new Response(await entrypoint.fail().catch((error) => error.message));
      case "/abandon":
        entrypoint.never();
        return new Response("abandoned");
      default:
        return entrypoint.fetch(request);
    }
  },
};
