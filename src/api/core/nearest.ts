// SPDX-License-Identifier: Apache-2.0
// Which of the known names somebody meant: the one with the least edits, case aside.

// The work is quadratic, and the names may be a tenant's: so much of each is compared, and so many.
const kComparedLength = 100;
const kComparedNames = 1_000;

export function nearestName(name: string, known: readonly string[]): string {
  const wanted = name.slice(0, kComparedLength).toLowerCase();
  let best = known[0]!;
  let bestDistance = Infinity;
  for (let index = 0; index < known.length && index < kComparedNames; index++) {
    const candidate = known[index]!;
    const distance = editDistance(wanted, candidate.slice(0, kComparedLength).toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

function editDistance(from: string, to: string): number {
  let previous = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const substituted = previous[column - 1]! + (from[row - 1] === to[column - 1] ? 0 : 1);
      current.push(Math.min(substituted, previous[column]! + 1, current[column - 1]! + 1));
    }
    previous = current;
  }
  return previous[to.length]!;
}
