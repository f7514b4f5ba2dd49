// SPDX-License-Identifier: Apache-2.0
// console: what it must not do to the values it is given, and that it takes anything.
import { equal, ok } from "../check.js";

const methods = ["log", "info", "warn", "error", "debug", "trace", "dir", "dirxml", "table", "group", "groupCollapsed",
  "groupEnd", "count", "countReset", "time", "timeLog", "timeEnd", "assert", "clear"];

export const checks = {
  "console has its methods, of its own and unbound": async () => {
    for (const name of methods) {
      equal(typeof console[name], "function", `${name}: `);
      ok(Object.hasOwn(console, name), `${name} as an own property`);
    }
    const { debug } = console;
    equal(debug("unbound"), undefined);
    equal(Object.prototype.toString.call(console), "[object console]");
  },
  "console runs no getter and no trap": async () => {
    let ran = 0;
    const touchy = new Proxy({}, new Proxy({}, { get: () => (ran++, undefined) }));
    console.debug({ get a() { return ran++; } }, touchy, [touchy], new Map([[touchy, touchy]]));
    console.debug("%o %O %s", { get b() { return ran++; } }, touchy, { get c() { return ran++; } });
    equal(ran, 0);
  },
  "console takes every kind of value": async () => {
    const circular = { list: [] };
    circular.list.push(circular, { circular });
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    const deep = [];
    for (let at = deep, level = 0; level < 10_000; level++) at.push((at = []));
    const wide = new Array(1e9);
    wide[5e8] = 1;
    class Base { #hidden = 1; static member = 2; shown = 3; }
    console.debug(circular, proxy, deep, wide, new Base(), Base, Object.create(null), Object.create(Object.create(null)),
      new Error("e", { cause: new AggregateError([new Error("inner")]) }), Promise.reject(1).catch(() => {}), new WeakMap(),
      new Date(NaN), /x/g, new Uint8Array(1000), new ArrayBuffer(1000), new DataView(new ArrayBuffer(4)), Symbol("s"), 5n,
      -0, "a\nb", ["it's \"`"], new Map([[1, new Set([1])]]).entries(), (function () { return arguments; })(1, 2),
      new Number(1), new String("boxed"), function () {}, class extends Base {}, async () => {}, function* () {}, globalThis,
      new Headers({ a: "b" }), new Request("http://x/"), new Response("x"), new URL("http://x/"), new Blob(["x"]));
    console.debug("x".repeat(1e6), ["y".repeat(1e6)], Array.from({ length: 1e5 }, (_, index) => ({ index })));
    const nameless = { __proto__: { constructor: undefined } };
    console.debug(nameless, { constructor: 5 }, { constructor: { name: "x" } }, { [Symbol.toStringTag]: "Tagged" });
  },
  "console survives objects that throw": async () => {
    const thrower = () => { throw new Error("no"); };
    const error = new Error("x");
    Object.defineProperty(error, "message", { get: thrower });
    Object.defineProperty(error, "stack", { get: thrower });
    console.debug(error, { toString: thrower, valueOf: thrower, [Symbol.toPrimitive]: thrower }, { toJSON: thrower });
    console.debug("%d %i %f %s %j %o %c %% %", Symbol("x"), {}, [], { toString: thrower }, { toJSON: thrower }, 1, "css");
    console.debug({ [Symbol.for("nodejs.util.inspect.custom")]: thrower });
  },
  "the other methods return nothing": async () => {
    for (const name of methods) {
      if (name !== "clear") equal(console[name]("label"), undefined, `${name}: `);
    }
    console.groupEnd();
    console.groupEnd();
    console.table([[1, 2], { a: 1 }, 5]);
    console.table(new Map([["a", 1]]));
    console.table(new Set(["a"]));
    console.table([{ a: 1, b: 2 }], ["b"]);
    console.table(null);
    console.assert(false, "failed %s", "on purpose");
    console.assert(false, { on: "purpose" });
    console.assert();
  },
};

/** Checks that workerd fails, and why it may. */
export const differs = {
  "console survives objects that throw": "workerd calls a toString of the object for %s",
};
