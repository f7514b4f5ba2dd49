// SPDX-License-Identifier: Apache-2.0
// https://urlpattern.spec.whatwg.org/, by the npm package urlpattern-polyfill.
import { defineInterface } from "mayfly:core";
import { URLPattern as Implementation } from "urlpattern-polyfill/urlpattern";

type Input = string | Record<string, string>;
const components = ["protocol", "username", "password", "hostname", "port", "pathname", "search", "hash"] as const;

interface Pattern extends Record<(typeof components)[number], string> {
  hasRegExpGroups: boolean;
  test(input: Input, baseUrl?: string): boolean;
  exec(input: Input, baseUrl?: string): Record<string, unknown> | null;
}

export class URLPattern {
  #pattern: Pattern;

  constructor(input: Input = {}, baseUrlOrOptions?: string | object, options?: object) {
    const given = typeof input === "object" && input !== null ? { ...input } : `${input}`;
    const made = new (Implementation as unknown as new (...args: unknown[]) => Pattern)(...(
      baseUrlOrOptions === undefined && options === undefined ? [given]
        : options === undefined ? [given, baseUrlOrOptions] : [given, baseUrlOrOptions, options]));
    this.#pattern = made;
  }

  get protocol(): string { return this.#pattern.protocol; }
  get username(): string { return this.#pattern.username; }
  get password(): string { return this.#pattern.password; }
  get hostname(): string { return this.#pattern.hostname; }
  get port(): string { return this.#pattern.port; }
  get pathname(): string { return this.#pattern.pathname; }
  get search(): string { return this.#pattern.search; }
  get hash(): string { return this.#pattern.hash; }
  get hasRegExpGroups(): boolean { return this.#pattern.hasRegExpGroups; }

  test(input: Input = {}, baseUrl?: string): boolean {
    return this.#pattern.test(...arguments_(input, baseUrl));
  }
  exec(input: Input = {}, baseUrl?: string): Record<string, unknown> | null {
    return this.#pattern.exec(...arguments_(input, baseUrl));
  }
}
defineInterface(URLPattern);

function arguments_(input: Input, baseUrl: string | undefined): [Input, string?] {
  const given = typeof input === "object" && input !== null ? input : `${input}`;
  return baseUrl === undefined ? [given] : [given, `${baseUrl}`];
}
