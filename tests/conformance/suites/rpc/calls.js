// SPDX-License-Identifier: Apache-2.0

import { check, equal, matches, ok, pause, rejects, same } from "../../check.js";

/**
 * The class that the checks call. Its source text is also the code of a dynamic worker, so it must refer to nothing
 * outside of itself.
 */
export function entrypoints(WorkerEntrypoint, RpcTarget) {
  class Counter extends RpcTarget {
    #count;
    instanceField = "hidden";
    constructor(start) {
      super();
      this.#count = start;
    }
    increment(by = 1) {
      this.#count += by;
      return this.#count;
    }
    get value() {
      return this.#count;
    }
    fork() {
      return new Counter(this.#count);
    }
  }

  let log = [];

  return class extends WorkerEntrypoint {
    field = "instance";
    #secret() {
      return "secret";
    }
    echo(...args) {
      return args.length === 1 ? args[0] : args;
    }
    add(a, b) {
      return a + b;
    }
    async later(value) {
      await new Promise((done) => setTimeout(done, 10));
      return value;
    }
    nothing() {}
    get version() {
      return "1.0";
    }
    get settings() {
      return { theme: { color: "blue" } };
    }
    kind(value) {
      return Object.prototype.toString.call(value);
    }
    fail(name, message) {
      const error = new ({ TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError }[name] ?? Error)(
        message,
      );
      if (!(name in globalThis)) error.name = name;
      throw error;
    }
    failWith(value) {
      throw value;
    }
    failWithProperties() {
      throw Object.assign(new Error("with properties"), { code: "E_CODE", details: { a: 1 } });
    }
    async failLater() {
      await null;
      throw new RangeError("later");
    }
    call(callback, ...args) {
      return callback(...args);
    }
    async callTwice(callback) {
      return [await callback(1), await callback(2)];
    }
    async catchFrom(callback) {
      try {
        await callback();
      } catch (error) {
        return [error instanceof Error, error.name, error.message];
      }
    }
    counter(start) {
      return new Counter(start);
    }
    adder(a) {
      return (b) => a + b;
    }
    tools() {
      return { counter: new Counter(5), double: (n) => n * 2, name: "tools" };
    }
    async useCounter(counter) {
      await counter.increment();
      return counter.increment(10);
    }
    record(value) {
      log.push(value);
      return log.length;
    }
    recorded() {
      const was = log;
      log = [];
      return was;
    }
    static fromStatic() {
      return "static";
    }
  };
}

const dynamicCode = `
  import { RpcTarget, WorkerEntrypoint } from "cloudflare:workers";
  ${entrypoints.toString()}
  export default entrypoints(WorkerEntrypoint, RpcTarget);
`;

/** The two places where the class lives. */
const places = {
  service: (env) => env.API,
  "dynamic worker": (env) =>
    env.LOADER.get("api", () => ({
      compatibilityDate: "2026-11-01",
      mainModule: "main.js",
      // keepNames puts calls of __name into the text of functions.
      modules: { "main.js": `const __name = (target) => target;\nvar __defProp;\n${dynamicCode}` },
    })).getEntrypoint(),
};

export function everywhere(name, ...rest) {
  const run = rest.pop();
  for (const [place, reach] of Object.entries(places)) {
    check(`${place}: ${name}`, ...rest, ({ env, ctx }) => run(reach(env), { env, ctx }));
  }
}

everywhere("a method is called with arguments and answers", async (api) => {
  equal(await api.add(20, 22), 42);
  equal(await api.later("x"), "x");
  equal(await api.nothing(), undefined);
});

everywhere("a call gives a promise-like that has then, catch and finally", async (api) => {
  let finished = false;
  equal(
    await api
      .add(1, 2)
      .then((sum) => sum * 2)
      .finally(() => (finished = true)),
    6,
  );
  ok(finished);
  equal(await api.fail("Error", "x").catch(() => "caught"), "caught");
});

everywhere("a getter is read by await", async (api) => {
  equal(await api.version, "1.0");
  same(await api.settings, { theme: { color: "blue" } });
});

const values = {
  undefined: [undefined],
  null: [null],
  booleans: [true, false],
  numbers: [0, -0, 1.5, NaN, Infinity, -Infinity],
  BigInt: [2n ** 70n],
  text: ["", "grüße 🎈"],
  dates: [new Date(0), new Date(NaN)],
  patterns: [/a+b/gi],
  arrays: [[], [1, [2, [3]]], [1, , 3]],
  objects: [{}, { a: { b: [1, { c: 2 }] } }],
  "Map and Set": [new Map([["k", { v: 1 }]]), new Set([1, "a"])],
  ArrayBuffer: [new Uint8Array([1, 2, 3]).buffer],
  "typed arrays": [new Uint8Array([1, 2]), new Float64Array([1.5]), new BigInt64Array([5n])],
  DataView: [new DataView(new Uint8Array([1, 2]).buffer)],
};
for (const [kind, list] of Object.entries(values)) {
  everywhere(`${kind} go both ways`, async (api) => {
    for (const value of list) {
      const back = await api.echo(value);
      if (value instanceof DataView) same(new Uint8Array(back.buffer), new Uint8Array(value.buffer));
      else if (value instanceof Date && isNaN(value)) ok(isNaN(back));
      else same(back, value);
    }
  });
}

everywhere("Error objects go both ways", async (api) => {
  const back = await api.echo(new RangeError("as a value"));
  ok(back instanceof Error);
  same([back.name, back.message], ["RangeError", "as a value"]);
});

everywhere("one object twice in a value stays one object, and circles hold", async (api) => {
  const shared = { n: 1 };
  const back = await api.echo({ a: shared, b: shared });
  ok(back.a === back.b, "the same object twice");
  const circle = {};
  circle.self = circle;
  const round = await api.echo(circle);
  ok(round.self === round, "a circle");
});

everywhere("arguments are copies", async (api) => {
  const list = [1];
  const answer = api.echo(list);
  list.push(2);
  same(await answer, [1]);
});

everywhere("a big value goes both ways", async (api) => {
  const text = "x".repeat(3 << 20);
  equal((await api.echo(text)).length, text.length);
});

everywhere("a value above 32 MiB is refused", async (api) => {
  await rejects(
    async () => await api.echo(new Uint8Array(33 << 20)),
    /^Serialized RPC arguments or return values are limited to 32MiB, but the size of this value was: \d+ bytes\.$/,
  );
});

everywhere("an error keeps its name and message", async (api) => {
  for (const [name, type] of Object.entries({
    Error,
    TypeError,
    RangeError,
    SyntaxError,
    ReferenceError,
    EvalError,
    URIError,
  })) {
    const error = await rejects(api.fail(name, `a ${name}`), { name, message: `a ${name}` });
    ok(error instanceof type, `an instance of ${name}`);
  }
  await rejects(api.failLater(), { name: "RangeError", message: "later" });
});

everywhere("an error with a name of its own keeps it", async (api) => {
  await rejects(api.fail("PaymentError", "declined"), { name: "PaymentError", message: "declined" });
});

everywhere("an error's own properties survive, and remote is true", async (api) => {
  const error = await rejects(api.failWithProperties(), "with properties");
  equal(error.code, "E_CODE");
  same(error.details, { a: 1 });
  equal(error.remote, true);
});

everywhere("an error has a stack", async (api) => {
  const error = await rejects(api.fail("Error", "stacked"));
  matches(error.stack, /stacked/);
});

everywhere("a thrown value that is no error arrives", async (api) => {
  let caught = "none";
  await api.failWith("just text").catch((error) => (caught = error));
  matches(String(caught?.message ?? caught), /just text/);
});

everywhere("a function as argument is called back", async (api) => {
  equal(await api.call((a, b) => `${a}-${b}`, 1, 2), "1-2");
  same(await api.callTwice((n) => n * 10), [10, 20]);
});

everywhere("an async function as argument is called back", async (api) => {
  equal(await api.call(async (n) => (await pause(5), n + 1), 1), 2);
});

everywhere("an error in a callback is caught on the other side", async (api) => {
  same(
    await api.catchFrom(() => {
      throw new TypeError("from callback");
    }),
    [true, "TypeError", "from callback"],
  );
});

everywhere("a function as a result can be called", async (api) => {
  const add5 = await api.adder(5);
  equal(await add5(3), 8);
  equal(await add5(4), 9);
});

everywhere("an RpcTarget as a result keeps its state", async (api) => {
  const counter = await api.counter(10);
  equal(await counter.increment(), 11);
  equal(await counter.increment(5), 16);
  equal(await counter.value, 16);
});

everywhere("a target's target is its own", async (api) => {
  const counter = await api.counter(1);
  const fork = await counter.fork();
  equal(await fork.increment(), 2);
  equal(await counter.value, 1);
});

everywhere("an object of capabilities and values arrives whole", async (api) => {
  const tools = await api.tools();
  equal(tools.name, "tools");
  equal(await tools.double(4), 8);
  equal(await tools.counter.increment(), 6);
});

everywhere("a stub can be passed back to where it came from", async (api) => {
  const counter = await api.counter(0);
  equal(await api.useCounter(counter), 11);
  equal(await counter.value, 11);
});

everywhere("a function that was received can be sent on", async (api) => {
  const add1 = await api.adder(1);
  equal(await api.call(add1, 41), 42);
});

everywhere("await on a stub gives the stub", async (api) => {
  const counter = await api.counter(3);
  const again = await counter;
  equal(await again.increment(), 4);
});

everywhere("calls on one stub arrive in order", async (api) => {
  await api.recorded();
  for (let n = 0; n < 20; n++) api.record(n);
  same(
    await api.recorded(),
    Array.from({ length: 20 }, (_, n) => n),
  );
});

everywhere("calls that wait do not hold up later ones", async (api) => {
  const order = [];
  await Promise.all([api.later("slow").then((v) => order.push(v)), api.echo("fast").then((v) => order.push(v))]);
  same(order, ["fast", "slow"]);
});

everywhere("a hundred calls at once all answer", async (api) => {
  const answers = await Promise.all(Array.from({ length: 100 }, (_, n) => api.add(n, n)));
  same(
    answers,
    Array.from({ length: 100 }, (_, n) => 2 * n),
  );
});

everywhere("a method that is not there is named in the error", async (api) => {
  await rejects(api.missing(), {
    name: "TypeError",
    message: `The RPC receiver does not implement the method "missing".`,
  });
});

for (const name of ["field", "fromStatic"]) {
  everywhere(`"${name}" is not reachable`, async (api) => {
    await rejects(api[name](), {
      name: "TypeError",
      message: `The RPC receiver does not implement the method "${name}".`,
    });
  });
}

everywhere("what is no function is not called", async (api) => {
  await rejects(api.version(), { name: "TypeError", message: `"version" is not a function.` });
});

everywhere("an instance field of a target is not reachable", async (api) => {
  const counter = await api.counter(1);
  await rejects(async () => await counter.instanceField, {
    name: "TypeError",
    message: `The RPC receiver does not implement the method "instanceField".`,
  });
});

everywhere("a class instance as argument is refused", async (api) => {
  class Plain {}
  await rejects(async () => await api.echo(new Plain()), {
    name: "DataCloneError",
    message: `Could not serialize object of type "Plain". This type does not support serialization.`,
  });
});

everywhere("a symbol as argument is refused", async (api) => {
  await rejects(async () => await api.echo(Symbol("s")), { name: "DataCloneError" });
});

everywhere("Headers, Request and Response go both ways", async (api) => {
  equal((await api.echo(new Headers({ a: "1" }))).get("a"), "1");
  const request = await api.echo(new Request("http://x/y", { method: "POST", body: "body", headers: { b: "2" } }));
  same(
    [request.method, request.url, request.headers.get("b"), await request.text()],
    ["POST", "http://x/y", "2", "body"],
  );
  const response = await api.echo(new Response("text", { status: 201 }));
  same([response.status, await response.text()], [201, "text"]);
});

everywhere("a byte stream goes both ways", async (api) => {
  const stream = await api.echo(new Response("streamed").body);
  equal(await new Response(stream).text(), "streamed");
});
