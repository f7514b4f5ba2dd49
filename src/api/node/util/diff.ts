// SPDX-License-Identifier: Apache-2.0
// https://nodejs.org/api/util.html#utildiffactual-expected: the shortest edit script, by Myers
// (http://www.xmailserver.org/diff2.pdf).
import { invalidArgType, outOfRange } from "mayfly:node/internal";

export type Edit = [operation: -1 | 0 | 1, value: string];

// Beyond this many steps the texts count as wholly different: time grows with their product.
const kStepsMax = 500_000;

export function diffLines(actual: readonly string[], expected: readonly string[], equal = (a: string, b: string) => a === b): Edit[] {
  const n = actual.length;
  const m = expected.length;
  const most = n + m;
  const furthest = new Map<number, number>([[1, 0]]);
  const trace: Map<number, number>[] = [];
  let steps = 0;
  for (let d = 0; d <= most; d++) {
    trace.push(new Map(furthest));
    for (let k = -d; k <= d; k += 2) {
      if (++steps > kStepsMax) return [...actual.map((line): Edit => [1, line]), ...expected.map((line): Edit => [-1, line])];
      const down = k === -d || (k !== d && furthest.get(k - 1)! < furthest.get(k + 1)!);
      let x = down ? furthest.get(k + 1)! : furthest.get(k - 1)! + 1;
      let y = x - k;
      while (x < n && y < m && equal(actual[x]!, expected[y]!)) {
        x++;
        y++;
        steps++;
      }
      furthest.set(k, x);
      if (x >= n && y >= m) return walkBack(trace, actual, expected);
    }
    // The trace is kept for walking back: as many entries as steps.
    steps += trace[trace.length - 1]!.size;
  }
  return [];
}

function walkBack(trace: Map<number, number>[], actual: readonly string[], expected: readonly string[]): Edit[] {
  const edits: Edit[] = [];
  let x = actual.length;
  let y = expected.length;
  for (let d = trace.length - 1; d >= 0; d--) {
    const furthest = trace[d]!;
    const k = x - y;
    const down = k === -d || (k !== d && furthest.get(k - 1)! < furthest.get(k + 1)!);
    const previousK = down ? k + 1 : k - 1;
    const previousX = furthest.get(previousK) ?? 0;
    const previousY = previousX - previousK;
    while (x > previousX && y > previousY) {
      edits.push([0, actual[--x]!]);
      y--;
    }
    if (d > 0) {
      if (x > previousX) edits.push([1, actual[--x]!]);
      else edits.push([-1, expected[--y]!]);
    }
  }
  return edits.reverse();
}

export function diff(actual: unknown, expected: unknown): Edit[] {
  const parts = (value: unknown, name: string): string[] => {
    if (typeof value === "string") return [...value];
    if (!Array.isArray(value)) throw invalidArgType(name, ["Array", "string"], value);
    value.forEach((each, index) => {
      if (typeof each !== "string") throw invalidArgType(`${name}[${index}]`, "string", each);
    });
    if (value.length > 2 ** 31) throw outOfRange(name, "at most 2^31 items", value.length);
    return value;
  };
  if (actual === expected) return [];
  return diffLines(parts(actual, "actual"), parts(expected, "expected"));
}
