// SPDX-License-Identifier: Apache-2.0

import { createSchema, createYoga } from "graphql-yoga";
import { equal, matches, same } from "../../conformance/check.js";

const schema = createSchema({
  typeDefs: /* GraphQL */ `
    type Order {
      id: ID!
      total: Float!
    }
    type Query {
      order(id: ID!): Order
      broken: String
    }
    type Mutation {
      place(total: Float!): Order!
    }
    type Subscription {
      count(to: Int!): Int!
    }
  `,
  resolvers: {
    Query: {
      order: (_, { id }, { user }) => ({ id, total: user.length }),
      broken: () => {
        throw new Error("a secret of the database");
      },
    },
    Mutation: { place: (_, { total }) => ({ id: "8", total }) },
    Subscription: {
      count: {
        async *subscribe(_, { to }) {
          for (let count = 1; count <= to; count++) yield { count };
        },
      },
    },
  },
});
const yoga = createYoga({
  schema,
  context: ({ request }) => ({ user: request.headers.get("x-user") ?? "" }),
  logging: false,
});

export default async function () {
  const post = (body, headers = {}) =>
    yoga.fetch("https://api.example/graphql", {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    });
  const query = "query($id: ID!) { order(id: $id) { id total } }";
  same(await (await post({ query, variables: { id: "7" } }, { "x-user": "ada" })).json(), {
    data: { order: { id: "7", total: 3 } },
  });
  same(await (await post({ query: "mutation { place(total: 2.5) { total } }" })).json(), {
    data: { place: { total: 2.5 } },
  });
  matches((await (await post({ query: "{ nothing }" })).json()).errors[0].message, /Cannot query field "nothing"/);
  equal((await (await post({ query: "{ broken }" })).json()).errors[0].message, "Unexpected error.");
  const events = await post({ query: "subscription { count(to: 2) }" }, { accept: "text/event-stream" });
  matches(await events.text(), /data: \{"data":\{"count":1\}\}.*data: \{"data":\{"count":2\}\}/s);
  matches(
    await (await yoga.fetch("https://api.example/graphql", { headers: { accept: "text/html" } })).text(),
    /<!doctype html>/i,
  );
}
