// SPDX-License-Identifier: Apache-2.0

import _ from "lodash";
import { equal, ok, same } from "../../conformance/check.js";

export default async function () {
  const orders = [
    { who: "ada", cents: 5 },
    { who: "grace", cents: 7 },
    { who: "ada", cents: 1 },
  ];
  same(
    _.mapValues(_.groupBy(orders, "who"), (group) => _.sumBy(group, "cents")),
    { ada: 6, grace: 7 },
  );
  same(_(orders).sortBy(["who", "cents"]).map("cents").value(), [1, 5, 7]);
  const deep = { a: [{ b: new Date(0), c: new Map([[1, { d: 2 }]]) }] };
  const copy = _.cloneDeep(deep);
  ok(_.isEqual(copy, deep) && copy.a[0].c.get(1) !== deep.a[0].c.get(1));
  same(_.merge({ a: { b: 1 } }, { a: { c: 2 } }), { a: { b: 1, c: 2 } });
  equal(_.get(deep, "a[0].c").size, 1);
  same(
    ["camelCase", "kebabCase", "startCase"].map((name) => _[name]("Two words")),
    ["twoWords", "two-words", "Two Words"],
  );
  let calls = 0;
  const debounced = _.debounce(() => ++calls, 5);
  debounced();
  debounced();
  await new Promise((done) => setTimeout(done, 30));
  equal(calls, 1);
}
