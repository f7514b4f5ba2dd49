// SPDX-License-Identifier: Apache-2.0

import { z } from "zod";
import { equal, matches, same } from "../../conformance/check.js";

const Order = z.object({
  id: z.uuid(),
  email: z.email().transform((text) => text.toLowerCase()),
  lines: z
    .array(
      z.discriminatedUnion("kind", [
        z.object({ kind: z.literal("item"), count: z.coerce.number().int().positive() }),
        z.object({ kind: z.literal("note"), text: z.string().max(10) }),
      ]),
    )
    .min(1),
  placed: z.iso.datetime().default("2026-01-01T00:00:00Z"),
});

export default async function () {
  const id = "4f0c2f5e-7c55-4c1e-9a53-0e9d5f1b2a77";
  const order = Order.parse({ id, email: "Ada@Example.com", lines: [{ kind: "item", count: "2" }] });
  same(order, { id, email: "ada@example.com", lines: [{ kind: "item", count: 2 }], placed: "2026-01-01T00:00:00Z" });
  const { error } = Order.safeParse({ id: "7", email: "x", lines: [{ kind: "note", text: "much too long" }] });
  same(
    error.issues.map(({ path }) => path.join(".")),
    ["id", "email", "lines.0.text"],
  );
  matches(z.prettifyError(error), /Invalid UUID/);
  equal(z.toJSONSchema(Order, { io: "input" }).properties.id.format, "uuid");
  const taken = z.string().refine(async (name) => name !== "ada", "taken");
  equal((await taken.safeParseAsync("ada")).error.issues[0].message, "taken");
}
