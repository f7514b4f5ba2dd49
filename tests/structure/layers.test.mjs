// SPDX-License-Identifier: Apache-2.0
// A layer includes itself and what is below it, and only isolate, api and cell see V8 (ARCHITECTURE.md, Layers).
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { layers, root, sources, v8Layers } from "./sources.mjs";

const engineHeader = /^(v8[-.a-z0-9]*\.h|v8config\.h|node[_a-z]*\.h|js_native_api.*\.h|uv\.h|uv\/.*|libplatform\/.*|cppgc\/.*)$/;
const includes = sources(["src"], /\.(cc|h)$/).flatMap(([path, text]) =>
  [...text.matchAll(/^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]/gm)].map(([, quote, header]) => ({
    path,
    layer: path.split("/")[1],
    header,
    own: quote === '"',
  })),
);
const show = ({ path, header }) => `${path} includes ${header}`;

test("every folder of src is a layer", () => {
  const folders = readdirSync(join(root, "src"), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  assert.deepEqual(folders.map((entry) => entry.name).filter((name) => !layers.includes(name)), []);
});

test("an include in quotes names a file of a layer", () => {
  const generated = /^(builtins|call_names)\.inc$/;
  const odd = includes.filter(({ own, header }) => own && !layers.includes(header.split("/")[0]) && !generated.test(header));
  assert.deepEqual(odd.map(show), []);
});

test("a layer includes only itself and layers below it", () => {
  const upward = includes.filter(
    ({ own, layer, header }) => own && layers.indexOf(header.split("/")[0]) > layers.indexOf(layer),
  );
  assert.deepEqual(upward.map(show), []);
});

test("only isolate, api and cell see V8, Node or one another", () => {
  const seeing = includes.filter(
    ({ layer, header, own }) =>
      !v8Layers.includes(layer) && (own ? v8Layers.includes(header.split("/")[0]) : engineHeader.test(header)),
  );
  assert.deepEqual(seeing.map(show), []);
});
