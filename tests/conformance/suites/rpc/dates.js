// SPDX-License-Identifier: Apache-2.0
//
// What a compatibility date changes about calls, on both sides of the date, and the flags that go before it.

import { check, equal, ok, rejects, same } from "../../check.js";

const main = `
  import * as workers from "cloudflare:workers";
  import { WorkerEntrypoint, env, exports } from "cloudflare:workers";
  export class Other extends WorkerEntrypoint {}
  class Custom extends Error { name = "Custom"; }
  const about = (e) => [e.name, e.message, e.code, e.details, e.cause?.message, e.remote];
  export default class extends WorkerEntrypoint {
    async transfer(api) {
      const stub = await api.counter(1);
      await api.record(stub);
      return stub.increment();
    }
    async pass(stub) {
      await this.env.API.record(stub);
      return stub();
    }
    async failed(callback) {
      try { await callback(); } catch (error) { return about(error); }
    }
    custom() { throw new Custom("own name"); }
    rich() { throw Object.assign(new RangeError("m", { cause: new Error("c") }), { code: "E", details: { a: 1 } }); }
    together() { throw new AggregateError([new Error("in")], "all"); }
    object() { throw { message: "m", a: 1 }; }
    value() { return Object.assign(new TypeError("v"), { code: "V" }); }
    customValue() { return new Custom("as a value"); }
    received(error) { return [error.name, error.message, error.code]; }
    importable() { return [Object.keys(env).sort(), env.NAME, "NAME" in env, workers.withEnv({ NAME: "w" }, () => env.NAME)]; }
    exported() { return ["exports" in this.ctx, typeof this.ctx.exports, Object.keys(exports).sort()]; }
    async disposed() {
      const call = this.env.API.later("later");
      call[Symbol.dispose]();
      return call.catch((error) => [error instanceof DOMException, error.name, error.message]);
    }
  }`;

function worker({ env }, compatibilityDate, compatibilityFlags) {
  const code = { compatibilityDate, compatibilityFlags, allowExperimental: true, mainModule: "main.js", modules: { "main.js": main } };
  return env.LOADER.load({ ...code, env: { NAME: "n", API: env.API } }).getEntrypoint();
}

function dayBefore(date) {
  return new Date(Date.parse(date) - 86_400_000).toISOString().slice(0, 10);
}

/** `on` and `off` check a worker in which the behaviour is, and one in which it is not. */
function changes(what, { enable, disable, date }, on, off) {
  const before = date === undefined ? "2026-11-01" : dayBefore(date);
  const cases = [
    [`${enable} before its date`, before, [enable], on],
    [`without ${enable}, before its date`, before, [], off],
  ];
  if (date !== undefined) cases.push([`${enable} from its date on`, date, [], on]);
  if (disable !== undefined) cases.push([`${disable}`, date ?? before, [disable], off]);
  for (const [how, at, flags, run] of cases) check(`${what}: ${how}`, (about) => run(worker(about, at, flags), about));
}

const disposed = "RPC stub used after being disposed.";

changes(
  "a stub that is an argument stays its owner's",
  { enable: "rpc_params_dup_stubs", disable: "rpc_params_transfer_stubs", date: "2026-01-20" },
  async (one, { env }) => {
    equal(await one.transfer(env.API), 2);
    equal(await one.pass(() => 7), 7);
  },
  async (one, { env }) => {
    await rejects(() => one.transfer(env.API), disposed);
    await rejects(() => one.pass(() => 7), disposed);
  },
);

const enhanced = { enable: "enhanced_error_serialization", disable: "legacy_error_serialization", date: "2026-04-21" };
const rich = () => {
  throw Object.assign(new RangeError("m", { cause: new Error("c") }), { code: "E", details: { a: 1 } });
};

changes(
  "an error that a worker throws keeps its properties",
  enhanced,
  async (one) => {
    const error = await rejects(() => one.rich(), { name: "RangeError", message: "m" });
    same([error.code, error.details, error.cause.message, error.remote], ["E", { a: 1 }, "c", true]);
    ok(error instanceof RangeError, "a RangeError");
  },
  async (one) => {
    const error = await rejects(() => one.rich(), { name: "RangeError", message: "m" });
    same([error.code, error.details, error.cause, error.remote], [undefined, undefined, undefined, true]);
    ok(error instanceof RangeError, "a RangeError");
  },
);

changes(
  "an error that a worker catches keeps its properties",
  enhanced,
  async (one) => same(await one.failed(rich), ["RangeError", "m", "E", { a: 1 }, "c", true]),
  async (one) => same(await one.failed(rich), ["RangeError", "m", undefined, undefined, undefined, true]),
);

changes(
  "a name of its own stays an error's name",
  enhanced,
  (one) => rejects(() => one.custom(), { name: "Custom", message: "own name" }),
  (one) => rejects(() => one.custom(), { name: "Error", message: "Custom: own name" }),
);

changes(
  "an AggregateError keeps its errors",
  enhanced,
  async (one) => {
    const error = await rejects(() => one.together(), { name: "AggregateError", message: "all" });
    same(error.errors, [new Error("in")]);
  },
  async (one) => {
    const error = await rejects(() => one.together(), { name: "AggregateError", message: "all" });
    same(error.errors ?? [], []);
  },
);

changes(
  "an object that is thrown is thrown",
  enhanced,
  async (one) => {
    const thrown = await one.object().catch((error) => error);
    same([thrown instanceof Error, thrown.message, thrown.a, thrown.remote], [false, "m", 1, true]);
  },
  async (one) => {
    const thrown = await one.object().catch((error) => error);
    same([thrown instanceof Error, thrown.message, thrown.a], [true, "#<Object>", undefined]);
  },
);

changes(
  "an error as a value keeps its properties",
  enhanced,
  async (one) => {
    const { name, message, code } = await one.value();
    same([name, message, code], ["TypeError", "v", "V"]);
    same(await one.received(Object.assign(new TypeError("v"), { code: "V" })), ["TypeError", "v", "V"]);
    equal((await one.customValue()).name, "Custom");
  },
  async (one) => {
    const { name, message, code } = await one.value();
    same([name, message, code], ["TypeError", "v", undefined]);
    // What this worker, with the flag, has sent.
    same(await one.received(Object.assign(new TypeError("v"), { code: "V" })), ["TypeError", "v", "V"]);
    equal((await one.customValue()).name, "Error");
  },
);

changes(
  "ctx.exports",
  { enable: "enable_ctx_exports", disable: "disable_ctx_exports", date: "2025-11-17" },
  async (one) => same(await one.exported(), [true, "object", ["Other", "default"]]),
  async (one) => same(await one.exported(), [false, "undefined", ["Other", "default"]]),
);

changes(
  "no importable env",
  { enable: "disallow_importable_env", disable: "allow_importable_env" },
  async (one) => same(await one.importable(), [[], undefined, false, "w"]),
  async (one) => same(await one.importable(), [["API", "NAME"], "n", true, "w"]),
);

changes(
  "the disposal of a promise cancels the call",
  { enable: "rpc_dispose_cancels_call" },
  async (one) =>
    same(await one.disposed(), [true, "AbortError", "The RPC call was canceled because its promise was disposed."]),
  async (one) => equal(await one.disposed(), "later"),
);

// --- dates and flags that are wrong ---

const refused = {
  "a date that is none": ["nonsense", [], "Invalid compatibility date: nonsense"],
  "a date without its zeros": ["2026-1-1", [], "Invalid compatibility date: 2026-1-1"],
  "an empty date": ["", [], "Invalid compatibility date: "],
  "a date with something after it": ["2026-11-01x", [], "Invalid compatibility date: 2026-11-01x"],
  "a flag that is unknown": ["2026-01-01", ["nope"], "No such compatibility flag: nope"],
  "a flag twice": ["2026-01-01", ["nodejs_als", "nodejs_als"], "Compatibility flag specified multiple times: nodejs_als"],
  "a flag and its opposite": [
    "2026-01-01",
    ["nodejs_als", "no_nodejs_als"],
    "Compatibility flags are mutually contradictory: nodejs_als vs no_nodejs_als",
  ],
};
for (const [what, [date, flags, message]] of Object.entries(refused)) {
  check(`${what} is refused`, async (about) => {
    await rejects(async () => await worker(about, date, flags).exported(), message);
  });
}

check("a date that does not exist is refused", { differs: "workerd takes February 30" }, async (about) => {
  await rejects(async () => await worker(about, "2026-02-30", []).exported(), "Invalid compatibility date: 2026-02-30");
});

check("a date in the future is refused", async (about) => {
  await rejects(async () => await worker(about, "2099-01-01", []).exported(), /date "?2099-01-01|"2099-01-01"/);
});
