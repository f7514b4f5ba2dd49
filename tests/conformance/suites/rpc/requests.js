// SPDX-License-Identifier: Apache-2.0
//
// A stub belongs to the request in which it came: it is given back when that ends, and of no use to others.

import { equal, pause, rejects, same } from "../../check.js";
import { inPlaces } from "./places.js";

export function keeping({ RpcTarget, WorkerEntrypoint }) {
  let kept = null;
  const notes = [];
  class Target extends RpcTarget {
    answer() {
      return 42;
    }
    [Symbol.dispose]() {
      notes.push("disposed");
    }
  }
  return class extends WorkerEntrypoint {
    notes() {
      return notes.splice(0);
    }
    target() {
      return new Target();
    }
    keepArgument(stub) {
      kept = stub;
    }
    keepDuplicate(stub) {
      kept = stub.dup();
    }
    async keepResult(callback) {
      kept = await callback();
    }
    giveWithOwn(stub) {
      const own = stub.dup();
      return { use: () => own.answer() };
    }
    async use() {
      return await kept.answer();
    }
    async useDuplicate() {
      return await kept.dup().answer();
    }
    async useInTime(stub) {
      const own = stub.dup();
      this.ctx.waitUntil(new Promise((done) => setTimeout(done, 10)).then(() => own.answer()).then((n) => notes.push(n)));
    }
  };
}

const everywhere = inPlaces("Keeping", keeping);
const kOther = /^Cannot perform I\/O on behalf of a different request\./;

/** A target that says when it was disposed of. */
async function target() {
  const { RpcTarget } = await import("cloudflare:workers");
  const log = [];
  class Target extends RpcTarget {
    answer() {
      return 42;
    }
    [Symbol.dispose]() {
      log.push("disposed");
    }
  }
  return [new Target(), log];
}

async function until(condition) {
  for (let tried = 0; tried < 100 && !condition(); tried++) await pause(5);
}

everywhere("a duplicate of an argument is given back when the request that made it has ended", async (api) => {
  const [given, log] = await target();
  await api.keepDuplicate(given);
  await until(() => log.length > 0);
  same(log, ["disposed"]);
});

everywhere("a duplicate of an argument cannot be used by a later request", async (api) => {
  const [given] = await target();
  await api.keepDuplicate(given);
  await pause(10);
  await rejects(() => api.use(), kOther);
  await rejects(() => api.useDuplicate(), kOther);
});

everywhere("a result cannot be used by a later request", async (api) => {
  const [given] = await target();
  await api.keepResult(() => given);
  await pause(10);
  await rejects(() => api.use(), kOther);
});

everywhere("an argument cannot be used after the call", async (api) => {
  const [given] = await target();
  await api.keepArgument(given);
  await rejects(() => api.use(), "RPC stub used after being disposed.");
});

everywhere("a duplicate is used for as long as waitUntil keeps the request", async (api) => {
  await api.notes();
  const [given, log] = await target();
  await api.useInTime(given);
  await until(() => log.length > 0);
  same([await api.notes(), log], [[42], ["disposed"]]);
});

everywhere("a result that holds a stub keeps the request that made it, and what that holds", async (api) => {
  const [given, log] = await target();
  {
    using result = await api.giveWithOwn(given);
    await pause(20);
    same([await result.use(), await result.use(), log], [42, 42, []]);
  }
  await until(() => log.length > 0);
  same(log, ["disposed"]);
});

const silent = "workerd does not call the disposer of a target that was returned";

everywhere("a result that is disposed of lets its target be disposed of", { differs: silent }, async (api) => {
  await api.notes();
  {
    using stub = await api.target();
    equal(await stub.answer(), 42);
  }
  let notes = [];
  for (let tried = 0; tried < 50 && notes.length === 0; tried++) {
    await pause(5);
    notes = await api.notes();
  }
  same(notes, ["disposed"]);
});
