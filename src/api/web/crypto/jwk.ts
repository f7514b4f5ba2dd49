// SPDX-License-Identifier: Apache-2.0
// https://www.rfc-editor.org/rfc/rfc7517, as https://w3c.github.io/webcrypto/#JsonWebKey-dictionary has it.
import type { KeyState, Usage } from "./key.ts";
import { failure, has } from "./values.ts";

const texts = ["alg", "crv", "d", "dp", "dq", "e", "k", "kty", "n", "p", "q", "qi", "use", "x", "y"] as const;
export type Jwk = { [member in (typeof texts)[number]]?: string } & { ext?: boolean; key_ops?: string[]; oth?: unknown };

/** A copy of what the object says, read once. */
export function readJwk(given: unknown): Jwk {
  if (typeof given !== "object" || given === null || ArrayBuffer.isView(given) || given instanceof ArrayBuffer) {
    throw new TypeError("A key in the format jwk must be an object that is a JSON Web Key");
  }
  const source = given as Record<string, unknown>;
  const jwk: Jwk = {};
  for (const member of texts) {
    const value = source[member];
    if (value !== undefined) jwk[member] = `${value as string}`;
  }
  if (source.ext !== undefined) jwk.ext = Boolean(source.ext);
  if (source.oth !== undefined) jwk.oth = true;
  const operations = source.key_ops;
  if (operations !== undefined) {
    if (typeof operations !== "object" || operations === null) throw new TypeError("key_ops of the key is no list");
    jwk.key_ops = Array.from(operations as string[], (each) => `${each}`);
  }
  return jwk;
}

/** `use`: what the member of that name must be where it is there. `alg`: undefined, when any will do. */
export function checkJwk(jwk: Jwk, kty: string, use: "enc" | "sig" | undefined, alg: string[] | undefined,
                         extractable: boolean, wanted: Usage[]): void {
  const refuse = (what: string): never => {
    throw failure("DataError", `The JSON Web Key does not fit: ${what}`);
  };
  if (jwk.kty !== kty) refuse(`its kty must be "${kty}", not ${show(jwk.kty)}`);
  if (wanted.length > 0 && use !== undefined && jwk.use !== undefined && jwk.use !== use) {
    refuse(`its use must be "${use}", not ${show(jwk.use)}`);
  }
  if (jwk.key_ops !== undefined) {
    const operations = jwk.key_ops;
    if (new Set(operations).size < operations.length) refuse("its key_ops has an entry twice");
    for (const usage of wanted) if (!has(operations, usage as string)) refuse(`its key_ops does not have "${usage}"`);
  }
  if (jwk.ext === false && extractable) refuse("it must not be extractable");
  if (alg !== undefined && jwk.alg !== undefined && !has(alg, jwk.alg)) {
    refuse(`its alg must be ${alg.map((each) => `"${each}"`).join(" or ")}, not ${show(jwk.alg)}`);
  }
}

const show = (text: string | undefined): string => (text === undefined ? "missing" : `"${text}"`);

export function finishJwk(jwk: Jwk, key: KeyState): Jwk {
  jwk.key_ops = [...key.usages];
  jwk.ext = key.extractable;
  return jwk;
}
