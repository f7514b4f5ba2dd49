// SPDX-License-Identifier: Apache-2.0
//
// A call that can never be answered fails; one that still can be is left alone.

import { check, equal, pause, rejects, same } from "../../check.js";
import { inPlaces } from "./places.js";

export function hanging({ RpcTarget, WorkerEntrypoint }) {
  const pause = (ms) => new Promise((done) => setTimeout(done, ms));
  const never = () => new Promise(() => {});
  let kept, resolve, memo;
  class Switch extends RpcTarget {
    on() {
      resolve("on");
    }
  }
  return class extends WorkerEntrypoint {
    never() {
      return never();
    }
    neverAfterTimer() {
      this.ctx.waitUntil(pause(100));
      return never();
    }
    answerAndWaitForNever() {
      this.ctx.waitUntil(never());
      return "answered";
    }
    holdStub(stub) {
      kept = stub.dup();
      return never();
    }
    holdStubs(...stubs) {
      this.stubs = stubs;
      return never();
    }
    async later() {
      await pause(400);
      return "later";
    }
    async laterTwice() {
      await pause(150);
      await pause(150);
      return "later";
    }
    async resolvedByCallback(give) {
      const promise = new Promise((done) => (resolve = done));
      await give(() => resolve("called back"));
      return promise;
    }
    async resolvedByTarget(give) {
      const promise = new Promise((done) => (resolve = done));
      await give(new Switch());
      return promise;
    }
    shared() {
      return (memo ??= pause(300).then(() => "shared"));
    }
    body() {
      return new ReadableStream({ type: "bytes", pull: never });
    }
    slowBody() {
      let chunks = 3;
      return new ReadableStream({
        type: "bytes",
        async pull(controller) {
          await pause(120);
          if (chunks-- > 0) controller.enqueue(new Uint8Array(1));
          else {
            controller.close();
            controller.byobRequest?.respond(0);
          }
        },
      });
    }
    async readAll(stream) {
      return (await new Response(stream).bytes()).length;
    }
    async callBack(callback) {
      return await callback();
    }
    async writeTo(stream) {
      const writer = stream.getWriter();
      for (let i = 0; i < 3; i++) await writer.write(new Uint8Array(300_000));
      await writer.close();
      return "written";
    }
    async fetch(request) {
      const { pathname } = new URL(request.url);
      if (pathname === "/read") return new Response(String((await request.bytes()).length));
      return never();
    }
  };
}

const everywhere = inPlaces("Hanging", hanging);

const message =
  "The Workers runtime canceled this request because it detected that your Worker's code had hung and would never generate a " +
  "response. Refer to: https://developers.cloudflare.com/workers/observability/errors/";
const hung = { name: "Error", message };

everywhere("a call that can never be answered fails", async (api) => {
  const error = await rejects(() => api.never(), hung);
  equal(error.remote, undefined);
});

everywhere("a fetch that can never be answered fails", async (api) => {
  await rejects(() => api.fetch("http://x/"), hung);
  await rejects(() => api.fetch("http://x/", { method: "POST", body: "a body" }), hung);
});

everywhere("what is called on an answer that never comes fails", async (api) => {
  await rejects(async () => await api.never().some.thing(), hung);
});

everywhere("a call fails when the last timer has gone by", async (api) => {
  await rejects(() => api.neverAfterTimer(), hung);
});

everywhere("a call that only holds stubs fails", async (api) => {
  await rejects(() => api.holdStub(() => 1), hung);
  await rejects(() => api.holdStubs(() => 1, () => 2), hung);
});

everywhere("waitUntil of what never settles does not keep the answer", async (api) => {
  equal(await api.answerAndWaitForNever(), "answered");
});

everywhere("a call that waits for a timer is left alone", async (api) => {
  same(await Promise.all([api.later(), api.laterTwice()]), ["later", "later"]);
});

everywhere("a call whose callback can still be called is left alone", async (api) => {
  const { promise: given, resolve } = Promise.withResolvers();
  const answer = api.resolvedByCallback((callback) => resolve({ callback: callback.dup() }));
  const { callback } = await given;
  await pause(400);
  await callback();
  equal(await answer, "called back");
});

everywhere("a call whose target can still be called is left alone", async (api) => {
  const { promise: given, resolve } = Promise.withResolvers();
  const answer = api.resolvedByTarget((target) => resolve({ target: target.dup() }));
  const { target } = await given;
  await pause(400);
  await target.on();
  equal(await answer, "on");
});

everywhere("a call that waits for the promise of another call is left alone", async (api) => {
  same(await Promise.all([api.shared(), api.shared(), api.shared()]), ["shared", "shared", "shared"]);
});

everywhere("a call whose callback waits is left alone", async (api) => {
  equal(
    await api.callBack(async () => {
      await pause(400);
      return "called";
    }),
    "called",
  );
});

check("a call and its callback that wait for each other for ever fail", async ({ ctx }) => {
  const api = ctx.exports.Hanging({});
  await rejects(() => api.callBack(() => api.never()), hung);
});

everywhere("a body that is slow is left alone", async (api) => {
  equal((await new Response(await api.slowBody()).bytes()).length, 3);
});

everywhere("a body that never comes breaks off", async (api) => {
  await rejects(async () => new Response(await api.body()).text());
});

everywhere("a call that reads slowly is left alone", async (api, { ctx }) => {
  let chunks = 3;
  const make = () =>
    new ReadableStream({
      type: "bytes",
      async pull(controller) {
        await pause(150);
        if (chunks-- > 0) controller.enqueue(new Uint8Array(1000));
        else {
          controller.close();
          controller.byobRequest?.respond(0);
        }
      },
    });
  equal(await api.readAll(make()), 3000);
  chunks = 3;
  equal(await (await api.fetch("http://x/read", { method: "POST", body: make() })).text(), "3000");
});

everywhere("a call that is read slowly is left alone", async (api) => {
  const written = [];
  const stream = new WritableStream({
    async write(chunk) {
      await pause(10);
      written.push(chunk.byteLength);
    },
  });
  equal(await api.writeTo(stream), "written");
  equal(written.reduce((sum, bytes) => sum + bytes, 0), 900_000);
});

check("others are served while one hangs", async ({ ctx }) => {
  const api = ctx.exports.Hanging({});
  const hanging = api.never().then(() => "answered", (error) => error.message);
  for (let i = 0; i < 5; i++) same(await api.laterTwice(), "later");
  equal(await hanging, message);
});

export const loading = {
  async fetch(request, env) {
    const name = new URL(request.url).searchParams.get("name");
    const code = async () => {
      if (name === "slow") await pause(400);
      else await new Promise(() => {});
      const main = "export default { fetch: () => new Response('loaded') }";
      return { compatibilityDate: "2026-11-01", mainModule: "main.js", modules: { "main.js": main } };
    };
    const key = name === "null" ? null : `hung ${name}`;
    return env.LOADER.get(key, code).getEntrypoint().fetch("http://x/");
  },
};

const forEver = { mayflyOnly: "workerd waits for the callback for ever" };

for (const name of ["null", "named"]) {
  check(`a loader's callback that never returns fails the call (${name})`, forEver, async ({ ctx }) => {
    await rejects(() => ctx.exports.loading.fetch(`http://x/?name=${name}`), hung);
    // The name is free again.
    await rejects(() => ctx.exports.loading.fetch(`http://x/?name=${name}`), hung);
  });
}

check("a loader's callback that takes its time is left alone", async ({ ctx }) => {
  equal(await (await ctx.exports.loading.fetch("http://x/?name=slow")).text(), "loaded");
});
