// SPDX-License-Identifier: Apache-2.0
//
// Tools of the AI SDK and of TanStack AI as one tool that takes code, and the types that a model is shown.

import { DynamicWorkerExecutor, generateTypesFromJsonSchema } from "@cloudflare/codemode";
import { aiTools, createCodeTool, generateTypes } from "@cloudflare/codemode/ai";
import { createBrowserCodeTool } from "@cloudflare/codemode/browser";
import { createCodeTool as createTanstackTool, tanstackTools } from "@cloudflare/codemode/tanstack-ai";
import { toolDefinition } from "@tanstack/ai";
import { jsonSchema, tool } from "ai";
import { z } from "zod";
import { check, equal, matches, ok, rejects, same } from "../../conformance/check.js";

const executorOf = ({ env }) => new DynamicWorkerExecutor({ loader: env.LOADER });

const weather = tool({
  description: "Degrees in a city",
  inputSchema: z.object({ city: z.string().describe("in lower case"), days: z.number().int().optional() }),
  outputSchema: z.object({ degrees: z.number() }),
  execute: async ({ city }) => ({ degrees: city.length }),
});

check("the types of tools with zod schemas", () => {
  const types = generateTypes({ weather });
  matches(types, /type WeatherInput = \{\s+\/\*\* in lower case \*\/\s+city: string;\s+days\?: number/);
  matches(types, /type WeatherOutput = \{\s+degrees: number;/);
  matches(types, /declare const codemode: \{.*weather: \(input: WeatherInput\) => Promise<WeatherOutput>;/s);
});

check("the types of tools with JSON schemas", () => {
  const schema = { type: "object", properties: { id: { type: "integer" } }, required: ["id"] };
  matches(generateTypes({ find: tool({ inputSchema: jsonSchema(schema) }) }), /id: number;/);
  matches(generateTypesFromJsonSchema({ find: { inputSchema: schema } }), /id: number;/);
});

check("the AI SDK's tool runs code against the tools, and checks what they are given", async (context) => {
  const codemode = createCodeTool({ tools: { weather }, executor: executorOf(context) });
  matches(codemode.description, /weather: \(input: WeatherInput\)/);
  const call = (code) => codemode.execute({ code }, { toolCallId: "1", messages: [] });
  same(await call("async () => (await codemode.weather({ city: 'oslo' })).degrees"), { result: 4 });
  await rejects(call("async () => codemode.weather({ town: 'oslo' })"), /^Code execution failed: .*city/s);
});

check("several providers, each under its name; those that need approval are left out", async (context) => {
  const guarded = tool({ ...weather, needsApproval: true });
  const tools = [aiTools({ weather }), { name: "other", tools: { weather, guarded } }];
  const codemode = createCodeTool({ tools, executor: executorOf(context) });
  ok(!codemode.description.includes("guarded"));
  const code = "async () => [await codemode.weather({ city: 'a' }), await other.weather({ city: 'bb' })]";
  same(await codemode.execute({ code }, { toolCallId: "1", messages: [] }), {
    result: [{ degrees: 1 }, { degrees: 2 }],
  });
});

check("TanStack AI's tools", async (context) => {
  const definition = toolDefinition({
    name: "get_weather",
    description: "Degrees in a city",
    inputSchema: z.object({ city: z.string() }),
  });
  const provider = tanstackTools([definition.server(async ({ city }) => city.length)], "sky");
  matches(provider.types, /declare const sky: \{.*get_weather: \(input: GetWeatherInput\)/s);
  const codemode = createTanstackTool({ tools: [provider], executor: executorOf(context) });
  equal(codemode.name, "codemode_execute");
  same(await codemode.execute({ code: "async () => sky.get_weather({ city: 'oslo' })" }), { result: 4 });
});

check("the tool for browsers runs on any executor", async (context) => {
  const inputSchema = { type: "object", properties: { city: { type: "string" } } };
  const tools = {
    weather: { description: "Degrees in a city", inputSchema, execute: async ({ city }) => city.length },
  };
  const codemode = createBrowserCodeTool({ tools, executor: executorOf(context) });
  matches(codemode.description, /weather: \(input: WeatherInput\)/);
  same(await codemode.execute({ code: "async () => codemode.weather({ city: 'oslo' })" }), { result: 4 });
});
