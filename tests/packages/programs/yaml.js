// SPDX-License-Identifier: Apache-2.0

import YAML from "yaml";
import { equal, matches, same, throws } from "../../conformance/check.js";

const text = `# a file
base: &base { retries: 3, on: [push, "pull"] }
job:
  <<: *base
  script: |
    one
    two
  when: 2026-01-02
`;

export default async function () {
  const value = YAML.parse(text, { merge: true });
  same(value.job, { retries: 3, on: ["push", "pull"], script: "one\ntwo\n", when: "2026-01-02" });
  const document = YAML.parseDocument(text);
  document.setIn(["base", "retries"], 4);
  matches(String(document), /^# a file\nbase: &base \{ retries: 4,/);
  equal(YAML.stringify({ a: [1, { b: "two words" }] }), "a:\n  - 1\n  - b: two words\n");
  throws(() => YAML.parse("a: [1"), /Flow sequence/);
  equal(YAML.parseAllDocuments("1\n---\n2").length, 2);
}
