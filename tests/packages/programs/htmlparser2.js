// SPDX-License-Identifier: Apache-2.0

import { DomHandler, DomUtils, Parser, parseDocument, parseFeed } from "htmlparser2";
import { equal, same } from "../../conformance/check.js";

export default async function () {
  const seen = [];
  const parser = new Parser({
    onopentag: (name, { href }) => seen.push(href ?? name),
    ontext: (text) => seen.push(text),
  });
  for (const part of ["<p>a <a hr", "ef='/x'>b</", "a></p>"]) parser.write(part);
  parser.end();
  same(seen, ["p", "a ", "/x", "b"]);
  const document = parseDocument("<div><i>1</i><i>2</i></div>");
  equal(
    DomUtils.getElementsByTagName("i", document)
      .map((one) => DomUtils.textContent(one))
      .join(),
    "1,2",
  );
  equal(DomUtils.getOuterHTML(document), "<div><i>1</i><i>2</i></div>");
  const feed = parseFeed("<rss><channel><title>News</title><item><title>First</title></item></channel></rss>");
  same([feed.title, feed.items[0].title], ["News", "First"]);
  new Parser(new DomHandler((error, dom) => equal(dom.length, 1))).end("<br>");
}
