// SPDX-License-Identifier: Apache-2.0
//
// The application. It runs as a dynamic worker and finds Hono among its modules.

import { Hono } from "./hono/preset/tiny.js";

let answered = 0;

const app = new Hono();

app.get("/", (c) => c.text("Hello from Hono\n"));
app.get("/json", (c) => c.json({ framework: "hono", answered: ++answered }));

export default app;
