// SPDX-License-Identifier: Apache-2.0
// Blob and File.
import { equal, ok, same, throws } from "../check.js";

const bytes = (...values) => new Uint8Array(values);

export const checks = {
  "Blob joins text, buffers, views and blobs": async () => {
    const part = new Uint8Array([1, 65, 66, 2]).subarray(1, 3);
    const blob = new Blob(["é", part, bytes(67).buffer, new Blob(["D"]), 5], { type: "Text/Plain" });
    equal(blob.size, 7);
    equal(blob.type, "text/plain");
    equal(await blob.text(), "éABCD5");
  },
  "Blob of nothing is empty": async () => {
    equal(new Blob().size, 0);
    equal(new Blob().type, "");
    equal(await new Blob([]).text(), "");
    equal((await new Blob().arrayBuffer()).byteLength, 0);
  },
  "Blob keeps a copy": async () => {
    const source = bytes(1, 2, 3);
    const blob = new Blob([source]);
    source[0] = 9;
    const first = await blob.bytes();
    same([...first], [1, 2, 3]);
    first[1] = 9;
    same([...new Uint8Array(await blob.arrayBuffer())], [1, 2, 3]);
  },
  "Blob.slice counts from both ends": async () => {
    const blob = new Blob(["0123456789"], { type: "a/b" });
    const text = (...range) => blob.slice(...range).text();
    equal(await text(2, 4), "23");
    equal(await text(-3), "789");
    equal(await text(-3, -1), "78");
    equal(await text(5, 2), "");
    equal(await text(0, 99), "0123456789");
    equal(await text(), "0123456789");
    equal(blob.slice(0, 1).type, "");
    equal(blob.slice(0, 1, "C/D").type, "c/d");
    equal(await blob.slice(2).slice(2, 4).text(), "45");
  },
  "Blob refuses what is no list of parts": () => {
    throws(() => new Blob("abc"), TypeError);
    throws(() => new Blob(3), TypeError);
    throws(() => new Blob(null), TypeError);
    throws(() => Blob([]), TypeError);
  },
  "Blob types that are not ASCII are dropped": () => {
    same([new Blob([], { type: "é" }).type, new Blob([], { type: "a\u0001" }).type], ["", ""]);
  },
  "Blob.stream yields its bytes": async () => {
    let size = 0;
    let sum = 0;
    for await (const chunk of new Blob([new Uint8Array(200_000).fill(1)]).stream()) {
      ok(chunk instanceof Uint8Array);
      size += chunk.length;
      for (const byte of chunk) sum += byte;
    }
    same([size, sum], [200_000, 200_000]);
  },
  "Blob's text is decoded as UTF-8": async () => {
    equal(await new Blob([bytes(0xe2, 0x82, 0xac, 0xff)]).text(), "€\ufffd");
  },
  "File is a Blob with a name and a date": async () => {
    const file = new File(["a"], "n.txt", { type: "a/b", lastModified: 5 });
    same([file.name, file.type, file.lastModified, file.size, await file.text()], ["n.txt", "a/b", 5, 1, "a"]);
    ok(file instanceof Blob);
    ok(!(file.slice() instanceof File));
    throws(() => new File(["a"]), TypeError);
    equal(Object.prototype.toString.call(file), "[object File]");
    equal(Object.prototype.toString.call(new Blob()), "[object Blob]");
  },
  "Blob and File members are enumerable": () => {
    const names = (prototype) => Object.keys(prototype).sort();
    same(names(Blob.prototype), ["arrayBuffer", "bytes", "size", "slice", "stream", "text", "type"]);
    same(names(File.prototype), ["lastModified", "name"]);
  },
  "Blob members refuse other objects": () => {
    throws(() => Blob.prototype.size, TypeError);
    throws(() => Reflect.get(File.prototype, "name", new Blob()), TypeError);
  },
};
