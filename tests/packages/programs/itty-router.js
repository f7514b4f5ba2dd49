// SPDX-License-Identifier: Apache-2.0

import { AutoRouter, cors, error, withParams } from "itty-router";
import { equal, same } from "../../conformance/check.js";

const { preflight, corsify } = cors({ origin: "https://a.example" });
const router = AutoRouter({ before: [preflight, withParams], finally: [corsify] });
router
  .get("/orders/:id", ({ id, query }) => ({ id, ...query }))
  .post("/orders", async (request) => ({ made: await request.json() }))
  .get("/gone", () => error(410, "no more"));

export default async function () {
  const ask = (path, init) => router.fetch(new Request(`https://shop.example${path}`, init));
  const found = await ask("/orders/7?tag=new", { headers: { origin: "https://a.example" } });
  same(await found.json(), { id: "7", tag: "new" });
  equal(found.headers.get("access-control-allow-origin"), "https://a.example");
  same(await (await ask("/orders", { method: "POST", body: "[1]" })).json(), { made: [1] });
  const gone = await ask("/gone");
  same([gone.status, await gone.json()], [410, { status: 410, error: "no more" }]);
  equal((await ask("/missing")).status, 404);
}
