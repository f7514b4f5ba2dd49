// SPDX-License-Identifier: Apache-2.0
//
// An MCP server that answers with streams of events.

import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { WebStandardStreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js";
import { z } from "zod";

function counter() {
  const server = new McpServer({ name: "counter", version: "1" });
  server.registerTool(
    "count",
    { inputSchema: { to: z.number().int() }, outputSchema: { counted: z.number() } },
    async ({ to }, { _meta, sendNotification }) => {
      for (let progress = 1; progress <= to; progress++) {
        await scheduler.wait(5);
        const params = { progressToken: _meta.progressToken, progress, total: to };
        await sendNotification({ method: "notifications/progress", params });
      }
      return { content: [{ type: "text", text: "done" }], structuredContent: { counted: to } };
    },
  );
  return server;
}

export default {
  async fetch(request) {
    const transport = new WebStandardStreamableHTTPServerTransport();
    await counter().connect(transport);
    return transport.handleRequest(request);
  },
};
