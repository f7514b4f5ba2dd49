// SPDX-License-Identifier: Apache-2.0

import { check, equal, same, throws } from "../../check.js";

check("Headers are made from an object, pairs, a Map and Headers", () => {
  for (const init of [
    { A: "1", b: "2" },
    [
      ["a", "1"],
      ["B", "2"],
    ],
    new Map([
      ["a", "1"],
      ["b", "2"],
    ]),
    new Headers({ a: "1", b: "2" }),
  ]) {
    same(
      [...new Headers(init)],
      [
        ["a", "1"],
        ["b", "2"],
      ],
    );
  }
  same([...new Headers()], []);
});

check("Headers names are case insensitive and iterate in lower case, sorted", () => {
  const headers = new Headers([
    ["Zoo", "1"],
    ["apple", "2"],
    ["Mango", "3"],
  ]);
  equal(headers.get("ZOO"), "1");
  equal(headers.has("APPLE"), true);
  same([...headers.keys()], ["apple", "mango", "zoo"]);
});

check("Headers join repeated values with a comma", () => {
  const headers = new Headers();
  headers.append("a", "1");
  headers.append("A", "2");
  equal(headers.get("a"), "1, 2");
  same([...headers.values()], ["1, 2"]);
});

check("Headers set replaces and delete removes", () => {
  const headers = new Headers({ a: "1" });
  headers.append("a", "2");
  headers.set("a", "3");
  equal(headers.get("a"), "3");
  headers.delete("A");
  equal(headers.get("a"), null);
});

check("Headers trim values", () => equal(new Headers({ a: " \tx y\t " }).get("a"), "x y"));

check("Headers keep cookies apart", () => {
  const headers = new Headers([
    ["set-cookie", "a=1"],
    ["set-cookie", "b=2"],
  ]);
  same(headers.getSetCookie(), ["a=1", "b=2"]);
  same(
    [...headers],
    [
      ["set-cookie", "a=1"],
      ["set-cookie", "b=2"],
    ],
  );
});

check("Headers refuse invalid names and values", () => {
  throws(() => new Headers({ "a b": "1" }), TypeError);
  throws(() => new Headers({ a: "x\ny" }), TypeError);
  throws(() => new Headers({ a: "x\0y" }), TypeError);
  throws(() => new Headers([["a"]]), TypeError);
  throws(() => new Headers([["a", "b", "c"]]), TypeError);
});

check("Headers refuse an empty name", { differs: "workerd takes it" }, () => {
  throws(() => new Headers({ "": "1" }), TypeError);
});

check("Headers forEach passes value, name and the headers", () => {
  const headers = new Headers({ a: "1" });
  const seen = [];
  headers.forEach((value, name, self) => seen.push([value, name, self === headers]));
  same(seen, [["1", "a", true]]);
});

check("Headers entries iterate and spread into an object", () => {
  same(Object.fromEntries(new Headers({ a: "1", B: "2" })), { a: "1", b: "2" });
  same([...new Headers({ a: "1" }).entries()], [["a", "1"]]);
});

check("Headers values are converted to text", () => equal(new Headers({ a: 5 }).get("a"), "5"));

check("Headers are a class of their own", () => {
  equal(Object.prototype.toString.call(new Headers()), "[object Headers]");
  throws(() => Headers(), TypeError);
  throws(() => Headers.prototype.get.call({}, "a"), TypeError);
});
