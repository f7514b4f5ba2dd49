// SPDX-License-Identifier: Apache-2.0

import { check, equal, ok, rejects, throws } from "../../check.js";

const hex = (buffer) => [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, "0")).join("");

check("getRandomValues fills integer arrays and returns them", () => {
  const bytes = new Uint8Array(64);
  ok(crypto.getRandomValues(bytes) === bytes);
  ok(bytes.some((byte) => byte !== 0));
  crypto.getRandomValues(new Uint32Array(4));
  crypto.getRandomValues(new BigUint64Array(2));
});

check("getRandomValues refuses floats and more than 65536 bytes", () => {
  throws(() => crypto.getRandomValues(new Float32Array(1)), { name: "TypeMismatchError" });
  throws(() => crypto.getRandomValues(new Uint8Array(65537)), { name: "QuotaExceededError" });
});

check("randomUUID is a version 4 UUID", () => {
  const one = crypto.randomUUID();
  ok(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(one), "a UUID");
  ok(one !== crypto.randomUUID());
});

for (const [algorithm, digest] of Object.entries({
  "SHA-1": "a9993e364706816aba3e25717850c26c9cd0d89d",
  "SHA-256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  "SHA-384": "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
  "SHA-512":
    "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
})) {
  check(`subtle.digest knows ${algorithm}`, async () => {
    const bytes = new TextEncoder().encode("abc");
    equal(hex(await crypto.subtle.digest(algorithm, bytes)), digest);
    equal(hex(await crypto.subtle.digest({ name: algorithm.toLowerCase() }, bytes.buffer)), digest);
  });
}

check("subtle.digest knows MD5, as Workers do", async () => {
  equal(hex(await crypto.subtle.digest("MD5", new TextEncoder().encode("abc"))), "900150983cd24fb0d6963f7d28e17f72");
});

check("subtle.digest refuses an unknown algorithm", async () => {
  await rejects(async () => await crypto.subtle.digest("SHA-3000", new Uint8Array(1)), { name: "NotSupportedError" });
});

check("subtle.digest takes views", async () => {
  const bytes = new TextEncoder().encode("xabcx");
  equal(hex(await crypto.subtle.digest("SHA-1", bytes.subarray(1, 4))), "a9993e364706816aba3e25717850c26c9cd0d89d");
});
