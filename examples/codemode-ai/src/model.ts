// SPDX-License-Identifier: Apache-2.0
//
// A model as OpenAI's wire format sees it, but for the weights: it reads the conversation, asks for the tool when the
// user has asked a question, and answers when the tool has. What stands here in the place of a model's thoughts is one
// program for each question that names cities.

import { WorkerEntrypoint } from "cloudflare:workers";

interface Message {
  role: "system" | "user" | "assistant" | "tool";
  content: string | { type: string; text?: string }[] | null;
  tool_call_id?: string;
}
interface Completion {
  model: string;
  messages: Message[];
  tools?: { function: { name: string; description?: string } }[];
  stream?: boolean;
}

const textOf = ({ content }: Message) =>
  typeof content === "string" ? content : (content ?? []).map(({ text = "" }) => text).join("");

/** The message of the assistant that comes next. */
function reply({ messages, tools = [] }: Completion) {
  const last = messages.at(-1);
  if (last === undefined) throw new TypeError("there is no message to answer");
  if (last.role === "tool") return { role: "assistant", content: `That is what the program says: ${textOf(last)}` };

  const asked = textOf(last);
  const [tool] = tools;
  if (tool === undefined) return { role: "assistant", content: "I have no tool for that." };
  // A question may bring its own program, so that a test can try what it likes.
  const cities = JSON.stringify(asked.toLowerCase().match(/oslo|lisbon|nairobi/g) ?? []);
  const code =
    asked.match(/```js\n(.*)```/s)?.[1] ??
    `async () => {
  const cities = ${cities};
  const degrees = await Promise.all(cities.map((city) => codemode.temperature({ city })));
  const warmest = degrees.indexOf(Math.max(...degrees));
  return { warmest: cities[warmest], degrees: degrees[warmest] };
}`;
  const call = { name: tool.function.name, arguments: JSON.stringify({ code }) };
  return {
    role: "assistant",
    content: null,
    tool_calls: [{ id: crypto.randomUUID(), type: "function", function: call }],
  };
}

export class Model extends WorkerEntrypoint {
  override async fetch(request: Request): Promise<Response> {
    if (new URL(request.url).pathname !== "/v1/chat/completions") return new Response("not found", { status: 404 });
    const asked = await request.json<Completion>();
    const message = reply(asked);
    const finish_reason = "tool_calls" in message ? "tool_calls" : "stop";
    const about = { id: crypto.randomUUID(), created: Math.floor(Date.now() / 1000), model: asked.model };
    const usage = { prompt_tokens: JSON.stringify(asked.messages).length >> 2, completion_tokens: 1, total_tokens: 1 };
    if (!asked.stream) {
      return Response.json({
        ...about,
        object: "chat.completion",
        choices: [{ index: 0, message, finish_reason }],
        usage,
      });
    }

    const object = "chat.completion.chunk";
    // Text comes word by word, a tool call as a whole.
    const words = message.content?.match(/\S+\s*/g)?.map((content) => ({ role: "assistant", content }));
    const calls = message.tool_calls?.map((call, index) => ({ role: "assistant", tool_calls: [{ index, ...call }] }));
    const chunks = [
      ...(words ?? calls ?? []).map((delta) => ({ ...about, object, choices: [{ index: 0, delta }] })),
      { ...about, object, choices: [{ index: 0, delta: {}, finish_reason }], usage },
    ];
    const lines = [...chunks.map((chunk) => JSON.stringify(chunk)), "[DONE]"].map((data) => `data: ${data}\n\n`);
    const body = new ReadableStream({
      start(controller) {
        for (const line of lines) controller.enqueue(new TextEncoder().encode(line));
        controller.close();
      },
    });
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  }
}
