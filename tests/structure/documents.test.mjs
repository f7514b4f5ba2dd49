// SPDX-License-Identifier: Apache-2.0
// Documents point at things that exist.
import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import test from "node:test";
import { root, sources } from "./sources.mjs";

const documents = [
  ...readdirSync(root).filter((name) => name.endsWith(".md")).map((name) => [name, readFileSync(join(root, name), "utf8")]),
  ...sources(["docs", "examples"], /\.md$/),
];

test("every relative link of a document leads to a file", () => {
  const broken = documents.flatMap(([path, text]) =>
    [...text.matchAll(/\]\((?!https?:|mailto:|#)([^)#\s]+)/g)]
      .filter(([, target]) => !existsSync(join(root, normalize(join(dirname(path), target)))))
      .map(([, target]) => `${path}: ${target}`),
  );
  assert.deepEqual(broken, []);
});

test("every test that the specification names exists", () => {
  const specification = readFileSync(join(root, "SPECIFICATION.md"), "utf8");
  const named = [...specification.matchAll(/\b(?:tests|src|bench)\/[\w./-]+\.(?:mjs|cc|ts|js)\b/g)].map(([path]) => path);
  assert.notEqual(named.length, 0);
  assert.deepEqual(named.filter((path) => !existsSync(join(root, path))), []);
});

test("every promise has a number of its own and says what holds it", () => {
  const specification = readFileSync(join(root, "SPECIFICATION.md"), "utf8");
  const rows = [...specification.matchAll(/^\| (\d+\.\d+) \| (.+) \| (.+) \|$/gm)];
  const numbers = rows.map(([, number]) => number);
  assert.deepEqual(numbers, [...new Set(numbers)]);
  assert.deepEqual(rows.filter(([, , , heldBy]) => heldBy !== "pending" && !/\//.test(heldBy)).map(([row]) => row), []);
});
