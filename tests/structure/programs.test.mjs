// SPDX-License-Identifier: Apache-2.0
// What the linked programs contain: the supervisor no V8, the cell none of the libraries that Node's executable brings,
// and no state that isolates or shards would share.
import assert from "node:assert/strict";
import test from "node:test";
import { built, lines } from "./sources.mjs";

const needed = (program) =>
  lines("readelf", "-dW", program).flatMap((line) => line.match(/\(NEEDED\).*\[(.+)\]/)?.[1] ?? []);

test("mayfly contains and needs no symbol of V8 or Node", () => {
  const symbols = [...lines("nm", "-C", built("mayfly")), ...lines("nm", "-C", "-D", built("mayfly"))];
  assert.ok(symbols.some((line) => line.includes("mayfly::")), "nm shows no symbol of ours, so the test would prove nothing");
  assert.deepEqual(symbols.filter((line) => /(?<!::)\b(v8|node)::/.test(line)), []);
  assert.deepEqual(needed(built("mayfly")).filter((name) => /^lib(node|v8|uv)/.test(name)), []);
});

test("cell.node needs the C and C++ libraries and nothing else", () => {
  const others = needed(built("cell.node")).filter((name) => !/^(lib(stdc\+\+|m|gcc_s|c|pthread)|ld-linux.*)\.so/.test(name));
  assert.deepEqual(others, []);
});

// The meter stands behind V8's page allocator, of which there is one in a process.
test("cell.node holds no mutable or thread-local variable of ours, but for the log, the count of refused calls and WebAssembly's meter", () => {
  const variables = lines("objdump", "-tC", built("cell.node")).filter((line) => /\s\.(bss|data|tbss|tdata)\s/.test(line));
  const ours = variables.filter((line) => /\smayfly::/.test(line)).map((line) => line.replace(/^.*?(?=mayfly::)/, ""));
  assert.deepEqual(ours.filter((name) => !/^mayfly::(log::|\(anonymous namespace\)::log|sandbox::\(anonymous namespace\)::refusals::|isolate::\(anonymous namespace\)::meter\(\)::)/i.test(name)), []);
});
