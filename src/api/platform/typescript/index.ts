// SPDX-License-Identifier: Apache-2.0
// TypeScript modules of dynamic workers: their types are stripped here, in the worker that loads them, at its
// expense. Workers that load the same text again and again get what was made of it before.

import { Refused } from "./refused.ts";
import { transform } from "./transform.ts";

const kKeptLengthMax = 1024 * 1024;

const kept = new Map<string, string>();
let keptLength = 0;

function keep(key: string, code: string): void {
  const length = key.length + code.length;
  if (length > kKeptLengthMax / 4) return;
  keptLength += length;
  for (const [oldest, made] of kept) {
    if (keptLength <= kKeptLengthMax) break;
    kept.delete(oldest);
    keptLength -= oldest.length + made.length;
  }
  kept.set(key, code);
}

function placeOf(text: string, position: number): string {
  const before = text.slice(0, position);
  return `${before.split("\n").length}:${position - before.lastIndexOf("\n")}`;
}

/** JavaScript for the text of a TypeScript module: ECMAScript module in and out, or for CommonJS either in, that out. */
export function stripTypes(name: string, text: string, commonJs: boolean): string {
  const key = `${commonJs ? "c" : "e"}${text}`;
  const known = kept.get(key);
  if (known !== undefined) return known;
  let code: string;
  try {
    code = transform(text, commonJs);
  } catch (error) {
    if (error instanceof Refused) throw new SyntaxError(`${name}:${placeOf(text, error.pos)}: ${error.message}.`);
    if (error instanceof RangeError) throw new RangeError(`${name}: the TypeScript is nested too deeply.`);
    const { message, pos } = error as Error & { pos?: number };
    if (pos === undefined) throw new SyntaxError(`${name}: ${message}`);
    throw new SyntaxError(`${name}:${placeOf(text, pos)}: ${message.replace(/ \(\d+:\d+\)$/, "")}`);
  }
  keep(key, code);
  return code;
}
