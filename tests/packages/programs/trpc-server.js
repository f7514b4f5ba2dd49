// SPDX-License-Identifier: Apache-2.0

import { createTRPCClient, httpBatchLink, httpLink, splitLink } from "@trpc/client";
import { TRPCError, initTRPC } from "@trpc/server";
import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import { z } from "zod";
import { equal, rejects, same } from "../../conformance/check.js";

const t = initTRPC.context().create();
const named = t.procedure.use(({ ctx, next }) => {
  if (!ctx.user) throw new TRPCError({ code: "UNAUTHORIZED" });
  return next({ ctx });
});
const router = t.router({
  add: t.procedure.input(z.object({ a: z.number(), b: z.number() })).query(({ input }) => input.a + input.b),
  me: named.query(({ ctx }) => ctx.user),
  rename: named.input(z.string().min(2)).mutation(({ input }) => ({ name: input })),
});

export default async function () {
  let requests = 0;
  const fetch = (url, init) => {
    requests++;
    const createContext = ({ req }) => ({ user: req.headers.get("x-user") });
    return fetchRequestHandler({ endpoint: "/trpc", req: new Request(url, init), router, createContext });
  };
  const clientOf = (headers) => {
    const options = { url: "https://api.example/trpc", fetch, headers };
    const links = [
      splitLink({ condition: ({ type }) => type === "query", true: httpBatchLink(options), false: httpLink(options) }),
    ];
    return createTRPCClient({ links });
  };
  const ada = clientOf({ "x-user": "ada" });
  same(await Promise.all([ada.add.query({ a: 1, b: 2 }), ada.me.query()]), [3, "ada"]);
  equal(requests, 1);
  same(await ada.rename.mutate("grace"), { name: "grace" });
  await rejects(clientOf({}).me.query(), { name: "TRPCClientError", message: "UNAUTHORIZED" });
  await rejects(ada.rename.mutate("x"), /too_small|Too small/);
}
