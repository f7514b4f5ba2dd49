// SPDX-License-Identifier: Apache-2.0
// TypeScript that is more than types and that the transformation would drop, or turn into what cannot run. It is
// refused here, each with what to write instead.

import type { Token } from "sucrase/dist/types/parser/tokenizer";
import { TokenType as tt } from "sucrase/dist/esm/parser/tokenizer/types";

export class Refused extends Error {
  constructor(
    message: string,
    readonly pos: number,
  ) {
    super(message);
  }
}

export function refuseWhatIsLost(text: string, tokens: readonly Token[], commonJs: boolean): void {
  const textOf = (index: number): string => {
    const token = tokens[index];
    return token === undefined ? "" : text.slice(token.start, token.end);
  };
  const typeAt = (index: number): tt | undefined => tokens[index]?.type;

  /** The index of the `{` of `namespace A.B {` or `module "m" {`, or -1 if that is not what starts at `index`. */
  const namespaceBody = (index: number): number => {
    const { type, isType } = tokens[index]!;
    if (!isType || type !== tt.name || !["namespace", "module"].includes(textOf(index))) return -1;
    let next = index + 1;
    if (typeAt(next) !== tt.name && typeAt(next) !== tt.string) return -1;
    while (typeAt(next + 1) === tt.dot && typeAt(next + 2) === tt.name) next += 2;
    return typeAt(next + 1) === tt.braceL && tokens[next + 1]!.isType ? next + 1 : -1;
  };
  const closing = (open: number): number => {
    let depth = 0;
    for (let index = open; index < tokens.length; index++) {
      if (typeAt(index) === tt.braceL) depth++;
      else if (typeAt(index) === tt.braceR && --depth === 0) return index;
    }
    return tokens.length;
  };

  for (let index = 0; index < tokens.length; index++) {
    const { type, isType, start } = tokens[index]!;
    if (type === tt._declare && isType) {
      // Whatever is within is declared, too.
      const body = textOf(index + 1) === "global" ? index + 2 : namespaceBody(index + 1);
      if (body > 0 && typeAt(body) === tt.braceL) index = closing(body);
      continue;
    }
    if (type === tt.name && isType && namespaceBody(index) > 0) {
      throw new Refused(
        `namespace ${textOf(index + 1)} is code, not only types, and is not supported: make it a module of its own ` +
          "or an object, or write 'declare namespace' if it holds only types", start);
    }
    if (type === tt.at) {
      throw new Refused("decorators are not supported, because V8 does not know them: call the function instead, " +
        "or bundle the module first", start);
    }
    if (type === tt._export && typeAt(index + 1) === tt._import) {
      throw new Refused("'export import' is not supported: write 'export const' with the value", start);
    }
    if (commonJs) continue;
    if (type === tt._export && typeAt(index + 1) === tt.eq) {
      throw new Refused("'export =' is CommonJS: write 'export default', or give the module a name that ends in .cts",
        start);
    }
    if (type === tt._import && typeAt(index + 1) === tt.name && typeAt(index + 2) === tt.eq &&
        textOf(index + 3) === "require" && typeAt(index + 4) === tt.parenL) {
      throw new Refused(`'import ${textOf(index + 1)} = require()' is CommonJS: write 'import ` +
        `${textOf(index + 1)} from', or give the module a name that ends in .cts`, start);
    }
  }
}
