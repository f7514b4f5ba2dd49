// SPDX-License-Identifier: Apache-2.0
//
// examples/codemode-ai: a question, a model, its program, the program's tools, the answer.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { join } from "node:path";
import { root, startMayfly, temporaryProject } from "./harness.mjs";

let server;
before(async () => (server = await startMayfly("examples/codemode-ai")));
after(() => server?.stop());

/** What the tool said to the model, which repeats it. */
async function answerTo(program) {
  const body = `Run this:\n\`\`\`js\n${program}\n\`\`\``;
  const { text, programs } = (await server.request({ method: "POST", path: "/", body })).json();
  assert.equal(programs.length, 1);
  return text.replace("That is what the program says: ", "");
}

test("the model's program calls the tool several times, and the answer is made of what it returns", async () => {
  const { text, programs } = (await server.request("/")).json();
  assert.equal(text, 'That is what the program says: {"result":{"warmest":"nairobi","degrees":24}}');
  assert.match(programs[0], /codemode\.temperature/);
});

test("the answer is streamed", async () => {
  const { text, headers } = await server.request({
    method: "POST",
    path: "/?stream",
    body: "Is Oslo warmer than Lisbon?",
  });
  assert.equal(text, 'That is what the program says: {"result":{"warmest":"lisbon","degrees":21}}');
  assert.match(headers["content-type"], /^text\/plain/);
});

test("the model is told what is wrong with its program", async () => {
  assert.match(
    await answerTo("async () => codemode.temperature({ city: 'atlantis' })"),
    /Code execution failed: no weather station in atlantis/,
  );
  assert.match(await answerTo("async () => codemode.temperature({ town: 'oslo' })"), /Code execution failed: .*city/s);
  assert.match(await answerTo("async () => { return 1 + ; }"), /executor\.js:\d+:\d+: .*Unexpected token ';'/);
  assert.match(await answerTo("async () => { for (;;); }"), /Worker exceeded CPU time limit of 100 ms/);
  assert.match(await answerTo("async () => fetch('http://model.local/')"), /not permitted to access the internet/);
});

test("the model may be another server that speaks OpenAI's wire format", async (t) => {
  const model = await startMayfly(
    temporaryProject({
      "model.ts": `export { Model as default } from ${JSON.stringify(join(root, "examples/codemode-ai/src/model.ts"))};`,
    }) + "/model.ts",
  );
  t.after(() => model.stop());
  const variables = join(temporaryProject({ vars: `MODEL_URL=${model.url}/v1` }), "vars");
  const asking = await startMayfly("examples/codemode-ai", { args: ["--env-file", variables] });
  t.after(() => asking.stop());
  const { text } = (await asking.request({ method: "POST", path: "/", body: "Oslo or Nairobi?" })).json();
  assert.equal(text, 'That is what the program says: {"result":{"warmest":"nairobi","degrees":24}}');
});
