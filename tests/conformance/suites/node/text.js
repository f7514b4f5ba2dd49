// SPDX-License-Identifier: Apache-2.0
//
// node:querystring, node:string_decoder, node:punycode.

import punycode from "node:punycode";
import querystring from "node:querystring";
import { StringDecoder } from "node:string_decoder";
import { check, equal, same, throws } from "../../check.js";

for (const [text, expected, ...rest] of [
  ["a=1&b=2&a=3", { a: ["1", "3"], b: "2" }],
  ["a=%20b+c&%C3%A9=x", { a: " b c", é: "x" }],
  ["a&b=&=c&&", { a: "", b: "", "": "c" }],
  ["a=b=c", { a: "b=c" }],
  ["a=%zz%", { a: "%zz%" }],
  ["a:1;b:2", { a: "1", b: "2" }, ";", ":"],
  ["a=1&b=2&c=3", { a: "1", b: "2" }, null, null, { maxKeys: 2 }],
  ["", {}],
  ["__proto__=1", { ["__proto__"]: "1" }],
]) {
  check(`querystring.parse(${JSON.stringify(text)})`, () => same({ ...querystring.parse(text, ...rest) }, { ...expected }));
}

for (const [object, expected, ...rest] of [
  [{ a: 1, b: ["x", true, null], c: "é &" }, "a=1&b=x&b=true&b=&c=%C3%A9%20%26"],
  [{ a: Infinity, b: 5n, c: {}, d: undefined }, "a=&b=5&c=&d="],
  [{ a: "1", b: "2" }, "a:1;b:2", ";", ":"],
  ["text", ""],
  [{ "!'()*~-._": "!'()*~-._" }, "!'()*~-._=!'()*~-._"],
]) {
  check(`querystring.stringify gives ${JSON.stringify(expected)}`, () => equal(querystring.stringify(object, ...rest), expected));
}

check("querystring.escape and unescape", () => {
  same([querystring.escape("a b&é"), querystring.unescape("a%20b%C3%A9"), querystring.unescapeBuffer("a%20b").toString()], ["a%20b%26%C3%A9", "a bé", "a b"]);
  equal(throws(() => querystring.escape("\ud800")).code, "ERR_INVALID_URI");
});

for (const [encoding, chunks, expected] of [
  ["utf8", [[0xe2, 0x82], [0xac, 0x61]], ["", "€a", ""]],
  ["utf8", [[0xe2], [0x61]], ["", "\ufffda", ""]],
  ["utf8", [[0xf0, 0x9f]], ["", "\ufffd"]],
  ["utf16le", [[0x61], [0x00, 0x3d], [0xd8, 0x4d, 0xdc]], ["", "a", "\ud83d\udc4d", ""]],
  ["base64", [[1], [2, 3, 4]], ["", "AQID", "BA=="]],
  ["hex", [[1, 255]], ["01ff", ""]],
  ["latin1", [[233]], ["é", ""]],
]) {
  check(`StringDecoder("${encoding}") of ${JSON.stringify(chunks)}`, () => {
    const decoder = new StringDecoder(encoding);
    same([...chunks.map((chunk) => decoder.write(Buffer.from(chunk))), decoder.end()], expected);
  });
}

check("StringDecoder refuses what it does not know", () => {
  equal(throws(() => new StringDecoder("nope"), TypeError).code, "ERR_UNKNOWN_ENCODING");
  equal(throws(() => new StringDecoder().write(5), TypeError).code, "ERR_INVALID_ARG_TYPE");
  equal(new StringDecoder("UTF-8").encoding, "utf8");
});

check("punycode", () => {
  same([punycode.toASCII("mañana.com"), punycode.toUnicode("xn--maana-pta.com"), punycode.encode("bücher"), punycode.decode("bcher-kva")], ["xn--maana-pta.com", "mañana.com", "bcher-kva", "bücher"]);
  same(punycode.ucs2.decode("a\u{1f388}"), [97, 0x1f388]);
});
