// SPDX-License-Identifier: Apache-2.0
//
// A question goes to a model, which writes a program; the program runs as a dynamic worker and calls our tools; what it
// returns goes back to the model, which answers. The loop is the AI SDK's, the tool is made by @cloudflare/codemode.

import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { DynamicWorkerExecutor } from "@cloudflare/codemode";
import { createCodeTool } from "@cloudflare/codemode/ai";
import { generateText, stepCountIs, streamText } from "ai";
import { tools } from "./tools";

export { Model } from "./model";

interface Env {
  LOADER: WorkerLoader;
  MODEL_URL: string;
  MODEL_NAME: string;
}

/** The loader with a limit of processor time, which the executor's own timeout is not. */
function limited(loader: WorkerLoader): WorkerLoader {
  const limits = { cpuMs: 100 };
  return {
    load: (code) => loader.load({ ...code, limits }),
    get: (name, getCode) => loader.get(name, async () => ({ ...(await getCode()), limits })),
  };
}

export default {
  async fetch(request, env, ctx) {
    const { searchParams } = new URL(request.url);
    const prompt = request.method === "POST" ? await request.text() : "Where is it warmest: Oslo, Lisbon or Nairobi?";
    // `ctx.exports.Model` is this worker's own entrypoint: the requests to it are the same that would leave for a model.
    const model = ctx.exports.Model({});
    const provider = createOpenAICompatible({
      name: "local",
      baseURL: env.MODEL_URL || "http://model.local/v1",
      fetch: env.MODEL_URL ? fetch : (input, init) => model.fetch(new Request(input, init)),
    });
    const executor = new DynamicWorkerExecutor({ loader: limited(env.LOADER), timeout: 2_000 });
    const conversation = {
      model: provider(env.MODEL_NAME),
      instructions: "Answer by writing programs.",
      prompt,
      tools: { codemode: createCodeTool({ tools, executor }) },
      stopWhen: stepCountIs(4),
    };
    if (searchParams.has("stream")) return streamText(conversation).toTextStreamResponse();
    const { text, steps } = await generateText(conversation);
    const programs = steps.flatMap(({ toolCalls }) => toolCalls.map(({ input }) => (input as { code: string }).code));
    return Response.json({ text, programs });
  },
} satisfies ExportedHandler<Env>;
