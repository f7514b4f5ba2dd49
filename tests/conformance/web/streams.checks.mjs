// SPDX-License-Identifier: Apache-2.0
// Streams beyond what the suite "web" asks: errors, back-pressure, byte streams, the byte pipes of Workers, text.
import { equal, ok, rejects, same, throws } from "../check.js";

const bytes = (...values) => new Uint8Array(values);
const text = (value) => new TextEncoder().encode(value);
const collect = async (stream) => {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
};
const from = (...chunks) => ReadableStream.from(chunks);

export const checks = {
  "async iteration cancels the source on break, unless told": async () => {
    let canceled = 0;
    const make = () => new ReadableStream({ pull: (controller) => controller.enqueue(1), cancel: () => void canceled++ });
    for await (const _ of make()) break;
    equal(canceled, 1);
    const stream = make();
    for await (const _ of stream.values({ preventCancel: true })) break;
    equal(canceled, 1);
    equal(stream.locked, false);
  },
  "ReadableStream.from takes async iterables and returns them early": async () => {
    let returned = 0;
    async function* numbers() {
      try {
        for (let number = 1; ; number++) yield number;
      } finally {
        returned++;
      }
    }
    const reader = ReadableStream.from(numbers()).getReader();
    equal((await reader.read()).value, 1);
    equal((await reader.read()).value, 2);
    await reader.cancel();
    equal(returned, 1);
    throws(() => ReadableStream.from(5), TypeError);
  },
  "tee branches are independent, and cancel waits for both": async () => {
    let reason;
    const [left, right] = new ReadableStream({ pull: (controller) => controller.enqueue("x"), cancel: (why) => void (reason = why) }).tee();
    const reader = right.getReader();
    const first = left.cancel("l");
    equal((await reader.read()).value, "x");
    const second = reader.cancel("r");
    await Promise.all([first, second]);
    same(reason, ["l", "r"]);
  },
  "a released reader can no longer read and another one can": async () => {
    const stream = from(1, 2);
    const reader = stream.getReader();
    equal((await reader.read()).value, 1);
    reader.releaseLock();
    await rejects(reader.read(), TypeError);
    equal((await stream.getReader().read()).value, 2);
  },
  "pipeTo is stopped by a signal": async () => {
    const controller = new AbortController();
    const events = [];
    const source = new ReadableStream({ pull: () => new Promise(() => {}), cancel: (why) => void events.push(`cancel ${why}`) });
    const sink = new WritableStream({ abort: (why) => void events.push(`abort ${why}`) });
    const piping = source.pipeTo(sink, { signal: controller.signal });
    controller.abort("stop");
    try {
      await piping;
      ok(false);
    } catch (error) {
      equal(error, "stop");
    }
    same(events.sort(), ["abort stop", "cancel stop"]);
  },
  "pipeThrough returns the readable side and keeps order under back-pressure": async () => {
    const input = Array.from({ length: 100 }, (_, index) => index);
    const double = new TransformStream({ transform: (chunk, controller) => controller.enqueue(chunk * 2) });
    same(await collect(from(...input).pipeThrough(double).pipeThrough(new TransformStream())), input.map((each) => each * 2));
  },
  "a transform's error reaches both sides": async () => {
    const stream = new TransformStream({ transform() { throw new Error("bad chunk"); } });
    const writer = stream.writable.getWriter();
    const writing = writer.write(1);
    await rejects(stream.readable.getReader().read(), "bad chunk");
    await rejects(writing, "bad chunk");
    await rejects(writer.closed, "bad chunk");
  },
  "a WritableStream hands its controller's signal to the sink": async () => {
    let signal;
    const stream = new WritableStream({ start: (controller) => void (signal = controller.signal) });
    equal(signal.aborted, false);
    await stream.abort("why");
    equal(signal.aborted, true);
    equal(signal.reason, "why");
  },
  "a BYOB reader fills the buffer it is given": async () => {
    const stream = new ReadableStream({
      type: "bytes",
      pull(controller) {
        const request = controller.byobRequest;
        if (request === null) return controller.enqueue(bytes(9));
        request.view[0] = 1;
        request.view[1] = 2;
        request.respond(2);
      },
    });
    const reader = stream.getReader({ mode: "byob" });
    const { value, done } = await reader.read(new Uint8Array(4));
    equal(done, false);
    same([...value], [1, 2]);
    equal(value.buffer.byteLength, 4);
  },
  "readAtLeast waits for enough": async () => {
    let next = 0;
    const stream = new ReadableStream({
      type: "bytes",
      pull(controller) {
        controller.enqueue(bytes(++next));
        if (next === 5) {
          controller.close();
          controller.byobRequest?.respond(0);
        }
      },
    });
    const reader = stream.getReader({ mode: "byob" });
    const { value } = await reader.readAtLeast(3, new Uint8Array(4));
    same([...value], [1, 2, 3]);
  },
  "IdentityTransformStream takes bytes and text, and a write ends when it was read": async () => {
    const { readable, writable } = new IdentityTransformStream();
    const writer = writable.getWriter();
    let written = false;
    const writing = writer.write(text("ab")).then(() => (written = true));
    await Promise.resolve();
    equal(written, false);
    const reader = readable.getReader();
    same([...(await reader.read()).value], [97, 98]);
    await writing;
    const closing = writer.close();
    equal((await reader.read()).done, true);
    await closing;
    const other = new IdentityTransformStream();
    const writingText = other.writable.getWriter().write("\u20ac");
    same([...(await other.readable.getReader().read()).value], [226, 130, 172]);
    await writingText;
    await rejects(new IdentityTransformStream().writable.getWriter().write(5), TypeError);
  },
  "IdentityTransformStream serves BYOB readers and passes errors on": async () => {
    const pipe = new IdentityTransformStream();
    const writer = pipe.writable.getWriter();
    const writing = writer.write(text("hello"));
    const reader = pipe.readable.getReader({ mode: "byob" });
    const first = await reader.read(new Uint8Array(3));
    same([...first.value], [...text("hel")]);
    const second = await reader.read(new Uint8Array(3));
    same([...second.value], [...text("lo")]);
    await writing;
    const failing = reader.read(new Uint8Array(3));
    writer.abort(new Error("gone")).catch(() => {});
    await rejects(failing, "gone");
  },
  "canceling the readable side fails the writer": async () => {
    const pipe = new IdentityTransformStream();
    const writer = pipe.writable.getWriter();
    const writing = writer.write(text("x"));
    await pipe.readable.cancel(new Error("no more"));
    await rejects(writing, "no more");
  },
  "FixedLengthStream holds its writer to the length": async () => {
    const short = new FixedLengthStream(4);
    const shortWriter = short.writable.getWriter();
    const shortReading = collect(short.readable).catch((error) => error);
    await shortWriter.write(text("abc"));
    await rejects(shortWriter.close(), TypeError);
    ok((await shortReading) instanceof TypeError);
    const long = new FixedLengthStream(2);
    const longReading = collect(long.readable).catch((error) => error);
    await rejects(long.writable.getWriter().write(text("abc")), TypeError);
    ok((await longReading) instanceof TypeError);
    const exact = new FixedLengthStream(3n);
    const writer = exact.writable.getWriter();
    const reading = collect(exact.readable);
    await writer.write(text("ab"));
    await writer.write(text("c"));
    await writer.close();
    equal((await reading).map((chunk) => new TextDecoder().decode(chunk)).join(""), "abc");
  },
  "text streams join what was split": async () => {
    const encoded = from("a\ud83d", "\ude00", "\ud800", "b\ud800").pipeThrough(new TextEncoderStream());
    const all = (await collect(encoded)).flatMap((chunk) => [...chunk]);
    equal(new TextDecoder().decode(new Uint8Array(all)), "a\u{1f600}\ufffdb\ufffd");
    const source = text("x\u20acy");
    const decoded = from(source.slice(0, 2), source.slice(2, 3), source.slice(3)).pipeThrough(new TextDecoderStream());
    equal((await collect(decoded)).join(""), "x\u20acy");
    const strict = from(bytes(0xff)).pipeThrough(new TextDecoderStream("utf-8", { fatal: true }));
    await rejects(collect(strict), TypeError);
    const stream = new TextDecoderStream("latin1", { ignoreBOM: true });
    equal(stream.encoding, "windows-1252");
    equal(stream.ignoreBOM, true);
    equal(stream.fatal, false);
  },
  "the classes look native": async () => {
    for (const type of [ReadableStream, WritableStream, TransformStream]) {
      equal(Object.prototype.toString.call(new type()), `[object ${type.name}]`);
      equal(type.length, 0);
      throws(() => type(), TypeError);
    }
    ok(new IdentityTransformStream() instanceof TransformStream);
    ok(new FixedLengthStream(1) instanceof IdentityTransformStream);
    throws(() => Object.getOwnPropertyDescriptor(ReadableStream.prototype, "locked").get.call({}), TypeError);
  },
};

/** Checks that workerd fails, and why it may. */
export const differs = {
  "tee branches are independent, and cancel waits for both": "workerd cancels with one reason",
  "pipeTo is stopped by a signal": "workerd waits for the pull that is under way",
  "FixedLengthStream holds its writer to the length": "workerd tells the reader alone",
  "text streams join what was split": "workerd ignores ignoreBOM",
};
