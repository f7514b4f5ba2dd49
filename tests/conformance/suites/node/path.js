// SPDX-License-Identifier: Apache-2.0

import path, { posix, win32 } from "node:path";
import posixModule from "node:path/posix";
import { check, equal, ok, same, throws } from "../../check.js";

check("node:path is node:path/posix", () => ok(path === posix && posixModule === posix && path.win32 === win32 && path.sep === "/" && win32.delimiter === ";"));

const cases = {
  "posix.normalize": [["/a/./b//../c/", "/a/c/"], ["", "."], ["../a/../..", "../.."], ["/..", "/"], ["./", "./"]],
  "posix.join": [["a", "../b", "/c", "b/c"], ["", "", "."], ["/a", "..", "..", "/"]],
  "posix.resolve": [["/a", "b", "../c", "/a/c"], ["/a", "/b", "/b"]],
  "posix.relative": [["/a/b/c", "/a/d", "../../d"], ["/a", "/a", ""], ["/", "/x/y", "x/y"]],
  "posix.dirname": [["/a/b/", "/a"], ["a", "."], ["/a", "/"], ["//a", "//"], ["", "."], ["a//b", "a/"]],
  "posix.basename": [["/a/b.js", "b.js"], ["/a/b.js", ".js", "b"], ["a/", "a"], [".js", ".js", ""], ["/a/.js", ".js", ".js"], ["/", ""]],
  "posix.extname": [["a.b.c", ".c"], [".profile", ""], ["a.", "."], ["a", ""], ["a.b/c", ""], ["..", ""]],
  "posix.isAbsolute": [["/a", true], ["a", false], ["", false]],
  "win32.normalize": [["C:/a/..\\b\\", "C:\\b\\"], ["\\\\server\\share\\a\\..", "\\\\server\\share\\"], ["c:x", "c:x"]],
  "win32.join": [["C:\\a", "..", "b", "C:\\b"], ["a", "/b", "a\\b"]],
  "win32.resolve": [["C:\\a", "..\\b", "C:\\b"], ["C:\\a", "D:\\b", "D:\\b"], ["C:\\a", "\\b", "C:\\b"]],
  "win32.relative": [["C:\\a\\b", "C:\\a\\c", "..\\c"], ["C:\\a", "D:\\b", "D:\\b"], ["C:\\A", "c:\\a\\B", "B"]],
  "win32.dirname": [["C:\\a\\b", "C:\\a"], ["C:\\", "C:\\"], ["\\\\s\\h\\x", "\\\\s\\h\\"]],
  "win32.basename": [["C:\\a\\b.js", ".js", "b"], ["C:b", "b"]],
  "win32.isAbsolute": [["C:\\", true], ["C:", false], ["\\a", true]],
  "win32.toNamespacedPath": [["C:\\a", "\\\\?\\C:\\a"], ["\\\\s\\h\\x", "\\\\?\\UNC\\s\\h\\x"]],
};
for (const [name, list] of Object.entries(cases)) {
  const [flavour, method] = name.split(".");
  check(`path.${name}`, () => {
    for (const [...args] of list) {
      const expected = args.pop();
      equal(path[flavour][method](...args), expected, `${name}(${args.map((each) => JSON.stringify(each))}): `);
    }
  });
}

check("parse and format are inverse", () => {
  same({ ...path.parse("/a/b.c.js") }, { root: "/", dir: "/a", base: "b.c.js", ext: ".js", name: "b.c" });
  same({ ...win32.parse("C:\\a\\b.js") }, { root: "C:\\", dir: "C:\\a", base: "b.js", ext: ".js", name: "b" });
  same([path.format({ dir: "/a", name: "b", ext: "js" }), path.format({ root: "/", base: "x" }), win32.format({ dir: "C:\\a", base: "b" })], ["/a/b.js", "/x", "C:\\a\\b"]);
});

check("resolve begins where the worker's files are", { differs: "workerd begins at the root, whatever process.cwd() says" }, () => same([path.resolve("a"), path.resolve("")], ["/bundle/a", "/bundle"]));

check("other than strings are refused", () => {
  for (const method of ["join", "normalize", "dirname", "basename", "extname", "parse", "isAbsolute", "resolve"]) {
    equal(throws(() => path[method](5), TypeError).code, "ERR_INVALID_ARG_TYPE");
  }
  equal(throws(() => path.format("a"), TypeError).code, "ERR_INVALID_ARG_TYPE");
});
