// SPDX-License-Identifier: Apache-2.0

import { Effect, Schedule, Schema, Stream } from "effect";
import { equal, ok, same } from "../../conformance/check.js";

export default async function () {
  let tries = 0;
  const flaky = Effect.gen(function* () {
    if (++tries < 3) return yield* Effect.fail(new Error("not yet"));
    return tries;
  });
  equal(await Effect.runPromise(flaky.pipe(Effect.retry(Schedule.recurs(5)))), 3);
  const all = Effect.all(
    [Effect.succeed(1), Effect.promise(async () => 2), Effect.sleep("5 millis").pipe(Effect.as(3))],
    { concurrency: "unbounded" },
  );
  same(await Effect.runPromise(all), [1, 2, 3]);

  const closed = [];
  const resource = Effect.acquireRelease(Effect.succeed("open"), (name) => Effect.sync(() => closed.push(name)));
  equal(await Effect.runPromise(Effect.scoped(resource)), "open");
  same(closed, ["open"]);
  const late = await Effect.runPromiseExit(Effect.never.pipe(Effect.timeout("10 millis")));
  equal(late._tag, "Failure");

  const Order = Schema.Struct({ id: Schema.Number, note: Schema.optional(Schema.String) });
  same(Schema.decodeUnknownSync(Order)({ id: 1 }), { id: 1 });
  ok((await Effect.runPromiseExit(Schema.decodeUnknownEffect(Order)({ id: "x" })))._tag === "Failure");
  const doubled = Stream.range(1, 4).pipe(
    Stream.map((n) => n * 2),
    Stream.filter((n) => n > 2),
    Stream.runCollect,
  );
  same([...(await Effect.runPromise(doubled))], [4, 6, 8]);
}
