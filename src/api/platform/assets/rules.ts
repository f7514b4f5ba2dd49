// SPDX-License-Identifier: Apache-2.0
// The rules of _redirects and _headers, which the supervisor has read (src/supervisor/asset_rules.cc).
// https://developers.cloudflare.com/workers/static-assets/redirects/
// https://developers.cloudflare.com/workers/static-assets/headers/

export type RedirectConfig = [from: string, to: string, status: number];
export type HeaderConfig = [from: string, set: [name: string, value: string][], unset: string[]];

interface Pattern {
  expression: RegExp;
  /** What its groups are called: "splat" and the names of placeholders. */
  names: string[];
}

const placeholder = /\*|:[A-Za-z]\w*/g;

/** "*" is anything, ":name" what stands between two slashes (in a host: between two dots). */
function compile(pattern: string): Pattern {
  const names: string[] = [];
  const host = /^https:\/\/[^/]*/.exec(pattern)?.[0].length ?? 0;
  let source = "";
  let at = 0;
  for (const { 0: found, index } of pattern.matchAll(placeholder)) {
    source += escape(pattern.slice(at, index));
    names.push(found === "*" ? "splat" : found.slice(1));
    source += found === "*" ? "(.*)" : index < host ? "([^./]+)" : "([^/]+)";
    at = index + found.length;
  }
  return { expression: new RegExp(`^${source}${escape(pattern.slice(at))}$`), names };
}

const escape = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

function match({ expression, names }: Pattern, text: string): Map<string, string> | null {
  const found = expression.exec(text);
  return found === null ? null : new Map(names.map((name, at) => [name, found[at + 1]!]));
}

const fill = (text: string, values: Map<string, string>): string =>
  text.replace(/:([A-Za-z]\w*)/g, (whole, name: string) => values.get(name) ?? whole);

export interface Redirect {
  to: string;
  status: number;
}

export class Redirects {
  /** Those without placeholders, which are found at once. */
  readonly #plain = new Map<string, [order: number, to: string, status: number]>();
  readonly #patterns: [order: number, pattern: Pattern, to: string, status: number][] = [];

  constructor(rules: RedirectConfig[]) {
    for (const [order, [from, to, status]] of rules.entries()) {
      if (from.search(placeholder) >= 0) this.#patterns.push([order, compile(from), to, status]);
      else if (!this.#plain.has(from)) this.#plain.set(from, [order, to, status]);
    }
  }
  /** By the first rule that the path has. */
  find(path: string): Redirect | null {
    const plain = this.#plain.get(path);
    for (const [order, pattern, to, status] of this.#patterns) {
      if (plain !== undefined && plain[0] < order) break;
      const values = match(pattern, path);
      if (values !== null) return { to: fill(to, values), status };
    }
    return plain === undefined ? null : { to: plain[1], status: plain[2] };
  }
}

/** Where it leads: with the request's query, where it has none of its own. */
export function locationOf(to: string, query: string): string {
  const hash = to.indexOf("#");
  const [before, after] = hash < 0 ? [to, ""] : [to.slice(0, hash), to.slice(hash)];
  return before.includes("?") ? to : before + query + after;
}

export class HeaderRules {
  readonly #rules: { pattern: Pattern; withHost: boolean; set: [string, string][]; unset: string[] }[];

  constructor(rules: HeaderConfig[]) {
    this.#rules = rules.map(([from, set, unset]) => ({ pattern: compile(from), withHost: from.startsWith("https://"), set, unset }));
  }
  /** All rules in their order: a header that several give has all of their values; "!" takes away what came before. */
  apply(headers: Headers, host: string, path: string): void {
    const given = new Set<string>();
    for (const { pattern, withHost, set, unset } of this.#rules) {
      const values = match(pattern, withHost ? `https://${host}${path}` : path);
      if (values === null) continue;
      for (const name of unset) headers.delete(name);
      for (const [name, value] of set) {
        const key = name.toLowerCase();
        if (given.has(key)) headers.append(name, fill(value, values));
        else headers.set(name, fill(value, values));
        given.add(key);
      }
    }
  }
}
