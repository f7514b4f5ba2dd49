// SPDX-License-Identifier: Apache-2.0
//
// The module cloudflare:workers: what it exports, and `tracing`.

import * as workers from "cloudflare:workers";
import { check, equal, ok, pause, rejects, same, throws } from "../../check.js";

const { tracing } = workers;

check("cloudflare:workers exports what the platform names", () => {
  const names = `DurableObject RpcPromise RpcProperty RpcStub RpcTarget ServiceStub WorkerEntrypoint WorkflowEntrypoint
    abortIsolate cache env exports restore tracing waitUntil withEnv withEnvAndExports withExports`.split(/\s+/);
  for (const name of names) ok(name in workers, name);
});

check("every name of cloudflare:workers links in a dynamic worker", async ({ env }) => {
  const main = `
    import { DurableObject, RpcPromise, RpcProperty, RpcStub, RpcTarget, ServiceStub, WorkerEntrypoint, WorkflowEntrypoint,
      abortIsolate, cache, env, exports, restore, tracing, waitUntil, withEnv, withEnvAndExports, withExports }
      from "cloudflare:workers";
    export default class extends WorkerEntrypoint {
      types() {
        return [DurableObject, RpcPromise, RpcProperty, RpcStub, RpcTarget, ServiceStub, WorkerEntrypoint,
          WorkflowEntrypoint, abortIsolate, waitUntil, withEnv, withEnvAndExports, withExports, cache, env, exports,
          tracing, restore].map((value) => typeof value).join();
      }
    }`;
  const modules = { "main.js": main };
  const worker = env.LOADER.load({ compatibilityDate: "2026-11-01", mainModule: "main.js", modules });
  equal(
    await worker.getEntrypoint().types(),
    [...Array(13).fill("function"), "object", "object", "object", "object", "symbol"].join(),
  );
});

check("restore is a symbol, the name of a method", () => {
  equal(String(workers.restore), "Symbol(cloudflare:workers:restore)");
  class Restorable extends workers.WorkerEntrypoint {
    [workers.restore](params) {
      return params;
    }
  }
  equal(typeof Restorable.prototype[workers.restore], "function");
});

check("what there is no cache for fails", { mayflyOnly: "workerd's cache has no methods" }, async () => {
  await rejects(workers.cache.purge({ purgeEverything: true }), /cache\.purge\(\) is not supported/);
  await rejects(workers.cache.invalidate({ tags: ["a"] }), /cache\.invalidate\(\) is not supported/);
});

check("spans run their callback with the span and the arguments", () => {
  const about = (span, ...args) => [span instanceof tracing.Span, span.isTraced, tracing.getActiveSpan() === span, args];
  same(tracing.enterSpan("one", about, 1, 2), [true, false, true, [1, 2]]);
  same(tracing.startActiveSpan("two", about), [true, false, true, []]);
  const span = tracing.startSpan("three");
  same(tracing.withActiveSpan(span, (...args) => [tracing.getActiveSpan() === span, args], 3), [true, [3]]);
});

check("the active span follows what is awaited", async () => {
  const before = tracing.getActiveSpan();
  await tracing.enterSpan("outer", async (outer) => {
    await pause(1);
    ok(tracing.getActiveSpan() === outer, "the outer span");
    await tracing.enterSpan("inner", async (inner) => {
      await pause(1);
      ok(tracing.getActiveSpan() === inner, "the inner span");
    });
    ok(tracing.getActiveSpan() === outer, "the outer span again");
  });
  ok(tracing.getActiveSpan() === before, "the span from before");
});

check("what a span's callback throws is thrown", () => {
  throws(() => tracing.enterSpan("name", () => { throw new RangeError("within"); }), { name: "RangeError", message: "within" });
});

check("spans take attributes, names, states and exceptions", () => {
  const span = tracing.startSpan("name");
  const back = [
    span.setAttribute("a", 1),
    span.setAttributes({ b: true, c: undefined }),
    span.updateName("other"),
    span.setStatus({ code: "error", message: "m" }),
  ];
  ok(back.every((one) => one === span), "the span itself");
  equal(span.recordException(new Error("x")), undefined);
  equal(span.end(), undefined);
  same(span.spanContext(), { traceId: "0".repeat(32), spanId: "0".repeat(16), traceFlags: 0 });
});

check("misused, tracing says how", () => {
  const misuses = {
    "Failed to execute 'enterSpan' on 'Tracing': parameter 1 is not of type 'string'.": () => tracing.enterSpan(),
    "Failed to execute 'enterSpan' on 'Tracing': parameter 2 is not of type 'Function'.": () => tracing.enterSpan("a"),
    "Failed to execute 'startSpan' on 'Tracing': parameter 1 is not of type 'string'.": () => tracing.startSpan(),
    "Failed to execute 'withActiveSpan' on 'Tracing': parameter 1 is not of type 'Span'.": () => tracing.withActiveSpan({}),
    "Failed to execute 'setAttribute' on 'Span': parameter 1 is not of type 'string'.": () =>
      tracing.startSpan("a").setAttribute(),
    "Failed to execute 'setAttributes' on 'Span': parameter 1 is not of type 'object'.": () =>
      tracing.startSpan("a").setAttributes(),
    "Failed to execute 'setStatus' on 'Span': parameter 1 is not of type 'TracingSpanStatus'.": () =>
      tracing.startSpan("a").setStatus(5),
    "Span status code must be 'unset', 'ok', or 'error'.": () => tracing.startSpan("a").setStatus({ code: 1 }),
    "Illegal constructor": () => new tracing.Span(),
  };
  for (const [message, misuse] of Object.entries(misuses)) throws(misuse, { name: "TypeError", message });
});

check("ctx.tracing traces", ({ ctx }) => {
  equal(ctx.tracing.enterSpan("name", (span) => span instanceof tracing.Span), true);
});
