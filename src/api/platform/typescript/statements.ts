// SPDX-License-Identifier: Apache-2.0
// Where a line that ends with a type, or is nothing but a type, is followed by one that begins with a bracket, the
// language puts a semicolon between them. With the type gone it would not: what follows would be a call, an index or a
// template of what came before. There a semicolon is put.

import type { Token } from "sucrase/dist/types/parser/tokenizer";
import { TokenType as tt } from "sucrase/dist/esm/parser/tokenizer/types";

const opening: readonly TokenType[] = [tt.parenL, tt.bracketL, tt.backQuote];
type TokenType = Token["type"];

/** Whether a semicolon belongs before token `index`, which is kept, where the tokens between it and `kept` are not. */
export function needsSemicolon(text: string, tokens: readonly Token[], kept: number, index: number): boolean {
  const { start, type } = tokens[index]!;
  if (kept < 0 || kept === index - 1 || !opening.includes(type)) return false;
  const first = tokens[kept + 1]!.type;
  const last = tokens[index - 1]!;
  // Type arguments and `!` do not end an expression; a comma stands behind a parameter that is removed (`this`).
  if (first === tt.lessThan || first === tt.nonNullAssertion || first === tt.bang || last.type === tt.comma) return false;
  const before = tokens[kept]!.type;
  if (before === tt.parenL || before === tt.bracketL || before === tt.comma) return false;
  return text.slice(last.end, start).includes("\n");
}
