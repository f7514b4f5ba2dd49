// SPDX-License-Identifier: Apache-2.0
//
// An MCP server whose one tool runs code. The model does not call the shop's tools one by one: it is shown their types,
// writes a program against them, and gets what the program returns. The program runs as a dynamic worker that reaches
// the shop's tools and nothing else.

import { DynamicWorkerExecutor } from "@cloudflare/codemode";
import { codeMcpServer } from "@cloudflare/codemode/mcp";
import { WebStandardStreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js";
import { shop } from "./shop";

interface Env {
  LOADER: WorkerLoader;
}

/**
 * The executor's own timeout is a timer beside the program, in the same isolate: a program that computes without end
 * never lets it run. The limit of processor time ends that program too.
 */
function limited(loader: WorkerLoader): WorkerLoader {
  const limits = { cpuMs: 100 };
  return {
    load: (code) => loader.load({ ...code, limits }),
    get: (name, getCode) => loader.get(name, async () => ({ ...(await getCode()), limits })),
  };
}

export default {
  async fetch(request, env) {
    if (new URL(request.url).pathname !== "/mcp") return new Response("POST /mcp\n", { status: 404 });
    const executor = new DynamicWorkerExecutor({ loader: limited(env.LOADER), timeout: 2_000 });
    const server = await codeMcpServer({ server: shop(), executor });
    // Without sessions: each request is answered by a server of its own, whichever shard it arrives on.
    const transport = new WebStandardStreamableHTTPServerTransport({ enableJsonResponse: true });
    await server.connect(transport);
    return transport.handleRequest(request);
  },
} satisfies ExportedHandler<Env>;
