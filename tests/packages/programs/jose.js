// SPDX-License-Identifier: Apache-2.0

import * as jose from "jose";
import { equal, matches, rejects } from "../../conformance/check.js";

export default async function () {
  const secret = new TextEncoder().encode("a secret of at least thirty-two bytes");
  const signed = await new jose.SignJWT({ role: "admin" })
    .setProtectedHeader({ alg: "HS256" })
    .setIssuer("mayfly")
    .setIssuedAt()
    .setExpirationTime("1h")
    .sign(secret);
  equal((await jose.jwtVerify(signed, secret, { issuer: "mayfly" })).payload.role, "admin");
  await rejects(jose.jwtVerify(`${signed.slice(0, -4)}AAAA`, secret), { name: "JWSSignatureVerificationFailed" });
  await rejects(jose.jwtVerify(signed, secret, { issuer: "other" }), /unexpected "iss" claim value/);

  for (const algorithm of ["ES256", "RS256", "EdDSA"]) {
    const { publicKey, privateKey } = await jose.generateKeyPair(algorithm, { extractable: true });
    const jwt = await new jose.SignJWT({ sub: "ada" })
      .setProtectedHeader({ alg: algorithm, kid: "1" })
      .sign(privateKey);
    const jwk = { ...(await jose.exportJWK(publicKey)), kid: "1", alg: algorithm };
    equal((await jose.jwtVerify(jwt, jose.createLocalJWKSet({ keys: [jwk] }))).payload.sub, "ada", `${algorithm}: `);
    matches(await jose.exportPKCS8(privateKey), /^-----BEGIN PRIVATE KEY-----/);
  }
  const { publicKey, privateKey } = await jose.generateKeyPair("ECDH-ES+A256KW");
  const header = { alg: "ECDH-ES+A256KW", enc: "A256GCM" };
  const sealed = await new jose.CompactEncrypt(new TextEncoder().encode("hidden"))
    .setProtectedHeader(header)
    .encrypt(publicKey);
  equal(new TextDecoder().decode((await jose.compactDecrypt(sealed, privateKey)).plaintext), "hidden");
}
