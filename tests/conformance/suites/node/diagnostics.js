// SPDX-License-Identifier: Apache-2.0

import { AsyncLocalStorage } from "node:async_hooks";
import { channel, hasSubscribers, subscribe, tracingChannel, unsubscribe } from "node:diagnostics_channel";
import { check, equal, ok, same, throws } from "../../check.js";

check("a channel gives its messages to subscribers", () => {
  const seen = [];
  const listener = (message, name) => seen.push([message, name]);
  subscribe("one", listener);
  ok(channel("one") === channel("one") && channel("one").hasSubscribers && hasSubscribers("one"));
  channel("one").publish({ a: 1 });
  unsubscribe("one", listener);
  channel("one").publish({ a: 2 });
  same([seen, hasSubscribers("one")], [[[{ a: 1 }, "one"]], false]);
});

check("unsubscribe() says whether there was such a listener", { differs: "workerd says nothing" }, () => {
  const listener = () => {};
  subscribe("two", listener);
  same([unsubscribe("two", listener), unsubscribe("two", listener)], [true, false]);
});

check("a channel runs functions with stores", () => {
  const als = new AsyncLocalStorage();
  const made = channel("stores");
  made.bindStore(als, (message) => message.id);
  same(made.runStores({ id: 5 }, (x) => [als.getStore(), x], null, 6), [5, 6]);
  made.unbindStore(als);
  equal(made.runStores({ id: 5 }, () => als.getStore()), undefined);
});

check("a tracing channel tells of sync, async and failing calls", async () => {
  const traced = tracingChannel("work");
  const seen = [];
  const handlers = Object.fromEntries(["start", "end", "asyncStart", "asyncEnd", "error"].map((name) => [name, () => seen.push(name)]));
  traced.subscribe(handlers);
  equal(traced.traceSync((a) => a + 1, {}, null, 1), 2);
  throws(() => traced.traceSync(() => { throw new Error("x"); }, {}), "x");
  equal(await traced.tracePromise(async () => 7, {}), 7);
  traced.unsubscribe(handlers);
  same(seen, ["start", "end", "start", "error", "end", "start", "end", "asyncStart", "asyncEnd"]);
});

check("names are strings or symbols", { differs: "workerd takes anything" }, () => {
  equal(throws(() => channel(5), TypeError).code, "ERR_INVALID_ARG_TYPE");
  equal(channel(Symbol.for("s")).hasSubscribers, false);
});
