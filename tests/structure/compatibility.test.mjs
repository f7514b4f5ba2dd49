// SPDX-License-Identifier: Apache-2.0
//
// docs/compatibility.md says of every flag in the table what it does, or that it does nothing.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { root } from "./sources.mjs";

const read = (path) => readFileSync(join(root, path), "utf8");

const table = [
  ...read("src/base/compatibility_table.h").matchAll(/\{"(\w[^"]*)", "([^"]*)", "([^"]*)", (k\w+), (nullptr|&[\w:]+)\}/g),
].map(([, on, off, from, kind, member]) => ({ on, off, from, kind, hasEffect: member !== "nullptr" }));
const document = read("docs/compatibility.md");
const [explained, listed] = document.split("<!-- without effect -->");

test("the table of flags is read", () => {
  assert.ok(table.length > 150, `${table.length} flags`);
});

test("every flag with an effect has a row: its names, its date, what it does", () => {
  for (const { on, off, from, hasEffect } of table) {
    if (!hasEffect) continue;
    const cell = (text, quote) => (text === "" ? "" : `${quote}${text}${quote} `);
    const row = `| \`${on}\` | ${cell(off, "`")}| ${cell(from, "")}| `;
    assert.ok(explained.includes(row), `docs/compatibility.md has no row that begins with ${row}`);
  }
});

test("every other flag is listed as one without effect, and no flag twice", () => {
  const names = [...listed.matchAll(/`([^`]+)`/g)].map(([, name]) => name);
  const expected = table
    .filter(({ hasEffect, kind }) => !hasEffect && kind !== "kUnsupported")
    .flatMap(({ on, off }) => (off === "" ? [on] : [on, off]));
  assert.deepEqual(names, expected.sort());
});
