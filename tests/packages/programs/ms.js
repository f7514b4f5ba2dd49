// SPDX-License-Identifier: Apache-2.0

import ms from "ms";
import { equal } from "../../conformance/check.js";

export default async function () {
  equal(ms("2.5 hrs"), 9_000_000);
  equal(ms(-3 * 60_000), "-3m");
  equal(ms(86_400_000, { long: true }), "1 day");
  equal(ms("-1h"), -3_600_000);
}
