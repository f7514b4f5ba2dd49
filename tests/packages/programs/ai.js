// SPDX-License-Identifier: Apache-2.0

import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { Output, generateText, jsonSchema, simulateReadableStream, streamText, tool } from "ai";
import { z } from "zod";
import { equal, rejects, same } from "../../conformance/check.js";

export default async function ({ UPSTREAM }) {
  const baseURL = `${UPSTREAM}/openai/v1`;
  const provider = createOpenAICompatible({ name: "local", baseURL, apiKey: "key", supportsStructuredOutputs: true });
  const asked = { model: provider("m"), prompt: "say hello" };
  equal((await generateText(asked)).text, "you said: say hello");
  const words = [];
  for await (const word of streamText(asked).textStream) words.push(word);
  same(words, ["you ", "said: ", "say ", "hello"]);
  equal(await streamText(asked).toTextStreamResponse().text(), "you said: say hello");

  // The server does what these prompts say.
  const weather = tool({ inputSchema: z.object({ city: z.string() }), execute: async ({ city }) => city.length });
  const called = await generateText({ ...asked, prompt: 'call weather {"city":"oslo"}', tools: { weather } });
  same(
    called.toolResults.map(({ input, output }) => [input, output]),
    [[{ city: "oslo" }, 4]],
  );
  const output = Output.object({ schema: jsonSchema({ type: "object", properties: { n: { type: "number" } } }) });
  same((await generateText({ ...asked, prompt: 'answer {"n":7}', output })).output, { n: 7 });

  await rejects(generateText({ ...asked, model: provider("missing"), maxRetries: 0 }), {
    name: "AI_APICallError",
    message: "no such model",
  });
  const stream = simulateReadableStream({ chunks: [1, 2], chunkDelayInMs: 1 });
  same(await Array.fromAsync(stream), [1, 2]);
}
