// SPDX-License-Identifier: Apache-2.0
// URLPattern: what patterns mean, and what they match.
import { equal, same, throws } from "../check.js";

const components = ["protocol", "username", "password", "hostname", "port", "pathname", "search", "hash"];

// [the constructor's arguments, the components, hasRegExpGroups, [[input, the groups of each component or null]]]. Of groups,
// those are left out which are all of a component.
const patterns = [
  [[{"pathname":"/books/:id"}], ["*", "*", "*", "*", "*", "/books/:id", "*", "*"], false, [
    ["https://example.com/books/12", {"pathname": {"id": "12"}}],
    ["https://example.com/x/y?q=1#h", null],
    ["https://sub.example.com/foo?q=1#z", null],
  ]],
  [["https://example.com/books/:id"], ["https", "*", "*", "example.com", "", "/books/:id", "*", "*"], false, [
    ["https://example.com/books/12", {"pathname": {"id": "12"}}],
    ["https://example.com/x/y?q=1#h", null],
    ["https://sub.example.com/foo?q=1#z", null],
  ]],
  [["/books/:id?","https://example.com"], ["https", "*", "*", "example.com", "", "/books/:id?", "*", "*"], false, [
    ["https://example.com/books/12", {"pathname": {"id": "12"}}],
    ["https://example.com/x/y?q=1#h", null],
    ["https://sub.example.com/foo?q=1#z", null],
  ]],
  [[{"pathname":"/a/*"}], ["*", "*", "*", "*", "*", "/a/*", "*", "*"], false, [
    ["https://example.com/books/12", null],
    ["https://example.com/x/y?q=1#h", null],
  ]],
  [[{"pathname":"/:a(\\d+)"}], ["*", "*", "*", "*", "*", "/:a(\\d+)", "*", "*"], true, [
    ["https://example.com/books/12", null],
    ["https://example.com/x/y?q=1#h", null],
  ]],
  [[{"pathname":"/x{/y}?"}], ["*", "*", "*", "*", "*", "/x{/y}?", "*", "*"], false, [
    ["https://example.com/x/y?q=1#h", {}],
    ["https://example.com/books/12", null],
    ["https://sub.example.com/foo?q=1#z", null],
  ]],
  [["https://*.example.com/*?q=:q#:h"], ["https", "*", "*", "*.example.com", "", "/*?q=:q", "", ":h"], false, [
    ["https://example.com/books/12", null],
    ["https://example.com/x/y?q=1#h", null],
  ]],
  [[], ["*", "*", "*", "*", "*", "*", "*", "*"], false, [
    ["https://example.com/books/12", {}],
    ["https://example.com/x/y?q=1#h", {}],
    ["https://sub.example.com/foo?q=1#z", {}],
    ["http://x/", {}],
  ]],
  [[{}], ["*", "*", "*", "*", "*", "*", "*", "*"], false, [
    ["https://example.com/books/12", {}],
    ["https://example.com/x/y?q=1#h", {}],
    ["https://sub.example.com/foo?q=1#z", {}],
    ["http://x/", {}],
  ]],
  [["http{s}?://x"], ["http{s}?", "*", "*", "x", "", "*", "*", "*"], false, [
    ["http://x/", {}],
    ["https://example.com/books/12", null],
    ["https://example.com/x/y?q=1#h", null],
  ]],
  [[{"hostname":"*.é.com"}], ["*", "*", "*", "*.xn--9ca.com", "*", "*", "*", "*"], false, [
    ["https://example.com/books/12", null],
    ["https://example.com/x/y?q=1#h", null],
  ]],
  [["https://example.com:8080/"], ["https", "*", "*", "example.com", "8080", "/", "*", "*"], false, [
    ["https://example.com:8080/", {}],
    ["https://example.com/books/12", null],
    ["https://example.com/x/y?q=1#h", null],
  ]],
  [["https://example.com:443/"], ["https", "*", "*", "example.com", "", "/", "*", "*"], false, [
    ["https://example.com/books/12", null],
    ["https://example.com/x/y?q=1#h", null],
  ]],
  [[{"port":"443","protocol":"https"}], ["https", "*", "*", "*", "", "*", "*", "*"], false, [
    ["https://example.com/books/12", {}],
    ["https://example.com/x/y?q=1#h", {}],
    ["https://sub.example.com/foo?q=1#z", {}],
    ["https://xn--9ca.com/", {}],
    ["http://x/", null],
    ["/books/7", null],
  ]],
  [["data:foo*"], TypeError],
  [["bad("], TypeError],
  [[{"pathname":"/("}], TypeError],
  [["/rel"], TypeError],
  [[{"pathname":"/A"},{"ignoreCase":true}], ["*", "*", "*", "*", "*", "/A", "*", "*"], false, [
    [{"pathname":"/A"}, {}],
    [{"pathname":"/a"}, {}],
    ["https://example.com/books/12", null],
    ["https://example.com/x/y?q=1#h", null],
  ]],
  [[{"search":"?a=:b"}], ["*", "*", "*", "*", "*", "*", "a=:b", "*"], false, [
    ["https://example.com/books/12", null],
    ["https://example.com/x/y?q=1#h", null],
  ]],
  [[{"pathname":"/café"}], ["*", "*", "*", "*", "*", "/caf%C3%A9", "*", "*"], false, [
    ["https://example.com/books/12", null],
    ["https://example.com/x/y?q=1#h", null],
  ]],
  [["https://{sub.}?example.com/foo"], ["https", "*", "*", "{sub.}?example.com", "", "/foo", "*", "*"], false, [
    ["https://sub.example.com/foo?q=1#z", {}],
    ["https://example.com/books/12", null],
    ["https://example.com/x/y?q=1#h", null],
  ]],
  [[{"baseURL":"https://x.y/z?q#h"}], ["https", "*", "*", "x.y", "", "/z", "q", "h"], false, [
    ["https://example.com/books/12", null],
    ["https://example.com/x/y?q=1#h", null],
  ]],
  [[{"pathname":"b","baseURL":"https://x.y/a/"}], ["https", "*", "*", "x.y", "", "/a/b", "*", "*"], false, [
    ["https://example.com/books/12", null],
    ["https://example.com/x/y?q=1#h", null],
  ]],
  [[{"pathname":"/foo/:bar+"}], ["*", "*", "*", "*", "*", "/foo/:bar+", "*", "*"], false, [
    ["https://example.com/books/12", null],
    ["https://example.com/x/y?q=1#h", null],
  ]],
  [[{"pathname":"/foo/:bar*"}], ["*", "*", "*", "*", "*", "/foo/:bar*", "*", "*"], false, [
    ["https://sub.example.com/foo?q=1#z", {}],
    ["https://example.com/books/12", null],
    ["https://example.com/x/y?q=1#h", null],
  ]],
  [[{"hostname":"[\\:\\:1]"}], ["*", "*", "*", "[\\:\\:1]", "*", "*", "*", "*"], false, [
    ["https://example.com/books/12", null],
    ["https://example.com/x/y?q=1#h", null],
  ]],
  [["https://a:b@c/"], ["https", "a:b", "*", "c", "", "/", "*", "*"], false, [
    ["https://example.com/books/12", null],
    ["https://example.com/x/y?q=1#h", null],
  ]],
  [[{"pathname":"/(.*)"}], ["*", "*", "*", "*", "*", "/*", "*", "*"], false, [
    ["https://example.com/books/12", {"pathname": {"0": "books/12"}}],
    ["https://example.com/x/y?q=1#h", {"pathname": {"0": "x/y"}}],
    ["https://sub.example.com/foo?q=1#z", {"pathname": {"0": "foo"}}],
    ["http://x/", {"pathname": {"0": ""}}],
    ["data:foobar", null],
  ]],
  [[{"pathname":"/:a/:a"}], TypeError],
  [[{"pathname":"\\{"}], ["*", "*", "*", "*", "*", "%7B", "*", "*"], false, [
    ["https://example.com/books/12", null],
    ["https://example.com/x/y?q=1#h", null],
  ]],
  [["https://example.com/?q=*&v=?&hmm={}&umm=()"], TypeError],
  [[{"protocol":"javascript","pathname":"x"}], ["javascript", "*", "*", "*", "*", "x", "*", "*"], false, [
    ["https://example.com/books/12", null],
    ["https://example.com/x/y?q=1#h", null],
  ]],
];

function groupsOf(result) {
  if (result === null) return null;
  const groups = {};
  for (const name of components) {
    const { input, groups: all } = result[name];
    const found = Object.fromEntries(Object.entries(all).filter(([, group]) => group !== undefined));
    const names = Object.keys(found);
    if (names.length === 0 || (names.length === 1 && found[0] === input)) continue;
    groups[name] = found;
  }
  return groups;
}

const table = Object.fromEntries(patterns.map(([given, expected, hasGroups, inputs]) =>
  [`URLPattern(${JSON.stringify(given).slice(1, -1)})`, async () => {
    if (expected === TypeError) return void throws(() => new URLPattern(...given), TypeError);
    const pattern = new URLPattern(...given);
    same(components.map((name) => pattern[name]), expected);
    equal(pattern.hasRegExpGroups, hasGroups);
    for (const [input, groups] of inputs) {
      equal(pattern.test(input), groups !== null, `${JSON.stringify(input)}: `);
      same(groupsOf(pattern.exec(input)), groups, JSON.stringify(input));
    }
  }]));

export const checks = {
  ...table,
  "URLPattern takes a base for what it is given": async () => {
    const pattern = new URLPattern("/books/:id", "https://example.com");
    equal(pattern.test("/books/7", "https://example.com"), true);
    equal(pattern.exec("/books/7", "https://example.com").pathname.groups.id, "7");
    same(pattern.exec("https://example.com/books/7").inputs, ["https://example.com/books/7"]);
    same(pattern.exec("/books/7", "https://example.com").inputs, ["/books/7", "https://example.com"]);
    equal(pattern.test("/books/7", "https://other.example"), false);
    throws(() => pattern.test({ pathname: "/books/7" }, "https://example.com"), TypeError);
  },
  "URLPattern takes nothing for no match where it is no URL": async () => {
    equal(new URLPattern({ pathname: "/books/:id" }).exec("/books/7"), null);
  },
  "URLPattern looks native": async () => {
    equal(Object.prototype.toString.call(new URLPattern()), "[object URLPattern]");
    throws(() => URLPattern({}), TypeError);
  },
};
