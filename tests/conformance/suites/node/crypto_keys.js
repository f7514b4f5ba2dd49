// SPDX-License-Identifier: Apache-2.0
//
// Pairs of keys in node:crypto: made, read, written, and what is done with them.

import crypto, { createPrivateKey, createPublicKey, createSign, createVerify, diffieHellman, generateKeyPairSync, privateDecrypt, publicEncrypt, sign, verify } from "node:crypto";
import { promisify } from "node:util";
import { check, equal, matches, ok, rejects, same, throws } from "../../check.js";

const data = Buffer.from("what is signed");
let made;
/** Keys that several checks use: an RSA key takes a while. */
const keys = () => (made ??= {
  rsa: generateKeyPairSync("rsa", { modulusLength: 2048 }),
  ec: generateKeyPairSync("ec", { namedCurve: "prime256v1" }),
  ed: generateKeyPairSync("ed25519"),
});
const code = (run, name = Error) => throws(run, name).code;

check("generateKeyPairSync() makes key objects", () => {
  const { rsa, ec, ed } = keys();
  same([rsa.publicKey.type, rsa.privateKey.type, rsa.publicKey.asymmetricKeyType, ec.privateKey.asymmetricKeyType, ed.publicKey.asymmetricKeyType], ["public", "private", "rsa", "ec", "ed25519"]);
  same([rsa.publicKey.asymmetricKeyDetails.modulusLength, rsa.privateKey.asymmetricKeyDetails.publicExponent, ec.publicKey.asymmetricKeyDetails.namedCurve], [2048, 65537n, "prime256v1"]);
  ok(rsa.publicKey instanceof crypto.KeyObject && String(rsa.publicKey) === "[object KeyObject]");
});

for (const [type, options] of [["rsa", { modulusLength: 1024, publicExponent: 3 }], ["ec", { namedCurve: "P-384" }], ["ec", { namedCurve: "secp521r1" }], ["x25519", {}], ["ed25519", {}]]) {
  check(`${type} ${JSON.stringify(options)}: PEM, DER and JWK come back`, () => {
    const { publicKey, privateKey } = generateKeyPairSync(type, options);
    const pem = privateKey.export({ format: "pem", type: "pkcs8" });
    matches(pem, /^-----BEGIN PRIVATE KEY-----\n[^]+\n-----END PRIVATE KEY-----\n$/);
    ok(createPrivateKey(pem).equals(privateKey), "the key of PEM");
    ok(createPrivateKey({ key: privateKey.export({ format: "der", type: "pkcs8" }), format: "der", type: "pkcs8" }).equals(privateKey), "the key of DER");
    ok(createPrivateKey({ key: privateKey.export({ format: "jwk" }), format: "jwk" }).equals(privateKey), "the key of a JWK");
    ok(createPublicKey(publicKey.export({ format: "pem", type: "spki" })).equals(publicKey), "the public key of PEM");
    ok(createPublicKey({ key: publicKey.export({ format: "jwk" }), format: "jwk" }).equals(publicKey), "the public key of a JWK");
    ok(createPublicKey(privateKey).equals(publicKey) && createPublicKey(pem).equals(publicKey), "the public key of the private one");
    equal(publicKey.export({ format: "jwk" }).d, undefined);
  });
}

check("the encodings of one kind of key are refused for others", () => {
  const { rsa, ec } = keys();
  matches(rsa.privateKey.export({ format: "pem", type: "pkcs1" }), /^-----BEGIN RSA PRIVATE KEY-----/);
  matches(rsa.publicKey.export({ format: "pem", type: "pkcs1" }), /^-----BEGIN RSA PUBLIC KEY-----/);
  matches(ec.privateKey.export({ format: "pem", type: "sec1" }), /^-----BEGIN EC PRIVATE KEY-----/);
  equal(code(() => ec.privateKey.export({ format: "pem", type: "pkcs1" })), "ERR_CRYPTO_INCOMPATIBLE_KEY_OPTIONS");
  equal(code(() => rsa.privateKey.export({ format: "pem", type: "sec1" })), "ERR_CRYPTO_INCOMPATIBLE_KEY_OPTIONS");
  for (const options of [undefined, {}, { format: "nope", type: "pkcs8" }, { format: "pem" }, { format: "pem", type: "spki" }]) throws(() => rsa.privateKey.export(options), Error);
});

check("a private key can be encrypted", () => {
  const { rsa: { privateKey } } = keys();
  const pem = privateKey.export({ format: "pem", type: "pkcs8", cipher: "aes-256-cbc", passphrase: "secret" });
  matches(pem, /^-----BEGIN ENCRYPTED PRIVATE KEY-----/);
  ok(createPrivateKey({ key: pem, passphrase: "secret" }).equals(privateKey));
  ok(createPrivateKey({ key: pem, passphrase: Buffer.from("secret") }).equals(privateKey));
  for (const key of [pem, { key: pem, passphrase: "wrong" }]) throws(() => createPrivateKey(key), Error);
  throws(() => privateKey.export({ format: "pem", type: "pkcs8", cipher: "nope", passphrase: "x" }), Error);
  throws(() => privateKey.export({ format: "pem", type: "pkcs8", cipher: "aes-256-cbc" }), TypeError);
  equal(code(() => privateKey.export({ format: "der", type: "pkcs1", cipher: "aes-256-cbc", passphrase: "x" })), "ERR_CRYPTO_INCOMPATIBLE_KEY_OPTIONS");
});

check("a key that was encrypted with very many iterations is refused", { differs: "workerd computes them" }, () => {
  // PKCS #8, PBES2 with PBKDF2 of 2^31 - 1 iterations and AES-256-CBC.
  const der = Buffer.from("306f305906092a864886f70d01050d304c302b06092a864886f70d01050c301e04080102030405060708020" + "47fffffff300c06082a864886f70d02090500301d060960864801650304012a0410" + "00".repeat(16) + "0412" + "11".repeat(18), "hex");
  throws(() => createPrivateKey({ key: der, format: "der", type: "pkcs8", passphrase: "x" }), /too many iterations|not valid|no key/);
});

check("generateKeyPair() gives keys as they are asked for", async () => {
  const { publicKey, privateKey } = await promisify(crypto.generateKeyPair)("rsa", {
    modulusLength: 1024, publicKeyEncoding: { format: "der", type: "pkcs1" }, privateKeyEncoding: { format: "pem", type: "pkcs8", cipher: "aes-128-cbc", passphrase: "x" },
  });
  ok(Buffer.isBuffer(publicKey) && privateKey.startsWith("-----BEGIN ENCRYPTED PRIVATE KEY-----"));
  ok(createPublicKey({ key: publicKey, format: "der", type: "pkcs1" }).equals(createPublicKey({ key: privateKey, passphrase: "x", format: "pem" })));
});

check("what cannot be made is refused", async () => {
  for (const [type, options] of [["rsa"], ["rsa", {}], ["rsa", { modulusLength: "x" }], ["rsa", { modulusLength: 100 }], ["rsa", { modulusLength: 2 ** 31 }], ["ec", { namedCurve: "nope" }], ["ec", {}], ["nope", {}], [5, {}], ["dh", {}], ["ed25519", { publicKeyEncoding: 5 }]]) {
    throws(() => generateKeyPairSync(type, options), Error);
  }
  throws(() => crypto.generateKeyPair("ed25519", {}), TypeError);
  equal((await rejects(promisify(crypto.generateKeyPair)("ec", { namedCurve: "nope" }), Error)) instanceof Error, true);
});

check("files that are no keys are refused", () => {
  const { rsa } = keys();
  for (const key of ["nope", "", Buffer.alloc(100), 5, null, undefined, {}, { key: 5 }, [], rsa.publicKey.export({ format: "pem", type: "spki" }), { key: Buffer.alloc(9), format: "der", type: "pkcs8" }, rsa.publicKey]) throws(() => createPrivateKey(key), Error);
  for (const key of ["nope", 5, null, { key: {}, format: "jwk" }, { key: { kty: "EC", crv: "P-256", x: "AA", y: "AA" }, format: "jwk" }, { key: { kty: "RSA" }, format: "jwk" }, crypto.createSecretKey(Buffer.from("x"))]) throws(() => createPublicKey(key), Error);
  const throwing = { get key() { throw new RangeError("a getter"); } };
  throws(() => createPrivateKey(throwing), { name: "RangeError", message: "a getter" });
});

check("sign() and verify()", async () => {
  const { rsa, ec, ed } = keys();
  for (const [algorithm, { publicKey, privateKey }] of [["sha256", rsa], ["RSA-SHA512", rsa], ["sha384", ec], [null, ed], [undefined, ed]]) {
    const signature = sign(algorithm, data, privateKey);
    ok(Buffer.isBuffer(signature) && verify(algorithm, data, publicKey, signature) && verify(algorithm, data, privateKey, signature), String(algorithm));
    ok(!verify(algorithm, Buffer.from("other"), publicKey, signature) && !verify(algorithm, data, publicKey, Buffer.from("x")));
  }
  const signature = await promisify(crypto.sign)("sha256", data, rsa.privateKey);
  ok(await promisify(crypto.verify)("sha256", data, rsa.publicKey, signature));
});

check("sign() refuses what does not go together", () => {
  const { rsa, ed } = keys();
  for (const args of [["nope", data, rsa.privateKey], ["sha256", data, rsa.publicKey], ["sha256", "text", rsa.privateKey], ["sha256", data, undefined], ["sha256", data, ed.privateKey], [5, data, rsa.privateKey], ["sha256", 5, rsa.privateKey], ["sha256", data, crypto.createSecretKey(data)]]) throws(() => sign(...args), Error);
  throws(() => verify("sha256", data, rsa.publicKey, "text"), TypeError);
});

check("a key object can stand beside how it is used", { differs: "workerd takes no key object there" }, () => {
  const { rsa, ec } = keys();
  for (const [padding, saltLength] of [[crypto.constants.RSA_PKCS1_PSS_PADDING, undefined], [6, 32], [6, crypto.constants.RSA_PSS_SALTLEN_DIGEST], [1, undefined]]) {
    ok(verify("sha256", data, { key: rsa.publicKey, padding, saltLength }, sign("sha256", data, { key: rsa.privateKey, padding, saltLength })));
  }
  ok(!verify("sha256", data, { key: rsa.publicKey, padding: 6, saltLength: 20 }, sign("sha256", data, { key: rsa.privateKey, padding: 6, saltLength: 32 })));
  const fixed = sign("sha256", data, { key: ec.privateKey, dsaEncoding: "ieee-p1363" });
  ok(fixed.length === 64 && verify("sha256", data, { key: ec.publicKey, dsaEncoding: "ieee-p1363" }, fixed) && !verify("sha256", data, ec.publicKey, fixed));
  throws(() => sign("sha256", data, { key: ec.privateKey, dsaEncoding: "nope" }), TypeError);
  throws(() => sign("sha256", data, { key: rsa.privateKey, padding: 77 }), Error);
});

check("signatures go with those of crypto.subtle", async () => {
  const { rsa, ed } = keys();
  const key = await crypto.subtle.importKey("spki", rsa.publicKey.export({ format: "der", type: "spki" }), { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" }, true, ["verify"]);
  ok(await crypto.subtle.verify("RSASSA-PKCS1-v1_5", key, sign("sha256", data, rsa.privateKey), data));
  const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
  const own = crypto.KeyObject.from(pair.privateKey);
  same([own.type, own.asymmetricKeyType], ["private", "ec"]);
  ok(verify("sha256", data, crypto.KeyObject.from(pair.publicKey), sign("sha256", data, own)));
  ok(!ed.publicKey.equals(rsa.publicKey) && !ed.publicKey.equals(ed.privateKey));
});

check("toCryptoKey()", async () => {
  const key = await keys().ed.privateKey.toCryptoKey("Ed25519", true, ["sign"]);
  ok(verify(null, data, keys().ed.publicKey, Buffer.from(await crypto.subtle.sign("Ed25519", key, data))));
});

check("a key of crypto.subtle has its public key in it", { differs: "workerd fails to derive it" }, async () => {
  const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
  ok(crypto.KeyObject.from(pair.publicKey).equals(createPublicKey(crypto.KeyObject.from(pair.privateKey))));
});

check("createSign() and createVerify() take data in parts, once", () => {
  const { rsa, ec } = keys();
  const signature = createSign("sha256").update("what ").update(Buffer.from("is signed")).sign(rsa.privateKey, "hex");
  equal(signature, sign("sha256", data, rsa.privateKey).toString("hex"));
  ok(createVerify("RSA-SHA256").update(data).verify(rsa.publicKey, signature, "hex"));
  ok(createVerify("sha256").update(data).verify(rsa.publicKey.export({ format: "pem", type: "spki" }), signature, "hex"));
  ok(!createVerify("sha256").update("other").verify(rsa.publicKey, signature, "hex"));
  const used = createSign("sha1").update("x");
  ok(used.sign(ec.privateKey).length > 60);
  throws(() => used.sign(ec.privateKey), Error);
  throws(() => createSign("nope"), Error);
  throws(() => createSign(5), TypeError);
  throws(() => createSign("sha256").update(5), TypeError);
  equal(code(() => createSign("sha256").update("x").sign()), "ERR_CRYPTO_SIGN_KEY_REQUIRED");
  throws(() => createSign("sha256").update("x").sign(keys().ed.privateKey), Error);
});

check("Sign is a stream", async () => {
  const { ec } = keys();
  const stream = createSign("sha256");
  await new Promise((done) => stream.end(data, done));
  ok(verify("sha256", data, ec.publicKey, stream.sign(ec.privateKey)));
});

check("publicEncrypt() and privateDecrypt()", () => {
  const { rsa, ec } = keys();
  equal(privateDecrypt(rsa.privateKey, publicEncrypt(rsa.publicKey, data)).toString(), String(data));
  equal(privateDecrypt(rsa.privateKey.export({ format: "pem", type: "pkcs8" }), publicEncrypt(rsa.publicKey.export({ format: "pem", type: "spki" }), data)).toString(), String(data));
  equal(privateDecrypt({ key: rsa.privateKey, oaepHash: "sha256" }, publicEncrypt({ key: rsa.publicKey, oaepHash: "sha256" }, data)).toString(), String(data));
  equal(crypto.publicDecrypt(rsa.publicKey, crypto.privateEncrypt(rsa.privateKey, data)).toString(), String(data));
  for (const [run, key, bytes] of [[publicEncrypt, rsa.publicKey, Buffer.alloc(999)], [publicEncrypt, ec.publicKey, data], [privateDecrypt, rsa.privateKey, Buffer.alloc(256)], [privateDecrypt, rsa.privateKey, Buffer.alloc(2)], [privateDecrypt, rsa.publicKey, Buffer.alloc(256)], [publicEncrypt, { key: rsa.publicKey, padding: 77 }, data], [publicEncrypt, rsa.publicKey, 5]]) throws(() => run(key, bytes), Error);
});

check("the hash of OAEP must be the same", { differs: "workerd takes no notice of oaepHash" }, () => {
  const { rsa } = keys();
  throws(() => privateDecrypt({ key: rsa.privateKey, oaepHash: "sha1" }, publicEncrypt({ key: rsa.publicKey, oaepHash: "sha256" }, data)), Error);
});

check("an OAEP label must be the same", { differs: "workerd fails to set it" }, () => {
  const { rsa } = keys();
  const sealed = publicEncrypt({ key: rsa.publicKey, oaepLabel: Buffer.from("label") }, data);
  equal(privateDecrypt({ key: rsa.privateKey, oaepLabel: Buffer.from("label") }, sealed).toString(), String(data));
  throws(() => privateDecrypt(rsa.privateKey, sealed), Error);
});

check("diffieHellman()", () => {
  for (const [type, options, bytes] of [["x25519", {}, 32], ["ec", { namedCurve: "P-384" }, 48]]) {
    const [a, b] = [generateKeyPairSync(type, options), generateKeyPairSync(type, options)];
    const secret = diffieHellman({ privateKey: a.privateKey, publicKey: b.publicKey });
    ok(secret.length === bytes && secret.equals(diffieHellman({ privateKey: b.privateKey, publicKey: a.publicKey })), type);
  }
  const { rsa, ec } = keys();
  for (const options of [undefined, {}, { privateKey: ec.privateKey }, { privateKey: ec.privateKey, publicKey: rsa.publicKey }, { privateKey: ec.publicKey, publicKey: ec.publicKey }, { privateKey: rsa.privateKey, publicKey: rsa.publicKey }]) throws(() => diffieHellman(options), Error);
});

check("createECDH()", () => {
  const [a, b] = [crypto.createECDH("prime256v1"), crypto.createECDH("prime256v1")];
  equal(a.generateKeys("hex").length, 130);
  b.generateKeys();
  ok(a.computeSecret(b.getPublicKey()).equals(b.computeSecret(a.getPublicKey("hex"), "hex")));
  equal(a.getPublicKey(null, "compressed").length, 33);
  const c = crypto.createECDH("prime256v1");
  c.setPrivateKey(a.getPrivateKey());
  ok(c.getPublicKey().equals(a.getPublicKey()));
  equal(crypto.ECDH.convertKey(a.getPublicKey(), "prime256v1", undefined, "hex", "compressed"), a.getPublicKey("hex", "compressed"));
  for (const run of [() => crypto.createECDH("nope"), () => crypto.createECDH(5), () => a.computeSecret(Buffer.alloc(3)), () => a.computeSecret(5), () => c.setPrivateKey(Buffer.alloc(32)), () => crypto.createECDH("prime256v1").getPublicKey(), () => crypto.createECDH("prime256v1").computeSecret(a.getPublicKey())]) throws(run, Error);
});

check("createDiffieHellman() and getDiffieHellman()", () => {
  const prime = Buffer.from(crypto.getDiffieHellman("modp14").getPrime());
  const [a, b] = [crypto.createDiffieHellman(prime, 2), crypto.getDiffieHellman("modp14")];
  same([a.generateKeys().length, b.generateKeys("hex").length, a.getGenerator("hex")], [256, 512, "02"]);
  ok(a.computeSecret(b.getPublicKey()).equals(b.computeSecret(a.getPublicKey())));
  const small = crypto.createDiffieHellman(128);
  equal(small.getPrime().length, 16);
  for (const run of [() => crypto.getDiffieHellman("modp99"), () => crypto.createDiffieHellman(), () => small.computeSecret(Buffer.alloc(0)), () => crypto.createDiffieHellman(prime).getPublicKey()]) throws(run, Error);
});

check("primes", async () => {
  same([crypto.checkPrimeSync(23n), crypto.checkPrimeSync(Buffer.from([24])), crypto.checkPrimeSync(2n ** 127n - 1n)], [true, false, true]);
  const prime = crypto.generatePrimeSync(64, { bigint: true });
  ok(prime >= 2n ** 63n && crypto.checkPrimeSync(prime));
  equal((await promisify(crypto.generatePrime)(32)).byteLength, 4);
  for (const run of [() => crypto.generatePrimeSync(0), () => crypto.generatePrimeSync("x"), () => crypto.checkPrimeSync(5), () => crypto.checkPrimeSync(-1n), () => crypto.generatePrimeSync(8, { safe: 1 })]) throws(run, Error);
});

const beyond = { differs: "workerd does not have them" };

for (const [type, options] of [["ed448", {}], ["x448", {}], ["ec", { namedCurve: "secp256k1" }]]) {
  check(`${type} ${options.namedCurve ?? ""} keys`, beyond, () => {
    const { publicKey, privateKey } = generateKeyPairSync(type, options);
    ok(createPrivateKey({ key: privateKey.export({ format: "jwk" }), format: "jwk" }).equals(privateKey));
    ok(createPublicKey(privateKey.export({ format: "pem", type: "pkcs8" })).equals(publicKey));
    if (type === "x448") equal(diffieHellman({ privateKey, publicKey }).length, 56);
    else ok(verify(type === "ec" ? "sha256" : null, data, publicKey, sign(type === "ec" ? "sha256" : null, data, privateKey)));
  });
}

check("RSA-PSS keys keep to their limits", beyond, () => {
  const { publicKey, privateKey } = generateKeyPairSync("rsa-pss", { modulusLength: 1024, hashAlgorithm: "sha256", mgf1HashAlgorithm: "sha256", saltLength: 32 });
  same(privateKey.asymmetricKeyDetails, { modulusLength: 1024, publicExponent: 65537n, hashAlgorithm: "sha256", mgf1HashAlgorithm: "sha256", saltLength: 32 });
  ok(verify("sha256", data, publicKey, sign("sha256", data, privateKey)));
  throws(() => sign("sha1", data, privateKey), Error);
  equal(code(() => privateKey.export({ format: "jwk" })), "ERR_CRYPTO_JWK_UNSUPPORTED_KEY_TYPE");
});

check("DH keys are written and agree", beyond, () => {
  const [a, b] = [generateKeyPairSync("dh", { group: "modp14" }), generateKeyPairSync("dh", { group: "modp14" })];
  const again = createPrivateKey(a.privateKey.export({ format: "pem", type: "pkcs8" }));
  ok(diffieHellman({ privateKey: again, publicKey: b.publicKey }).equals(diffieHellman({ privateKey: b.privateKey, publicKey: a.publicKey })));
});

check("aes-ccm and aes-ocb authenticate", beyond, () => {
  for (const cipher of ["aes-128-ccm", "aes-128-ocb"]) {
    const [key, iv, options] = [Buffer.alloc(16, 1), Buffer.alloc(12, 2), { authTagLength: 16 }];
    const seal = crypto.createCipheriv(cipher, key, iv, options).setAAD(Buffer.from("about"), { plaintextLength: data.length });
    const sealed = Buffer.concat([seal.update(data), seal.final()]);
    const open = (tag) => {
      const decipher = crypto.createDecipheriv(cipher, key, iv, options).setAuthTag(tag).setAAD(Buffer.from("about"), { plaintextLength: sealed.length });
      return Buffer.concat([decipher.update(sealed), decipher.final()]).toString();
    };
    equal(open(seal.getAuthTag()), String(data), cipher);
    throws(() => open(Buffer.alloc(16)), /authenticat/i);
    equal(code(() => crypto.createCipheriv(cipher, key, iv)), "ERR_CRYPTO_INVALID_AUTH_TAG");
  }
});

check("keys and numbers that would take very long are refused", { mayflyOnly: "workerd enforces no limits" }, () => {
  throws(() => crypto.generatePrimeSync(2 ** 30), /not supported/);
  throws(() => crypto.checkPrimeSync(Buffer.alloc(1 << 20, 255)), /not supported/);
  throws(() => generateKeyPairSync("rsa", { modulusLength: 65536 }), Error);
  throws(() => crypto.createDiffieHellman(Buffer.alloc(1 << 16, 255)).generateKeys(), Error);
});

check("bytes that are gone, and getters that throw, are errors and no more", () => {
  const { rsa, ec } = keys();
  const gone = () => {
    const bytes = new Uint8Array(64).fill(7);
    structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
    return bytes;
  };
  const secret = crypto.createECDH("prime256v1");
  secret.generateKeys();
  for (const run of [
    () => sign("sha256", gone(), ec.privateKey), () => verify("sha256", data, ec.publicKey, gone()), () => createPrivateKey(gone()), () => createPublicKey({ key: gone(), format: "der", type: "spki" }),
    () => publicEncrypt(rsa.publicKey, gone()), () => privateDecrypt(rsa.privateKey, gone()), () => secret.computeSecret(gone()), () => crypto.createDiffieHellman(gone()).generateKeys(),
    () => crypto.checkPrimeSync(gone()), () => createSign("sha256").update(gone()).sign(ec.privateKey), () => createPrivateKey({ key: "x", passphrase: gone() }),
  ]) {
    try {
      run();
    } catch (error) {
      ok(error instanceof Error);
    }
  }
  for (const member of ["key", "format", "passphrase"]) {
    const options = { key: "x", format: "pem", get [member]() { throw new RangeError("a getter"); } };
    throws(() => createPrivateKey(options), Error);
  }
  equal(createPrivateKey(rsa.privateKey.export({ format: "pem", type: "pkcs8" })).equals(rsa.privateKey), true);
});
