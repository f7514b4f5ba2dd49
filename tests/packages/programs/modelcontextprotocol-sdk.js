// SPDX-License-Identifier: Apache-2.0

import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { McpServer, ResourceTemplate } from "@modelcontextprotocol/sdk/server/mcp.js";
import { WebStandardStreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js";
import { z } from "zod";
import { equal, same } from "../../conformance/check.js";

function shop() {
  const server = new McpServer({ name: "shop", version: "1" }, { capabilities: { logging: {} } });
  server.registerTool(
    "add",
    { inputSchema: { a: z.number(), b: z.number() } },
    async ({ a, b }, { sendNotification }) => {
      await sendNotification({ method: "notifications/message", params: { level: "info", data: "adding" } });
      return { content: [{ type: "text", text: String(a + b) }] };
    },
  );
  server.registerPrompt("greet", { argsSchema: { name: z.string() } }, ({ name }) => ({
    messages: [{ role: "user", content: { type: "text", text: `Greet ${name}` } }],
  }));
  server.registerResource("order", new ResourceTemplate("order://{id}", { list: undefined }), {}, (uri, { id }) => ({
    contents: [{ uri: uri.href, text: `order ${id}` }],
  }));
  return server;
}

export default async function () {
  // A server with sessions, as a worker's fetch handler would have it, and a client whose requests go there.
  const transports = new Map();
  async function serve(request) {
    let transport = transports.get(request.headers.get("mcp-session-id"));
    if (!transport) {
      transport = new WebStandardStreamableHTTPServerTransport({
        sessionIdGenerator: () => crypto.randomUUID(),
        onsessioninitialized: (id) => void transports.set(id, transport),
      });
      await shop().connect(transport);
    }
    return transport.handleRequest(request);
  }
  const client = new Client({ name: "check", version: "1" });
  const fetch = (url, init) => serve(new Request(url, init));
  const transport = new StreamableHTTPClientTransport(new URL("https://shop.example/mcp"), { fetch });
  await client.connect(transport);
  same(
    (await client.listTools()).tools.map(({ name }) => name),
    ["add"],
  );
  equal((await client.callTool({ name: "add", arguments: { a: 2, b: 3 } })).content[0].text, "5");
  equal((await client.callTool({ name: "add", arguments: { a: "x", b: 3 } })).isError, true);
  equal((await client.getPrompt({ name: "greet", arguments: { name: "Ada" } })).messages[0].content.text, "Greet Ada");
  equal((await client.readResource({ uri: "order://7" })).contents[0].text, "order 7");
  equal(transports.size, 1);
  await transport.terminateSession();
  await client.close();
}
