// SPDX-License-Identifier: Apache-2.0

import { NIL, parse, stringify, v3, v4, v5, v7, validate, version } from "uuid";
import { equal, ok } from "../../conformance/check.js";

export default async function () {
  equal(v5("mayfly", v5.DNS), v5("mayfly", v5.DNS));
  equal(v5("www.example.com", v5.DNS), "2ed6657d-e927-568b-95e1-2665a8aea6a2");
  equal(v3("www.example.com", v3.DNS), "5df41881-3aed-3515-88a7-2f4a814cf09e");
  ok(new Set(Array.from({ length: 100 }, () => v4())).size === 100);
  const sorted = Array.from({ length: 50 }, () => v7());
  equal(sorted.join(), [...sorted].sort().join());
  equal(version(sorted[0]), 7);
  equal(stringify(parse(sorted[0])), sorted[0]);
  ok(validate(NIL) && !validate("x"));
}
