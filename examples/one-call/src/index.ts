// SPDX-License-Identifier: Apache-2.0
//
// Runs the code that it is sent, once, in an isolate of its own. No loader, no bindings: what the code may use is said
// in one call.

import { DynamicWorker } from "mayfly:sandbox";

const example = "(words) => words.map((word) => word.length)";

export default {
  async fetch(request) {
    const script = request.method === "POST" ? await request.text() : example;
    try {
      const result = await DynamicWorker.run(
        {
          script,
          limits: { cpuMs: 50, memoryMb: 32, wallMs: 2000 },
          network: { allowedOrigins: ["https://api.example.com"] },
        },
        ["one", "call", "suffices"],
      );
      return Response.json({ result });
    } catch (error) {
      const { name, message } = error as Error;
      return Response.json({ error: `${name}: ${message}` }, { status: 422 });
    }
  },
} satisfies ExportedHandler;
