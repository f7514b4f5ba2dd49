// SPDX-License-Identifier: Apache-2.0

import { customAlphabet, customRandom, nanoid } from "nanoid";
import { equal, matches } from "../../conformance/check.js";

export default async function () {
  matches(nanoid(), /^[\w-]{21}$/);
  equal(new Set(Array.from({ length: 1000 }, () => nanoid())).size, 1000);
  matches(customAlphabet("abc", 50)(), /^[abc]{50}$/);
  equal(customRandom("ab", 4, (size) => new Uint8Array(size).fill(1))(), "bbbb");
}
