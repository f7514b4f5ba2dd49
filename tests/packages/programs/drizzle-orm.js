// SPDX-License-Identifier: Apache-2.0

import { and, desc, eq, gt, relations, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/sqlite-proxy";
import { QueryBuilder, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { equal, matches, same } from "../../conformance/check.js";

const users = sqliteTable("users", { id: integer("id").primaryKey(), name: text("name").notNull() });
const orders = sqliteTable("orders", {
  id: integer("id").primaryKey(),
  userId: integer("user_id"),
  placed: integer("placed", { mode: "timestamp" }),
});
const usersRelations = relations(users, ({ many }) => ({ orders: many(orders) }));
const ordersRelations = relations(orders, ({ one }) => ({
  user: one(users, { fields: [orders.userId], references: [users.id] }),
}));

export default async function () {
  const query = new QueryBuilder()
    .select({ name: users.name, count: sql`count(*)`.as("count") })
    .from(users)
    .innerJoin(orders, eq(orders.userId, users.id))
    .where(and(gt(orders.id, 5), eq(users.name, "ada")))
    .groupBy(users.name)
    .orderBy(desc(sql`count`))
    .limit(3);
  const built = query.toSQL();
  equal(
    built.sql,
    'select "users"."name", count(*) as "count" from "users" inner join "orders" on "orders"."user_id" = "users"."id" ' +
      'where ("orders"."id" > ? and "users"."name" = ?) group by "users"."name" order by count desc limit ?',
  );
  same(built.params, [5, "ada", 3]);

  const asked = [];
  const database = drizzle(
    async (text, params, method) => (asked.push([text, params, method]), { rows: [[1, 7, 1_700_000_000]] }),
    {
      schema: { users, orders, usersRelations, ordersRelations },
    },
  );
  same(await database.select().from(orders), [{ id: 1, userId: 7, placed: new Date(1_700_000_000_000) }]);
  await database
    .insert(users)
    .values([{ name: "ada" }, { name: "grace" }])
    .run();
  matches(asked[1][0], /^insert into "users" \("id", "name"\) values \(null, \?\), \(null, \?\)$/);
  matches(database.query.users.findMany({ with: { orders: true } }).toSQL().sql, /json_group_array/);
}
