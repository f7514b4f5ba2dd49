// SPDX-License-Identifier: Apache-2.0

import {
  Subject,
  catchError,
  concatMap,
  debounceTime,
  delay,
  firstValueFrom,
  from,
  interval,
  lastValueFrom,
  merge,
  of,
  retry,
  scan,
  take,
  throwError,
  timer,
  toArray,
} from "rxjs";
import { equal, same } from "../../conformance/check.js";

export default async function () {
  same(
    await lastValueFrom(
      from([1, 2, 3]).pipe(
        concatMap((n) => of(n * 2).pipe(delay(1))),
        toArray(),
      ),
    ),
    [2, 4, 6],
  );
  equal(
    await lastValueFrom(
      interval(1).pipe(
        take(4),
        scan((sum, n) => sum + n, 0),
      ),
    ),
    6,
  );
  const keys = new Subject();
  const typed = firstValueFrom(keys.pipe(debounceTime(5)));
  for (const key of "abc") keys.next(key);
  equal(await typed, "c");
  let tries = 0;
  const flaky = throwError(() => new Error(String(++tries))).pipe(
    retry(2),
    catchError(({ message }) => of(message)),
  );
  equal(await firstValueFrom(flaky), "3");
  same(await lastValueFrom(merge(timer(6).pipe(concatMap(() => of("late"))), of("now")).pipe(toArray())), [
    "now",
    "late",
  ]);
}
