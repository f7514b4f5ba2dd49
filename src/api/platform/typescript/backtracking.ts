// SPDX-License-Identifier: Apache-2.0
// The parser tries out what `(` and `<` may begin, within each other: 2^n times for n of them in the worst case. Code
// that people or models write needs none of that, so there is a bound to what is parsed again.

import State, { type StateSnapshot } from "sucrase/dist/esm/parser/tokenizer/state";

const kRestoresMin = 50_000;

let left = 0;

/** Called before each parse. */
export function allowBacktracking(text: string): void {
  left = kRestoresMin + 4 * text.length;
}

const restore = State.prototype.restoreFromSnapshot;
State.prototype.restoreFromSnapshot = function (this: State, snapshot: StateSnapshot): void {
  left -= 1 + Math.max(0, this.tokens.length - snapshot.tokensLength);
  if (left < 0) throw new RangeError("too much to try out");
  restore.call(this, snapshot);
};
