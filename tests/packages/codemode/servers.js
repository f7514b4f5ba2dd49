// SPDX-License-Identifier: Apache-2.0
//
// MCP servers whose tools take code. (examples/codemode has codeMcpServer() over HTTP.)

import { DynamicWorkerExecutor, McpConnector, OpenApiConnector } from "@cloudflare/codemode";
import { codeMcpServer, openApiMcpServer } from "@cloudflare/codemode/mcp";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { CfWorkerJsonSchemaValidator } from "@modelcontextprotocol/sdk/validation/cfworker";
import { z } from "zod";
import { check, equal, matches, same } from "../../conformance/check.js";

const executorOf = ({ env }) => new DynamicWorkerExecutor({ loader: env.LOADER });

async function clientOf(server) {
  const [near, far] = InMemoryTransport.createLinkedPair();
  await server.connect(far);
  const client = new Client(
    { name: "check", version: "1" },
    { jsonSchemaValidator: new CfWorkerJsonSchemaValidator() },
  );
  await client.connect(near);
  return client;
}

const callOf = (client) => async (name, code) => {
  const { content, isError = false } = await client.callTool({ name, arguments: { code } });
  return [isError, content[0].text];
};

const counter = () => {
  const server = new McpServer({ name: "counter", version: "1" });
  server.registerTool("add", { inputSchema: { a: z.number(), b: z.number() } }, ({ a, b }) => ({
    content: [{ type: "text", text: String(a + b) }],
  }));
  return server;
};

const spec = {
  openapi: "3.1.0",
  info: { title: "Pets", version: "1" },
  paths: {
    "/pets/{id}": {
      get: {
        operationId: "getPet",
        tags: ["pets"],
        parameters: [{ name: "id", in: "path", required: true, schema: { type: "string" } }],
        responses: { 200: { content: { "application/json": { schema: { $ref: "#/components/schemas/Pet" } } } } },
      },
    },
  },
  components: { schemas: { Pet: { type: "object", properties: { name: { type: "string" } } } } },
};

check("codeMcpServer() makes one tool of all", async (context) => {
  const call = callOf(await clientOf(await codeMcpServer({ server: counter(), executor: executorOf(context) })));
  same(await call("code", "async () => codemode.add({ a: 2, b: await codemode.add({ a: 1, b: 1 }) })"), [false, "4"]);
  const [isError, text] = await call("code", "async () => codemode.add({ a: 'x', b: 1 })");
  equal(isError, true);
  matches(text, /Invalid arguments for tool add/);
});

check("openApiMcpServer() searches the spec and makes requests outside of the sandbox", async (context) => {
  const requests = [];
  const request = async (options) => (requests.push(options), { name: "Rex" });
  const client = await clientOf(openApiMcpServer({ spec, executor: executorOf(context), request }));
  same(
    (await client.listTools()).tools.map(({ name }) => name),
    ["search", "execute"],
  );
  const call = callOf(client);
  const search = `async () => {
    const { paths } = await codemode.spec();
    return paths["/pets/{id}"].get.responses[200].content["application/json"].schema.properties.name.type;
  }`;
  same(await call("search", search), [false, "string"]);
  const execute = "async () => (await codemode.request({ method: 'GET', path: '/pets/7' })).name";
  same(await call("execute", execute), [false, "Rex"]);
  same(requests, [{ method: "GET", path: "/pets/7" }]);
  same((await call("search", "async () => codemode.request({})"))[0], true);
});

check("connectors of MCP servers and OpenAPI documents describe and run their tools", async ({ ctx, env }) => {
  const client = await clientOf(counter());
  class Counter extends McpConnector {
    name = () => "counter";
    createConnection = async () => ({ client, tools: (await client.listTools()).tools });
  }
  const connector = new Counter(ctx, env);
  matches(await connector.getTypeScriptTypes(), /add: \(input: AddInput\)/);
  equal(await connector.executeTool("add", { a: 1, b: 2 }), 3);

  class Pets extends OpenApiConnector {
    name = () => "pets";
    spec = () => spec;
    request = async ({ method, path }) => `${method} ${path}`;
  }
  equal(await new Pets(ctx, env).executeTool("getPet", { id: "7" }), "GET /pets/7");
});
