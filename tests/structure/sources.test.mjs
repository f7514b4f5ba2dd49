// SPDX-License-Identifier: Apache-2.0
// Rules that hold for the text of every source file.
import assert from "node:assert/strict";
import test from "node:test";
import { sources } from "./sources.mjs";

const linesMax = 800;
const files = sources(
  ["src", "tests", "tools", "bench", "cmake"],
  /(\.(cc|h|ts|js|mjs|sh|cmake|lua|py)|^CMakeLists\.txt)$/,
);

test("every source file opens with its licence", () => {
  const missing = files.filter(([, text]) => {
    const [first, second] = text.split("\n", 2);
    return !(first.startsWith("#!") ? (second ?? "") : first).includes("SPDX-License-Identifier: Apache-2.0");
  });
  assert.deepEqual(missing.map(([path]) => path), []);
});

test(`no source file is longer than ${linesMax} lines`, () => {
  const long = files.map(([path, text]) => [path, text.split("\n").length - 1]).filter(([, count]) => count > linesMax);
  assert.deepEqual(long, []);
});
