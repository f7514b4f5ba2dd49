// SPDX-License-Identifier: Apache-2.0
//
// A server that speaks as OpenAI and Anthropic do, for their packages. It says what it was told, but for two prompts:
// "call NAME JSON" is a tool call, "answer TEXT" is answered by the text.

import { text } from "node:stream/consumers";

const failed = (status, message) => [status, { error: { type: "error", message } }];

/** Server-sent events: [name, data] or data alone. */
const events = (all) =>
  all
    .map((one) =>
      Array.isArray(one)
        ? `event: ${one[0]}\ndata: ${JSON.stringify({ type: one[0], ...one[1] })}\n\n`
        : `data: ${one}\n\n`,
    )
    .join("");

const promptOf = ({ messages }) => messages.at(-1).content;
const replyTo = (body) => promptOf(body).match(/^answer (.*)/)?.[1] ?? `you said: ${promptOf(body)}`;
const wordsOf = (reply) => reply.match(/said: |\S+\s?/g);

function chat(body) {
  if (body.model === "missing") return failed(404, "no such model");
  const reply = replyTo(body);
  const [, name, args] = promptOf(body).match(/^call (\w+) (.*)/) ?? [];
  if (name) {
    const call = { id: "1", type: "function", function: { name, arguments: args } };
    const message = { role: "assistant", content: null, tool_calls: [call] };
    return [200, { id: "1", choices: [{ index: 0, message, finish_reason: "tool_calls" }] }];
  }
  if (!body.stream)
    return [
      200,
      { id: "1", choices: [{ index: 0, message: { role: "assistant", content: reply }, finish_reason: "stop" }] },
    ];
  const choices = [...wordsOf(reply).map((content) => ({ delta: { content } })), { delta: {}, finish_reason: "stop" }];
  const chunks = choices.map((choice) =>
    JSON.stringify({ id: "1", object: "chat.completion.chunk", choices: [{ index: 0, ...choice }] }),
  );
  return [200, events([...chunks, "[DONE]"])];
}

function message(body) {
  if (body.model === "missing") return failed(404, "no such model");
  const reply = replyTo(body);
  const about = {
    id: "1",
    type: "message",
    role: "assistant",
    model: body.model,
    stop_reason: "end_turn",
    usage: { input_tokens: 1, output_tokens: 1 },
  };
  if (!body.stream) return [200, { ...about, content: [{ type: "text", text: reply }] }];
  return [
    200,
    events([
      ["message_start", { message: { ...about, content: [] } }],
      ["content_block_start", { index: 0, content_block: { type: "text", text: "" } }],
      ...wordsOf(reply).map((word) => ["content_block_delta", { index: 0, delta: { type: "text_delta", text: word } }]),
      ["content_block_stop", { index: 0 }],
      ["message_delta", { delta: { stop_reason: "end_turn" }, usage: { output_tokens: 1 } }],
      ["message_stop", {}],
    ]),
  ];
}

const routes = {
  "POST /openai/v1/chat/completions": (body) => chat(JSON.parse(body)),
  "GET /openai/v1/models": () => [200, { object: "list", data: [{ id: "m", object: "model" }] }],
  "POST /openai/v1/files": (body) => [
    200,
    { id: "1", object: "file", filename: body.match(/filename="([^"]+)"/)?.[1] },
  ],
  "POST /anthropic/v1/messages": (body) => message(JSON.parse(body)),
};

export async function answer(request, response) {
  const body = await text(request);
  const key = request.headers["x-api-key"] ?? request.headers.authorization?.replace("Bearer ", "");
  const route = routes[`${request.method} ${request.url.replace(/\?.*/, "")}`];
  const [status, content] =
    key !== "key" ? failed(401, "who are you?") : route ? route(body) : failed(404, "not found");
  const stream = typeof content === "string";
  response.writeHead(status, { "content-type": stream ? "text/event-stream" : "application/json" });
  response.end(stream ? content : JSON.stringify(content));
}
