// SPDX-License-Identifier: Apache-2.0
// TextEncoder, TextDecoder, atob and btoa.
import { equal, ok, same, throws } from "../check.js";

const bytes = (...values) => new Uint8Array(values);
const decode = (label, values, options) => new TextDecoder(label, options).decode(bytes(...values));
const pieces = (label, chunks, options) => {
  const decoder = new TextDecoder(label, options);
  return [...chunks.map((chunk) => decoder.decode(bytes(...chunk), { stream: true })), decoder.decode()];
};

export const checks = {
  "TextEncoder encodes every plane and replaces lone surrogates": async () => {
    const encoder = new TextEncoder();
    equal(encoder.encoding, "utf-8");
    same([...encoder.encode("a\u00e9\u20ac\u{1f600}")], [97, 195, 169, 226, 130, 172, 240, 159, 152, 128]);
    same([...encoder.encode("\ud800x\udc00")], [239, 191, 189, 120, 239, 191, 189]);
    equal(encoder.encode().length, 0);
    equal(encoder.encode(undefined).length, 0);
    same([...encoder.encode(null)], [110, 117, 108, 108]);
    ok(encoder.encode("x") instanceof Uint8Array);
    equal(encoder.encode("x".repeat(100_000) + "\u00e9").length, 100_002);
  },
  "TextEncoder.encodeInto never splits a character": async () => {
    const encoder = new TextEncoder();
    const into = new Uint8Array(5);
    same(encoder.encodeInto("ab\u20ac\u{1f600}", into), { read: 3, written: 5 });
    same([...into], [97, 98, 226, 130, 172]);
    same(encoder.encodeInto("\u{1f600}", new Uint8Array(3)), { read: 0, written: 0 });
    same(encoder.encodeInto("\u{1f600}", new Uint8Array(4)), { read: 2, written: 4 });
    same(encoder.encodeInto("abc", new Uint8Array(0)), { read: 0, written: 0 });
    const part = new Uint8Array(6);
    same(encoder.encodeInto("xy", part.subarray(2, 4)), { read: 2, written: 2 });
    same([...part], [0, 0, 120, 121, 0, 0]);
    throws(() => encoder.encodeInto("x", [1, 2]), TypeError);
  },
  "TextDecoder decodes UTF-8 from every kind of buffer": async () => {
    const text = "plain, \u00e9\u20ac\u{1f600} \u4f60\u597d";
    const encoded = new TextEncoder().encode(text);
    const decoder = new TextDecoder();
    equal(decoder.decode(encoded), text);
    equal(decoder.decode(encoded.buffer), text);
    equal(decoder.decode(new DataView(encoded.buffer)), text);
    equal(decoder.decode(), "");
    equal(decoder.decode(new Uint8Array(0)), "");
    const shifted = new Uint8Array(encoded.length + 3);
    shifted.set(encoded, 3);
    equal(decoder.decode(shifted.subarray(3)), text);
    const long = text.repeat(5000);
    equal(decoder.decode(new TextEncoder().encode(long)), long);
    throws(() => decoder.decode("text"), TypeError);
    throws(() => decoder.decode({}), TypeError);
  },
  "TextDecoder puts one replacement per maximal wrong part": async () => {
    const wrong = [
      [[0xff], "\ufffd"],
      [[0xc0, 0x80], "\ufffd\ufffd"],
      [[0xe0, 0x80, 0x80], "\ufffd\ufffd\ufffd"],
      [[0xe2, 0x82], "\ufffd"],
      [[0xf0, 0x9f, 0x98], "\ufffd"],
      [[0xed, 0xa0, 0x80], "\ufffd\ufffd\ufffd"],
      [[0xf4, 0x90, 0x80, 0x80], "\ufffd\ufffd\ufffd\ufffd"],
      [[0x61, 0xe2, 0x82, 0x62], "a\ufffdb"],
      [[0xf8, 0x88, 0x80, 0x80, 0x80], "\ufffd\ufffd\ufffd\ufffd\ufffd"],
    ];
    for (const [input, expected] of wrong) {
      equal(decode("utf-8", input), expected, `${input}: `);
      throws(() => decode("utf-8", input, { fatal: true }), TypeError);
    }
  },
  "TextDecoder streams characters that are split anywhere": async () => {
    const text = "a\u00e9\u20ac\u{1f600}z";
    const encoded = [...new TextEncoder().encode(text)];
    for (let first = 0; first <= encoded.length; first++) {
      for (let second = first; second <= encoded.length; second++) {
        const chunks = [encoded.slice(0, first), encoded.slice(first, second), encoded.slice(second)];
        equal(pieces("utf-8", chunks).join(""), text);
        equal(pieces("utf-8", chunks, { fatal: true }).join(""), text);
      }
    }
    same(pieces("utf-8", [[0xe2], [0x82], [0xac]]), ["", "", "\u20ac", ""]);
    same(pieces("utf-8", [[0xe2, 0x82]]), ["", "\ufffd"]);
    same(pieces("utf-8", [[0xf0, 0x80], [0x80]]), ["\ufffd\ufffd", "\ufffd", ""]);
    throws(() => pieces("utf-8", [[0xe2, 0x82]], { fatal: true }), TypeError);
    const decoder = new TextDecoder("utf-8", { fatal: true });
    throws(() => decoder.decode(bytes(0xff), { stream: true }), TypeError);
    equal(decoder.decode(bytes(0x61)), "a");
  },
  "TextDecoder deals with byte order marks once per stream": async () => {
    const mark = [0xef, 0xbb, 0xbf];
    equal(decode("utf-8", [...mark, 0x61]), "a");
    equal(decode("utf-8", [...mark, ...mark, 0x61]), "\ufeffa");
    equal(decode("utf-8", [...mark, 0x61], { ignoreBOM: true }), "\ufeffa");
    same(pieces("utf-8", [[0xef], [0xbb], [0xbf, 0x61], [...mark]]), ["", "", "a", "\ufeff", ""]);
    equal(decode("utf-16le", [0xff, 0xfe, 0x61, 0]), "a");
    equal(decode("utf-16be", [0xfe, 0xff, 0, 0x61]), "a");
    const decoder = new TextDecoder();
    equal(decoder.decode(bytes(...mark, 0x61)), "a");
    equal(decoder.decode(bytes(...mark, 0x62)), "b");
  },
  "TextDecoder decodes UTF-16 of both orders": async () => {
    equal(decode("utf-16le", [0x61, 0, 0xac, 0x20, 0x3d, 0xd8, 0x00, 0xde]), "a\u20ac\u{1f600}");
    equal(decode("utf-16be", [0, 0x61, 0x20, 0xac, 0xd8, 0x3d, 0xde, 0x00]), "a\u20ac\u{1f600}");
    equal(decode("utf-16le", [0x3d, 0xd8, 0x61, 0]), "\ufffda");
    equal(decode("utf-16le", [0x61, 0, 0x62]), "a\ufffd");
    throws(() => decode("utf-16le", [0x61, 0, 0x62], { fatal: true }), TypeError);
    throws(() => decode("utf-16le", [0, 0xdc], { fatal: true }), TypeError);
    equal(pieces("utf-16le", [[0x3d], [0xd8, 0x00], [0xde], [0x61, 0]]).join(""), "\u{1f600}a");
    equal(pieces("utf-16be", [[0xd8], [0x3d, 0xde], [0x00], [0]]).join(""), "\u{1f600}\ufffd");
  },
  "TextDecoder knows labels, in any case and with white space": async () => {
    for (const [label, name] of [
      ["UTF8", "utf-8"], [" utf-8\n", "utf-8"], ["latin1", "windows-1252"], ["ASCII", "windows-1252"], ["utf-16", "utf-16le"],
      ["iso-8859-1", "windows-1252"], ["l2", "iso-8859-2"], ["sjis", "shift_jis"], ["gb2312", "gbk"], ["ks_c_5601-1987", "euc-kr"],
      ["cp1251", "windows-1251"], ["koi8", "koi8-r"],
    ]) {
      equal(new TextDecoder(label).encoding, name, `${label}: `);
    }
    for (const label of ["nonsense", "", "utf-7", "utf-32"]) throws(() => new TextDecoder(label), RangeError);
  },
  "TextDecoder decodes legacy encodings": async () => {
    equal(decode("windows-1252", [0x80, 0xe9, 0x9f, 0x81, 0xff]), "\u20ac\u00e9\u0178\u0081\u00ff");
    equal(decode("windows-1251", [0xcf, 0xf0, 0xe8]), "\u041f\u0440\u0438");
    equal(decode("iso-8859-2", [0xb1, 0xe6]), "\u0105\u0107");
    equal(decode("iso-8859-15", [0xa4]), "\u20ac");
    equal(decode("koi8-r", [0xf0, 0xd2]), "\u041f\u0440");
    equal(decode("shift_jis", [0x82, 0xa0, 0x41, 0xb1]), "\u3042A\uff71");
    equal(decode("euc-jp", [0xa4, 0xa2]), "\u3042");
    equal(decode("gbk", [0xc4, 0xe3, 0xba, 0xc3]), "\u4f60\u597d");
    equal(decode("gb18030", [0x81, 0x30, 0x81, 0x30]), "\u0080");
    equal(decode("big5", [0xa7, 0x41]), "\u4f60");
    equal(decode("euc-kr", [0xb0, 0xa1]), "\uac00");
    equal(pieces("shift_jis", [[0x82], [0xa0, 0x82], [0xa2]]).join(""), "\u3042\u3044");
    equal(pieces("gbk", [[0xc4], [0xe3]]).join(""), "\u4f60");
  },
  "atob is forgiving as far as the standard says": async () => {
    equal(atob("aGVsbG8="), "hello");
    equal(atob(" aGVs\nbG8 \t"), "hello");
    equal(atob(""), "");
    equal(atob("/+8="), "\xff\xef");
    equal(atob("AA"), "\0");
    equal(atob(null), "\x9e\xe9e");
    for (const wrong of ["a", "a===", "aGVsbG8==", "aG=", "=", "a-_b", "aGVsbG8=x", "\u20ac", "aGVs\u00a0bG8="]) {
      throws(() => atob(wrong), { name: "InvalidCharacterError" });
    }
    throws(() => atob(), TypeError);
  },
  "ISO-2022-JP keeps its state from chunk to chunk": async () => {
    const bytes = [0x1b, 0x24, 0x42, 0x46, 0x7c, 0x4b, 0x5c, 0x1b, 0x28, 0x42, 0x41, 0x1b, 0x28, 0x4a, 0x5c, 0x7e, 0x1b, 0x28, 0x49, 0x31];
    const text = "\u65e5\u672cA\u00a5\u203e\uff71";
    equal(new TextDecoder("iso-2022-jp").decode(new Uint8Array(bytes)), text);
    const decoder = new TextDecoder("csiso2022jp");
    equal(decoder.encoding, "iso-2022-jp");
    equal(bytes.map((byte) => decoder.decode(new Uint8Array([byte]), { stream: true })).join("") + decoder.decode(), text);
    equal(new TextDecoder("iso-2022-jp").decode(new Uint8Array([0x1b, 0x24, 0x41, 0xff, 0x41])), "\ufffd$A\ufffdA");
    throws(() => new TextDecoder("iso-2022-jp", { fatal: true }).decode(new Uint8Array([0xff])), TypeError);
  },
  "x-user-defined has its bytes in the private use area": async () => {
    equal(new TextDecoder("x-user-defined").decode(new Uint8Array([0x41, 0x80, 0xff])), "A\uf780\uf7ff");
  },
  "btoa takes Latin-1 and nothing else": async () => {
    equal(btoa("hello"), "aGVsbG8=");
    equal(btoa(""), "");
    equal(btoa("\0\xff"), "AP8=");
    equal(btoa(undefined), "dW5kZWZpbmVk");
    equal(btoa("x\u20ac".slice(0, 1)), "eA==");
    const error = throws(() => btoa("\u0100"), DOMException);
    equal(error.code, 5);
    const all = String.fromCharCode(...Array(256).keys()).repeat(50);
    equal(atob(btoa(all)), all);
  },
  "the classes look native": async () => {
    equal(Object.prototype.toString.call(new TextEncoder()), "[object TextEncoder]");
    equal(Object.prototype.toString.call(new TextDecoder()), "[object TextDecoder]");
    equal(TextDecoder.length, 0);
    same(Object.keys(TextDecoder.prototype).sort(), ["decode", "encoding", "fatal", "ignoreBOM"]);
    throws(() => TextEncoder.prototype.encode.call({}, "x"), TypeError);
    throws(() => TextDecoder(), TypeError);
  },
};
