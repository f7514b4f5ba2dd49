// SPDX-License-Identifier: Apache-2.0
//
// What the model's programs may do.

import { tool } from "ai";
import { z } from "zod";

const degrees: Record<string, number> = { oslo: 4, lisbon: 21, nairobi: 24 };

export const tools = {
  temperature: tool({
    description: "Degrees Celsius in a city",
    inputSchema: z.object({ city: z.string().describe("in lower case") }),
    outputSchema: z.number(),
    execute: async ({ city }) => {
      const found = degrees[city];
      if (found === undefined) throw new Error(`no weather station in ${city}`);
      return found;
    },
  }),
};
