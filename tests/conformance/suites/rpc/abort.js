// SPDX-License-Identifier: Apache-2.0
//
// ctx.abort(reason): ends one event. What it serves fails with the reason, what waits on it later as well.

import { check, equal, pause, rejects, same } from "../../check.js";
import { inPlaces } from "./places.js";

const kGone = "The execution context which hosts this callback is no longer running.";

export function aborts({ RpcTarget, WorkerEntrypoint }) {
  const notes = [];
  const pause = (ms) => new Promise((done) => setTimeout(done, ms));
  class Target extends RpcTarget {
    answer() {
      return 42;
    }
    hang() {
      return pause(10_000);
    }
  }
  return class extends WorkerEntrypoint {
    notes() {
      return notes.splice(0);
    }
    abort(...reason) {
      this.ctx.abort(...reason);
      notes.push("after");
    }
    async abortAndWait(milliseconds) {
      this.ctx.waitUntil(pause(milliseconds).then(() => notes.push("waited")));
      this.ctx.abort(new Error("now"));
    }
    async abortSoon() {
      this.ctx.waitUntil(pause(5).then(() => this.ctx.abort(new RangeError("soon"))));
      await pause(5_000);
    }
    targetThenAbort() {
      this.ctx.waitUntil(pause(20).then(() => this.ctx.abort(new RangeError("later"))));
      return new Target();
    }
    abortWhile(callback) {
      this.ctx.waitUntil(pause(5).then(() => this.ctx.abort(new Error("meanwhile"))));
      return callback().then(() => notes.push("called back"));
    }
    async slow() {
      await pause(60);
      return "slow";
    }
    keepAndAbort(stub) {
      this.kept = stub.dup();
      this.ctx.abort(new Error("kept"));
    }
    twice() {
      try {
        this.ctx.abort(new Error("first"));
      } finally {
        this.ctx.abort(new Error("second"));
      }
    }
    fetch(request) {
      if (request.url.endsWith("/now")) this.ctx.abort(new TypeError("in fetch"));
      this.ctx.waitUntil(pause(20).then(() => this.ctx.abort(new TypeError("in the body"))));
      return new Response(
        new ReadableStream({
          type: "bytes",
          async pull(controller) {
            await pause(5);
            controller.enqueue(new Uint8Array(5));
          },
        }),
      );
    }
  };
}

const everywhere = inPlaces("Aborts", aborts);

everywhere("ctx.abort() fails the call with the reason", async (api) => {
  await rejects(() => api.abort(new TypeError("why")), { name: "TypeError", message: "why" });
  equal((await rejects(() => api.abort(Object.assign(new Error("x"), { code: "E_X" })))).code, "E_X");
});

everywhere("without a reason, ctx.abort() says what it was", async (api) => {
  await rejects(() => api.abort(), "Worker execution was aborted due to call to ctx.abort().");
});

everywhere("a reason that is no object becomes the message of an Error", async (api) => {
  for (const reason of ["text", 5, null]) await rejects(() => api.abort(reason), { name: "Error", message: String(reason) });
});

everywhere("nothing after ctx.abort() is run, nor what waitUntil waits for", async (api) => {
  await api.notes();
  await rejects(() => api.abort(new Error("why")));
  await rejects(() => api.abortAndWait(5), "now");
  await pause(30);
  same(await api.notes(), []);
});

everywhere("ctx.abort() fails a call that is waiting", async (api) => {
  await rejects(() => api.abortSoon(), { name: "RangeError", message: "soon" });
});

everywhere("what is called on the answer to an aborted call fails with the reason", async (api) => {
  await rejects(async () => await api.abort(new Error("why")).some.thing(), "why");
});

everywhere("ctx.abort() fails pending calls on what was returned, and later ones", { timed: true }, async (api) => {
  const target = await api.targetThenAbort();
  equal(await target.answer(), 42);
  await rejects(() => target.hang(), { name: "RangeError", message: "later" });
  await rejects(() => target.answer(), kGone);
  await rejects(() => target.answer(), kGone);
});

everywhere("an aborted event does not go on when its callback has answered", async (api) => {
  await api.notes();
  await rejects(() => api.abortWhile(() => pause(20)), "meanwhile");
  await pause(40);
  same(await api.notes(), []);
});

everywhere("ctx.abort() ends one event alone", async (api) => {
  const slow = api.slow();
  await rejects(() => api.abort(new Error("why")));
  equal(await slow, "slow");
});

everywhere("an aborted event gives back the stubs that it kept", async (api) => {
  let disposed = 0;
  const callback = () => {};
  callback[Symbol.dispose] = () => void disposed++;
  await rejects(() => api.keepAndAbort(callback), "kept");
  for (let tried = 0; tried < 50 && disposed === 0; tried++) await pause(5);
  equal(disposed, 1);
});

everywhere("the first reason counts", async (api) => {
  await rejects(() => api.twice(), "first");
});

everywhere("ctx.abort() fails a fetch", async (api) => {
  await rejects(() => api.fetch("http://x/now"), { name: "TypeError", message: "in fetch" });
});

everywhere("ctx.abort() breaks a body under way", async (api) => {
  const response = await api.fetch("http://x/body");
  await rejects(() => response.text(), { name: "TypeError", message: "in the body" });
});

check("a handler of a plain object can abort", async ({ ctx }) => {
  await rejects(() => ctx.exports.aborting({}).now("reason"), "reason");
});
