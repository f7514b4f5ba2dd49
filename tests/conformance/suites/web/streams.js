// SPDX-License-Identifier: Apache-2.0

import { check, equal, ok, rejects, same, throws } from "../../check.js";

const from = (...chunks) =>
  new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
const collect = async (stream) => {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
};

check("a ReadableStream is read to its end", async () => {
  const reader = from(1, 2).getReader();
  same(
    [await reader.read(), await reader.read(), await reader.read()],
    [
      { value: 1, done: false },
      { value: 2, done: false },
      { value: undefined, done: true },
    ],
  );
  await reader.closed;
});

check("a ReadableStream iterates", async () => same(await collect(from("a", "b")), ["a", "b"]));

check("a ReadableStream is pulled on demand", async () => {
  let pulled = 0;
  const stream = new ReadableStream(
    { pull: (controller) => (++pulled > 3 ? controller.close() : controller.enqueue(pulled)) },
    { highWaterMark: 0 },
  );
  equal(pulled, 0);
  same(await collect(stream), [1, 2, 3]);
});

check("a locked stream refuses a second reader", () => {
  const stream = from(1);
  const reader = stream.getReader();
  equal(stream.locked, true);
  throws(() => stream.getReader(), TypeError);
  reader.releaseLock();
  equal(stream.locked, false);
});

check("cancel reaches the source with its reason", async () => {
  let reason;
  const stream = new ReadableStream({ cancel: (why) => void (reason = why) });
  await stream.cancel("enough");
  equal(reason, "enough");
});

check("an error in the source rejects reads", async () => {
  const stream = new ReadableStream({ start: (controller) => controller.error(new RangeError("broken")) });
  await rejects(stream.getReader().read(), { name: "RangeError", message: "broken" });
});

check("tee gives two equal streams", async () => {
  const [a, b] = from(1, 2, 3).tee();
  same(await Promise.all([collect(a), collect(b)]), [
    [1, 2, 3],
    [1, 2, 3],
  ]);
});

check("ReadableStream.from takes an iterable", async () => {
  same(await collect(ReadableStream.from([1, 2])), [1, 2]);
});

check("a WritableStream gets chunks in order and closes", async () => {
  const seen = [];
  const stream = new WritableStream({ write: (chunk) => void seen.push(chunk), close: () => void seen.push("closed") });
  const writer = stream.getWriter();
  await writer.write(1);
  await writer.write(2);
  await writer.close();
  same(seen, [1, 2, "closed"]);
});

check("a WritableStream's abort reaches the sink", async () => {
  let reason;
  await new WritableStream({ abort: (why) => void (reason = why) }).abort("stop");
  equal(reason, "stop");
});

check("a write to an errored stream rejects", async () => {
  const writer = new WritableStream({ write: () => Promise.reject(new Error("disk full")) }).getWriter();
  writer.closed.catch(() => {});
  await rejects(writer.write(1), "disk full");
});

check("back-pressure shows in desiredSize and ready", async () => {
  let release;
  const stream = new WritableStream(
    { write: () => new Promise((done) => (release = done)) },
    new CountQueuingStrategy({ highWaterMark: 1 }),
  );
  const writer = stream.getWriter();
  equal(writer.desiredSize, 1);
  const written = writer.write(1);
  equal(writer.desiredSize, 0);
  await new Promise((done) => setTimeout(done, 1));
  release();
  await written;
  await writer.ready;
  equal(writer.desiredSize, 1);
});

check("a TransformStream transforms and flushes", async () => {
  const transform = new TransformStream({
    transform: (chunk, controller) => controller.enqueue(chunk * 2),
    flush: (controller) => controller.enqueue("end"),
  });
  same(await collect(from(1, 2).pipeThrough(transform)), [2, 4, "end"]);
});

check("pipeTo copies and closes", async () => {
  const seen = [];
  await from(1, 2).pipeTo(
    new WritableStream({ write: (chunk) => void seen.push(chunk), close: () => void seen.push("closed") }),
  );
  same(seen, [1, 2, "closed"]);
});

check("pipeTo with preventClose leaves the sink open", async () => {
  const seen = [];
  const sink = new WritableStream({ write: (chunk) => void seen.push(chunk), close: () => void seen.push("closed") });
  await from(1).pipeTo(sink, { preventClose: true });
  same(seen, [1]);
});

check("an error flows through a pipe", async () => {
  const source = new ReadableStream({ start: (controller) => controller.error(new Error("upstream")) });
  await rejects(source.pipeTo(new WritableStream()), "upstream");
});

check("a byte stream serves a BYOB reader", async () => {
  const stream = new ReadableStream({
    type: "bytes",
    start(controller) {
      controller.enqueue(new Uint8Array([1, 2, 3]));
      controller.close();
    },
  });
  const reader = stream.getReader({ mode: "byob" });
  const { value, done } = await reader.read(new Uint8Array(2));
  same([[...value], done], [[1, 2], false]);
});

check("a response body is a byte stream of Uint8Arrays", async () => {
  const reader = new Response("abc").body.getReader();
  const { value } = await reader.read();
  ok(value instanceof Uint8Array);
});

check("IdentityTransformStream and FixedLengthStream pass bytes", async () => {
  const { readable, writable } = new IdentityTransformStream();
  const writer = writable.getWriter();
  writer.write(new TextEncoder().encode("id"));
  writer.close();
  equal(await new Response(readable).text(), "id");
  const fixed = new FixedLengthStream(3);
  const fixedWriter = fixed.writable.getWriter();
  fixedWriter.write(new TextEncoder().encode("abc"));
  fixedWriter.close();
  equal(await new Response(fixed.readable).text(), "abc");
});

check("queuing strategies count", () => {
  equal(new CountQueuingStrategy({ highWaterMark: 3 }).highWaterMark, 3);
  equal(new ByteLengthQueuingStrategy({ highWaterMark: 5 }).size(new Uint8Array(7)), 7);
});

check("CompressionStream and DecompressionStream agree", async () => {
  for (const format of ["gzip", "deflate", "deflate-raw"]) {
    const packed = new Response("squeeze ".repeat(100)).body.pipeThrough(new CompressionStream(format));
    equal(await new Response(packed.pipeThrough(new DecompressionStream(format))).text(), "squeeze ".repeat(100));
  }
});
