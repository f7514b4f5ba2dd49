// SPDX-License-Identifier: Apache-2.0
//
// What a dynamic worker knows of the time.

import { check, equal, ok, same } from "../../check.js";
import { evaluate } from "./code.js";

const mayflyOnly = { mayflyOnly: "clocks run freely in workerd when it runs locally" };
const burn = "for (let i = 0, x = 0; i < 2e7; i++) x += i % 7;";
const clocks = {
  "Date.now()": "Date.now()",
  "new Date()": "new Date().getTime()",
  "Date()": "Date()",
  "performance.now()": "performance.now()",
  "an event's timeStamp": "new Event('x').timeStamp",
  "a file's lastModified": "new File([], 'x').lastModified",
  "Intl.DateTimeFormat": "new Intl.DateTimeFormat('en', { second: 'numeric', fractionalSecondDigits: 3 }).format()",
  "formatToParts()":
    "JSON.stringify(new Intl.DateTimeFormat('en', { second: 'numeric', fractionalSecondDigits: 3 }).formatToParts())",
  "Temporal.Now": `[Temporal.Now.instant(), Temporal.Now.zonedDateTimeISO("UTC"),
    Temporal.Now.plainDateTimeISO(), Temporal.Now.plainTimeISO(), Temporal.Now.plainDateISO()].join()`,
};

for (const [name, clock] of Object.entries(clocks)) {
  check(`${name} stands still while code runs`, mayflyOnly, async ({ env }) => {
    const [before, after] = await evaluate(env, `const before = ${clock}; ${burn} return [before, ${clock}]`);
    equal(after, before);
  });
}

check("clocks move on with I/O", async ({ env }) => {
  const body = `const before = [Date.now(), performance.now()];
    await new Promise((done) => setTimeout(done, 30));
    return [Date.now() - before[0], performance.now() - before[1]];`;
  for (const ms of await evaluate(env, body)) ok(ms >= 20 && ms < 10_000, `${ms} ms`);
});

check("a timer that was due while code ran finds that time has passed", mayflyOnly, async ({ env }) => {
  const body = `const before = Date.now();
    const timer = new Promise((done) => setTimeout(() => done(Date.now()), 1));
    ${burn} ${burn}
    return (await timer) - before;`;
  const ms = await evaluate(env, body);
  ok(ms >= 1, `${ms} ms`);
});

check("a dynamic worker's time is everybody's", async ({ env }) => {
  const before = Date.now();
  const time = await evaluate(env, "return Date.now()");
  ok(time >= before - 50 && time <= Date.now() + 50, `${time - before} ms`);
});

check("Date is what it was", async ({ env }) => {
  const body = `class Own extends Date { year() { return this.getUTCFullYear(); } }
    return [
      new Date(0).toISOString(), new Date(2020, 1, 2).getDate(), Date.UTC(2020, 1), Date.parse("2020-01-01"), Date.length,
      Date.name, new Date() instanceof Date, new Own(0).year(), new Own().constructor.name, typeof Date(),
      Object.prototype.toString.call(new Date()), new Date().constructor === Date, isNaN(new Date(undefined)),
      new Date(new Date(5)).getTime(), new Intl.DateTimeFormat("en", { timeZone: "UTC" }).format(0),
      Reflect.ownKeys(Date).map(String).sort().join(), Object.keys(Date).length, structuredClone(new Date(7)).getTime(),
    ]`;
  same(await evaluate(env, body), [
    "1970-01-01T00:00:00.000Z", 2, Date.UTC(2020, 1), Date.parse("2020-01-01"), 7,
    "Date", true, 1970, "Own", "string",
    "[object Date]", true, true,
    5, "1/1/1970",
    "UTC,length,name,now,parse,prototype", 0, 7,
  ]);
});

check("Temporal is what it was", mayflyOnly, async ({ env }) => {
  const body = `const { Now, PlainDate } = Temporal;
    return [
      Object.getOwnPropertyNames(Temporal).sort().join(), Object.getOwnPropertyNames(Now).sort().join(), String(Temporal),
      PlainDate.from("2020-02-03").add({ days: 1 }).toString(), Now.instant() instanceof Temporal.Instant,
      Now.plainDateISO() instanceof PlainDate, Now.timeZoneId(), Now.zonedDateTimeISO("Asia/Tokyo").timeZoneId,
      Math.abs(Now.instant().epochMilliseconds - Date.now()),
    ]`;
  same(await evaluate(env, body), [
    "Duration,Instant,Now,PlainDate,PlainDateTime,PlainMonthDay,PlainTime,PlainYearMonth,ZonedDateTime",
    "instant,plainDateISO,plainDateTimeISO,plainTimeISO,timeZoneId,zonedDateTimeISO", "[object Temporal]",
    "2020-02-04", true,
    true, "UTC", "Asia/Tokyo",
    0,
  ]);
});

check("format is bound, and the same each time", async ({ env }) => {
  const body = `const dates = new Intl.DateTimeFormat("en", { timeZone: "UTC" });
    return [dates.format === dates.format, [0].map(dates.format)[0]]`;
  same(await evaluate(env, body), [true, "1/1/1970"]);
});
