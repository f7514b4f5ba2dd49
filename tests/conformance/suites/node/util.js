// SPDX-License-Identifier: Apache-2.0

import util, { inspect } from "node:util";
import types from "node:util/types";
import { check, equal, ok, rejects, same, throws } from "../../check.js";

class Point { constructor() { this.x = 1; } get y() { return 2; } }
class Points extends Map {}
const circular = { a: {} };
circular.a.b = circular;

for (const [value, expected, options] of [
  ["it's", '"it\'s"'], ["\n\ud800", "'\\n\\ud800'"], [-0, "-0"], [5n, "5n"], [Symbol("s"), "Symbol(s)"], [null, "null"], [undefined, "undefined"],
  [{ a: 1, "b-c": "x", [Symbol("k")]: true }, "{ a: 1, 'b-c': 'x', Symbol(k): true }"],
  [{ a: { b: { c: { d: 1 } } } }, "{ a: [Object] }", { depth: 0 }],
  [[1, , 3, , ,], "[ 1, <1 empty item>, 3, <2 empty items> ]"],
  [Array.from({ length: 101 }, () => 1), /1\n\]|... 1 more item\n\]$/],
  [new Map([["a", { b: 1 }]]), "Map(1) { 'a' => { b: 1 } }"], [new Set([1, "2"]), "Set(2) { 1, '2' }"], [new Points(), "Points(0) [Map] {}"],
  [new Point(), "Point { x: 1 }"], [Point, "[class Point]"], [class extends Point {}, /^\[class .*extends Point\]$/], [function named() {}, "[Function: named]"],
  [async () => {}, "[AsyncFunction (anonymous)]"], [Object.create(null), "[Object: null prototype] {}"],
  [circular, "<ref *1> { a: { b: [Circular *1] } }"], [new Date(0), "1970-01-01T00:00:00.000Z"], [/a/g, "/a/g"],
  [Promise.resolve(5), "Promise { 5 }"], [new Promise(() => {}), "Promise { <pending> }"], [new Uint8Array(2), "Uint8Array(2) [ 0, 0 ]"],
  [Buffer.from("abc"), "<Buffer 61 62 63>"], [Object("s"), "[String: 's']"], [new WeakMap(), "WeakMap { <items unknown> }"],
  [{ get a() { return 1; }, set b(_) {} }, "{ a: [Getter], b: [Setter] }"], [{ get a() { return 1; } }, "{ a: [Getter: 1] }", { getters: true }],
  [{ [inspect.custom]: (depth, options) => `custom ${depth} ${typeof options.stylize}` }, "custom 2 function"],
  ["x".repeat(5), "'xx'... 3 more characters", { maxStringLength: 2 }], [[1, 2, 3], "[ 1, ... 2 more items ]", { maxArrayLength: 1 }],
  [{ b: 1, a: 2 }, "{ a: 2, b: 1 }", { sorted: true }], [{ a: "x" }, "{ a: \u001b[32m'x'\u001b[39m }", { colors: true }], [123456.789, "123_456.789", { numericSeparator: true }],
  [new (class Foo extends Error {})("m"), /^Foo \[Error\]: m\n +at /],
]) {
  check(`inspect gives ${expected}`, () => {
    const text = inspect(value, options);
    if (expected instanceof RegExp) ok(expected.test(text), text);
    else equal(text, expected);
  });
}

for (const [args, expected] of [
  [["%s %d %i %f", "a", "42", 4.9, "1.5"], "a 42 4 1.5"], [["%j %o %%", { a: 1 }], '{"a":1} %o %'], [["%s"], "%s"], [["a", 1, { b: 2 }], "a 1 { b: 2 }"],
  [["%O", { a: { b: 1 } }], "{ a: { b: 1 } }"], [["%c|", "css"], "|"], [[5, "x"], "5 x"], [["%s", { a: { b: 1 } }], "{ a: [Object] }"], [["%s %s", null, undefined], "null undefined"],
  [["%d", 5n], "5n"], [["%s", -0], "-0"], [["%s", class A {}], /class A/],
]) {
  check(`format gives ${expected}`, () => {
    const text = util.format(...args);
    if (expected instanceof RegExp) ok(expected.test(text), text);
    else equal(text, expected);
  });
}

check("promisify and callbackify", async () => {
  const add = (a, b, callback) => (a < 0 ? callback(new RangeError("negative")) : callback(null, a + b));
  equal(await util.promisify(add)(1, 2), 3);
  await rejects(util.promisify(add)(-1, 2), "negative");
  const custom = () => {};
  custom[util.promisify.custom] = async () => "custom";
  equal(await util.promisify(custom)(), "custom");
  equal(await new Promise((done) => util.callbackify(async (x) => x * 2)(4, (error, value) => done(value))), 8);
  equal((await new Promise((done) => util.callbackify(() => Promise.reject(null))((error) => done(error)))).code, "ERR_FALSY_VALUE_REJECTION");
  throws(() => util.promisify(5), TypeError);
});

const equalPairs = [[{ a: [1, { b: 2 }] }, { a: [1, { b: 2 }] }], [new Map([[{ a: 1 }, 1]]), new Map([[{ a: 1 }, 1]])], [new Set([[1], 2]), new Set([2, [1]])], [NaN, NaN], [new Date(5), new Date(5)],
  [/a/g, /a/g], [Buffer.from("a"), Buffer.from("a")], [Object(1), Object(1)], [new Error("a"), new Error("a")], [circular, circular], [[, 1], [, 1]]];
const unequalPairs = [[{ a: 1 }, { a: "1" }], [[1, 2], [2, 1]], [{ a: undefined }, {}], [0, -0], [new Date(5), new Date(6)], [/a/g, /a/], [{}, []], [new Map([[1, 1]]), new Map([[1, 2]])], [new Set([1]), new Set([2])],
  [Object(1), Object(2)], [new Error("a"), new Error("b")], [Object.create(null), {}], [new Point(), { x: 1 }], [[undefined], [,]]];
check("isDeepStrictEqual", () => {
  equalPairs.forEach(([a, b], at) => equal(util.isDeepStrictEqual(a, b), true, `pair ${at}: `));
  unequalPairs.forEach(([a, b], at) => equal(util.isDeepStrictEqual(a, b), false, `pair ${at}: `));
});

check("types tell by what a value is", () => {
  const samples = { isMap: new Map(), isSet: new Set(), isPromise: Promise.resolve(), isRegExp: /a/, isDate: new Date(), isProxy: new Proxy({}, {}), isUint8Array: new Uint8Array(), isDataView: new DataView(new ArrayBuffer(1)),
    isArrayBuffer: new ArrayBuffer(1), isNativeError: new Error(), isBoxedPrimitive: Object(1), isAsyncFunction: async () => {}, isGeneratorFunction: function* () {}, isTypedArray: new Float32Array(), isMapIterator: new Map().keys(), isWeakMap: new WeakMap() };
  for (const [name, value] of Object.entries(samples)) same([name, types[name](value), types[name]({}), types[name](null)], [name, true, false, false]);
  ok(util.types === types);
});

check("parseArgs", { differs: "workerd has no parseArgs()" }, () => {
  const { values, positionals } = util.parseArgs({
    args: ["-v", "--name=x", "--tag", "a", "--tag", "b", "file", "--", "-z"],
    options: { verbose: { type: "boolean", short: "v" }, name: { type: "string" }, tag: { type: "string", multiple: true }, level: { type: "string", default: "1" } },
    allowPositionals: true,
  });
  same([{ ...values }, positionals], [{ verbose: true, name: "x", tag: ["a", "b"], level: "1" }, ["file", "-z"]]);
  equal(throws(() => util.parseArgs({ args: ["--nope"], options: {} }), TypeError).code, "ERR_PARSE_ARGS_UNKNOWN_OPTION");
  equal(throws(() => util.parseArgs({ args: ["x"], options: {} }), TypeError).code, "ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL");
  equal(throws(() => util.parseArgs({ args: ["--a"], options: { a: { type: "string" } } }), TypeError).code, "ERR_PARSE_ARGS_INVALID_OPTION_VALUE");
});

check("styleText and stripVTControlCharacters", () => {
  equal(util.styleText(["red", "bold"], "x", { validateStream: false }), "\u001b[31m\u001b[1mx\u001b[22m\u001b[39m");
  equal(util.stripVTControlCharacters("\u001b[31mx\u001b[39m"), "x");
  equal(throws(() => util.styleText("nope", "x"), TypeError).code, "ERR_INVALID_ARG_VALUE");
});

check("inherits, deprecate, debuglog, toUSVString, TextEncoder", () => {
  function A() {}
  function B() {}
  util.inherits(B, A);
  ok(new B() instanceof A && B.super_ === A);
  equal(util.deprecate((x) => x + 1, "old", "D1")(1), 2);
  util.debuglog("x")("not shown");
  same([util.toUSVString("a\ud800"), util.TextEncoder === TextEncoder, util.TextDecoder === TextDecoder], ["a\ufffd", true, true]);
});

check("MIMEType", () => {
  const type = new util.MIMEType('Text/HTML; Charset="utf-8"; q=1');
  same([type.essence, type.params.get("charset"), String(type)], ["text/html", "utf-8", "text/html;charset=utf-8;q=1"]);
  throws(() => new util.MIMEType("nope"), TypeError);
});

check("aborted() is told of an abort", async () => {
  const controller = new AbortController();
  const told = util.aborted(controller.signal, {});
  controller.abort();
  await told;
});

check("system errors have names", () => {
  same([util.getSystemErrorName(-2), util.getSystemErrorMap().get(-13)[0]], ["ENOENT", "EACCES"]);
  equal(throws(() => util.getSystemErrorName(2), RangeError).code, "ERR_OUT_OF_RANGE");
});

check("a getter that throws, a proxy that throws and a revoked proxy can be inspected", () => {
  const hostile = new Proxy({}, { get() { throw new Error("trap"); }, ownKeys() { throw new Error("trap"); }, getPrototypeOf() { throw new Error("trap"); } });
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  equal(typeof inspect({ hostile, get boom() { throw new Error("getter"); } }, { getters: true }), "string");
  equal(inspect(proxy), "<Revoked Proxy>");
});

check("what is nested without end is cut, not a fault", () => {
  let deep = {};
  for (let i = 0; i < 50_000; i++) deep = { deep };
  ok(inspect(deep, { depth: Infinity }).length > 100);
});
