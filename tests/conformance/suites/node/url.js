// SPDX-License-Identifier: Apache-2.0

import url, { fileURLToPath, pathToFileURL } from "node:url";
import { check, equal, ok, same, throws } from "../../check.js";

check("node:url has the global classes", () => ok(url.URL === URL && url.URLSearchParams === URLSearchParams));

for (const [input, expected] of [
  ["http://user:pass@host.com:8080/p/a?query=string#hash", { protocol: "http:", slashes: true, auth: "user:pass", host: "host.com:8080", port: "8080", hostname: "host.com", hash: "#hash", search: "?query=string", query: "query=string", pathname: "/p/a", path: "/p/a?query=string" }],
  ["HTTP://EXAMPLE.com", { protocol: "http:", host: "example.com", pathname: "/", href: "http://example.com/" }],
  ["/a/b?c#d", { protocol: null, host: null, pathname: "/a/b", search: "?c", hash: "#d" }],
  ["mailto:a@b.c", { protocol: "mailto:", auth: "a", host: "b.c", href: "mailto:a@b.c" }],
  ["javascript:alert('x')", { protocol: "javascript:", pathname: "alert('x')" }],
  ["http://[::1]:80/", { hostname: "::1", port: "80", host: "[::1]:80" }],
  ["http://a.com/b c\"<>", { pathname: "/b%20c%22%3C%3E" }],
  ["file:///etc/x", { protocol: "file:", host: "", pathname: "/etc/x" }],
]) {
  check(`url.parse("${input}")`, () => {
    const parsed = url.parse(input);
    for (const [key, value] of Object.entries(expected)) equal(parsed[key], value, `${key}: `);
  });
}

check("url.parse reads queries and hosts on request", () => {
  same({ ...url.parse("/a?b=1&b=2", true).query }, { b: ["1", "2"] });
  same([url.parse("//host/p", false, true).host, url.parse("//host/p").host], ["host", null]);
});

for (const [from, to, expected] of [
  ["/one/two/three", "four", "/one/two/four"], ["http://example.com/", "/one", "http://example.com/one"], ["http://example.com/one", "/two", "http://example.com/two"],
  ["http://a.com/b/c/d", "../e", "http://a.com/b/e"], ["http://a.com/b/c/d", "../../../e", "http://a.com/e"], ["http://a.com/b?x#y", "?q", "http://a.com/b?q"],
  ["http://a.com/b", "//c.com/d", "http://c.com/d"], ["http://a.com/b", "https://x.y/z", "https://x.y/z"], ["http://a.com/b/", "./c/.", "http://a.com/b/c/"], ["http://a.com/b#x", "#y", "http://a.com/b#y"],
]) {
  check(`url.resolve("${from}", "${to}")`, () => equal(url.resolve(from, to), expected));
}

check("url.format of objects, texts and URLs", () => {
  same([
    url.format({ protocol: "http", host: "a.com", pathname: "b", query: { c: [1, 2] }, hash: "d" }),
    url.format("http://a.com/b c"),
    url.format(new URL("http://u:p@a.com/x?y#z"), { auth: false, fragment: false, search: false }),
    url.format({ hostname: "::1", port: 5, slashes: true }),
  ], ["http://a.com/b?c=1&c=2#d", "http://a.com/b%20c", "http://a.com/x", "//[::1]:5"]);
});

check("file addresses and paths", () => {
  same([fileURLToPath("file:///a/b%20c"), pathToFileURL("/a b?c#d%").href, fileURLToPath(new URL("file:///x"))], ["/a/b c", "file:///a%20b%3Fc%23d%25", "/x"]);
  equal(throws(() => fileURLToPath("http://x")).code, "ERR_INVALID_URL_SCHEME");
  equal(throws(() => fileURLToPath("file:///a%2fb")).code, "ERR_INVALID_FILE_URL_PATH");
  throws(() => fileURLToPath(5), TypeError);
});

check("domains and options for http", () => {
  same([url.domainToASCII("español.com"), url.domainToUnicode("xn--espaol-zwa.com"), url.domainToASCII("xn--iñvalid.com")], ["xn--espaol-zwa.com", "español.com", ""]);
  const options = url.urlToHttpOptions(new URL("https://a:b@x.y:8080/p?q#h"));
  same([options.hostname, options.port, options.path, options.auth], ["x.y", 8080, "/p?q", "a:b"]);
});

check("other than strings are refused", () => {
  equal(throws(() => url.parse(5), TypeError).code, "ERR_INVALID_ARG_TYPE");
});
