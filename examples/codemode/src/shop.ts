// SPDX-License-Identifier: Apache-2.0
//
// An API as there are many: an MCP server with a tool for each thing that can be done. It knows nothing of code.

import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { z } from "zod";

type Status = "open" | "shipped" | "refunded";
interface Order {
  id: number;
  customer: string;
  cents: number;
  status: Status;
}

// Where there would be a database: a shop that is new for each request.
const ordersOfToday = (): Order[] => [
  { id: 1, customer: "ada", cents: 1250, status: "shipped" },
  { id: 2, customer: "grace", cents: 800, status: "open" },
  { id: 3, customer: "ada", cents: 4999, status: "open" },
];

const answer = (value: unknown) => ({ content: [{ type: "text" as const, text: JSON.stringify(value) }] });

export function shop(): McpServer {
  const orders = ordersOfToday();
  const server = new McpServer({ name: "shop", version: "1.0.0" });
  server.registerTool(
    "list_orders",
    {
      description: "Orders, all or those of one customer: [{ id, customer, cents, status }]",
      inputSchema: { customer: z.string().optional().describe("such as ada") },
    },
    ({ customer }) => answer(orders.filter((order) => customer === undefined || order.customer === customer)),
  );
  server.registerTool(
    "set_status",
    {
      description: "Changes the status of an order and returns the order",
      inputSchema: { id: z.number().int(), status: z.enum(["open", "shipped", "refunded"]) },
    },
    ({ id, status }) => {
      const order = orders.find((one) => one.id === id);
      if (order === undefined) throw new Error(`there is no order ${id}`);
      order.status = status;
      return answer(order);
    },
  );
  return server;
}
