// SPDX-License-Identifier: Apache-2.0
// https://url.spec.whatwg.org/#interface-urlsearchparams
// and the application/x-www-form-urlencoded format, which form data shares.
import { defineInterface, requireArguments } from "mayfly:core";

/** Names and values in turns: [name, value, name, value...]. */
export type PairList = string[];

const toUsvString = (value: unknown): string => `${value}`.toWellFormed();

/** https://url.spec.whatwg.org/#urlencoded-parsing */
export function parseUrlEncoded(text: string): PairList {
  const list: PairList = [];
  for (const field of text.split("&")) {
    if (field === "") continue;
    const equals = field.indexOf("=");
    if (equals < 0) list.push(decode(field), "");
    else list.push(decode(field.slice(0, equals)), decode(field.slice(equals + 1)));
  }
  return list;
}

function decode(text: string): string {
  if (text.includes("+")) text = text.replaceAll("+", " ");
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    // A percent sign stands for itself unless two hex digits follow; bytes that are not UTF-8 become U+FFFD.
    return text.replace(/(?:%[0-9a-f]{2})+/gi, (run) => {
      const bytes = new Uint8Array(run.length / 3);
      for (let i = 0; i < bytes.length; i++) bytes[i] = parseInt(run.slice(3 * i + 1, 3 * i + 3), 16);
      return ops.utf8Decode(bytes, false)!;
    });
  }
}

/** https://url.spec.whatwg.org/#urlencoded-serializing */
export function writeUrlEncoded(list: PairList): string {
  let text = "";
  for (let i = 0; i < list.length; i += 2) text += `${i > 0 ? "&" : ""}${encode(list[i]!)}=${encode(list[i + 1]!)}`;
  return text;
}

const plain = /^[A-Za-z0-9*\-._]*$/;
const unlikeComponents = /%20|[!'()~]/g;
const unlikeComponentsAs: Record<string, string> = { "%20": "+", "!": "%21", "'": "%27", "(": "%28", ")": "%29", "~": "%7E" };

function encode(text: string): string {
  if (plain.test(text)) return text;
  return encodeURIComponent(text).replace(unlikeComponents, (match) => unlikeComponentsAs[match]!);
}

function readInit(init: unknown): PairList {
  if (typeof init !== "object" && typeof init !== "function" || init === null) {
    const text = toUsvString(init);
    return parseUrlEncoded(text.startsWith("?") ? text.slice(1) : text);
  }
  const list: PairList = [];
  const iterate = (init as Iterable<unknown>)[Symbol.iterator];
  if (iterate === undefined || iterate === null) {
    for (const key of Object.keys(init)) list.push(toUsvString(key), toUsvString((init as Record<string, unknown>)[key]));
    return list;
  }
  for (const item of init as Iterable<unknown>) {
    const pair = typeof item === "object" && item !== null && Symbol.iterator in item ? [...item as Iterable<unknown>] : [];
    if (pair.length !== 2) throw new TypeError("Invalid URL search params sequence.");
    list.push(toUsvString(pair[0]), toUsvString(pair[1]));
  }
  return list;
}

function* iterate<T>(list: PairList, pick: (name: string, value: string) => T): Generator<T> {
  for (let i = 0; i < list.length; i += 2) yield pick(list[i]!, list[i + 1]!);
}

export let makeLinked: (search: string, changed: (search: string) => void) => URLSearchParams;
export let reload: (params: URLSearchParams, search: string) => void;

export class URLSearchParams {
  #list: PairList = [];
  #changed: ((search: string) => void) | undefined;

  static {
    makeLinked = (search, changed) => {
      const params = new URLSearchParams(search);
      params.#changed = changed;
      return params;
    };
    reload = (params, search) => params.#replace(readInit(search));
  }

  constructor(init: unknown = "") {
    if (init !== "") this.#list = readInit(init);
  }

  // In place, so that iterators go on with the new list.
  #replace(list: PairList): void {
    this.#list.length = 0;
    for (const text of list) this.#list.push(text);
  }

  #update(): void {
    this.#changed?.(writeUrlEncoded(this.#list));
  }

  get size(): number {
    return this.#list.length / 2;
  }

  append(name: unknown, value: unknown): void {
    const list = this.#list;
    requireArguments("Failed to execute 'append' on 'URLSearchParams'", arguments.length, 2);
    list.push(toUsvString(name), toUsvString(value));
    this.#update();
  }

  delete(name: unknown, value: unknown = undefined): void {
    const list = this.#list;
    requireArguments("Failed to execute 'delete' on 'URLSearchParams'", arguments.length, 1);
    const wanted = toUsvString(name);
    const wantedValue = value === undefined ? undefined : toUsvString(value);
    let kept = 0;
    for (let i = 0; i < list.length; i += 2) {
      if (list[i] === wanted && (wantedValue === undefined || list[i + 1] === wantedValue)) continue;
      list[kept++] = list[i]!;
      list[kept++] = list[i + 1]!;
    }
    list.length = kept;
    this.#update();
  }

  get(name: unknown): string | null {
    const list = this.#list;
    requireArguments("Failed to execute 'get' on 'URLSearchParams'", arguments.length, 1);
    const wanted = toUsvString(name);
    for (let i = 0; i < list.length; i += 2) if (list[i] === wanted) return list[i + 1]!;
    return null;
  }

  getAll(name: unknown): string[] {
    const list = this.#list;
    requireArguments("Failed to execute 'getAll' on 'URLSearchParams'", arguments.length, 1);
    const wanted = toUsvString(name);
    const values = [];
    for (let i = 0; i < list.length; i += 2) if (list[i] === wanted) values.push(list[i + 1]!);
    return values;
  }

  has(name: unknown, value: unknown = undefined): boolean {
    const list = this.#list;
    requireArguments("Failed to execute 'has' on 'URLSearchParams'", arguments.length, 1);
    const wanted = toUsvString(name);
    const wantedValue = value === undefined ? undefined : toUsvString(value);
    for (let i = 0; i < list.length; i += 2) {
      if (list[i] === wanted && (wantedValue === undefined || list[i + 1] === wantedValue)) return true;
    }
    return false;
  }

  set(name: unknown, value: unknown): void {
    const list = this.#list;
    requireArguments("Failed to execute 'set' on 'URLSearchParams'", arguments.length, 2);
    const wanted = toUsvString(name);
    const newValue = toUsvString(value);
    let found = false;
    let kept = 0;
    for (let i = 0; i < list.length; i += 2) {
      if (list[i] === wanted && found) continue;
      list[kept++] = list[i]!;
      list[kept++] = list[i] === wanted ? newValue : list[i + 1]!;
      found ||= list[i] === wanted;
    }
    list.length = kept;
    if (!found) list.push(wanted, newValue);
    this.#update();
  }

  sort(): void {
    const pairs = [...this.entries()].sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0);
    this.#replace(pairs.flat());
    this.#update();
  }

  entries(): Generator<[string, string]> {
    return iterate(this.#list, (name, value): [string, string] => [name, value]);
  }

  keys(): Generator<string> {
    return iterate(this.#list, (name) => name);
  }

  values(): Generator<string> {
    return iterate(this.#list, (_, value) => value);
  }

  forEach(callback: (value: string, name: string, params: URLSearchParams) => void, receiver: unknown = undefined): void {
    const list = this.#list;
    if (typeof callback !== "function") throw new TypeError("URLSearchParams.forEach: the callback is not a function");
    for (let i = 0; i < list.length; i += 2) callback.call(receiver, list[i + 1]!, list[i]!, this);
  }

  toString(): string {
    return writeUrlEncoded(this.#list);
  }

  declare [Symbol.iterator]: () => Generator<[string, string]>;
}

defineInterface(URLSearchParams);
Object.defineProperty(URLSearchParams.prototype, Symbol.iterator,
  { value: URLSearchParams.prototype.entries, writable: true, configurable: true });
