// SPDX-License-Identifier: Apache-2.0

import crypto, { createCipheriv, createDecipheriv, createHash, createHmac, createSecretKey, timingSafeEqual } from "node:crypto";
import { Readable } from "node:stream";
import { check, equal, ok, rejects, same, throws } from "../../check.js";

for (const [algorithm, digest] of [
  ["md5", "900150983cd24fb0d6963f7d28e17f72"], ["sha1", "a9993e364706816aba3e25717850c26c9cd0d89d"], ["SHA256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
  ["RSA-SHA256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"], ["sha224", "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7"],
  ["sha512", "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"],
]) {
  check(`createHash("${algorithm}")`, () => {
    equal(createHash(algorithm).update("abc").digest("hex"), digest);
    equal(createHash(algorithm).update("a").update(Buffer.from("b")).update("63", "hex").digest().toString("hex"), digest);
    equal(createHash(algorithm).update("abc").digest("base64"), Buffer.from(digest, "hex").toString("base64"));
  });
}

check("a hash can be copied, is a stream, and is used once", async () => {
  const hash = createHash("sha256").update("a");
  const copy = hash.copy();
  equal(hash.update("bc").digest("hex"), createHash("sha256").update("abc").digest("hex"));
  equal(copy.digest("hex"), createHash("sha256").update("a").digest("hex"));
  equal(throws(() => hash.digest()).code, "ERR_CRYPTO_HASH_FINALIZED");
  equal(throws(() => hash.update("x")).code, "ERR_CRYPTO_HASH_FINALIZED");
  const piped = Readable.from(["a", "b", "c"]).pipe(createHash("md5").setEncoding("hex"));
  let text = "";
  for await (const chunk of piped) text += chunk;
  equal(text, "900150983cd24fb0d6963f7d28e17f72");
});

check("unknown digests and wrong data are refused", () => {
  throws(() => createHash("nope"), Error);
  equal(throws(() => createHash("sha1").update(5), TypeError).code, "ERR_INVALID_ARG_TYPE");
  throws(() => createHmac("nope", "key"), Error);
});

check("createHmac", () => {
  equal(createHmac("sha256", "key").update("The quick brown fox jumps over the lazy dog").digest("hex"), "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8");
  equal(createHmac("sha1", Buffer.alloc(0)).update("").digest("hex"), "fbdb1d1b18aa6c08324b7d64b71fb76370690e1d");
  equal(createHmac("md5", createSecretKey(Buffer.from("key"))).update("x").digest("hex"), createHmac("md5", "key").update("x").digest("hex"));
});

check("random values", async () => {
  same([crypto.randomBytes(16).length, Buffer.isBuffer(crypto.randomBytes(1)), crypto.randomUUID().length], [16, true, 36]);
  ok(!crypto.randomBytes(32).equals(crypto.randomBytes(32)));
  equal((await new Promise((done, fail) => crypto.randomBytes(8, (error, bytes) => (error ? fail(error) : done(bytes))))).length, 8);
  for (let i = 0; i < 200; i++) {
    const value = crypto.randomInt(3, 6);
    ok(value >= 3 && value < 6 && Number.isInteger(value));
  }
  throws(() => crypto.randomInt(5, 5), RangeError);
  throws(() => crypto.randomBytes(-1), RangeError);
});

check("randomFillSync fills a part", { differs: "workerd fills all of it" }, () => {
  same([...crypto.randomFillSync(Buffer.alloc(8), 4).subarray(0, 4)], [0, 0, 0, 0]);
});

check("timingSafeEqual", () => {
  same([timingSafeEqual(Buffer.from("a"), Buffer.from("a")), timingSafeEqual(Buffer.from("a"), Buffer.from("b"))], [true, false]);
  throws(() => timingSafeEqual(Buffer.from("a"), Buffer.from("ab")), /same byte length/);
  throws(() => timingSafeEqual("a", "a"), TypeError);
});

check("pbkdf2, hkdf and scrypt", async () => {
  equal(crypto.pbkdf2Sync("password", "salt", 1, 20, "sha1").toString("hex"), "0c60c80f961f0e71f3a9b524af6012062fe037a6");
  equal(crypto.pbkdf2Sync("password", "salt", 4096, 32, "sha256").toString("hex"), "c5e478d59288c841aa530db6845c4c8d962893a001ce4e11a4963873aa98134a");
  equal((await new Promise((done, fail) => crypto.pbkdf2("p", "s", 1, 8, "sha512", (error, key) => (error ? fail(error) : done(key))))).length, 8);
  equal(Buffer.from(crypto.hkdfSync("sha256", Buffer.alloc(22, 11), Buffer.from("000102030405060708090a0b0c", "hex"), Buffer.from("f0f1f2f3f4f5f6f7f8f9", "hex"), 42)).toString("hex"), "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
  equal(crypto.scryptSync("", "", 64, { N: 16, r: 1, p: 1 }).toString("hex"), "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906");
  throws(() => crypto.pbkdf2Sync("p", "s", 1, 8, "nope"), TypeError);
  throws(() => crypto.scryptSync("p", "s", 8, { N: 3 }), Error);
});

for (const [cipher, keyBytes, ivBytes] of [["aes-128-cbc", 16, 16], ["aes-256-cbc", 32, 16], ["aes-256-ctr", 32, 16], ["aes-128-ecb", 16, 0]]) {
  check(`${cipher} comes back, in parts`, () => {
    const key = Buffer.alloc(keyBytes, 7);
    const iv = ivBytes ? Buffer.alloc(ivBytes, 9) : null;
    const encrypt = createCipheriv(cipher, key, iv);
    const sealed = encrypt.update("first part, ", "utf8", "hex") + encrypt.update("second", "utf8", "hex") + encrypt.final("hex");
    const decrypt = createDecipheriv(cipher, key, iv);
    equal(decrypt.update(sealed, "hex", "utf8") + decrypt.final("utf8"), "first part, second");
  });
}

check("aes-128-cbc gives what others give", () => {
  const cipher = createCipheriv("aes-128-cbc", Buffer.from("2b7e151628aed2a6abf7158809cf4f3c", "hex"), Buffer.from("000102030405060708090a0b0c0d0e0f", "hex")).setAutoPadding(false);
  equal(Buffer.concat([cipher.update("6bc1bee22e409f96e93d7e117393172a", "hex"), cipher.final()]).toString("hex"), "7649abac8119b246cee98e9b12e9197d");
});

check("aes-256-gcm authenticates", () => {
  const [key, iv] = [Buffer.alloc(32, 1), Buffer.alloc(12, 2)];
  const cipher = createCipheriv("aes-256-gcm", key, iv).setAAD(Buffer.from("about"));
  const sealed = Buffer.concat([cipher.update("secret", "utf8"), cipher.final()]);
  const tag = cipher.getAuthTag();
  const open = (aad, with_) => {
    const decipher = createDecipheriv("aes-256-gcm", key, iv).setAAD(Buffer.from(aad));
    decipher.setAuthTag(with_);
    return Buffer.concat([decipher.update(sealed), decipher.final()]).toString();
  };
  same([tag.length, open("about", tag)], [16, "secret"]);
  throws(() => open("other", tag), /authenticat/i);
  throws(() => open("about", Buffer.alloc(16)), /authenticat/i);
});

check("ciphers refuse wrong keys, ivs and names", () => {
  throws(() => createCipheriv("nope", Buffer.alloc(16), Buffer.alloc(16)), Error);
  throws(() => createCipheriv("aes-128-cbc", Buffer.alloc(15), Buffer.alloc(16)), Error);
  throws(() => createCipheriv("aes-128-cbc", Buffer.alloc(16), Buffer.alloc(5)), Error);
  throws(() => createDecipheriv("aes-128-cbc", Buffer.alloc(16), Buffer.alloc(16)).final(), Error);
});

check("secret keys are objects", () => {
  const key = createSecretKey(Buffer.from("key"));
  same([key.type, key.symmetricKeySize, key.export().toString(), key.export({ format: "jwk" }).k], ["secret", 3, "key", "a2V5"]);
  ok(key.equals(createSecretKey(Buffer.from("key"))) && !key.equals(createSecretKey(Buffer.from("kez"))));
});

check("lists, webcrypto, one call for a digest", () => {
  ok(crypto.getHashes().includes("sha256") && crypto.getCiphers().includes("aes-256-gcm") && crypto.webcrypto.subtle === globalThis.crypto.subtle);
  equal(crypto.getRandomValues(new Uint8Array(4)).length, 4);
});

check("crypto.hash", () => equal(crypto.hash("sha1", "abc"), "a9993e364706816aba3e25717850c26c9cd0d89d"));
