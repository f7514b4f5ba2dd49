// SPDX-License-Identifier: Apache-2.0

import OpenAI from "openai";
import { equal, rejects, same } from "../../conformance/check.js";

export default async function ({ UPSTREAM }) {
  const client = new OpenAI({ apiKey: "key", baseURL: `${UPSTREAM}/openai/v1`, maxRetries: 1 });
  const messages = [{ role: "user", content: "say hello" }];
  const whole = await client.chat.completions.create({ model: "m", messages });
  equal(whole.choices[0].message.content, "you said: say hello");
  const words = [];
  const stream = await client.chat.completions.create({ model: "m", messages, stream: true });
  for await (const chunk of stream) words.push(chunk.choices[0].delta.content ?? "");
  same(words, ["you ", "said: ", "say ", "hello", ""]);
  equal((await client.models.list()).data[0].id, "m");
  const file = await client.files.create({
    file: await OpenAI.toFile(new TextEncoder().encode("1\n"), "a.jsonl"),
    purpose: "batch",
  });
  equal(file.filename, "a.jsonl");
  await rejects(client.chat.completions.create({ model: "missing", messages }), {
    name: "Error",
    message: /^404 no such model/,
  });
  await rejects(
    new OpenAI({ apiKey: "wrong", baseURL: `${UPSTREAM}/openai/v1` }).models.list(),
    OpenAI.AuthenticationError,
  );
}
