// SPDX-License-Identifier: Apache-2.0

import { check, equal, same, throws } from "../../check.js";

check("URL has its parts", () => {
  const url = new URL("https://user:pass@Example.com:8080/a/b?x=1#frag");
  same(
    [
      url.protocol,
      url.username,
      url.password,
      url.host,
      url.hostname,
      url.port,
      url.pathname,
      url.search,
      url.hash,
      url.origin,
    ],
    [
      "https:",
      "user",
      "pass",
      "example.com:8080",
      "example.com",
      "8080",
      "/a/b",
      "?x=1",
      "#frag",
      "https://example.com:8080",
    ],
  );
});

check("URL resolves against a base", () => {
  equal(new URL("../c?d", "http://x/a/b/").href, "http://x/a/c?d");
  equal(new URL("//y/z", "https://x/").href, "https://y/z");
  equal(new URL("#h", "http://x/a?b").href, "http://x/a?b#h");
});

check("URL normalizes: default port, dots, case, percent, IDNA, IPv4, IPv6", () => {
  equal(new URL("HTTP://EXAMPLE.com:80/a/../b/./c").href, "http://example.com/b/c");
  equal(new URL("http://x/a b?c d").href, "http://x/a%20b?c%20d");
  equal(new URL("http://bücher.example/").hostname, "xn--bcher-kva.example");
  equal(new URL("http://0x7f.1/").hostname, "127.0.0.1");
  equal(new URL("http://[::0:1]/").hostname, "[::1]");
});

check("URL refuses nonsense", () => {
  for (const text of ["", "x", "http://", "http://a b/", "http://[::1", "http://x:99999/"])
    throws(() => new URL(text), TypeError);
});

check("URL setters change the URL", () => {
  const url = new URL("http://x/a");
  url.protocol = "https";
  url.hostname = "y";
  url.port = "444";
  url.pathname = "/b c";
  url.search = "q=1";
  url.hash = "h";
  equal(url.href, "https://y:444/b%20c?q=1#h");
  url.port = "";
  equal(String(url), "https://y/b%20c?q=1#h");
  throws(() => (url.href = "nonsense"), TypeError);
});

check("URL.canParse and URL.parse", () => {
  equal(URL.canParse("http://x/"), true);
  equal(URL.canParse("x"), false);
  equal(URL.canParse("/a", "http://x/"), true);
  equal(URL.parse("nonsense"), null);
  equal(URL.parse("http://x/").href, "http://x/");
});

check("URL and its searchParams follow each other", () => {
  const url = new URL("http://x/?a=1&b=2");
  url.searchParams.set("a", "3 4");
  url.searchParams.append("c", "é");
  equal(url.search, "?a=3+4&b=2&c=%C3%A9");
  url.search = "?z=9";
  equal(url.searchParams.get("z"), "9");
  equal(url.searchParams.get("a"), null);
  url.searchParams.delete("z");
  equal(url.href, "http://x/");
});

check("URL is JSON and text", () => equal(JSON.stringify({ u: new URL("http://x") }), '{"u":"http://x/"}'));

check("URLSearchParams are made from text, pairs, objects and each other", () => {
  for (const init of [
    "?a=1&b=2",
    "a=1&b=2",
    [
      ["a", "1"],
      ["b", "2"],
    ],
    { a: "1", b: "2" },
    new URLSearchParams("a=1&b=2"),
  ]) {
    equal(String(new URLSearchParams(init)), "a=1&b=2");
  }
});

check("URLSearchParams get, getAll, has, append, delete, size", () => {
  const params = new URLSearchParams("a=1&a=2&b=3");
  same(
    [params.get("a"), params.getAll("a"), params.has("b"), params.has("c"), params.get("c"), params.size],
    ["1", ["1", "2"], true, false, null, 3],
  );
  params.delete("a", "1");
  equal(String(params), "a=2&b=3");
  equal(params.has("a", "1"), false);
});

check("URLSearchParams decode and encode", () => {
  const params = new URLSearchParams("a+b=c%20d&e=%26&f");
  same(
    [...params],
    [
      ["a b", "c d"],
      ["e", "&"],
      ["f", ""],
    ],
  );
  equal(String(params), "a+b=c+d&e=%26&f=");
  equal(String(new URLSearchParams({ k: "*-._~!'()é" })), "k=*-._%7E%21%27%28%29%C3%A9");
});

check("URLSearchParams sort is stable", () => {
  const params = new URLSearchParams("b=1&a=2&b=0&a=1");
  params.sort();
  equal(String(params), "a=2&a=1&b=1&b=0");
});

check("URLSearchParams iterate and forEach", () => {
  const params = new URLSearchParams("a=1&b=2");
  same(
    [[...params.keys()], [...params.values()], Object.fromEntries(params)],
    [["a", "b"], ["1", "2"], { a: "1", b: "2" }],
  );
  const seen = [];
  params.forEach((value, name) => seen.push(name + value));
  same(seen, ["a1", "b2"]);
});

check("URL is a class of its own", () => {
  equal(Object.prototype.toString.call(new URL("http://x")), "[object URL]");
  throws(() => URL("http://x"), TypeError);
});

check("non-special schemes are parsed", () => {
  same(
    [new URL("data:text/plain,x").pathname, new URL("mailto:a@b").protocol, new URL("blob:http://x/y").origin],
    ["text/plain,x", "mailto:", "http://x"],
  );
});
