// SPDX-License-Identifier: Apache-2.0

import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { promisify } from "node:util";
import zlib from "node:zlib";
import { check, equal, ok, rejects, same, throws } from "../../check.js";

const text = Buffer.from("compress me, ".repeat(1000));
const pairs = [["deflate", "inflate"], ["gzip", "gunzip"], ["deflateRaw", "inflateRaw"], ["gzip", "unzip"], ["deflate", "unzip"], ["brotliCompress", "brotliDecompress"]];

for (const [pack, unpack] of pairs) {
  check(`${pack} and ${unpack}, at once, later and as streams`, async () => {
    const packed = zlib[`${pack}Sync`](text);
    ok(packed.length < 400 && Buffer.isBuffer(packed), `${packed.length} bytes`);
    ok(zlib[`${unpack}Sync`](packed).equals(text));
    ok((await promisify(zlib[unpack])(await promisify(zlib[pack])(text))).equals(text));
    const name = (of) => `create${of[0].toUpperCase()}${of.slice(1)}`;
    const through = await buffer(Readable.from([text.subarray(0, 5000), text.subarray(5000)]).pipe(zlib[name(pack)]()).pipe(zlib[name(unpack)]()));
    ok(through.equals(text));
  });
}

check("options of zlib", () => {
  for (const options of [{ level: 0 }, { level: 9 }, { windowBits: 9 }, { memLevel: 1 }, { strategy: zlib.constants.Z_HUFFMAN_ONLY }, { chunkSize: 64 }]) {
    ok(zlib.inflateSync(zlib.deflateSync(text, options)).equals(text), JSON.stringify(options));
  }
  throws(() => zlib.deflateSync(text, { level: 10 }), RangeError);
  throws(() => zlib.deflateSync(5), TypeError);
});

check("a dictionary", () => {
  const dictionary = Buffer.from("compress me, ");
  const packed = zlib.deflateSync(text, { dictionary });
  ok(zlib.inflateSync(packed, { dictionary }).equals(text));
  throws(() => zlib.inflateSync(packed), Error);
});

check("options of brotli", () => {
  const { constants } = zlib;
  const packed = zlib.brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 1, [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT } });
  ok(zlib.brotliDecompressSync(packed).equals(text));
});

for (const [name, run, code] of [
  ["no gzip", () => zlib.gunzipSync(Buffer.from("this is no gzip")), "Z_DATA_ERROR"],
  ["a cut end", () => zlib.gunzipSync(zlib.gzipSync(text).subarray(0, 50)), "Z_BUF_ERROR"],
  ["a wrong sum", () => { const packed = zlib.gzipSync(text); packed[packed.length - 6] ^= 1; return zlib.gunzipSync(packed); }, "Z_DATA_ERROR"],
]) {
  check(`${name} is refused`, () => throws(run, Error));
  check(`${name} is refused with ${code}`, { differs: "errors of workerd's functions have no code" }, () => equal(throws(run, Error).code, code));
}

check("a stream of wrong data fails", async () => {
  await rejects(buffer(Readable.from([Buffer.from("nonsense")]).pipe(zlib.createGunzip())).catch((error) => { throw error; }), Error);
});

check("members of gzip one after another", () => {
  equal(zlib.gunzipSync(Buffer.concat([zlib.gzipSync("a"), zlib.gzipSync("b")])).toString(), "ab");
});

check("maxOutputLength bounds what is unpacked", () => {
  const bomb = zlib.gzipSync(Buffer.alloc(10 << 20));
  throws(() => zlib.gunzipSync(bomb, { maxOutputLength: 1 << 20 }), RangeError);
});

check("flush() brings out what was written", async () => {
  const deflate = zlib.createDeflate();
  const seen = [];
  deflate.on("data", (chunk) => seen.push(chunk));
  deflate.write("flushed");
  await new Promise((done) => deflate.flush(done));
  await new Promise((done) => setTimeout(done, 5));
  equal(zlib.inflateSync(Buffer.concat(seen), { finishFlush: zlib.constants.Z_SYNC_FLUSH }).toString(), "flushed");
  deflate.close();
});

check("crc32, constants and codes", () => {
  same([zlib.crc32("hello"), zlib.crc32(Buffer.from("lo"), zlib.crc32("hel")), zlib.constants.Z_BEST_COMPRESSION, zlib.codes.Z_OK], [907060870, 907060870, 9, 0]);
});

check("what Response packs, zlib unpacks", async () => {
  const packed = await buffer(new Response("web").body.pipeThrough(new CompressionStream("gzip")));
  equal(zlib.gunzipSync(packed).toString(), "web");
});

check("hundreds of codecs at once, closed or not", () => {
  for (let i = 0; i < 600; i++) zlib.createDeflate();
  equal(zlib.inflateSync(zlib.deflateSync("after")).toString(), "after");
});

check("zstd comes back, at once and as a stream", async () => {
  const text = "the same again ".repeat(1000);
  const packed = zlib.zstdCompressSync(text);
  ok(packed.length < 200 && packed.readUInt32LE() === 0xfd2fb528);
  equal(zlib.zstdDecompressSync(packed).toString(), text);
  const parts = [];
  const stream = zlib.createZstdCompress({ params: { [zlib.constants.ZSTD_c_compressionLevel]: 9, [zlib.constants.ZSTD_c_checksumFlag]: 1 } });
  stream.write(text.slice(0, 500));
  stream.end(text.slice(500));
  for await (const part of stream.pipe(zlib.createZstdDecompress())) parts.push(part);
  equal(Buffer.concat(parts).toString(), text);
  equal((await new Promise((done, fail) => zlib.zstdCompress("", (error, result) => (error ? fail(error) : done(result))))).length > 0, true);
});

check("zstd: frames after each other are one text", { differs: "workerd stops after the first" }, () => {
  equal(zlib.zstdDecompressSync(Buffer.concat([zlib.zstdCompressSync("one "), zlib.zstdCompressSync("two")])).toString(), "one two");
});

check("zstd: what is none, cut or wrong is refused", () => {
  const packed = zlib.zstdCompressSync(text);
  for (const data of [Buffer.from("no zstd at all"), packed.subarray(0, packed.length - 2)]) throws(() => zlib.zstdDecompressSync(data), Error);
  throws(() => zlib.zstdCompressSync("x", { params: { [zlib.constants.ZSTD_c_windowLog]: 99 } }), Error);
  throws(() => zlib.zstdCompressSync("x", { params: { nope: 1 } }), Error);
  throws(() => zlib.zstdCompressSync(5), TypeError);
});

check("zstd: maxOutputLength bounds what is unpacked", { differs: "workerd takes no notice" }, () => {
  equal(throws(() => zlib.zstdDecompressSync(zlib.zstdCompressSync(Buffer.alloc(100_000)), { maxOutputLength: 1000 }), Error).code, "ERR_BUFFER_TOO_LARGE");
});
