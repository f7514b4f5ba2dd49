// SPDX-License-Identifier: Apache-2.0

import { Parser, parse, tokenizer } from "acorn";
import { equal, same, throws } from "../../conformance/check.js";

export default async function () {
  const program = parse("export const f = async (a = 1, ...b) => a ?? b?.[0];", {
    ecmaVersion: "latest",
    sourceType: "module",
    locations: true,
  });
  const arrow = program.body[0].declaration.declarations[0].init;
  same(
    [arrow.type, arrow.async, arrow.params.length, arrow.loc.start.column],
    ["ArrowFunctionExpression", true, 2, 17],
  );
  equal([...tokenizer("a + 1", { ecmaVersion: 2024 })].length, 3);
  throws(() => parse("let let = 1", { ecmaVersion: 2024 }), { name: "SyntaxError", message: /\(1:4\)/ });
  const Counting = Parser.extend(
    (Base) =>
      class extends Base {
        count = 0;
        parseStatement(...rest) {
          this.count++;
          return super.parseStatement(...rest);
        }
      },
  );
  const counting = new Counting({ ecmaVersion: 2024 }, "a; { b; }");
  counting.parse();
  equal(counting.count, 3);
}
