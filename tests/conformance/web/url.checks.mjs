// SPDX-License-Identifier: Apache-2.0
// URL and URLSearchParams. Checks are named functions that throw on failure and run in any runtime.
import { equal, ok, same, throws } from "../check.js";

const parts = (url) => [
  url.protocol,
  url.username,
  url.password,
  url.host,
  url.hostname,
  url.port,
  url.pathname,
  url.search,
  url.hash,
];

export const checks = {
  "URL splits an address into its parts": () => {
    const url = new URL("https://user:pa%20ss@Example.COM:8080/a/../b c?q=1&r#top");
    same(parts(url), [
      "https:",
      "user",
      "pa%20ss",
      "example.com:8080",
      "example.com",
      "8080",
      "/b%20c",
      "?q=1&r",
      "#top",
    ]);
    equal(url.href, "https://user:pa%20ss@example.com:8080/b%20c?q=1&r#top");
    equal(url.origin, "https://example.com:8080");
    equal(`${url}`, url.href);
    equal(JSON.stringify({ url }), `{"url":"${url.href}"}`);
  },
  "URL with nothing but a host has empty parts": () => {
    same(parts(new URL("http://a")), ["http:", "", "", "a", "a", "", "/", "", ""]);
    same(parts(new URL("http://a:80/?#")), ["http:", "", "", "a", "a", "", "/", "", ""]);
    equal(new URL("http://a/?#").href, "http://a/?#");
    same(parts(new URL("http://user@a/")), ["http:", "user", "", "a", "a", "", "/", "", ""]);
    same(parts(new URL("http://:secret@a/")), ["http:", "", "secret", "a", "a", "", "/", "", ""]);
  },
  "URL without an authority": () => {
    same(parts(new URL("data:text/plain,hi?x#y")), ["data:", "", "", "", "", "", "text/plain,hi", "?x", "#y"]);
    same(parts(new URL("mailto:a@b")), ["mailto:", "", "", "", "", "", "a@b", "", ""]);
    same(parts(new URL("web+demo:/.//not-a-host/")), ["web+demo:", "", "", "", "", "", "//not-a-host/", "", ""]);
    same(parts(new URL("file:///tmp/x")), ["file:", "", "", "", "", "", "/tmp/x", "", ""]);
  },
  "URL resolves against a base": () => {
    const base = "http://a/b/c/d?q#f";
    const resolved = ["g", "./g", "../g", "/g", "//g", "?y", "#s", "", "g;x=1/../y", "http:g"].map(
      (path) => new URL(path, base).href,
    );
    same(resolved, [
      "http://a/b/c/g",
      "http://a/b/c/g",
      "http://a/b/g",
      "http://a/g",
      "http://g/",
      "http://a/b/c/d?y",
      "http://a/b/c/d?q#s",
      "http://a/b/c/d?q",
      "http://a/b/c/y",
      "http://a/b/c/g",
    ]);
    equal(new URL("x", new URL("http://a/b")).href, "http://a/x");
    throws(() => new URL("http://c/", "no base"), TypeError);
  },
  "URL normalizes hosts": () => {
    equal(new URL("http://0x7f.1/").hostname, "127.0.0.1");
    equal(new URL("http://[::0:1]:80/").host, "[::1]");
    equal(new URL("http://ex%41mple.com/").hostname, "example.com");
    equal(new URL("http://münchen.de/").hostname, "xn--mnchen-3ya.de");
    equal(new URL("http://\u{1f4a9}.la/").hostname, "xn--ls8h.la");
  },
  "URL refuses what is no address with a TypeError": () => {
    for (const bad of ["", "x", "/a", "http://", "http://a b/", "http://[::1", "http://a:99999/", "http://a%00b/"]) {
      throws(() => new URL(bad), { name: "TypeError", message: "Invalid URL string." });
    }
    throws(() => new URL("a", "b"), TypeError);
    throws(() => new URL(), TypeError);
    throws(() => URL("http://a"), TypeError);
  },
  "URL.canParse and URL.parse do not throw": () => {
    same(
      [URL.canParse("http://a"), URL.canParse("a"), URL.canParse("a", "http://b"), URL.canParse("a", "b")],
      [true, false, true, false],
    );
    equal(URL.parse("a"), null);
    equal(URL.parse("a", "http://b").href, "http://b/a");
    ok(URL.parse("http://a") instanceof URL);
  },
  "URL's setters change one part": () => {
    const set = (href, part, value) => {
      const url = new URL(href);
      url[part] = value;
      return url.href;
    };
    equal(set("http://a/b", "protocol", "https"), "https://a/b");
    equal(set("http://a/b", "protocol", "mailto"), "http://a/b");
    equal(set("http://a/b", "username", "me@"), "http://me%40@a/b");
    equal(set("http://me@a/b", "password", "x"), "http://me:x@a/b");
    equal(set("http://a:1/b", "host", "c:2"), "http://c:2/b");
    equal(set("http://a:1/b", "hostname", "c"), "http://c:1/b");
    equal(set("http://a:1/b", "port", ""), "http://a/b");
    equal(set("http://a/b", "port", "443x"), "http://a:443/b");
    equal(set("http://a/b", "port", "x"), "http://a/b");
    equal(set("http://a/b?c", "pathname", "d e"), "http://a/d%20e?c");
    equal(set("http://a/b?c", "search", ""), "http://a/b");
    equal(set("http://a/b", "search", "x y"), "http://a/b?x%20y");
    equal(set("http://a/b#c", "hash", ""), "http://a/b");
    equal(set("http://a/b", "hash", "#d"), "http://a/b#d");
    equal(set("http://a/b", "href", "ws://c"), "ws://c/");
    throws(() => set("http://a/b", "href", "c"), TypeError);
    equal(set("http://a/b", "hostname", "x y"), "http://a/b");
  },
  "URL.origin is null where there is none": () => {
    const origins = [
      "ws://a:80/",
      "ftp://a",
      "file:///a",
      "data:x",
      "blob:https://a.b/c",
      "blob:ftp://a/b",
      "x://a",
    ].map((url) => new URL(url).origin);
    same(origins, ["ws://a", "ftp://a", "null", "null", "https://a.b", "null", "null"]);
  },
  "URL.searchParams and the URL follow each other": () => {
    const url = new URL("http://a/?x=1&y=2");
    const { searchParams } = url;
    equal(url.searchParams, searchParams);
    searchParams.append("z", "a b");
    equal(url.href, "http://a/?x=1&y=2&z=a+b");
    searchParams.delete("x");
    equal(url.search, "?y=2&z=a+b");
    url.search = "?n=%20";
    equal(searchParams.get("n"), " ");
    url.href = "http://b/?m=3";
    equal(searchParams.toString(), "m=3");
    searchParams.delete("m");
    equal(url.href, "http://b/");
  },
  "URL members look native": () => {
    equal(Object.prototype.toString.call(new URL("http://a")), "[object URL]");
    ok(Object.getOwnPropertyDescriptor(URL.prototype, "href").enumerable);
    same(Object.keys(new URL("http://a")), []);
    equal(URL.name, "URL");
    throws(() => URL.prototype.href, TypeError);
    throws(() => Reflect.get(URL.prototype, "host", {}), TypeError);
    ok(!Object.keys(globalThis).includes("URL"));
  },
  "URL can be extended": () => {
    class Mine extends URL {
      get twice() {
        return this.pathname + this.pathname;
      }
    }
    equal(new Mine("http://a/b").twice, "/b/b");
  },
  "URLSearchParams from text, pairs, records and others": () => {
    const text = (init) => new URLSearchParams(init).toString();
    equal(text("?a=1&b=2"), "a=1&b=2");
    equal(text("a=1&&b&=c&d=e=f"), "a=1&b=&=c&d=e%3Df");
    equal(
      text([
        ["a", "1"],
        ["a", "2"],
      ]),
      "a=1&a=2",
    );
    equal(text({ a: 1, b: null }), "a=1&b=null");
    equal(text(new URLSearchParams("x=y")), "x=y");
    equal(text(new Map([["m", "n"]])), "m=n");
    equal(text(undefined), "");
    equal(text(), "");
    throws(() => text([["a"]]), TypeError);
    throws(() => text([["a", "b", "c"]]), TypeError);
    throws(() => text([1]), TypeError);
  },
  "URLSearchParams decodes and encodes": () => {
    equal(new URLSearchParams("a=%E4%BD%A0+%2B").get("a"), "你 +");
    equal(new URLSearchParams("a=100%&b=%zz%41").toString(), "a=100%25&b=%25zzA");
    equal(new URLSearchParams("a=%ff").get("a"), "\ufffd");
    equal(new URLSearchParams("a=%EF%BB%BFx").get("a"), "\ufeffx");
    equal(new URLSearchParams({ "a b~!'()*-._é": "&=+%" }).toString(), "a+b%7E%21%27%28%29*-._%C3%A9=%26%3D%2B%25");
    equal(new URLSearchParams({ a: "\ud800" }).toString(), "a=%EF%BF%BD");
  },
  "URLSearchParams reads and changes": () => {
    const params = new URLSearchParams("a=1&b=2&a=3");
    equal(params.size, 3);
    equal(params.get("a"), "1");
    equal(params.get("c"), null);
    same(params.getAll("a"), ["1", "3"]);
    same(
      [params.has("a"), params.has("a", "3"), params.has("a", "2"), params.has("a", undefined)],
      [true, true, false, true],
    );
    params.set("a", "9");
    equal(params.toString(), "a=9&b=2");
    params.set("c", "4");
    params.append("b", "5");
    params.delete("b", "2");
    equal(params.toString(), "a=9&c=4&b=5");
    params.delete("b");
    equal(params.toString(), "a=9&c=4");
    throws(() => params.append("x"), TypeError);
  },
  "URLSearchParams sorts by code units and keeps the order of equals": () => {
    const params = new URLSearchParams("z=b&a=b&z=a&a=a&\u{1f308}=1&\ufb03=2");
    params.sort();
    same([...params.keys()], ["a", "a", "z", "z", "\u{1f308}", "\ufb03"]);
    same(params.getAll("z"), ["b", "a"]);
  },
  "URLSearchParams iterates, also while it changes": () => {
    const params = new URLSearchParams("a=1&b=2&c=3");
    same(
      [...params],
      [
        ["a", "1"],
        ["b", "2"],
        ["c", "3"],
      ],
    );
    same([...params.keys()].concat([...params.values()]), ["a", "b", "c", "1", "2", "3"]);
    same([...params.entries()], [...params]);
    const seen = [];
    params.forEach((value, name, self) => seen.push(name + value + (self === params)));
    same(seen, ["a1true", "b2true", "c3true"]);
    const kept = [];
    for (const [name] of params) {
      kept.push(name);
      params.delete(name);
    }
    same(kept, ["a", "c"]);
    same(Object.fromEntries(new URLSearchParams("x=1&y=2")), { x: "1", y: "2" });
  },
  "URLSearchParams holds a hundred thousand values": () => {
    const params = new URLSearchParams();
    for (let i = 0; i < 100_000; i++) params.append(`k${i % 7}`, i);
    params.sort();
    equal(params.size, 100_000);
    equal(new URLSearchParams(params.toString()).getAll("k3").length, 14286);
  },
};
