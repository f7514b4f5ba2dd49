// SPDX-License-Identifier: Apache-2.0
//
// node:readline over streams. workerd has a stand-in that reads nothing.

import readline from "node:readline";
import readlinePromises from "node:readline/promises";
import { PassThrough, Readable } from "node:stream";
import { check, equal, rejects, same, throws } from "../../check.js";

const stub = { differs: "workerd's reads no lines" };
const collect = async (lines) => {
  const all = [];
  for await (const line of lines) all.push(line);
  return all;
};

check("lines of a stream, whatever its parts are", stub, async () => {
  same(await collect(readline.createInterface({ input: Readable.from(["a\nb", "\r", "\nc\rd\n\n", "é".slice(0), "\u2028f"]) })), ["a", "b", "c", "d", "", "é", "f"]);
  const bytes = Buffer.from("ä\nö");
  same(await collect(readline.createInterface({ input: Readable.from([bytes.subarray(0, 1), bytes.subarray(1, 4), bytes.subarray(4)]) })), ["ä", "ö"]);
});

check("events line and close", stub, async () => {
  const lines = [];
  const reader = readline.createInterface({ input: Readable.from(["one\ntwo"]) }).on("line", (line) => lines.push(line));
  await new Promise((done) => reader.once("close", done));
  same(lines, ["one", "two"]);
  equal(throws(() => reader.prompt()).code, "ERR_USE_AFTER_CLOSE");
});

check("question() asks and gets a line", stub, async () => {
  const [input, output] = [new PassThrough(), new PassThrough()];
  const reader = readline.createInterface({ input, output, prompt: "$ " });
  const answer = new Promise((done) => reader.question("name? ", done));
  input.write("Ada\n");
  equal(await answer, "Ada");
  reader.prompt();
  equal(output.read().toString(), "name? $ ");
  reader.close();
});

check("question() of the promises can be aborted", stub, async () => {
  const input = new PassThrough();
  const reader = readlinePromises.createInterface({ input });
  const first = reader.question("?");
  input.write("yes\n");
  equal(await first, "yes");
  await rejects(reader.question("?", { signal: AbortSignal.abort() }), { name: "AbortError" });
  const controller = new AbortController();
  const second = reader.question("?", { signal: controller.signal });
  controller.abort();
  await rejects(second, { name: "AbortError" });
  reader.close();
});

check("an error of the input ends the iteration", stub, async () => {
  const input = new Readable({ read() {} });
  const lines = collect(readline.createInterface({ input }));
  input.push("a\n");
  setTimeout(() => input.destroy(new Error("broken")), 0);
  await rejects(lines, "broken");
});

check("the cursor is moved by text", stub, () => {
  const output = new PassThrough();
  readline.cursorTo(output, 3, 4);
  readline.moveCursor(output, -2, 1);
  readline.clearLine(output, 0);
  readline.clearScreenDown(output);
  equal(output.read().toString(), "\x1b[5;4H\x1b[2D\x1b[1B\x1b[2K\x1b[0J");
});

check("wrong arguments are refused", stub, () => {
  for (const options of [undefined, {}, { input: 5 }, { input: new PassThrough(), completer: 5 }, { input: new PassThrough(), terminal: true }]) throws(() => readline.createInterface(options), Error);
  throws(() => readline.createInterface({ input: new PassThrough() }).question(5, () => {}), TypeError);
});
