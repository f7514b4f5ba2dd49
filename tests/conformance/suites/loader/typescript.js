// SPDX-License-Identifier: Apache-2.0
//
// TypeScript modules: types are stripped by the loader. workerd has no such thing.

import { check, equal, ok, rejects, same, throws } from "../../check.js";
import { code, evaluate, method } from "./code.js";

const mayflyOnly = "workerd's loader takes no TypeScript";
const only = (name, run) => check(name, { mayflyOnly }, run);

/** Loads a worker whose main module is this TypeScript. */
const typed = (env, text, modules = {}) =>
  env.LOADER.load({
    compatibilityDate: "2026-11-01",
    mainModule: "main.ts",
    modules: { "main.ts": text, ...modules },
  }).getEntrypoint();

/** What an expression is in a module that begins with `top`. */
const valueOf = (env, expression, top = "", modules = {}) =>
  typed(env, method(`return ${expression};`, top), modules).run();

only("the main module may be TypeScript", async ({ env }) => {
  const text = `
    import { WorkerEntrypoint } from "cloudflare:workers";
    interface Input { numbers: readonly number[]; label?: string }
    type Sum = { label: string; sum: number };
    export default class extends WorkerEntrypoint<{}> {
      async run(input: Input): Promise<Sum> {
        const sum = input.numbers.reduce((a: number, b: number): number => a + b, 0);
        return { label: input.label!, sum } as const satisfies Sum;
      }
    }`;
  same(await typed(env, text).run({ numbers: [1, 2, 3], label: "x" }), { label: "x", sum: 6 });
});

for (const name of ["lib.ts", "lib.mts", "lib.d.ts"]) {
  only(`a string under the name ${name} is a TypeScript module`, async ({ env }) => {
    const modules = { [name]: "export const x: number = 1 as number;" };
    equal(await evaluate(env, "return x", { top: `import { x } from "./${name}";`, modules }), 1);
  });
}

only("{ ts } is a TypeScript module under any name", async ({ env }) => {
  const modules = { lib: { ts: "export const x = <number>2;" }, "b.js": { ts: "export let y: number = 3;" } };
  const top = `import { x } from "./lib"; import { y } from "./b.js";`;
  same(await evaluate(env, "return [x, y]", { top, modules }), [2, 3]);
});

only("TypeScript modules import each other by their names, and types go", async ({ env }) => {
  const modules = {
    "main.ts": method(
      "return area({ width: 2, height: 3 })",
      `import { type Shape, area } from "./lib/area.ts"; import type { Nothing } from "./not/there.ts";
       const unused: Shape | Nothing | undefined = undefined;`,
    ),
    "lib/area.ts": `import { Shape } from "./types.ts"; export type { Shape };
       export const area = ({ width, height }: Shape): number => width * height;`,
    "lib/types.ts": "export interface Shape { width: number; height: number }",
  };
  const worker = env.LOADER.load({ compatibilityDate: "2026-11-01", mainModule: "main.ts", modules });
  equal(await worker.getEntrypoint().run(), 6);
});

only(".cts is CommonJS, with exports or with export", async ({ env }) => {
  const modules = {
    "old.cts": "const twice = (n: number): number => n * 2; module.exports = { twice };",
    "new.cts": `import old = require("./old.cts"); import type { X } from "x";
      export const four: number = old.twice(2); export default four as number;`,
    "assigned.cts": "const name: string = 'assigned'; export = name;",
    "named.cts": "import { four } from './new.cts'; exports.five = four + (1 as number);",
  };
  const top = `import old from "./old.cts"; import made from "./new.cts"; import name from "./assigned.cts";
    import named from "./named.cts";`;
  same(await evaluate(env, "return [old.twice(1), made.four, made.default, name, named.five]", { top, modules }), [
    2, 4, 4, "assigned", 5,
  ]);
});

only("enums, constant or exported, are objects", async ({ env }) => {
  const top = `
    import { Level } from "./level.ts";
    enum Colour { red, green = 5, blue, name = "n" }
    const enum Flag { a = 1 << 0, b = 1 << 1, both = a | b }
    declare enum Nowhere { x }`;
  const modules = { "level.ts": "export enum Level { low = -1, high = 'x'.length }" };
  const expression = "[Colour.blue, Colour[5], Colour.name, Flag.both, Level.low, Level[1]]";
  same(await valueOf(env, expression, top, modules), [6, "green", "n", 3, -1, "high"]);
});

only("parameter properties are set, also in derived classes", async ({ env }) => {
  const top = `
    class A { constructor(protected readonly a: number, public b = 2) {} }
    class B extends A { c: number = 3; declare d: string;
      constructor(a: number, private e: string) { super(a); this.d = e; }
      get all(): unknown[] { return [this.a, this.b, this.c, this.d, this.e]; } }`;
  same(await valueOf(env, "new B(1, 'e').all", top), [1, 2, 3, "e", "e"]);
});

only("classes, generics, overloads and assertions lose their types", async ({ env }) => {
  const top = `
    abstract class Shape<T extends object = {}> implements Iterable<T> {
      static #made?: number = 0; private w!: number; readonly [key: string]: any;
      abstract area(this: Shape): number;
      override toString(): string { return "shape"; }
      *[Symbol.iterator](): Generator<T> { yield {} as T; }
    }
    class Square extends Shape<{ a: 1 }> { area() { return 4; } }
    function pick(x: string): string; function pick(x: number): number;
    function pick(x: any): any { return x satisfies unknown; }
    function isText(x: unknown): x is string { return typeof x === "string"; }
    const first = <T,>([x]: readonly T[]): T | undefined => x;
    const long = (a: number): Promise<{
      value: number;
    }> => Promise.resolve({ value: a });
    let size = \`\${pick("a") as string}-\${(<any>first([7]))!}\`;`;
  const expression =
    "[[...new Square()].length, new Square().area(), String(new Square()), isText(size), size, (await long(8)).value]";
  same(await valueOf(env, expression, top), [1, 4, "shape", true, "a-7", 8]);
});

only("using and await using work in TypeScript", async ({ env }) => {
  const body = `
    const log: string[] = [];
    { using a: Disposable = { [Symbol.dispose]() { log.push("a"); } };
      await using b = { async [Symbol.asyncDispose](): Promise<void> { log.push("b"); } }; }
    return log;`;
  same(await typed(env, method(body)).run(), ["b", "a"]);
});

only("an error is at its line and column of the original", async ({ env }) => {
  const text = `import { WorkerEntrypoint } from "cloudflare:workers";
import type { A,
  B } from "./types.ts";
interface Row { a: number;
  b: string }
enum Level { low,
  high }
export default class extends WorkerEntrypoint {
  at(error: unknown): string | undefined { return /main\\.ts:\\d+:\\d+/.exec((error as Error).stack!)?.[0]; }
  async run(row: Row, list: Array<Row>, how?: Level): Promise<string[]> { const caught: unknown[] = [];
    for (const next of [(): number => { throw new Error("x" as string); }, <T,>(x: T): T => { throw Error("y"); }]) {
      try { next<A, B>(row as any); } catch (error: unknown) { caught.push(error); }
    }
    return caught.map((error: unknown): string => this.at(error)!);
  }
}`;
  const line = text.split("\n").findIndex((one) => one.includes("for (const next"));
  const columnOf = (what) => text.split("\n")[line].indexOf(what) + 1;
  same(await typed(env, text).run(), [
    `main.ts:${line + 1}:${columnOf("new Error")}`,
    `main.ts:${line + 1}:${columnOf('Error("y")')}`,
  ]);
});

for (const [what, text, value] of [
  ["a cast, then a function", "const a = 5 as number // note ( [\n\n(() => { Object.a = 1 })()\nexport const r = a;", 5],
  ["a cast, then an array", "let b = [7] satisfies number[]\n[1, 2].forEach((n) => b.push(n))\nexport const r = b.length;", 3],
  ["a cast, then a template", "const s = `a` as string\n`b`.length\nexport const r = s;", "a"],
  ["a type alias", "let b = [7]\ntype A = string\n[1, 2].forEach((n) => b.push(n))\nexport const r = b.length;", 3],
  ["an interface", "let b = 3\ninterface I { x: number }\n(globalThis as any).q = b\nexport const r = b;", 3],
  ["an exported type", "let x = 1\nexport type T = string;\n[2].length\nexport const r = x;", 1],
  ["an import of types", "let x = 1\nimport type { X } from './x.ts'\n(globalThis as any).k = 4\nexport const r = x;", 1],
  ["a field", "class A { x = 1 as number\n['y'] = 2 }\nexport const r = new A().y;", 2],
  ["a comment", "const a = { v: 5 } as any /* b */ // c\n(a.v)\nexport const r = a.v;", 5],
]) {
  only(`a line that ends with a type stays a statement of its own: ${what}`, async ({ env }) => {
    equal(await valueOf(env, "r", 'import { r } from "./r.ts";', { "r.ts": text }), value);
  });
}

for (const [what, text, value] of [
  ["type arguments, then a call", "const f = <T,>(x: T) => x\nconst g = f<number>\n(5)\nexport const r = g;", 5],
  ["type arguments of a constructor", "export const r = new Map<string, number>\n([['a', 1]]).size;", 1],
  ["a parameter `this`", "function f(this: any,\n  [a]: number[]) { return a }\nexport const r = f.call(0, [4]);", 4],
  ["a result's type", "const h = (x: number): number =>\n(x + 1)\nexport const r = h(1);", 2],
  ["members of an array", "const a = [1 as number,\n(2), [3] as number[],\n[4]]\nexport const r = a.length;", 4],
  ["arguments", "export const r = Math.max(\n<number>\n(1 as any),\n(2))", 2],
  ["a non-null assertion", "const f = ((x) => x) as undefined | ((x: number) => number);\nexport const r = f!\n(5);", 5],
]) {
  only(`types between lines of one expression part nothing: ${what}`, async ({ env }) => {
    equal(await valueOf(env, "r", 'import { r } from "./r.ts";', { "r.ts": text }), value);
  });
}

for (const [what, text, message] of [
  ["an arrow function behind a condition", "const a = 1;\nexport const r = a ? (a) : c => d;", /^main\.ts:2:\d+: /],
  ["a syntax error", "let a: number = 1;\nlet b: = 2;", /^main\.ts:2:8: /],
  ["an end too early", "export class A {\n  f(): void {\n", /^main\.ts:3:1: /],
  ["a namespace with code", "let a: string;\n  namespace A.B { export const x = 1; }", /^main\.ts:2:3: namespace A .*module/],
  ["a decorator", "@dec class A {}", /^main\.ts:1:1: decorators .*instead/],
  ["import = require()", "import a = require('a');", /^main\.ts:1:1: 'import a = require\(\)' .*\.cts/],
  ["export =", "\nexport = 5;", /^main\.ts:2:1: 'export =' .*'export default'/],
  ["export import", "export import A = B.C;", /^main\.ts:1:1: 'export import' .*'export const'/],
]) {
  only(`${what} in TypeScript is refused and its place named`, ({ env }) => {
    throws(() => typed(env, text), { name: "SyntaxError", message });
  });
}

only("what is only declared goes, namespaces too", async ({ env }) => {
  const top = `
    declare global { var q: number; namespace Z { const y: 1 } }
    declare namespace C { const x: number; namespace D { type E = 1 } }
    declare module "x" { export namespace F {} }
    declare function f(): void; declare class G { h: string }
    let namespace = 1, type = 2, declare = 3, abstract = 4; type = namespace + declare;`;
  equal(await valueOf(env, "type + abstract", top), 8);
});

only("get() strips types too, and a callback's syntax error arrives at the calls", async ({ env }) => {
  const get = (name, text) =>
    env.LOADER.get(name, () => ({
      compatibilityDate: "2026-11-01",
      mainModule: "main.ts",
      modules: { "main.ts": text },
    })).getEntrypoint();
  equal(await get("typescript", method("return 5 as number")).run(), 5);
  await rejects(get("typescript, broken", "let x: = 1").run(), /main\.ts:1:8/);
});

only("{ ts: 5 } is refused", ({ env }) => {
  throws(() => env.LOADER.load(code(method(""), { modules: { a: { ts: 5 } } })), { name: "TypeError" });
});

only("a lone surrogate and other characters survive in TypeScript", async ({ env }) => {
  equal(await valueOf(env, "'é🎈\\ud800b'.length as number", "const ü: string = 'ü';"), 5);
});

for (const [what, text] of [
  ["brackets", "(".repeat(200_000)],
  ["type arguments", `${"a<".repeat(20_000)}1`],
  ["arrow functions as default values", `${"(a=".repeat(40)}1${")=>1".repeat(40)}`],
  ["conditional arrow functions", `${"(a?(".repeat(40)}1${"):b=>1)".repeat(40)}`],
]) {
  check(`TypeScript with too many ${what} within each other is refused soon`, { mayflyOnly, timed: true }, ({ env }) => {
    const start = Date.now();
    throws(() => typed(env, text), /^main\.ts/);
    ok(Date.now() - start < 5000);
  });
}

check("a MiB of TypeScript loads", { mayflyOnly, timed: true }, async ({ env }) => {
  const lines = Array.from({ length: 20_000 }, (_, n) => `export const x${n}: Add = (y: number): number => y + ${n};`);
  const modules = { "big.ts": lines.join("\n") };
  equal(await valueOf(env, "x19999(1)", `import { x19999 } from "./big.ts";`, modules), 20_000);
});
