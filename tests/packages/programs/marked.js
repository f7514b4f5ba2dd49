// SPDX-License-Identifier: Apache-2.0

import { Marked, marked } from "marked";
import { equal, matches } from "../../conformance/check.js";

export default async function () {
  equal(marked.parse("# A\n\n*b* `c`"), "<h1>A</h1>\n<p><em>b</em> <code>c</code></p>\n");
  matches(marked.parse("| a | b |\n|--|--|\n| 1 | 2 |"), /<table>.*<td>2<\/td>/s);
  const shouting = new Marked({
    renderer: { heading: ({ tokens, depth }) => `<h${depth}>${tokens[0].text.toUpperCase()}</h${depth}>` },
  });
  equal(shouting.parse("## loud"), "<h2>LOUD</h2>");
  const highlighted = new Marked({
    async: true,
    walkTokens: async (token) => {
      if (token.type === "code") token.text = await Promise.resolve(`[${token.lang}] ${token.text}`);
    },
  });
  matches(await highlighted.parse("```js\n1\n```"), /\[js\] 1/);
}
