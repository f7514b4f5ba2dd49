// SPDX-License-Identifier: Apache-2.0
// The clock that code can read: Date, and what Intl formats when it is given no date (Temporal.Now: web/temporal). All of
// it comes from ops.now(), which in a dynamic worker stands still while code runs and moves on with I/O, so that it cannot
// measure what it computes. Called as the snapshot is made.

const { now } = ops;
const { apply, construct, ownKeys } = Reflect;
const { defineProperty, getOwnPropertyDescriptor } = Object;

type Method = (...args: unknown[]) => unknown;

function replace(holder: object, name: string, value: unknown): void {
  defineProperty(holder, name, { ...getOwnPropertyDescriptor(holder, name), value });
}

/** https://tc39.es/ecma262/#sec-date-constructor */
function defineDate(): void {
  const RealDate = Date;
  const { toString } = RealDate.prototype;
  const OwnDate = function Date(...args: unknown[]): unknown {
    if (new.target === undefined) return apply(toString, new RealDate(now()), []);
    return construct(RealDate, args.length === 0 ? [now()] : args, new.target);
  };
  for (const key of ownKeys(RealDate)) defineProperty(OwnDate, key, getOwnPropertyDescriptor(RealDate, key)!);
  replace(OwnDate, "now", { now: () => now() }.now);
  replace(RealDate.prototype, "constructor", OwnDate);
  replace(globalThis, "Date", OwnDate);
}

/** https://tc39.es/ecma402/#sec-intl.datetimeformat.prototype.format, ...formattoparts */
function defineFormats(): void {
  const { prototype } = Intl.DateTimeFormat;
  const orNow = (date: unknown): unknown => date === undefined ? now() : date;
  const format = getOwnPropertyDescriptor(prototype, "format")!;
  const own = new WeakMap<Method, Method>();
  const methods = {
    format(this: unknown): Method {
      const real = apply(format.get!, this, []) as Method;
      let wrapped = own.get(real);
      if (wrapped === undefined) own.set(real, (wrapped = (date) => apply(real, undefined, [orNow(date)])));
      return wrapped;
    },
  };
  defineProperty(prototype, "format", { ...format, get: methods.format });
  const toParts = prototype.formatToParts;
  replace(prototype, "formatToParts", {
    formatToParts(this: unknown, date: unknown): unknown {
      return apply(toParts, this, [orNow(date)]);
    },
  }.formatToParts);
}

export function defineClock(): void {
  defineDate();
  defineFormats();
}
