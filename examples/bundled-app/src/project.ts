// SPDX-License-Identifier: Apache-2.0
//
// A project as somebody would upload it: TypeScript, JSX and a dependency.

export const files: Record<string, string> = {
  "package.json": JSON.stringify({ name: "shop", version: "1.0.0", dependencies: { hono: "^4.0.0" } }),
  "src/index.tsx": `
import { Hono } from "hono";
import { bill } from "./bill";

let answered = 0;
const app = new Hono();

app.get("/", (c) => c.html(<h1>{"Ours & yours"}</h1>));
app.get("/bill/:cents", (c) => c.json({ ...bill(Number(c.req.param("cents"))), answered: ++answered }));

export default app;
`,
  "src/bill.ts": `
export interface Bill { cents: number; total: string }

export function bill(cents: number): Bill {
  if (!Number.isInteger(cents)) throw new TypeError("cents are whole");
  return { cents, total: (cents / 100).toFixed(2) };
}
`,
};
