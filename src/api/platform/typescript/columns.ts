// SPDX-License-Identifier: Apache-2.0
// What is removed leaves no blanks behind, so what follows it on the line moves left. Here it is moved back: the
// positions in stack traces are then those of the original, without a source map. Where code was put in (enums,
// parameter properties), what follows it on that line stays further right.

import { needsSemicolon } from "./statements.ts";

import type { Token } from "sucrase/dist/types/parser/tokenizer";
import { TokenType } from "sucrase/dist/esm/parser/tokenizer/types";

/** Whether blanks before a token would become text of a template. */
function continuesTemplate(type: TokenType): boolean {
  return type === TokenType.template || type === TokenType.dollarBraceL || type === TokenType.backQuote;
}

/** The start of the line that `position` is on, if it is not the one that began at `start`. */
function lineStartAt(text: string, start: number, from: number, position: number): number {
  const newline = text.slice(from, position).lastIndexOf("\n");
  return newline < 0 ? start : from + newline + 1;
}

/** Behind tokens that end a line, so that no column changes. */
function insertSemicolons(code: string, places: readonly number[]): string {
  let result = "";
  let copied = 0;
  for (const place of places) {
    result += `${code.slice(copied, place)};`;
    copied = place;
  }
  return result + code.slice(copied);
}

/** `mappings`: where each token is in `code`, if it still is there. */
export function keepColumns(
  text: string,
  tokens: readonly Token[],
  code: string,
  mappings: readonly (number | undefined)[],
): string {
  let result = "";
  let copied = 0; // of code
  let seen = 0; // of text
  let textLine = 0;
  let codeLine = 0;
  let added = 0; // to the current line of code
  let kept = -1; // the last token that is still there
  let keptEnd: number | null = null; // in result; null if something else stands for it
  const semicolons: number[] = [];
  for (let index = 0; index < tokens.length; index++) {
    const at = mappings[index];
    if (at === undefined || at < copied) continue;
    const { start, type } = tokens[index]!;
    textLine = lineStartAt(text, textLine, seen, start);
    seen = start;
    const line = lineStartAt(code, codeLine, copied, at);
    if (line !== codeLine) added = 0;
    codeLine = line;
    result += code.slice(copied, at);
    copied = at;
    // The bracket before a result's type is put where the arrow is, behind the type.
    const moved = type === TokenType.arrow && code.startsWith(") =>", at) ? 2 : 0;
    const missing = start - textLine - (at - codeLine + added) - moved;
    if (missing > 0 && !continuesTemplate(type)) {
      result += " ".repeat(missing);
      added += missing;
    }
    const token = text.slice(start, tokens[index]!.end);
    const unchanged = code.startsWith(token, at);
    // A token that was removed has a place, but nothing is there, or the comment behind it.
    if (!unchanged && /^\s*($|\/[/*])/.test(code.slice(at, mappings[index + 1]))) continue;
    if (keptEnd !== null && needsSemicolon(text, tokens, kept, index)) semicolons.push(keptEnd);
    kept = index;
    keptEnd = unchanged ? result.length + token.length : null;
  }
  return insertSemicolons(result + code.slice(copied), semicolons);
}
