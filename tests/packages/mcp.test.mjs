// SPDX-License-Identifier: Apache-2.0
//
// An MCP server in a worker and the MCP SDK's client outside, over HTTP with streams of events.

import assert from "node:assert/strict";
import { test } from "node:test";
import { join } from "node:path";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { root, runtimes, start } from "../e2e/harness.mjs";

for (const runtime of runtimes) {
  test(`an MCP tool tells its progress while it works, on ${runtime}`, async (t) => {
    const server = await start(runtime, join(root, "tests/packages/mcp"));
    t.after(() => server.stop());
    const client = new Client({ name: "test", version: "1" });
    t.after(() => client.close());
    await client.connect(new StreamableHTTPClientTransport(new URL(server.url)));
    await client.listTools();
    const seen = [];
    const result = await client.callTool({ name: "count", arguments: { to: 4 } }, undefined, {
      onprogress: ({ progress, total }) => seen.push(`${progress}/${total}`),
    });
    assert.deepEqual(result.structuredContent, { counted: 4 });
    assert.deepEqual(seen, ["1/4", "2/4", "3/4", "4/4"]);
  });
}
