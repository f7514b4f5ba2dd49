// SPDX-License-Identifier: Apache-2.0

import { check, equal, ok, same } from "../../check.js";

const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

check("setTimeout passes arguments and keeps order", async () => {
  const seen = [];
  setTimeout((a, b) => seen.push(a + b), 10, "b", "2");
  setTimeout(() => seen.push("a"), 1);
  await pause(30);
  same(seen, ["a", "b2"]);
});

check("clearTimeout stops a timer", async () => {
  let fired = false;
  clearTimeout(setTimeout(() => (fired = true), 1));
  clearTimeout(undefined);
  clearTimeout(12345678);
  await pause(10);
  equal(fired, false);
});

check("setInterval repeats until cleared", async () => {
  let count = 0;
  await new Promise((done) => {
    const interval = setInterval(() => {
      if (++count === 3) {
        clearInterval(interval);
        done();
      }
    }, 1);
  });
  await pause(10);
  equal(count, 3);
});

check("timers of equal delay fire in the order they were set", async () => {
  const seen = [];
  for (let n = 0; n < 10; n++) setTimeout(() => seen.push(n), 5);
  await pause(30);
  same(seen, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

check("microtasks run before timers", async () => {
  const seen = [];
  setTimeout(() => seen.push("timer"), 0);
  queueMicrotask(() => seen.push("microtask"));
  Promise.resolve().then(() => seen.push("promise"));
  seen.push("now");
  await pause(10);
  same(seen, ["now", "microtask", "promise", "timer"]);
});

check("microtasks run between two timers", async () => {
  const seen = [];
  setTimeout(() => {
    seen.push(1);
    queueMicrotask(() => seen.push("micro"));
  }, 1);
  setTimeout(() => seen.push(2), 1);
  await pause(20);
  same(seen, [1, "micro", 2]);
});

check("scheduler.wait waits", async () => {
  const started = Date.now();
  await scheduler.wait(15);
  ok(Date.now() - started >= 10);
});

check("a timer waits about as long as it should", async () => {
  const started = Date.now();
  await pause(50);
  const waited = Date.now() - started;
  ok(waited >= 45 && waited < 500, `about 50 ms, waited ${waited}`);
});

check("an error in a timer does not end the request", async () => {
  setTimeout(() => {
    throw new Error("in a timer, on purpose");
  }, 1);
  await pause(10);
});
