// SPDX-License-Identifier: Apache-2.0

import { Hono } from "hono";
import { bearerAuth } from "hono/bearer-auth";
import { cors } from "hono/cors";
import { HTTPException } from "hono/http-exception";
import { streamText } from "hono/streaming";
import { equal, same } from "../../conformance/check.js";

const app = new Hono()
  .use("/api/*", cors())
  .use("/api/*", bearerAuth({ token: "secret" }))
  .get("/api/orders/:id{[0-9]+}", (c) => c.json({ id: Number(c.req.param("id")), tag: c.req.query("tag") }))
  .post("/api/orders", async (c) => c.json(await c.req.json(), 201))
  .get("/words", (c) =>
    streamText(c, async (stream) => {
      for (const word of ["one ", "two"]) await stream.write(word);
    }),
  )
  .get("/teapot", () => {
    throw new HTTPException(418, { message: "short and stout" });
  });

export default async function () {
  const authorization = "Bearer secret";
  const found = await app.request("/api/orders/7?tag=new", { headers: { authorization, origin: "https://a.example" } });
  same(await found.json(), { id: 7, tag: "new" });
  equal(found.headers.get("access-control-allow-origin"), "*");
  const made = await app.request("/api/orders", { method: "POST", headers: { authorization }, body: '{"id":8}' });
  same([made.status, await made.json()], [201, { id: 8 }]);
  equal((await app.request("/api/orders/7")).status, 401);
  equal((await app.request("/api/orders/x", { headers: { authorization } })).status, 404);
  equal(await (await app.request("/words")).text(), "one two");
  const teapot = await app.request("/teapot");
  same([teapot.status, await teapot.text()], [418, "short and stout"]);
}
