// SPDX-License-Identifier: Apache-2.0
// https://tc39.es/proposal-temporal/: V8's own classes under a namespace of ours, because Temporal.Now must read the clock
// that all else reads (core/clock.ts). V8 makes its namespace in each context on first use, which takes a third of a
// millisecond, so it is not looked at before that; its classes are found from an instant.

interface Made {
  constructor: Function;
}
interface Date_ extends Made {
  toPlainYearMonth(): Made;
  toPlainMonthDay(): Made;
}
interface Zoned extends Made {
  toPlainDateTime(): Made;
  toPlainDate(): Date_;
  toPlainTime(): Made;
}
interface Instant extends Made {
  toZonedDateTimeISO(zone: unknown): Zoned;
  until(other: Instant): Made;
}

const { defineProperty } = Object;
const { apply } = Reflect;
const toInstant = (Date.prototype as unknown as { toTemporalInstant(): Instant }).toTemporalInstant;
const nowInstant = (): Instant => apply(toInstant, new Date(ops.now()), []);

const instant = nowInstant();
const zoned = instant.toZonedDateTimeISO("UTC");
const date = zoned.toPlainDate();
const { toZonedDateTimeISO } = instant;
const { toPlainDateTime, toPlainDate, toPlainTime } = zoned;
const { resolvedOptions } = Intl.DateTimeFormat.prototype;
const format = new Intl.DateTimeFormat();

const timeZoneId = (): string => apply(resolvedOptions, format, []).timeZone;
const nowIn = (zone: unknown): Zoned =>
  apply(toZonedDateTimeISO, nowInstant(), [zone === undefined ? timeZoneId() : zone]);

function namespace(tag: string, members: Record<string, unknown>): object {
  const object = {};
  for (const [name, value] of Object.entries(members)) {
    defineProperty(object, name, { value, writable: true, enumerable: false, configurable: true });
  }
  return defineProperty(object, Symbol.toStringTag, { value: tag, configurable: true });
}

const Now = namespace("Temporal.Now", {
  instant: () => nowInstant(),
  timeZoneId: () => timeZoneId(),
  plainDateTimeISO: (zone?: unknown) => apply(toPlainDateTime, nowIn(zone), []),
  zonedDateTimeISO: (zone?: unknown) => nowIn(zone),
  plainDateISO: (zone?: unknown) => apply(toPlainDate, nowIn(zone), []),
  plainTimeISO: (zone?: unknown) => apply(toPlainTime, nowIn(zone), []),
});

export const Temporal = namespace("Temporal", {
  Now,
  PlainDate: date.constructor,
  PlainTime: zoned.toPlainTime().constructor,
  PlainDateTime: zoned.toPlainDateTime().constructor,
  ZonedDateTime: zoned.constructor,
  Duration: instant.until(instant).constructor,
  Instant: instant.constructor,
  PlainYearMonth: date.toPlainYearMonth().constructor,
  PlainMonthDay: date.toPlainMonthDay().constructor,
});
