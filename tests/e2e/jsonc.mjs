// SPDX-License-Identifier: Apache-2.0
//
// JSON with comments and trailing commas, as wrangler.jsonc files have it.

export function parseJsonc(text) {
  const plain = text
    .replace(/("(?:[^"\\]|\\.)*")|\/\/[^\n]*|\/\*[\s\S]*?\*\//g, (_, string) => string ?? "")
    .replace(/("(?:[^"\\]|\\.)*")|,(?=\s*[}\]])/g, (_, string) => string ?? "");
  return JSON.parse(plain);
}
