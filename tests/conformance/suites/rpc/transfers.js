// SPDX-License-Identifier: Apache-2.0
//
// What crosses and stays connected: WritableStreams and AbortSignals. And errors among values, with what was added to
// them.

import { check, equal, matches, ok, pause, rejects, same, throws } from "../../check.js";

/** The class that the checks call; its text is the code of a dynamic worker as well. */
export function transfers(WorkerEntrypoint) {
  let kept;
  return class extends WorkerEntrypoint {
    echo(value) {
      return value;
    }
    async write(stream, count, size) {
      const writer = stream.getWriter();
      for (let i = 0; i < count; i++) await writer.write(new Uint8Array(size).fill(i));
      await writer.close();
      return "closed";
    }
    async writeAndAbort(stream) {
      const writer = stream.getWriter();
      await writer.write(new Uint8Array(3));
      await writer.abort(new TypeError("given up"));
    }
    async writeOnly(stream) {
      await stream.getWriter().write(new Uint8Array(3));
    }
    async writeUntilItFails(stream) {
      const writer = stream.getWriter();
      try {
        for (;;) await writer.write(new Uint8Array(100_000));
      } catch (error) {
        return [error.name, error.message];
      }
    }
    async writeForEver(stream, told) {
      const writer = stream.getWriter();
      for (let written = 0; ; ) {
        await writer.write(new Uint8Array(10_000));
        await told((written += 10_000));
      }
    }
    collect() {
      const { readable, writable } = new IdentityTransformStream();
      kept = new Response(readable).text();
      this.ctx.waitUntil(kept);
      return writable;
    }
    collected() {
      return kept;
    }
    untilAborted(signal) {
      const about = () => {
        const { reason } = signal;
        return [reason instanceof Error, reason?.name, reason?.message ?? reason];
      };
      if (signal.aborted) return ["before", ...about()];
      return new Promise((done) => signal.addEventListener("abort", () => done(["later", ...about()])));
    }
    isAborted(signal) {
      return signal.aborted;
    }
    untilRequestAborted(request) {
      return this.untilAborted(request.signal);
    }
    failTogether() {
      const errors = [new TypeError("a"), Object.assign(new RangeError("b"), { code: 2 }), "text"];
      throw new AggregateError(errors, "together", { cause: new Error("c") });
    }
    failChained() {
      const last = Object.assign(new RangeError("third"), { code: 3 });
      throw new Error("first", { cause: new TypeError("second", { cause: last }) });
    }
    failWithHidden() {
      throw Object.defineProperty(new Error("m"), "hidden", { value: { a: 1 }, enumerable: false });
    }
    abortedSignal() {
      return AbortSignal.abort(new RangeError("from the callee"));
    }
    failingStream() {
      let chunks = 1;
      return new ReadableStream({
        type: "bytes",
        async pull(controller) {
          await null;
          if (chunks-- > 0) controller.enqueue(new Uint8Array(3));
          else controller.error(new RangeError("dried up"));
        },
      });
    }
    async aboutBlob(blob) {
      return [blob instanceof Blob, blob.size, blob.type, blob.name, await blob.text()];
    }
    throwFromAfar() {
      const thrower = () => {
        throw new RangeError("from afar");
      };
      thrower();
    }
    about(error) {
      return [error instanceof Error, error.name, error.message, error.code, error.details, error.cause?.message];
    }
  };
}

const dynamicCode = `
  import { WorkerEntrypoint } from "cloudflare:workers";
  const __name = (target) => target;
  var __defProp;
  ${transfers.toString()}
  export default transfers(WorkerEntrypoint);
`;

const places = {
  service: (env) => env.TRANSFERS,
  "dynamic worker": (env) =>
    env.LOADER.get("transfers", () => ({
      compatibilityDate: "2026-11-01",
      compatibilityFlags: ["enable_abortsignal_rpc"],
      allowExperimental: true,
      mainModule: "main.js",
      modules: { "main.js": dynamicCode },
    })).getEntrypoint(),
};

function everywhere(name, ...rest) {
  const run = rest.pop();
  for (const [place, find] of Object.entries(places)) {
    check(`${name} (${place})`, ...rest, ({ env, ctx }) => run(find(env), { env, ctx }));
  }
}

/** A stream that notes what happens to it. */
function noting() {
  const notes = [];
  const stream = new WritableStream({
    write: (chunk) => void notes.push(`write ${chunk.byteLength}`),
    close: () => void notes.push("close"),
    abort: (reason) => void notes.push(`abort ${reason?.name}`),
  });
  return { stream, notes };
}

everywhere("a WritableStream is written from afar", async (api) => {
  const { stream, notes } = noting();
  equal(await api.write(stream, 3, 10), "closed");
  same(notes, ["write 10", "write 10", "write 10", "close"]);
});

everywhere("the writable side of a byte pipe is written from afar", async (api) => {
  const { readable, writable } = new IdentityTransformStream();
  const [answer, bytes] = await Promise.all([api.write(writable, 20, 50_000), new Response(readable).bytes()]);
  equal(answer, "closed");
  equal(bytes.length, 1_000_000);
  ok(bytes.every((byte, i) => byte === Math.floor(i / 50_000)), "the bytes in their order");
});

everywhere("a WritableStream that was sent is locked", async (api) => {
  const { stream } = noting();
  const answer = api.write(stream, 1, 1);
  equal(stream.locked, true);
  await answer;
});

everywhere("a WritableStream that is locked cannot be sent", async (api) => {
  const { stream } = noting();
  stream.getWriter();
  await rejects(() => api.write(stream, 1, 1), {
    name: "TypeError",
    message: "This WritableStream is currently locked to a writer.",
  });
});

everywhere(
  "the reason of an abort arrives",
  { differs: "workerd aborts with an error of its own" },
  async (api) => {
    const { stream, notes } = noting();
    await api.writeAndAbort(stream);
    await pause(50);
    same(notes, ["write 3", "abort TypeError"]);
  },
);

everywhere("a stream that is left open is aborted when the call is over", async (api) => {
  const { stream, notes } = noting();
  await api.writeOnly(stream);
  for (let tried = 0; tried < 50 && notes.length < 2; tried++) await pause(10);
  same(notes, ["write 3", "abort Error"]);
});

everywhere("an error of the stream arrives at the writer", async (api) => {
  let left = 3;
  const stream = new WritableStream({
    write() {
      if (left-- === 0) throw new RangeError("full");
    },
  });
  same(await api.writeUntilItFails(stream), ["RangeError", "full"]);
});

check("a slow stream slows its writer", { timed: true }, async ({ env }) => {
  const api = places["dynamic worker"](env);
  let written = 0;
  let taken = 0;
  const stream = new WritableStream({
    async write(chunk) {
      if (taken > 100_000) await new Promise(() => {});
      taken += chunk.byteLength;
    },
  });
  api.writeForEver(stream, (bytes) => void (written = bytes)).catch(() => {});
  await pause(300);
  ok(written > 100_000 && written < 2_000_000, `bounded memory, not ${written} bytes ahead of ${taken}`);
});

everywhere("a WritableStream is a result", async (api) => {
  const writer = (await api.collect()).getWriter();
  await writer.write(new TextEncoder().encode("one "));
  await writer.write(new TextEncoder().encode("two"));
  await writer.close();
  equal(await api.collected(), "one two");
});

everywhere("a WritableStream that comes back is the way to the first", async (api) => {
  const { readable, writable } = new IdentityTransformStream();
  const text = new Response(readable).text();
  const writer = (await api.echo(writable)).getWriter();
  await writer.write(new TextEncoder().encode("around"));
  await writer.close();
  equal(await text, "around");
});

everywhere("streams and functions go together", async (api) => {
  const { stream } = noting();
  const { readable, writable } = new IdentityTransformStream();
  const writer = writable.getWriter();
  const given = [stream, readable, (n) => n + 1, new Headers({ a: "b" })];
  const [back, source, increment, headers] = await api.echo(given);
  const written = writer.write(new TextEncoder().encode("x")).then(() => writer.close());
  equal(await new Response(source).text(), "x");
  await written;
  equal(await increment(1), 2);
  equal(headers.get("a"), "b");
  ok(back instanceof WritableStream, "a WritableStream");
});

check("structuredClone takes neither WritableStream nor AbortSignal", () => {
  throws(() => structuredClone(new WritableStream()), { name: "DataCloneError" });
  throws(() => structuredClone(AbortSignal.abort()), { name: "DataCloneError" });
});

everywhere("a stream that fails at its source fails at its reader", async (api) => {
  await rejects(async () => new Response(await api.failingStream()).bytes());
});

everywhere(
  "it fails with the reason of its source",
  { differs: "workerd says `ReadableStream received over RPC disconnected prematurely.`" },
  async (api) => {
    await rejects(async () => new Response(await api.failingStream()).bytes(), { name: "RangeError", message: "dried up" });
  },
);

everywhere("a Blob goes both ways", async (api) => {
  const blob = new Blob(["abc", new Uint8Array([100])], { type: "text/x" });
  same(await api.aboutBlob(blob), [true, 4, "text/x", undefined, "abcd"]);
  const back = await api.echo(blob);
  same([back.type, await back.text()], ["text/x", "abcd"]);
});

everywhere("a File goes both ways", { differs: "workerd refuses it" }, async (api) => {
  const file = new File(["abc"], "a.txt", { type: "text/x" });
  same(await api.aboutBlob(file), [true, 3, "text/x", "a.txt", "abc"]);
});

everywhere("the stack of an error shows where it was waited for", async (api) => {
  async function waitsForIt() {
    await api.throwFromAfar();
  }
  const error = await rejects(waitsForIt, { name: "RangeError", message: "from afar" });
  matches(error.stack, /^RangeError: from afar\n/);
  matches(error.stack, /waitsForIt/);
});

everywhere("a signal that is aborted arrives aborted", async (api) => {
  same(await api.untilAborted(AbortSignal.abort()), ["before", true, "AbortError", "The operation was aborted"]);
  same(await api.untilAborted(AbortSignal.abort("why")), ["before", false, undefined, "why"]);
});

everywhere("a signal is aborted with its reason while a call runs", async (api) => {
  const controller = new AbortController();
  const answer = api.untilAborted(controller.signal);
  await pause(20);
  controller.abort(new TypeError("changed my mind"));
  same(await answer, ["later", true, "TypeError", "changed my mind"]);
});

everywhere("a signal that is aborted at once is told nevertheless", async (api) => {
  const controller = new AbortController();
  const answer = api.untilAborted(controller.signal);
  controller.abort();
  equal((await answer)[2], "AbortError");
});

everywhere("a timeout signal keeps its reason", async (api) => {
  equal((await api.untilAborted(AbortSignal.timeout(30)))[2], "TimeoutError");
});

everywhere("a signal that is never aborted keeps nothing waiting", async (api) => {
  equal(await api.isAborted(new AbortController().signal), false);
});

everywhere("an aborted signal is a result", async (api) => {
  const signal = await api.abortedSignal();
  same([signal.aborted, signal.reason.name, signal.reason.message], [true, "RangeError", "from the callee"]);
});

everywhere("an error among values keeps its properties and its cause", async (api) => {
  const make = () =>
    Object.assign(new TypeError("m", { cause: new Error("c") }), { code: "E_CODE", details: { list: [1, new Map()] } });
  same(await api.about(make()), [true, "TypeError", "m", "E_CODE", { list: [1, new Map()] }, "c"]);
  const { inner: back } = await api.echo({ inner: make() });
  ok(back instanceof TypeError, "a TypeError");
  same([back.message, back.code, back.details, back.cause.message], ["m", "E_CODE", { list: [1, new Map()] }, "c"]);
  equal(back.remote, undefined);
});

everywhere("an error with a name of its own keeps it as a value", async (api) => {
  class QuotaError extends Error {
    name = "QuotaError";
  }
  same((await api.about(new QuotaError("used up"))).slice(0, 3), [true, "QuotaError", "used up"]);
});

everywhere("an error that stands twice in a value is one object", async (api) => {
  const error = Object.assign(new Error("one"), { code: 1 });
  const [a, b] = await api.echo([error, error]);
  ok(a === b && a.code === 1, "the same error");
});

everywhere("errors in a circle of properties are refused", async (api) => {
  const error = new Error("circle");
  error.self = error;
  await rejects(() => api.echo(error), /clone/);
});

const aboutAll = ({ errors }) => errors.map((one) => (one instanceof Error ? [one.name, one.message, one.code] : one));

everywhere("an AggregateError that is thrown keeps its errors", async (api) => {
  const error = await rejects(() => api.failTogether(), { name: "AggregateError", message: "together" });
  ok(error instanceof AggregateError && error.remote === true, "an AggregateError");
  same(aboutAll(error), [["TypeError", "a", undefined], ["RangeError", "b", 2], "text"]);
  equal(error.cause.message, "c");
});

everywhere("an AggregateError and a SuppressedError are values", async (api) => {
  const given = [
    new AggregateError([new TypeError("a"), 5], "agg"),
    new SuppressedError(new Error("e"), new RangeError("s"), "sup"),
  ];
  const [together, suppressed] = await api.echo(given);
  ok(together instanceof AggregateError && together.message === "agg", "an AggregateError");
  same(aboutAll(together), [["TypeError", "a", undefined], 5]);
  ok(suppressed instanceof SuppressedError && suppressed.message === "sup", "a SuppressedError");
  same([suppressed.error, suppressed.suppressed], [new Error("e"), new RangeError("s")]);
});

everywhere("a chain of causes arrives whole", async (api) => {
  const { cause } = await rejects(() => api.failChained(), "first");
  same([cause, cause.cause, cause.cause.code], [new TypeError("second"), new RangeError("third"), 3]);
});

everywhere("an error's own property that is not enumerable arrives", async (api) => {
  same((await rejects(() => api.failWithHidden(), "m")).hidden, { a: 1 });
});

everywhere("the signal of a request that is an argument is aborted with its reason", async (api) => {
  const controller = new AbortController();
  const answer = api.untilRequestAborted(new Request("http://x/", { signal: controller.signal }));
  await pause(20);
  controller.abort(new TypeError("changed my mind"));
  same(await answer, ["later", true, "TypeError", "changed my mind"]);
  const aborted = new Request("http://x/", { signal: AbortSignal.abort(new RangeError("before")) });
  same(await api.untilRequestAborted(aborted), ["before", true, "RangeError", "before"]);
});

check("structuredClone keeps an error's properties", () => {
  const copy = structuredClone(Object.assign(new RangeError("x"), { code: 1 }));
  ok(copy instanceof RangeError && copy.code === 1 && copy.message === "x", "a copy with its code");
});
