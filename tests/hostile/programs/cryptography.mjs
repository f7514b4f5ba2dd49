// SPDX-License-Identifier: Apache-2.0
import { cpuLimit, done, inFetch } from "../program.mjs";

export const title = "cryptography that never ends, or takes all memory";

const cpuMs = 100;
const looping = (body) => ({ code: inFetch(`const { subtle } = crypto; ${body}`), cpuMs, ends: cpuLimit });
const harmless = (body, text) => ({
  code: inFetch(`const { subtle } = crypto; const why = []; const attempt = async (work) => {
    try { await work(); why.push("done"); } catch (error) { why.push(error.name); } };
    ${body}
    return new Response(why.join(" "));`),
  cpuMs: 5_000,
  ends: { text },
});

const pbkdf2 = (iterations, bits) => `
  const key = await subtle.importKey("raw", new Uint8Array(8), "PBKDF2", false, ["deriveBits"]);
  await subtle.deriveBits({ name: "PBKDF2", hash: "SHA-512", salt: new Uint8Array(8), iterations: ${iterations} }, key, ${bits});`;
// A DER of a sequence, and of a number of so many bytes.
const der = `
  const length = (size) => size < 128 ? [size] : size < 65536 ? [0x82, size >> 8, size & 255] : [0x83, size >> 16, size >> 8 & 255, size & 255];
  const sequence = (...parts) => { const all = parts.flat(); return [0x30, ...length(all.length), ...all]; };
  const number = (bytes) => [2, ...length(bytes.length), ...bytes];
  const large = (size) => Array.from({ length: size }, (_, n) => n === 0 ? 0x7f : 0xff);
  const rsaOid = [0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 1, 1, 5, 0];`;

export const programs = {
  "PBKDF2 with 2^32 - 1 iterations": looping(pbkdf2(4294967295, 256)),
  "PBKDF2 of 2^32 - 8 bits": harmless(`await attempt(async () => { ${pbkdf2(1, 4294967288)} });`, "RangeError"),
  "an RSA key of 16,384 bits": looping(`await subtle.generateKey({ name: "RSA-PSS", modulusLength: 16384,
    publicExponent: new Uint8Array([1, 0, 1]), hash: "SHA-256" }, true, ["sign"]);`),
  "RSA keys without end": looping(`for (;;) await subtle.generateKey({ name: "RSA-PSS", modulusLength: 1024,
    publicExponent: new Uint8Array([3]), hash: "SHA-256" }, true, ["sign"]);`),
  "digests without end": looping(`const data = new Uint8Array(1 << 20); for (;;) await subtle.digest("SHA-512", data);`),
  "an RSA modulus of 800,000 bits": harmless(`${der}
    const key = sequence(rsaOid, [3, ...length(sequence(number(large(100000)), number([1, 0, 1])).length + 1), 0,
      ...sequence(number(large(100000)), number([1, 0, 1]))]);
    await attempt(() => subtle.importKey("spki", new Uint8Array(key), { name: "RSA-PSS", hash: "SHA-256" }, true, ["verify"]));`,
    "DataError"),
  "RSA factors larger than their modulus, and an even modulus": harmless(`${der}
    const text = (bytes) => btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
    const part = (size) => text(large(size));
    const jwk = { kty: "RSA", n: part(64), e: "AQAB", d: part(64), p: part(2000), q: part(2000), dp: part(2000), dq: part(2000), qi: part(2000) };
    const algorithm = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
    await attempt(() => subtle.importKey("jwk", jwk, algorithm, true, ["sign"]));
    await attempt(() => subtle.importKey("jwk", { ...jwk, n: text([0x7f, ...new Array(63).fill(0)]) }, algorithm, true, ["sign"]));
    await attempt(async () => { const key = await subtle.importKey("jwk", { kty: "RSA", n: "AQ", e: "AQ" }, algorithm, true, ["verify"]);
      await subtle.verify(algorithm.name, key, new Uint8Array(1), new Uint8Array(1)); });
    await attempt(async () => { const key = await subtle.importKey("jwk", { ...jwk, p: part(32), q: part(32), dp: part(32), dq: part(32),
      qi: part(32) }, algorithm, true, ["sign"]); await subtle.sign(algorithm.name, key, new Uint8Array(1)); });`,
    /^DataError DataError DataError (DataError|OperationError|done)$/),
  "keys without end are collected": {
    code: inFetch(`
      const { subtle } = crypto;
      const raw = await subtle.exportKey("raw", (await subtle.generateKey("X25519", true, ["deriveBits"])).publicKey);
      for (let n = 0; n < 100_000; n++) await subtle.importKey("raw", raw, "X25519", true, []);`),
    cpuMs: 20_000,
    ends: done,
  },
  "keys that are kept come to the memory limit": {
    code: inFetch(`
      const { subtle } = crypto;
      const raw = await subtle.exportKey("raw", (await subtle.generateKey("X25519", true, ["deriveBits"])).publicKey);
      const keys = [];
      try {
        for (;;) keys.push(await subtle.importKey("raw", raw, "X25519", true, []));
      } catch (error) {
        return new Response(error.name + ": " + error.message);
      }`),
    cpuMs: 20_000,
    // Heap and native objects count together: whichever of them is the one too much.
    ends: {
      error: /^(MemoryLimitExceeded|none: RangeError: The worker's memory limit leaves no room for another native object)$/,
    },
  },
  "algorithms and buffers that fight back": harmless(`
    const key = await subtle.generateKey({ name: "AES-GCM", length: 128 }, true, ["encrypt"]);
    const buffer = new ArrayBuffer(1 << 20, { maxByteLength: 1 << 24 });
    const shrinking = { name: "AES-GCM", get iv() { buffer.resize(0); return new Uint8Array(buffer); } };
    await attempt(() => subtle.encrypt(shrinking, key, new Uint8Array(buffer)));
    await attempt(() => subtle.encrypt({ name: "AES-GCM", iv: new Proxy(new Uint8Array(12), {}) }, key, buffer));
    await attempt(() => subtle.encrypt({ name: "AES-GCM", iv: new Uint8Array(12) }, Object.create(CryptoKey.prototype), buffer));
    await attempt(() => subtle.encrypt({ name: { toString() { throw new RangeError(); } } }, key, buffer));
    await attempt(() => subtle.importKey("jwk", new Proxy({}, { get() { throw new SyntaxError(); } }), "AES-GCM", true, ["encrypt"]));
    Uint8Array.prototype.slice = Map.prototype.get = Array.prototype.includes = () => { throw new Error(); };
    Array.prototype.includes = () => true;
    await attempt(() => subtle.digest("SHA-256", buffer));
    await attempt(() => subtle.importKey("raw", new Uint8Array(16), "AES-GCM", true, ["encrypt"]));`,
    "OperationError TypeError TypeError RangeError SyntaxError done done"),
};
