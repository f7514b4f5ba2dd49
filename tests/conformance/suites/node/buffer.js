// SPDX-License-Identifier: Apache-2.0

import buffer, { Buffer, isAscii, isUtf8, transcode } from "node:buffer";
import { check, equal, ok, same, throws } from "../../check.js";

const bytes = (value) => [...value];

check("Buffer is a Uint8Array, global and imported alike", () => {
  ok(globalThis.Buffer === Buffer && buffer.Buffer === Buffer);
  const made = Buffer.from("abc");
  ok(made instanceof Uint8Array && made instanceof Buffer && Buffer.isBuffer(made));
  equal(Buffer.isBuffer(new Uint8Array(1)), false);
  equal(Object.getPrototypeOf(made), Buffer.prototype);
  ok(Buffer.from("a").map((x) => x) instanceof Buffer);
});

for (const [encoding, text, expected] of [
  ["utf8", "aé世🎈", [97, 195, 169, 228, 184, 150, 240, 159, 142, 136]],
  ["utf-8", "\ud800", [239, 191, 189]],
  ["UTF8", "a", [97]],
  ["latin1", "aéĀ", [97, 233, 0]],
  ["binary", "\xff", [255]],
  ["ascii", "aé", [97, 233]],
  ["utf16le", "aé", [97, 0, 233, 0]],
  ["ucs2", "世", [22, 78]],
  ["hex", "00fF7", [0, 255]],
  ["hex", "12zz34", [18]],
  ["base64", "aGVsbG8=", [104, 101, 108, 108, 111]],
  ["base64", "aGVs bG8", [104, 101, 108, 108, 111]],
  ["base64", "_-8", [255, 239]],
  ["base64url", "_-8", [255, 239]],
  ["base64", "a*G*V*s", [104, 101, 108]],
  ["base64", "YQ==YQ==", [97]],
  ["base64", "", []],
]) {
  check(`Buffer.from(${JSON.stringify(text)}, "${encoding}")`, () => same(bytes(Buffer.from(text, encoding)), expected));
}

for (const [encoding, input, expected] of [
  ["utf8", [97, 195, 169, 255], "aé\ufffd"],
  ["utf8", [239, 187, 191, 97], "\ufeffa"],
  ["latin1", [97, 233], "aé"],
  ["ascii", [97, 233], "ai"],
  ["utf16le", [97, 0, 22, 78, 1], "a世"],
  ["hex", [0, 255, 16], "00ff10"],
  ["base64", [255, 239, 1], "/+8B"],
  ["base64", [104], "aA=="],
  ["base64url", [255, 239], "_-8"],
]) {
  check(`toString("${encoding}") of ${input}`, () => equal(Buffer.from(input).toString(encoding), expected));
}

check("from() takes arrays, views, buffers, and what is like them", () => {
  same(bytes(Buffer.from([1, 257, -1, "5", 1.9])), [1, 1, 255, 5, 1]);
  same(bytes(Buffer.from(new Uint16Array([1, 258]))), [1, 2]);
  same(bytes(Buffer.from({ length: 2, 0: 7, 1: 8 })), [7, 8]);
  same(bytes(Buffer.from({ type: "Buffer", data: [1, 2] })), [1, 2]);
  same(bytes(Buffer.from(new String("ab"))), [97, 98]);
  same(bytes(Buffer.from({ [Symbol.toPrimitive]: () => "z" })), [122]);
  same(bytes(Buffer.from(Buffer.from("copy"))), [99, 111, 112, 121]);
});

check("from() an ArrayBuffer shares its memory", () => {
  const memory = new ArrayBuffer(4);
  const shared = Buffer.from(memory, 1, 2);
  shared[0] = 9;
  same([bytes(new Uint8Array(memory)), shared.length, shared.byteOffset], [[0, 9, 0, 0], 2, 1]);
  throws(() => Buffer.from(memory, 5), { message: '"offset" is outside of buffer bounds' });
  throws(() => Buffer.from(memory, 1, 4), { message: '"length" is outside of buffer bounds' });
});

check("from() refuses what is no bytes", () => {
  for (const wrong of [5, null, undefined, true, Symbol("x"), () => {}]) {
    equal(throws(() => Buffer.from(wrong), TypeError).code, "ERR_INVALID_ARG_TYPE");
  }
  equal(throws(() => Buffer.from("a", "nope"), TypeError).code, "ERR_UNKNOWN_ENCODING");
});

check("alloc fills, allocUnsafe has the size", () => {
  same(bytes(Buffer.alloc(3)), [0, 0, 0]);
  same(bytes(Buffer.alloc(5, "ab")), [97, 98, 97, 98, 97]);
  same(bytes(Buffer.alloc(3, 257)), [1, 1, 1]);
  same(bytes(Buffer.alloc(4, "AQI=", "base64")), [1, 2, 1, 2]);
  equal(Buffer.allocUnsafe(10).length, 10);
  throws(() => Buffer.alloc(-1), RangeError);
  equal(throws(() => Buffer.alloc("5"), TypeError).code, "ERR_INVALID_ARG_TYPE");
});

check("concat joins and cuts", () => {
  const [a, b] = [Buffer.from("ab"), new Uint8Array([99])];
  equal(Buffer.concat([a, b]).toString(), "abc");
  same(bytes(Buffer.concat([a, b], 5)), [97, 98, 99, 0, 0]);
  same(bytes(Buffer.concat([a, b], 1)), [97]);
  equal(throws(() => Buffer.concat("x"), TypeError).code, "ERR_INVALID_ARG_TYPE");
  equal(throws(() => Buffer.concat([5]), TypeError).code, "ERR_INVALID_ARG_TYPE");
});

check("byteLength counts without encoding", () => {
  same([Buffer.byteLength("aé世"), Buffer.byteLength("aGk=", "base64"), Buffer.byteLength("abc", "hex"), Buffer.byteLength("ab", "ucs2"),
    Buffer.byteLength(new ArrayBuffer(7)), Buffer.byteLength(new Uint16Array(2))], [6, 2, 1, 4, 7, 4]);
});

check("compare and equals order by bytes", () => {
  const [a, b] = [Buffer.from("abc"), Buffer.from("abd")];
  same([Buffer.compare(a, b), b.compare(a), a.compare(a), a.equals(new Uint8Array([97, 98, 99])), a.equals(b)], [-1, 1, 0, true, false]);
  same([a.compare(b, 0, 2, 0, 2), Buffer.from("ab").compare(a), Buffer.from("").compare(a)], [0, -1, -1]);
  equal(throws(() => a.equals("abc"), TypeError).code, "ERR_INVALID_ARG_TYPE");
});

for (const [name, run, expected] of [
  ["indexOf a text", (b) => b.indexOf("is"), 2],
  ["indexOf from a place", (b) => b.indexOf("is", 3), 5],
  ["indexOf from behind", (b) => b.indexOf("is", -5), -1],
  ["lastIndexOf", (b) => b.lastIndexOf("is"), 5],
  ["lastIndexOf from a place", (b) => b.lastIndexOf("is", 4), 2],
  ["indexOf a byte", (b) => b.indexOf(0x20), 4],
  ["indexOf a byte above 255", (b) => b.indexOf(0x120), 4],
  ["indexOf bytes", (b) => b.indexOf(Buffer.from("a buf")), 8],
  ["indexOf nothing", (b) => [b.indexOf(""), b.indexOf("", 3), b.indexOf("", 99), b.lastIndexOf("")], [0, 3, 14, 14]],
  ["indexOf hex", (b) => b.indexOf("6973", 0, "hex"), 2],
  ["includes", (b) => [b.includes("buff"), b.includes("nope")], [true, false]],
  ["indexOf what is missing", (b) => b.indexOf("zzz"), -1],
]) {
  check(`${name}`, () => same(run(Buffer.from("this is a buff")), expected));
}

check("indexOf in UTF-16 finds whole units", () => {
  const text = Buffer.from("\u0041\u4100", "utf16le");
  equal(text.indexOf("\u4100", 0, "utf16le"), 2);
  equal(Buffer.from([0, 0x41, 0, 0]).indexOf("A", 0, "utf16le"), -1);
});

check("fill repeats, within bounds", () => {
  equal(Buffer.alloc(5).fill("abc").toString(), "abcab");
  same(bytes(Buffer.alloc(4).fill(7, 1, 3)), [0, 7, 7, 0]);
  same(bytes(Buffer.alloc(4).fill("é")), [195, 169, 195, 169]);
  same(bytes(Buffer.alloc(3).fill(Buffer.from([1, 2]))), [1, 2, 1]);
  same(bytes(Buffer.from([5, 5]).fill("")), [0, 0]);
  throws(() => Buffer.alloc(3).fill("a", 0, 9), RangeError);
});

check("write keeps to whole characters and to the room", () => {
  const room = Buffer.alloc(4);
  same([room.write("a世b"), bytes(room)], [4, [97, 228, 184, 150]]);
  same([Buffer.alloc(3).write("a世"), Buffer.alloc(5).write("abc", 1), Buffer.alloc(5).write("abc", 1, 2), Buffer.alloc(4).write("ffff", 1, "hex")], [1, 3, 2, 2]);
  throws(() => Buffer.alloc(1).write("a", 5), RangeError);
});

check("copy moves bytes, also within one", () => {
  const from = Buffer.from("abcdef");
  const to = Buffer.alloc(4, ".");
  same([from.copy(to, 1, 2, 4), to.toString()], [2, ".cd."]);
  same([from.copy(from, 2, 0, 4), from.toString()], [4, "ababcd"]);
  same([from.copy(to, 9), from.copy(new Uint8Array(2), 0, 1)], [0, 2]);
});

check("slice and subarray share memory, with negative places", () => {
  const whole = Buffer.from("abcdef");
  const part = whole.subarray(-3, -1);
  part[0] = 90;
  same([part.toString(), whole.toString(), whole.slice(1, 3).toString(), part instanceof Buffer], ["Ze", "abcZef", "bc", true]);
});

check("swap16, swap32, swap64", () => {
  same(bytes(Buffer.from([1, 2, 3, 4]).swap16()), [2, 1, 4, 3]);
  same(bytes(Buffer.from([1, 2, 3, 4]).swap32()), [4, 3, 2, 1]);
  same(bytes(Buffer.from([1, 2, 3, 4, 5, 6, 7, 8]).swap64()), [8, 7, 6, 5, 4, 3, 2, 1]);
  equal(throws(() => Buffer.alloc(3).swap16(), RangeError).code, "ERR_INVALID_BUFFER_SIZE");
});

for (const [method, value, size] of [
  ["UInt8", 200, 1], ["Int8", -100, 1], ["UInt16LE", 0x1234, 2], ["UInt16BE", 0x1234, 2], ["Int16LE", -300, 2], ["Int16BE", -300, 2],
  ["UInt32LE", 0xdeadbeef, 4], ["UInt32BE", 0xdeadbeef, 4], ["Int32LE", -70000, 4], ["Int32BE", -70000, 4], ["FloatLE", 1.5, 4],
  ["FloatBE", -0.25, 4], ["DoubleLE", Math.PI, 8], ["DoubleBE", -Math.E, 8], ["BigInt64LE", -5n, 8], ["BigUInt64BE", 2n ** 63n, 8],
]) {
  const differs = method.startsWith("Big") ? "workerd reads beyond the end" : undefined;
  check(`write${method} and read${method}`, { differs }, () => {
    const room = Buffer.alloc(size + 1);
    equal(room[`write${method}`](value, 1), size + 1);
    equal(room[`read${method}`](1), value);
    throws(() => room[`read${method}`](2), RangeError);
    throws(() => room[`read${method}`](1.5), RangeError);
    throws(() => room[`read${method}`]("0"), TypeError);
  });
}

check("numbers of any size up to six bytes", () => {
  const room = Buffer.alloc(6);
  room.writeUIntBE(0x123456789abc, 0, 6);
  same([bytes(room), room.readUIntLE(0, 6), room.readIntBE(1, 3)], [[18, 52, 86, 120, 154, 188], 0xbc9a78563412, 0x345678]);
  room.writeIntLE(-2, 0, 3);
  equal(room.readIntLE(0, 3), -2);
  throws(() => room.readUIntBE(0, 7), RangeError);
});

check("a number that does not fit is refused", () => {
  equal(throws(() => Buffer.alloc(1).writeUInt8(256), RangeError).code, "ERR_OUT_OF_RANGE");
  throws(() => Buffer.alloc(4).writeInt32LE(2 ** 31), { message: 'The value of "value" is out of range. It must be >= -2147483648 and <= 2147483647. Received 2147483648' });
  throws(() => Buffer.alloc(8).writeBigInt64LE(2n ** 63n), RangeError);
});

check("toJSON, and JSON.stringify", () => {
  equal(JSON.stringify(Buffer.from([1, 2])), '{"type":"Buffer","data":[1,2]}');
});

check("isAscii, isUtf8, isEncoding", () => {
  same([isAscii(Buffer.from("abc")), isAscii(Buffer.from("é")), isUtf8(Buffer.from("é")), isUtf8(Buffer.from([255]))], [true, false, true, false]);
  same(["utf8", "UCS-2", "binary", "hex", "base64url", "nope", 5].map((name) => Buffer.isEncoding(name)), [true, true, true, true, true, false, false]);
});

check("transcode", { differs: "workerd reads € as U+0080" }, () => same(bytes(transcode(Buffer.from("€é"), "utf8", "latin1")), [63, 233]));

check("a detached or shrunk buffer is empty, not a fault", () => {
  const memory = new ArrayBuffer(8, { maxByteLength: 16 });
  const view = Buffer.from(memory, 4, 4);
  memory.resize(2);
  same([view.length, view.toString(), view.indexOf("a")], [0, "", -1]);
  const gone = Buffer.from(new ArrayBuffer(8));
  structuredClone(gone.buffer, { transfer: [gone.buffer] });
  same([gone.length, gone.toString("hex"), gone.write("abc")], [0, "", 0]);
});

check("valueOf that shrinks the buffer while it is used does no harm", () => {
  const memory = new ArrayBuffer(1 << 16, { maxByteLength: 1 << 16 });
  const view = Buffer.from(memory);
  equal(view.toString("latin1", { valueOf() { memory.resize(0); return 0; } }, 1 << 16).length <= 1 << 16, true);
});

check("memory that is not there is a RangeError", () => throws(() => Buffer.alloc(2 ** 31 - 1), RangeError));
check("a string that would be too long is refused", { mayflyOnly: "workerd has other limits" }, () => {
  throws(() => Buffer.alloc(50 << 20).toString("hex").repeat(20), RangeError);
});
