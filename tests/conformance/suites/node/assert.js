// SPDX-License-Identifier: Apache-2.0

import assert, { AssertionError } from "node:assert";
import strict from "node:assert/strict";
import { check, equal, ok, rejects, same, throws } from "../../check.js";

const passes = {
  ok: [[1], ["x"], [{}]],
  equal: [[1, "1"], [null, undefined]],
  notEqual: [[1, 2]],
  strictEqual: [[1, 1], [NaN, NaN]],
  notStrictEqual: [[1, "1"], [0, -0]],
  deepEqual: [[{ a: 1 }, { a: "1" }], [[1, [2]], [1, [2]]], [new Set([1]), new Set([1])]],
  deepStrictEqual: [[{ a: [1, { b: 2 }] }, { a: [1, { b: 2 }] }], [new Map([["a", { b: 1 }]]), new Map([["a", { b: 1 }]])], [Buffer.from("a"), Buffer.from("a")]],
  notDeepStrictEqual: [[{ a: 1 }, { a: "1" }], [[], {}]],
  notDeepEqual: [[{ a: 1 }, { a: 2 }]],
  match: [["abc", /b/]],
  doesNotMatch: [["abc", /x/]],
  ifError: [[null], [undefined]],
};
const fails = {
  ok: [[0], [""], [null]],
  equal: [[1, 2], [{}, {}]],
  strictEqual: [[1, "1"], [0, -0], [{}, {}]],
  notStrictEqual: [[1, 1]],
  deepEqual: [[{ a: 1 }, { a: 2 }], [[1], [1, 2]]],
  deepStrictEqual: [[{ a: 1 }, { a: "1" }], [[1, 2], [2, 1]], [new Date(1), new Date(2)], [Object.create(null), {}]],
  notDeepStrictEqual: [[{ a: 1 }, { a: 1 }]],
  match: [["abc", /x/]],
  doesNotMatch: [["abc", /b/]],
  fail: [[]],
};

for (const [name, list] of Object.entries(passes)) {
  const differs = ["equal", "deepEqual"].includes(name) ? "workerd compares strictly" : undefined;
  check(`assert.${name} passes`, { differs }, () => list.forEach((args) => equal(assert[name](...args), undefined)));
}
for (const [name, list] of Object.entries(fails)) {
  check(`assert.${name} fails with an AssertionError`, () => {
    for (const args of list) {
      const error = throws(() => assert[name](...args), AssertionError);
      same([error.code, error.name], ["ERR_ASSERTION", "AssertionError"]);
      if (args.length === 2 && name !== "match" && name !== "doesNotMatch") {
        ok(Object.is(error.actual, args[0]) && Object.is(error.expected, args[1]));
      }
    }
  });
}

check("a message of one's own is the error's", () => {
  throws(() => assert.strictEqual(1, 2, "mine"), { name: "AssertionError", message: "mine" });
  throws(() => assert(false, "called"), { message: "called" });
});

check("an error of one's own is thrown itself", { differs: "workerd makes a message of it" }, () => {
  const own = new RangeError("own");
  equal(throws(() => assert.ok(false, own)), own);
});

check("throws and doesNotThrow", () => {
  const thrower = () => { throw new RangeError("far"); };
  assert.throws(thrower, RangeError);
  assert.throws(thrower, /far/);
  assert.throws(thrower, { name: "RangeError", message: "far" });
  assert.throws(thrower, (error) => error instanceof RangeError);
  throws(() => assert.throws(() => {}), AssertionError);
  throws(() => assert.throws(thrower, /near/), AssertionError);
  throws(() => assert.throws(thrower, { message: "near" }), AssertionError);
  throws(() => assert.doesNotThrow(thrower), AssertionError);
  assert.doesNotThrow(() => {});
  throws(() => assert.throws("no function"), TypeError);
});

check("rejects and doesNotReject", async () => {
  await assert.rejects(Promise.reject(new RangeError("far")), RangeError);
  await assert.rejects(async () => { throw new Error("x"); }, /x/);
  await rejects(assert.rejects(Promise.resolve(1)), AssertionError);
  await assert.doesNotReject(Promise.resolve(1));
  await rejects(assert.doesNotReject(Promise.reject(new Error("x"))), AssertionError);
});

check("assert/strict has the strict ones under the plain names", () => {
  throws(() => strict.equal(1, "1"), AssertionError);
  throws(() => strict.deepEqual({ a: 1 }, { a: "1" }), AssertionError);
});

check("the message shows the difference", { differs: "workerd's texts are not Node's" }, () => {
  throws(() => assert.strictEqual(1, 2), "Expected values to be strictly equal:\n\n1 !== 2\n");
  throws(() => assert.deepStrictEqual({ a: 1, b: [1, 2] }, { a: 1, b: [1, 3] }),
    "Expected values to be strictly deep-equal:\n+ actual - expected\n\n  {\n    a: 1,\n    b: [\n      1,\n+     2\n-     3\n    ]\n  }\n");
  throws(() => assert.notStrictEqual(1, 1), 'Expected "actual" to be strictly unequal to: 1');
  throws(() => assert.strictEqual({}, {}), 'Values have same structure but are not reference-equal:\n\n{}\n');
});

check("ifError says what it got", () => throws(() => assert.ifError(new Error("bad")), /ifError got unwanted exception: bad/));

check("getters and proxies that throw are the program's errors", () => {
  const hostile = { get a() { throw new RangeError("getter"); } };
  throws(() => assert.deepStrictEqual(hostile, { a: 1 }), RangeError);
});

check("long texts are compared without end", () => {
  const text = Array.from({ length: 3000 }, (_, i) => `line ${i * 7919 % 3001}`);
  throws(() => assert.deepStrictEqual(text, text.toReversed()), AssertionError);
});
