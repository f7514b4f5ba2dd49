// SPDX-License-Identifier: Apache-2.0

import timers from "node:timers";
import { setImmediate as immediately, setInterval as every, setTimeout as wait, scheduler } from "node:timers/promises";
import { promisify } from "node:util";
import { check, equal, ok, pause, rejects, same, throws } from "../../check.js";

check("timers are objects that the clear functions take", async () => {
  let fired = 0;
  const timer = setTimeout(() => fired++, 1);
  equal(typeof timer, "object");
  same([timer.hasRef(), timer.unref().hasRef(), timer.ref() === timer], [true, false, true]);
  clearTimeout(timer);
  clearTimeout(+setTimeout(() => fired++, 1));
  clearInterval(setInterval(() => fired++, 1));
  clearImmediate(setImmediate(() => fired++));
  clearTimeout(undefined);
  await pause(20);
  equal(fired, 0);
});

check("refresh() starts a timer again", async () => {
  let fired = 0;
  const timer = setTimeout(() => fired++, 1);
  await pause(10);
  timer.refresh();
  await pause(20);
  equal(fired, 2);
});

check("setImmediate runs before a timer of 1 ms, with arguments", async () => {
  const seen = [];
  setTimeout(() => seen.push("timeout"), 5);
  setImmediate((...args) => seen.push(args), 1, 2);
  await pause(30);
  same(seen, [[1, 2], "timeout"]);
});

check("promises bring values", async () => {
  same([await wait(1, "a"), await immediately("b"), ], ["a", "b"]);
  await scheduler.wait(1);
});

check("promisify() knows setTimeout", { differs: "workerd's has no promise of its own" }, async () => {
  equal(await promisify(setTimeout)(1, "c"), "c");
});

check("promises can be aborted", async () => {
  const controller = new AbortController();
  const waiting = wait(1000, null, { signal: controller.signal });
  controller.abort();
  equal((await rejects(waiting, { name: "AbortError" })).code, "ABORT_ERR");
  await rejects(wait(1, null, { signal: AbortSignal.abort() }), { name: "AbortError" });
});

check("setInterval of timers/promises repeats", async () => {
  let count = 0;
  for await (const value of every(1, "tick")) {
    equal(value, "tick");
    if (++count === 3) break;
  }
});

check("node:timers has the global functions", () => {
  ok(typeof timers.setTimeout(() => {}, 0) === "object" && timers.promises.setTimeout === wait);
  equal(throws(() => timers.setTimeout("code"), TypeError).code, "ERR_INVALID_ARG_TYPE");
});
