// SPDX-License-Identifier: Apache-2.0
//
// PerformanceObserver. workerd's is never called and takes any options.

import { check, equal, ok, pause, same, throws } from "../../check.js";

const silent = { differs: "workerd never calls observers" };

check("an observer is told of marks and measures, once the code has ended", silent, async () => {
  const seen = [];
  const observer = new PerformanceObserver(function (list, self) {
    seen.push([list.getEntries().map(({ name }) => name), list.getEntriesByType("measure").length, list.getEntriesByName("one", "mark").length, self === observer, this === observer]);
  });
  observer.observe({ entryTypes: ["mark", "measure", "nope"] });
  performance.mark("one");
  performance.measure("two", { start: 1e9, end: 1e9 + 1 });
  equal(seen.length, 0);
  await pause(5);
  observer.disconnect();
  performance.mark("three");
  await pause(5);
  same(seen, [[["one", "two"], 1, 1, true, true]]);
});

check("buffered: entries from before", silent, async () => {
  performance.mark("from before");
  let count = 0;
  const observer = new PerformanceObserver((list) => (count += list.getEntriesByName("from before").length));
  observer.observe({ type: "mark", buffered: true });
  await pause(5);
  observer.disconnect();
  ok(count >= 1);
});

check("takeRecords() takes what was not told yet", silent, async () => {
  let called = 0;
  const observer = new PerformanceObserver(() => called++);
  observer.observe({ type: "mark" });
  performance.mark("taken");
  same(observer.takeRecords().map(({ name }) => name), ["taken"]);
  await pause(5);
  observer.disconnect();
  equal(called, 0);
});

check("types are told in one way", { differs: "workerd takes any options" }, () => {
  const observer = new PerformanceObserver(() => {});
  for (const options of [undefined, {}, { type: "mark", entryTypes: ["mark"] }, { entryTypes: ["mark"], buffered: true }, 5]) throws(() => observer.observe(options), TypeError);
  observer.observe({ type: "mark" });
  throws(() => observer.observe({ entryTypes: ["mark"] }), { name: "InvalidModificationError" });
  observer.disconnect();
});

check("PerformanceObserver's shape", () => {
  same([...PerformanceObserver.supportedEntryTypes].sort(), ["mark", "measure"]);
  throws(() => new PerformanceObserver(), TypeError);
  throws(() => PerformanceObserver(() => {}), TypeError);
  throws(() => new PerformanceObserverEntryList(), TypeError);
  new PerformanceObserver(() => {}).observe({ type: "nope" });
});
