// SPDX-License-Identifier: Apache-2.0
// CompressionStream and DecompressionStream.
import { equal, ok, rejects, same, throws } from "../check.js";

const text = (value) => new TextEncoder().encode(value);
const base64 = (value) => Uint8Array.from(atob(value), (character) => character.charCodeAt(0));

async function through(stream, ...chunks) {
  const all = [];
  for await (const chunk of ReadableStream.from(chunks).pipeThrough(stream)) all.push(...chunk);
  return new Uint8Array(all);
}

export const checks = {
  "every format comes back, in chunks of any size": async () => {
    const long = text("a line that repeats, number 12345\n".repeat(3000));
    for (const format of ["gzip", "deflate", "deflate-raw"]) {
      const packed = await through(new CompressionStream(format), long.subarray(0, 7), long.subarray(7, 50_000), long.subarray(50_000));
      ok(packed.length < long.length / 20, `${format} to be small`);
      const halves = [packed.slice(0, 11), packed.slice(11).buffer];
      same([...(await through(new DecompressionStream(format), ...halves))], [...long]);
      equal((await through(new DecompressionStream(format), await through(new CompressionStream(format)))).length, 0);
    }
  },
  "random data passes through": async () => {
    const random = crypto.getRandomValues(new Uint8Array(65536));
    const twice = await through(new DecompressionStream("gzip"), await through(new CompressionStream("gzip"), random, random));
    same([...twice.subarray(65536)], [...random]);
  },
  "what others have packed is unpacked": async () => {
    const hello = base64("H4sIAAAAAAAAA8tIzcnJBwCGphA2BQAAAA==");
    equal(new TextDecoder().decode(await through(new DecompressionStream("gzip"), hello)), "hello");
    equal(new TextDecoder().decode(await through(new DecompressionStream("deflate"), base64("eJzLSM3JyQcABiwCFQ=="))), "hello");
  },
  "broken, short and overlong data is refused": async () => {
    const packed = await through(new CompressionStream("gzip"), text("hello hello hello"));
    await rejects(through(new DecompressionStream("gzip"), text("no gzip at all")), TypeError);
    await rejects(through(new DecompressionStream("gzip"), packed.subarray(0, packed.length - 1)), TypeError);
    await rejects(through(new DecompressionStream("gzip"), packed, text("x")), TypeError);
    const wrong = packed.slice();
    wrong[wrong.length - 5] ^= 1;
    await rejects(through(new DecompressionStream("gzip"), wrong), TypeError);
    await rejects(through(new CompressionStream("gzip"), "text"), TypeError);
    throws(() => new CompressionStream("zip"), TypeError);
    throws(() => new DecompressionStream(), TypeError);
  },
};

/** Checks that workerd fails, and why it may. */
export const differs = {
  "broken, short and overlong data is refused": "workerd compresses strings",
};
