// SPDX-License-Identifier: Apache-2.0

import * as v from "valibot";
import { equal, same, throws } from "../../conformance/check.js";

const Order = v.object({
  email: v.pipe(v.string(), v.trim(), v.toLowerCase(), v.email()),
  count: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1)), 1),
  kind: v.variant("type", [
    v.object({ type: v.literal("a") }),
    v.object({ type: v.literal("b"), size: v.picklist(["s", "m"]) }),
  ]),
});

export default async function () {
  same(v.parse(Order, { email: " Ada@Example.com ", kind: { type: "b", size: "m" } }), {
    email: "ada@example.com",
    count: 1,
    kind: { type: "b", size: "m" },
  });
  const { issues } = v.safeParse(Order, { email: "x", count: 0.5, kind: { type: "b", size: "xl" } });
  same(
    issues.map((issue) => v.getDotPath(issue)),
    ["email", "count", "count", "kind.size"],
  );
  throws(() => v.parse(Order, {}), v.ValiError);
  equal(
    await v.parseAsync(
      v.pipeAsync(
        v.string(),
        v.checkAsync(async (text) => text !== ""),
      ),
      "a",
    ),
    "a",
  );
}
