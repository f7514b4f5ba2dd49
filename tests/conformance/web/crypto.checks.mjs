// SPDX-License-Identifier: Apache-2.0
// crypto: random values and digests.
import { equal, ok, rejects, same, throws } from "../check.js";

const hex = (buffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");
const text = (value) => new TextEncoder().encode(value);

export const checks = {
  "getRandomValues fills every integer array, in place": async () => {
    for (const type of [Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array, BigInt64Array,
      BigUint64Array]) {
      const array = new type(64);
      equal(crypto.getRandomValues(array), array);
      ok(array.some((value) => value != 0), `${type.name} with values`);
    }
    const part = new Uint8Array(64);
    crypto.getRandomValues(part.subarray(16, 48));
    ok(part.slice(0, 16).every((byte) => byte === 0) && part.slice(48).every((byte) => byte === 0), "only the view filled");
    equal(crypto.getRandomValues(new Uint8Array(0)).length, 0);
    crypto.getRandomValues(new Uint8Array(65536));
    throws(() => crypto.getRandomValues(new Uint8Array(65537)), { name: "QuotaExceededError" });
    throws(() => crypto.getRandomValues(new Float32Array(1)), { name: "TypeMismatchError" });
    throws(() => crypto.getRandomValues(new DataView(new ArrayBuffer(1))), { name: "TypeMismatchError" });
    throws(() => crypto.getRandomValues(), TypeError);
  },
  "randomUUID is of version 4 and never twice the same": async () => {
    const all = Array.from({ length: 200 }, () => crypto.randomUUID());
    for (const each of all) ok(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(each), each);
    equal(new Set(all).size, 200);
  },
  "digests of known texts": async () => {
    equal(hex(await crypto.subtle.digest("SHA-1", text("abc"))), "a9993e364706816aba3e25717850c26c9cd0d89d");
    equal(hex(await crypto.subtle.digest("SHA-256", text("abc"))),
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    equal(hex(await crypto.subtle.digest("sha-256", text(""))),
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    equal(hex(await crypto.subtle.digest({ name: "SHA-384" }, text("abc").buffer)).slice(0, 32), "cb00753f45a35e8bb5a03d699ac65007");
    equal(hex(await crypto.subtle.digest("SHA-512", new DataView(text("abc").buffer))).slice(0, 32), "ddaf35a193617abacc417349ae204131");
    equal(hex(await crypto.subtle.digest("MD5", text("abc"))), "900150983cd24fb0d6963f7d28e17f72");
    ok((await crypto.subtle.digest("SHA-1", text(""))) instanceof ArrayBuffer);
  },
  "digest refuses what it cannot do with a rejection": async () => {
    await rejects(() => crypto.subtle.digest("SHA-7", text("")), { name: "NotSupportedError" });
    await rejects(() => crypto.subtle.digest("SHA-1", "text"), TypeError);
  },
  "timingSafeEqual compares": async () => {
    equal(crypto.subtle.timingSafeEqual(text("same"), text("same")), true);
    equal(crypto.subtle.timingSafeEqual(text("same"), text("some")), false);
    throws(() => crypto.subtle.timingSafeEqual(text("a"), text("ab")), TypeError);
  },
  "the objects look native": async () => {
    equal(Object.prototype.toString.call(crypto), "[object Crypto]");
    equal(Object.prototype.toString.call(crypto.subtle), "[object SubtleCrypto]");
    equal(crypto.subtle, crypto.subtle);
    ok(crypto instanceof Crypto && crypto.subtle instanceof SubtleCrypto);
    throws(() => new Crypto(), TypeError);
    throws(() => new CryptoKey(), TypeError);
    const { randomUUID } = crypto;
    throws(() => randomUUID(), TypeError);
    same(["encrypt", "sign", "importKey"].map((name) => typeof crypto.subtle[name]), ["function", "function", "function"]);
  },
};
