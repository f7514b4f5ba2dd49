// SPDX-License-Identifier: Apache-2.0

import stream, { Duplex, PassThrough, Readable, Transform, Writable, addAbortSignal, duplexPair, finished, pipeline } from "node:stream";
import { arrayBuffer, blob, buffer, json, text } from "node:stream/consumers";
import promises from "node:stream/promises";
import web from "node:stream/web";
import { check, equal, ok, rejects, same, throws } from "../../check.js";

const collect = (into) => new Writable({ write(chunk, encoding, done) { into.push(chunk.toString()); done(); } });
const upper = () => new Transform({ transform(chunk, encoding, done) { done(null, chunk.toString().toUpperCase()); } });

check("a Readable flows, with encodings", async () => {
  const seen = [];
  const readable = new Readable({ read() {} });
  readable.setEncoding("utf8").on("data", (chunk) => seen.push(chunk));
  readable.push(Buffer.from([0xe2, 0x82]));
  readable.push(Buffer.from([0xac]));
  readable.push(null);
  await promises.finished(readable);
  equal(seen.join(""), "€");
});

check("Readable.from and for await", async () => {
  const seen = [];
  for await (const chunk of Readable.from(["a", "b", "c"])) seen.push(chunk);
  same(seen, ["a", "b", "c"]);
});

check("pipe ends its target", async () => {
  const seen = [];
  const target = collect(seen);
  Readable.from(["a", "b"]).pipe(upper()).pipe(target);
  await promises.finished(target);
  same(seen, ["A", "B"]);
});

check("pipeline passes data and errors", async () => {
  const seen = [];
  await promises.pipeline(Readable.from(["a", "b"]), upper(), collect(seen));
  same(seen, ["A", "B"]);
  await rejects(promises.pipeline(Readable.from(["a"]), new Transform({ transform(chunk, encoding, done) { done(new RangeError("bad")); } }), collect([])), "bad");
  const value = await new Promise((done) => pipeline(Readable.from(["x"]), async function* (source) { for await (const chunk of source) yield chunk + "!"; }, collect(seen), done));
  same([value, seen.at(-1)], [undefined, "x!"]);
});

check("write tells of back-pressure, drain follows", async () => {
  let release;
  const slow = new Writable({ highWaterMark: 2, write(chunk, encoding, done) { release = done; } });
  equal(slow.write("abc"), false);
  const drained = new Promise((done) => slow.once("drain", done));
  release();
  await drained;
});

check("destroy and errors", async () => {
  const readable = new Readable({ read() {} });
  const closed = new Promise((done) => readable.on("error", done));
  readable.destroy(new Error("gone"));
  equal((await closed).message, "gone");
  ok(readable.destroyed);
  const writable = new Writable({ write(chunk, encoding, done) { done(); } });
  writable.end();
  const error = await new Promise((done) => { writable.on("error", done); writable.write("late"); });
  equal(error.code, "ERR_STREAM_WRITE_AFTER_END");
});

check("objectMode and operators", async () => {
  const readable = Readable.from([1, 2, 3, 4]);
  same(await readable.filter((x) => x % 2 === 0).map((x) => x * 10).toArray(), [20, 40]);
});

check("Duplex, PassThrough and finished", async () => {
  const pass = new PassThrough();
  pass.end("through");
  equal(await text(pass), "through");
  const duplex = new Duplex({ read() { this.push("r"); this.push(null); }, write(chunk, encoding, done) { done(); } });
  await new Promise((done) => { finished(duplex, done); duplex.resume(); duplex.end("w"); });
});

check("addAbortSignal ends a stream", async () => {
  const controller = new AbortController();
  const readable = addAbortSignal(controller.signal, new Readable({ read() {} }));
  const failed = new Promise((done) => readable.on("error", done));
  controller.abort();
  equal((await failed).name, "AbortError");
});

check("consumers", async () => {
  same([await text(Readable.from(["a", "b"])), await json(Readable.from(['{"a":', "1}"])), (await buffer(Readable.from([Buffer.from("x")]))).toString()], ["ab", { a: 1 }, "x"]);
  same([(await arrayBuffer(Readable.from([Buffer.from("xyz")]))).byteLength, (await blob(Readable.from([Buffer.from("xy")]))).size, await text(new Response("web").body)], [3, 2, "web"]);
});

check("to and from web streams", async () => {
  equal(await new Response(Readable.toWeb(Readable.from([Buffer.from("to web")]))).text(), "to web");
  equal(await text(Readable.fromWeb(new Response("from web").body)), "from web");
  const seen = [];
  const writer = Writable.toWeb(collect(seen)).getWriter();
  await writer.write(Buffer.from("w"));
  await writer.close();
  const { readable, writable } = new TransformStream();
  const node = Writable.fromWeb(writable);
  node.end("n");
  seen.push(new TextDecoder().decode((await readable.getReader().read()).value));
  same(seen, ["w", "n"]);
});

check("duplexPair", async () => {
  const [a, b] = duplexPair();
  a.end("to b");
  b.end("to a");
  same(await Promise.all([text(b), text(a)]), ["to b", "to a"]);
});

check("the module has its parts", () => {
  ok(stream === stream.Stream && stream.promises === promises && web.ReadableStream === ReadableStream);
  equal(throws(() => new Readable().pipe(), Error) instanceof Error, true);
});

check("old-style inheritance works", async () => {
  function Old() { Readable.call(this); }
  Object.setPrototypeOf(Old.prototype, Readable.prototype);
  Object.setPrototypeOf(Old, Readable);
  Old.prototype._read = function () { this.push("old"); this.push(null); };
  equal(await text(new Old()), "old");
});
