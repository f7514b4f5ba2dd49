// SPDX-License-Identifier: Apache-2.0

import * as cheerio from "cheerio";
import { equal, same } from "../../conformance/check.js";

const page = `<!doctype html><title>Shop</title><ul id="list"><li class="item" data-id="1">One<li class="item new" data-id="2">Two &amp; more</ul>`;

export default async function () {
  const $ = cheerio.load(page);
  same(
    $("li.item")
      .map((_, item) => $(item).attr("data-id"))
      .get(),
    ["1", "2"],
  );
  equal($("li.new:not(.old)").text(), "Two & more");
  $("#list").append("<li>Three</li>").find("li").first().remove();
  equal($("#list").children().length, 2);
  equal($("title").replaceWith("<title>Closed</title>").length, 1);
  same($.extract({ ids: [{ selector: "li[data-id]", value: "data-id" }] }), { ids: ["2"] });
  equal(cheerio.load("<a><b>x</b></a>", { xml: true }).xml(), "<a><b>x</b></a>");
}
