// SPDX-License-Identifier: Apache-2.0
// crypto.subtle: every algorithm with known answers, its life from generateKey to exportKey, and what it refuses.
import { equal, ok, rejects, same, throws } from "../check.js";

const { subtle } = crypto;
const hex = (buffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");
const bytes = (digits) => new Uint8Array((digits.match(/../g) ?? []).map((pair) => parseInt(pair, 16)));
const text = (value) => new TextEncoder().encode(value);
const raw = (digits, algorithm, usages, extractable = true) =>
  subtle.importKey("raw", bytes(digits), algorithm, extractable, usages);
const sha256 = { hash: "SHA-256" };

// --- known answers: name -> what is computed, and its value ---
const answers = {
  "HMAC with SHA-256 (RFC 4231, case 2)": [
    async () => subtle.sign("HMAC", await raw(hex(text("Jefe")), { name: "HMAC", ...sha256 }, ["sign"]),
      text("what do ya want for nothing?")),
    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
  ],
  "HMAC with SHA-512 (RFC 4231, case 1)": [
    async () => subtle.sign("HMAC", await raw("0b".repeat(20), { name: "HMAC", hash: "SHA-512" }, ["sign"]), text("Hi There")),
    "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854",
  ],
  "AES-GCM with 128 bits (case 4 of its paper)": [
    async () => subtle.encrypt({ name: "AES-GCM", iv: bytes("cafebabefacedbaddecaf888"),
      additionalData: bytes("feedfacedeadbeeffeedfacedeadbeefabaddad2") },
    await raw("feffe9928665731c6d6a8f9467308308", "AES-GCM", ["encrypt"]),
    bytes("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39")),
    "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e0915bc94fbc3221a5db94fae95ae7121a47",
  ],
  "AES-CBC with 128 bits (SP 800-38A, padded)": [
    async () => subtle.encrypt({ name: "AES-CBC", iv: bytes("000102030405060708090a0b0c0d0e0f") },
      await raw("2b7e151628aed2a6abf7158809cf4f3c", "AES-CBC", ["encrypt"]), bytes("6bc1bee22e409f96e93d7e117393172a")),
    "7649abac8119b246cee98e9b12e9197d8964e0b149c10b7b682e6e39aaeb731c",
  ],
  "AES-CTR with 256 bits (SP 800-38A)": [
    async () => subtle.encrypt({ name: "AES-CTR", counter: bytes("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"), length: 128 },
      await raw("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4", "AES-CTR", ["encrypt"]),
      bytes("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51")),
    "601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c5",
  ],
  "AES-KW (RFC 3394, 4.1)": [
    async () => subtle.wrapKey("raw", await raw("00112233445566778899aabbccddeeff", "AES-CBC", ["encrypt"]),
      await raw("000102030405060708090a0b0c0d0e0f", "AES-KW", ["wrapKey"]), "AES-KW"),
    "1fa68b0a8112b447aef34bd8fb5a7b829d3e862371d2cfe5",
  ],
  "HKDF (RFC 5869, case 1)": [
    async () => subtle.deriveBits({ name: "HKDF", ...sha256, salt: bytes("000102030405060708090a0b0c"),
      info: bytes("f0f1f2f3f4f5f6f7f8f9") }, await raw("0b".repeat(22), "HKDF", ["deriveBits"], false), 336),
    "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
  ],
  "PBKDF2 with SHA-1 (RFC 6070, 2 iterations)": [
    async () => subtle.deriveBits({ name: "PBKDF2", hash: "SHA-1", salt: text("salt"), iterations: 2 },
      await raw(hex(text("password")), "PBKDF2", ["deriveBits"], false), 160),
    "ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957",
  ],
  "PBKDF2 with SHA-256 (RFC 7914, two blocks)": [
    async () => subtle.deriveBits({ name: "PBKDF2", ...sha256, salt: text("salt"), iterations: 1 },
      await raw(hex(text("passwd")), "PBKDF2", ["deriveBits"], false), 512),
    "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783",
  ],
  "Ed25519 (RFC 8032, test 2)": [
    async () => subtle.sign("Ed25519", await subtle.importKey("pkcs8",
      bytes("302e020100300506032b6570042204204ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"), "Ed25519",
      false, ["sign"]), bytes("72")),
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
  ],
};

const known = Object.fromEntries(Object.entries(answers).map(([name, [compute, expected]]) =>
  [`known answer: ${name}`, async () => equal(hex(await compute()), expected)]));

// --- what each algorithm is for ---
const rsa = (name) => ({ name, modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: "SHA-256" });
const iv = new Uint8Array(12).fill(7);
const block = new Uint8Array(16).fill(9);
/** What is generated, with which usages, in which formats it leaves, and how it is used. */
const lives = {
  "AES-CBC": { generate: { name: "AES-CBC", length: 256 }, usages: ["encrypt", "decrypt"], formats: ["raw", "jwk"],
    use: { name: "AES-CBC", iv: block }, alg: "A256CBC" },
  "AES-CTR": { generate: { name: "AES-CTR", length: 192 }, usages: ["encrypt", "decrypt"], formats: ["raw", "jwk"],
    use: { name: "AES-CTR", counter: block, length: 64 }, alg: "A192CTR" },
  "AES-GCM": { generate: { name: "AES-GCM", length: 128 }, usages: ["encrypt", "decrypt"], formats: ["raw", "jwk"],
    use: { name: "AES-GCM", iv, tagLength: 96, additionalData: block }, alg: "A128GCM" },
  HMAC: { generate: { name: "HMAC", hash: "SHA-384" }, usages: ["sign", "verify"], formats: ["raw", "jwk"], use: "HMAC",
    alg: "HS384" },
  "RSASSA-PKCS1-v1_5": { generate: rsa("RSASSA-PKCS1-v1_5"), usages: ["sign", "verify"], formats: ["pkcs8", "spki", "jwk"],
    use: "RSASSA-PKCS1-v1_5", alg: "RS256" },
  "RSA-PSS": { generate: rsa("RSA-PSS"), usages: ["sign", "verify"], formats: ["pkcs8", "spki", "jwk"],
    use: { name: "RSA-PSS", saltLength: 32 }, alg: "PS256" },
  "RSA-OAEP": { generate: rsa("RSA-OAEP"), usages: ["encrypt", "decrypt"], formats: ["pkcs8", "spki", "jwk"],
    use: { name: "RSA-OAEP", label: block }, alg: "RSA-OAEP-256" },
  "ECDSA on P-256": { generate: { name: "ECDSA", namedCurve: "P-256" }, usages: ["sign", "verify"],
    formats: ["pkcs8", "spki", "jwk", "raw"], use: { name: "ECDSA", hash: "SHA-256" }, signature: 64 },
  "ECDSA on P-384": { generate: { name: "ECDSA", namedCurve: "P-384" }, usages: ["sign", "verify"],
    formats: ["pkcs8", "spki", "jwk", "raw"], use: { name: "ECDSA", hash: "SHA-384" }, signature: 96 },
  "ECDSA on P-521": { generate: { name: "ECDSA", namedCurve: "P-521" }, usages: ["sign", "verify"],
    formats: ["pkcs8", "spki", "jwk", "raw"], use: { name: "ECDSA", hash: "SHA-512" }, signature: 132 },
  Ed25519: { generate: "Ed25519", usages: ["sign", "verify"], formats: ["pkcs8", "spki", "jwk", "raw"], use: "Ed25519",
    signature: 64 },
};

async function live({ generate, usages, formats, use, alg, signature }) {
  const made = await subtle.generateKey(generate, true, usages);
  const pair = made instanceof CryptoKey ? { publicKey: made, privateKey: made } : made;
  const isPair = pair.publicKey !== pair.privateKey;
  equal(pair.privateKey.type, isPair ? "private" : "secret");
  equal(pair.privateKey.extractable, true);
  const name = generate.name ?? generate;
  equal(pair.privateKey.algorithm.name, name);
  if (isPair) {
    equal(pair.publicKey.type, "public");
    const forPublic = usages.filter((usage) => /verify|encrypt/.test(usage));
    same([...pair.publicKey.usages], forPublic);
    same([...pair.privateKey.usages], usages.filter((usage) => !forPublic.includes(usage)));
  }
  const again = async (key, format) => {
    const exported = await subtle.exportKey(format, key);
    if (format === "jwk") {
      equal(exported.ext, true);
      same([...exported.key_ops], [...key.usages]);
      if (alg) equal(exported.alg, alg);
    } else {
      ok(exported instanceof ArrayBuffer, "an ArrayBuffer");
    }
    const imported = await subtle.importKey(format, exported, generate, true, [...key.usages]);
    same(JSON.parse(JSON.stringify(imported.algorithm)), JSON.parse(JSON.stringify(key.algorithm)));
    equal(imported.type, key.type);
    const twice = await subtle.exportKey(format, imported);
    same(twice, exported);
    return imported;
  };
  const data = text("some text that is somewhat longer than a block of a cipher");
  for (const format of formats) {
    const publicKey = format === "pkcs8" ? pair.publicKey : await again(pair.publicKey, format);
    const privateKey = isPair && (format === "spki" || format === "raw") ? pair.privateKey : await again(pair.privateKey, format);
    if (usages.includes("sign")) {
      const signed = await subtle.sign(use, privateKey, data);
      if (signature) equal(signed.byteLength, signature);
      equal(await subtle.verify(use, publicKey, signed, data), true);
      equal(await subtle.verify(use, publicKey, signed, text("another text")), false);
      const broken = new Uint8Array(signed.slice(0));
      broken[3] ^= 1;
      equal(await subtle.verify(use, publicKey, broken, data), false);
      equal(await subtle.verify(use, publicKey, signed.slice(1), data), false);
      equal(await subtle.verify(use, publicKey, new Uint8Array(0), data), false);
    } else {
      const encrypted = await subtle.encrypt(use, publicKey, data);
      same(await subtle.decrypt(use, privateKey, encrypted), data.buffer);
    }
  }
}
const livesOfAll = Object.fromEntries(Object.entries(lives).map(([name, life]) =>
  [`${name}: generated, exported, imported and used in every format`, () => live(life)]));

async function agree(algorithm, bits) {
  const [ours, theirs] = [await subtle.generateKey(algorithm, true, ["deriveBits", "deriveKey"]),
    await subtle.generateKey(algorithm, true, ["deriveBits"])];
  same([...ours.publicKey.usages], []);
  const name = algorithm.name ?? algorithm;
  const one = await subtle.deriveBits({ name, public: theirs.publicKey }, ours.privateKey, bits);
  const other = await subtle.deriveBits({ name, public: ours.publicKey }, theirs.privateKey, bits);
  same(one, other);
  equal(one.byteLength, Math.ceil(bits / 8));
  same(await subtle.deriveBits({ name, public: theirs.publicKey }, ours.privateKey, null), one);
  same(await subtle.deriveBits({ name, public: theirs.publicKey }, ours.privateKey, 128), one.slice(0, 16));
  await rejects(subtle.deriveBits({ name, public: theirs.publicKey }, ours.privateKey, bits + 8), { name: "OperationError" });
  await rejects(subtle.deriveBits({ name, public: theirs.privateKey }, ours.privateKey, 128), { name: "InvalidAccessError" });
  const key = await subtle.deriveKey({ name, public: theirs.publicKey }, ours.privateKey, { name: "AES-GCM", length: 128 }, true,
    ["encrypt"]);
  same(await subtle.exportKey("raw", key), one.slice(0, 16));
  for (const format of ["pkcs8", "jwk"]) {
    const exported = await subtle.exportKey(format, ours.privateKey);
    const imported = await subtle.importKey(format, exported, algorithm, false, ["deriveBits"]);
    same(await subtle.deriveBits({ name, public: theirs.publicKey }, imported, bits), one);
  }
}

// --- refusals: what is done, and the name of the error ---
const aesKey = (usages = ["encrypt", "decrypt"], extractable = true) => raw("00".repeat(16), "AES-GCM", usages, extractable);
const hmacKey = () => raw("01".repeat(32), { name: "HMAC", ...sha256 }, ["sign", "verify"]);
const refusals = {
  "an algorithm that is not there": [() => subtle.generateKey({ name: "AES-XTS", length: 128 }, true, ["encrypt"]),
    "NotSupportedError"],
  "an operation that the algorithm lacks": [async () => subtle.encrypt("HMAC", await hmacKey(), block), "NotSupportedError"],
  "a hash that there is not": [() => subtle.generateKey({ name: "HMAC", hash: "MD7" }, true, ["sign"]), "NotSupportedError"],
  "an algorithm without a name": [() => subtle.digest({}, block), "TypeError"],
  "a missing member": [async () => subtle.encrypt({ name: "AES-GCM" }, await aesKey(), block), "TypeError"],
  "an iv that is no buffer": [async () => subtle.encrypt({ name: "AES-GCM", iv: "text" }, await aesKey(), block), "TypeError"],
  "data that is no buffer": [async () => subtle.encrypt({ name: "AES-GCM", iv }, await aesKey(), "text"), "TypeError"],
  "a key that is none": [() => subtle.encrypt({ name: "AES-GCM", iv }, {}, block), "TypeError"],
  "a key of another algorithm": [async () => subtle.encrypt({ name: "AES-CBC", iv: block }, await aesKey(), block),
    "InvalidAccessError"],
  "a key that is not for it": [async () => subtle.decrypt({ name: "AES-GCM", iv }, await aesKey(["encrypt"]), block),
    "InvalidAccessError"],
  "exporting what is not extractable": [async () => subtle.exportKey("raw", await aesKey(["encrypt"], false)),
    "InvalidAccessError"],
  "exporting a secret key as pkcs8": [async () => subtle.exportKey("pkcs8", await aesKey()), "NotSupportedError"],
  "a usage that there is not": [() => subtle.generateKey({ name: "AES-GCM", length: 128 }, true, ["dance"]), "TypeError"],
  "a usage that the algorithm lacks": [() => subtle.generateKey({ name: "AES-GCM", length: 128 }, true, ["sign"]), "SyntaxError"],
  "a secret key without usages": [() => subtle.generateKey({ name: "AES-GCM", length: 128 }, true, []), "SyntaxError"],
  "an AES key of 100 bits": [() => subtle.generateKey({ name: "AES-GCM", length: 100 }, true, ["encrypt"]), "OperationError"],
  "importing an AES key of 5 bytes": [() => raw("0000000000", "AES-GCM", ["encrypt"]), "DataError"],
  "importing an empty HMAC key": [() => raw("", { name: "HMAC", ...sha256 }, ["sign"]), "DataError"],
  "a CBC iv of 12 bytes": [async () => subtle.encrypt({ name: "AES-CBC", iv },
    await raw("00".repeat(16), "AES-CBC", ["encrypt"]), block), "OperationError"],
  "a CTR counter of no bits": [async () => subtle.encrypt({ name: "AES-CTR", counter: block, length: 0 },
    await raw("00".repeat(16), "AES-CTR", ["encrypt"]), block), "OperationError"],
  "a CTR counter that would wrap onto itself": [async () => subtle.encrypt({ name: "AES-CTR", counter: block, length: 1 },
    await raw("00".repeat(16), "AES-CTR", ["encrypt"]), new Uint8Array(48)), "OperationError"],
  "a GCM tag of 8 bits": [async () => subtle.encrypt({ name: "AES-GCM", iv, tagLength: 8 }, await aesKey(), block), "OperationError"],
  "GCM data shorter than its tag": [async () => subtle.decrypt({ name: "AES-GCM", iv }, await aesKey(), new Uint8Array(5)),
    "OperationError"],
  "GCM data that was changed": [async () => subtle.decrypt({ name: "AES-GCM", iv }, await aesKey(), new Uint8Array(40)),
    "OperationError"],
  "CBC data that is no whole block": [async () => subtle.decrypt({ name: "AES-CBC", iv: block },
    await raw("00".repeat(16), "AES-CBC", ["decrypt"]), new Uint8Array(17)), "OperationError"],
  "a jwk that is no object": [() => subtle.importKey("jwk", block, "AES-GCM", true, ["encrypt"]), "TypeError"],
  "raw bytes that are an object": [() => subtle.importKey("raw", { kty: "oct" }, "AES-GCM", true, ["encrypt"]), "TypeError"],
  "a format that is none": [() => subtle.importKey("pem", block, "AES-GCM", true, ["encrypt"]), "TypeError"],
  "a jwk of another type": [() => subtle.importKey("jwk", { kty: "RSA", k: "AAAAAAAAAAAAAAAAAAAAAA" }, "AES-GCM", true, ["encrypt"]),
    "DataError"],
  "a jwk that is not base64url": [() => subtle.importKey("jwk", { kty: "oct", k: "!!!!" }, "AES-GCM", true, ["encrypt"]), "DataError"],
  "a jwk for another algorithm": [() => subtle.importKey("jwk", { kty: "oct", k: "AAAAAAAAAAAAAAAAAAAAAA", alg: "A256GCM" },
    "AES-GCM", true, ["encrypt"]), "DataError"],
  "a jwk that must not be extractable": [() => subtle.importKey("jwk", { kty: "oct", k: "AAAAAAAAAAAAAAAAAAAAAA", ext: false },
    "AES-GCM", true, ["encrypt"]), "DataError"],
  "a jwk whose key_ops lack the usage": [() => subtle.importKey("jwk",
    { kty: "oct", k: "AAAAAAAAAAAAAAAAAAAAAA", key_ops: ["decrypt"] }, "AES-GCM", true, ["encrypt"]), "DataError"],
  "a curve that there is not": [() => subtle.generateKey({ name: "ECDSA", namedCurve: "P-512" }, true, ["sign"]), "NotSupportedError"],
  "a point that is not on the curve": [() => raw("04" + "01".repeat(64), { name: "ECDSA", namedCurve: "P-256" }, ["verify"]), "DataError"],
  "a point at infinity": [() => raw("00", { name: "ECDSA", namedCurve: "P-256" }, ["verify"]), "DataError"],
  "an empty point": [() => raw("", { name: "ECDSA", namedCurve: "P-256" }, ["verify"]), "DataError"],
  "bytes that are no pkcs8": [() => subtle.importKey("pkcs8", block, { name: "ECDSA", namedCurve: "P-256" }, true, ["sign"]), "DataError"],
  "bytes that are no spki": [() => subtle.importKey("spki", new Uint8Array(0), rsa("RSA-PSS"), true, ["verify"]), "DataError"],
  "a raw RSA key": [() => subtle.importKey("raw", block, rsa("RSA-PSS"), true, ["verify"]), "NotSupportedError"],
  "a private key that is for verifying": [() => subtle.importKey("pkcs8", block, { name: "ECDSA", namedCurve: "P-256" }, true,
    ["verify"]), "SyntaxError"],
  "an RSA modulus of 17 bits": [() => subtle.generateKey({ ...rsa("RSA-PSS"), modulusLength: 17 }, true, ["sign"]), "OperationError"],
  "a public exponent of 1": [() => subtle.generateKey({ ...rsa("RSA-PSS"), publicExponent: new Uint8Array([1]) }, true, ["sign"]),
    "OperationError"],
  "an extractable secret of PBKDF2": [() => raw("00", "PBKDF2", ["deriveBits"], true), "SyntaxError"],
  "no iterations": [async () => subtle.deriveBits({ name: "PBKDF2", ...sha256, salt: block, iterations: 0 },
    await raw("00", "PBKDF2", ["deriveBits"], false), 128), "OperationError"],
  "deriving 7 bits": [async () => subtle.deriveBits({ name: "PBKDF2", ...sha256, salt: block, iterations: 1 },
    await raw("00", "PBKDF2", ["deriveBits"], false), 7), "OperationError"],
  "deriving too much by HKDF": [async () => subtle.deriveBits({ name: "HKDF", ...sha256, salt: block, info: block },
    await raw("00", "HKDF", ["deriveBits"], false), 255 * 256 + 8), "OperationError"],
  "HKDF without a length": [async () => subtle.deriveBits({ name: "HKDF", ...sha256, salt: block, info: block },
    await raw("00", "HKDF", ["deriveBits"], false), null), "OperationError"],
  "an Ed25519 key of 31 bytes": [() => raw("00".repeat(31), "Ed25519", ["verify"]), "DataError"],
  "wrapping what AES-KW cannot": [async () => subtle.wrapKey("raw", await raw("00".repeat(17), { name: "HMAC", ...sha256 }, ["sign"]),
    await raw("00".repeat(16), "AES-KW", ["wrapKey"]), "AES-KW"), "OperationError"],
  "unwrapping what was changed": [async () => subtle.unwrapKey("raw", new Uint8Array(24),
    await raw("00".repeat(16), "AES-KW", ["unwrapKey"]), "AES-KW", "AES-GCM", true, ["encrypt"]), "OperationError"],
};
const refused = Object.fromEntries(Object.entries(refusals).map(([name, [attempt, error]]) =>
  [`refused: ${name}`, async () => { await rejects(async () => attempt(), { name: error }); }]));

export const checks = {
  ...known,
  ...livesOfAll,
  ...refused,
  "ECDH on every curve": async () => {
    for (const [namedCurve, bits] of [["P-256", 256], ["P-384", 384], ["P-521", 528]]) await agree({ name: "ECDH", namedCurve }, bits);
  },
  "X25519 agrees": () => agree("X25519", 256),
  "AES-CTR counts with as many bits as it is told": async () => {
    // With 8 bits the last byte alone wraps, from ff to 00: each block is then that of its own counter.
    const key = await raw("2b7e151628aed2a6abf7158809cf4f3c", "AES-CTR", ["encrypt"]);
    for (const length of [4, 8, 12, 33, 128]) {
      const counter = new Uint8Array(16).fill(0xff);
      const whole = hex(await subtle.encrypt({ name: "AES-CTR", counter, length }, key, new Uint8Array(48)));
      let single = "";
      for (let n = 0; n < 3; n++) {
        let value = 2n ** 128n - 1n;
        const mask = 2n ** BigInt(length) - 1n;
        value = (value & ~mask) | ((value + BigInt(n)) & mask);
        single += hex(await subtle.encrypt({ name: "AES-CTR", counter: bytes(value.toString(16).padStart(32, "0")), length }, key,
          new Uint8Array(16)));
      }
      equal(whole, single, `${length} bits: `);
    }
  },
  "keys are wrapped and unwrapped by every cipher, in every format": async () => {
    const pair = await subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
    const oaep = await subtle.generateKey(rsa("RSA-OAEP"), true, ["wrapKey", "unwrapKey"]);
    const aes = (name) => raw("42".repeat(32), name, ["wrapKey", "unwrapKey"]);
    const wrappers = [[{ name: "AES-CBC", iv: block }], [{ name: "AES-CTR", counter: block, length: 64 }], [{ name: "AES-GCM", iv }],
      [{ name: "AES-KW" }]];
    for (const [algorithm] of wrappers) {
      const wrapper = await aes(algorithm.name);
      for (const format of ["pkcs8", "jwk"]) {
        if (algorithm.name === "AES-KW" && format === "pkcs8") continue; // its size is not one that can be wrapped
        const wrapped = await subtle.wrapKey(format, pair.privateKey, wrapper, algorithm);
        const key = await subtle.unwrapKey(format, wrapped, wrapper, algorithm, { name: "ECDSA", namedCurve: "P-256" }, true, ["sign"]);
        same(await subtle.exportKey("jwk", key), await subtle.exportKey("jwk", pair.privateKey));
      }
    }
    const secret = await raw("07".repeat(32), "AES-GCM", ["encrypt"]);
    const wrapped = await subtle.wrapKey("raw", secret, oaep.publicKey, { name: "RSA-OAEP" });
    const key = await subtle.unwrapKey("raw", wrapped, oaep.privateKey, { name: "RSA-OAEP" }, "AES-GCM", true, ["encrypt"]);
    same(await subtle.exportKey("raw", key), await subtle.exportKey("raw", secret));
  },
  "derived keys are those of the derived bits": async () => {
    const base = await raw("0102", "PBKDF2", ["deriveBits", "deriveKey"], false);
    const algorithm = { name: "PBKDF2", ...sha256, salt: block, iterations: 10 };
    const bits = await subtle.deriveBits(algorithm, base, 512);
    const key = await subtle.deriveKey(algorithm, base, { name: "HMAC", hash: "SHA-256" }, true, ["sign"]);
    equal(key.algorithm.length, 512);
    same(await subtle.exportKey("raw", key), bits);
    equal((await subtle.deriveKey(algorithm, base, { name: "AES-KW", length: 192 }, true, ["wrapKey"])).algorithm.length, 192);
    const next = await subtle.deriveKey(algorithm, await raw("0102", "PBKDF2", ["deriveKey"], false),
      { name: "HMAC", hash: "SHA-256", length: 8 }, true, ["sign"]);
    same(await subtle.exportKey("raw", next), bits.slice(0, 1));
  },
  "names of algorithms are read without regard to case, and come back as the standard writes them": async () => {
    const key = await subtle.generateKey({ name: "aes-gcm", length: 128 }, true, ["decrypt", "encrypt", "encrypt"]);
    equal(key.algorithm.name, "AES-GCM");
    same([...key.usages].sort(), ["decrypt", "encrypt"]);
    const hmac = await subtle.generateKey({ name: "hmac", hash: { name: "sha-512" } }, false, ["sign"]);
    same(JSON.parse(JSON.stringify(hmac.algorithm)), { name: "HMAC", hash: { name: "SHA-512" }, length: 1024 });
    equal(hmac.extractable, false);
  },
  "what is done to the objects of a key leaves the key alone": async () => {
    const key = await aesKey(["encrypt"]);
    try {
      key.algorithm.name = "AES-CBC";
      key.usages.push("decrypt");
      key.extractable = false;
    } catch {
      // Frozen or read-only will do as well.
    }
    await subtle.encrypt({ name: "AES-GCM", iv }, key, block);
    await rejects(subtle.decrypt({ name: "AES-GCM", iv }, key, new Uint8Array(32)), { name: "InvalidAccessError" });
    equal((await subtle.exportKey("raw", key)).byteLength, 16);
  },
  "what a key was made of, and what it gave out, can be changed": async () => {
    const source = new Uint8Array(16).fill(1);
    const key = await subtle.importKey("raw", source, "AES-GCM", true, ["encrypt"]);
    source.fill(2);
    const exported = new Uint8Array(await subtle.exportKey("raw", key));
    equal(exported[0], 1);
    exported.fill(3);
    equal(new Uint8Array(await subtle.exportKey("raw", key))[0], 1);
  },
  "keys look native": async () => {
    const key = await aesKey();
    equal(Object.prototype.toString.call(key), "[object CryptoKey]");
    ok(key instanceof CryptoKey);
  },
  "timingSafeEqual takes views and buffers": async () => {
    equal(subtle.timingSafeEqual(new Uint8Array([1, 2]).buffer, new Uint8Array([0, 1, 2]).subarray(1)), true);
    throws(() => subtle.timingSafeEqual("a", "a"), TypeError);
  },
  "DigestStream digests what is written to it": async () => {
    const stream = new crypto.DigestStream("SHA-256");
    ok(stream instanceof WritableStream);
    const writer = stream.getWriter();
    await writer.write(text("a"));
    await writer.write(text("bc").buffer);
    await writer.close();
    equal(hex(await stream.digest), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    const other = new crypto.DigestStream({ name: "md5" });
    await new Response("abc").body.pipeTo(other);
    equal(hex(await other.digest), "900150983cd24fb0d6963f7d28e17f72");
    throws(() => new crypto.DigestStream("SHA-7"), { name: "NotSupportedError" });
  },
  "the digest of a DigestStream is rejected when that is aborted": async () => {
    const stream = new crypto.DigestStream("SHA-1");
    const writer = stream.getWriter();
    const digest = stream.digest.catch((error) => error);
    writer.closed.catch(() => {});
    await writer.abort(new Error("enough"));
    equal((await digest).message, "enough");
  },
  "DigestStream refuses what is no bytes": async () => {
    const second = new crypto.DigestStream("SHA-1");
    const other = second.getWriter();
    other.closed.catch(() => {});
    const failed = second.digest.catch((error) => error);
    await rejects(other.write(7), TypeError);
    ok((await failed) instanceof TypeError);
  },
  "getters of an algorithm are asked once, before anything is done": async () => {
    let asked = 0;
    const buffer = new ArrayBuffer(16);
    const key = await aesKey();
    const sealed = await subtle.encrypt({ name: "AES-GCM", get iv() { asked++; return iv; } }, key, buffer);
    equal(asked, 1);
    equal(hex(await subtle.decrypt({ name: "AES-GCM", iv }, key, sealed)), "00".repeat(16));
    await rejects(subtle.encrypt({ get name() { throw new RangeError("mine"); } }, key, buffer), { name: "RangeError", message: "mine" });
  },
  "buffers that are detached while they are read, and resizable ones": async () => {
    const key = await aesKey();
    const buffer = new ArrayBuffer(16);
    const view = new Uint8Array(buffer);
    const sealed = await subtle.encrypt({ name: "AES-GCM", get iv() { structuredClone(buffer, { transfer: [buffer] }); return iv; } },
      key, view);
    ok(sealed.byteLength === 16 || sealed.byteLength === 32, `a tag alone or with the data, not ${sealed.byteLength}`);
    const resizable = new ArrayBuffer(16, { maxByteLength: 1024 });
    const tracking = new Uint8Array(resizable);
    const other = await subtle.encrypt({ name: "AES-GCM", get iv() { resizable.resize(0); return iv; } }, key, tracking);
    ok(other.byteLength >= 16);
    equal((await subtle.digest("SHA-1", tracking)).byteLength, 20);
    const algorithm = { get name() { resizable.resize(512); return "SHA-1"; } };
    equal((await subtle.digest(algorithm, tracking)).byteLength, 20);
  },
};
