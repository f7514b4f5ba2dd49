// SPDX-License-Identifier: Apache-2.0
// TypeScript in, JavaScript out, by sucrase: one pass over the tokens, without a type check. Its parts are used
// directly rather than its transform(), because from the tokens and where they went we know more than the text says:
// what it would drop in silence (refused.ts), and at which column each token was (columns.ts).

import CJSImportProcessor from "sucrase/dist/esm/CJSImportProcessor";
import { HelperManager } from "sucrase/dist/esm/HelperManager";
import NameManager from "sucrase/dist/esm/NameManager";
import { parse } from "sucrase/dist/esm/parser";
import { initParser } from "sucrase/dist/esm/parser/traverser/base";
import TokenProcessor from "sucrase/dist/esm/TokenProcessor";
import identifyShadowedGlobals from "sucrase/dist/esm/identifyShadowedGlobals";
import RootTransformer from "sucrase/dist/esm/transformers/RootTransformer";
import getTSImportedNames from "sucrase/dist/esm/util/getTSImportedNames";
import { allowBacktracking } from "./backtracking.ts";
import { keepColumns } from "./columns.ts";
import { refuseWhatIsLost } from "./refused.ts";

import type { Token } from "sucrase/dist/types/parser/tokenizer";
import { TokenType as tt } from "sucrase/dist/esm/parser/tokenizer/types";

type File = ReturnType<typeof parse>;

/**
 * The parser does not know `import source x from`: it is given blanks for the word. What the transformation takes for
 * blanks it copies from the text as it is, so the word is in its output again.
 */
function parseFile(text: string): File {
  for (;;) {
    try {
      allowBacktracking(text);
      return parse(text, false, true, false);
    } catch (error) {
      const { pos } = error as { pos?: number };
      const match = pos === undefined ? null : /\bimport\s+(source\s+)$/.exec(text.slice(Math.max(0, pos - 200), pos));
      if (match === null) throw error;
      const at = pos! - match[1]!.length;
      text = `${text.slice(0, at)}${" ".repeat("source".length)}${text.slice(at + "source".length)}`;
    }
  }
}

/** The names in `export type { A, B }` are types: that they are exported is no use of them as values. */
function markExportedTypes(text: string, tokens: Token[]): void {
  for (let index = 0; index < tokens.length; index++) {
    if (tokens[index]!.type !== tt._export || tokens[index + 2]?.type !== tt.braceL) continue;
    if (text.slice(tokens[index + 1]!.start, tokens[index + 1]!.end) !== "type") continue;
    for (index += 3; index < tokens.length && tokens[index]!.type !== tt.braceR; index++) tokens[index]!.isType = true;
  }
}

/** `commonJs`: import and export become require() and exports. Throws SyntaxErrors of the parser's, with `loc`. */
export function transform(text: string, commonJs: boolean): string {
  try {
    const { tokens, scopes } = parseFile(text);
    markExportedTypes(text, tokens);
    refuseWhatIsLost(text, tokens, commonJs);
    const options = {
      transforms: commonJs ? ["typescript" as const, "imports" as const] : ["typescript" as const],
      disableESTransforms: true,
      preserveDynamicImport: true,
    };
    const nameManager = new NameManager(text, tokens);
    const helperManager = new HelperManager(nameManager);
    const tokenProcessor = new TokenProcessor(text, tokens, false, true, helperManager);
    let importProcessor: CJSImportProcessor | null = null;
    if (commonJs) {
      importProcessor = new CJSImportProcessor(nameManager, tokenProcessor, false, options, true, false, helperManager);
      importProcessor.preprocessTokens();
      identifyShadowedGlobals(tokenProcessor, scopes, importProcessor.getGlobalNames());
      importProcessor.pruneTypeOnlyImports();
    } else {
      identifyShadowedGlobals(tokenProcessor, scopes, getTSImportedNames(tokenProcessor));
    }
    const context = { tokenProcessor, scopes, nameManager, importProcessor, helperManager };
    const { code, mappings } = new RootTransformer(context, options.transforms, false, options).transform();
    return keepColumns(text, tokens, code, mappings);
  } finally {
    initParser("", false, true, false); // it would keep the tokens
  }
}
