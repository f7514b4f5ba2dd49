// SPDX-License-Identifier: Apache-2.0

import Anthropic from "@anthropic-ai/sdk";
import { equal, rejects, same } from "../../conformance/check.js";

export default async function ({ UPSTREAM }) {
  const client = new Anthropic({ apiKey: "key", baseURL: `${UPSTREAM}/anthropic` });
  const body = { model: "m", max_tokens: 100, messages: [{ role: "user", content: "say hello" }] };
  const whole = await client.messages.create(body);
  equal(whole.content[0].text, "you said: say hello");
  const words = [];
  const stream = client.messages.stream(body).on("text", (word) => words.push(word));
  same((await stream.finalMessage()).content, [{ type: "text", text: "you said: say hello" }]);
  same(words, ["you ", "said: ", "say ", "hello"]);
  await rejects(client.messages.create({ ...body, model: "missing" }), Anthropic.NotFoundError);
}
