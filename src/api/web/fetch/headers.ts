// SPDX-License-Identifier: Apache-2.0
// https://fetch.spec.whatwg.org/#headers-class
//
// Headers that came with a message stay the text they came as ("name\nvalue\nname\nvalue", names in lower case) until
// somebody asks, and go out again as that text when nobody changed them. Otherwise they are a map from lower-case names to
// the combined value; only set-cookie, which cannot be combined, is a list.
//
// As in Workers, values are any text: what is not ASCII is UTF-8 in messages, whose heads are Latin-1.
import { defineInterface, requireArguments } from "mayfly:core";
import { trimWhitespace } from "./mime.ts";

type HeaderMap = Map<string, string | string[]>;

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const needsCare = /[\0\r\n]|^[\t ]|[\t ]$/;
const foreign = /[^\x00-\x7f]/;

function toName(name: unknown): string {
  const text = `${name}`;
  if (!token.test(text)) throw new TypeError("Invalid header name.");
  return text.toLowerCase();
}

function toValue(value: unknown): string {
  let text = `${value}`;
  if (!needsCare.test(text)) return text;
  text = trimWhitespace(text);
  if (/[\0\r\n]/.test(text)) throw new TypeError("Invalid header value.");
  return text;
}

function add(map: HeaderMap, name: string, value: string): void {
  const old = map.get(name);
  if (name === "set-cookie") {
    if (old === undefined) map.set(name, [value]);
    else (old as string[]).push(value);
  } else {
    map.set(name, old === undefined ? value : `${old as string}, ${value}`);
  }
}

/** Text as a message's head holds it. */
export function toHeadText(text: string): string {
  if (!foreign.test(text)) return text;
  let result = "";
  for (const byte of ops.utf8Encode(text)) result += String.fromCharCode(byte);
  return result;
}

/** Reads UTF-8 in a head; what is not UTF-8 is taken for Latin-1. */
export function fromHeadText(head: string): string {
  if (!foreign.test(head)) return head;
  return ops.utf8Decode(Uint8Array.from(head, (character) => character.charCodeAt(0)), true) ?? head;
}

function parseHead(head: string): HeaderMap {
  const map: HeaderMap = new Map();
  const text = fromHeadText(head);
  for (let at = 0; at < text.length;) {
    const nameEnd = text.indexOf("\n", at);
    if (nameEnd < 0) break;
    let valueEnd = text.indexOf("\n", nameEnd + 1);
    if (valueEnd < 0) valueEnd = text.length;
    // A peer that is not ours may spell names otherwise, and one header must not be two.
    add(map, text.slice(at, nameEnd).toLowerCase(), text.slice(nameEnd + 1, valueEnd));
    at = valueEnd + 1;
  }
  return map;
}

function fill(map: HeaderMap, init: object): void {
  const iterate = (init as Iterable<unknown>)[Symbol.iterator];
  if (iterate === undefined || iterate === null) {
    for (const key of Object.keys(init)) {
      const name = toName(key);
      const value = toValue((init as Record<string, unknown>)[key]);
      if (map.size === 0) map.set(name, name === "set-cookie" ? [value] : value);
      else add(map, name, value);
    }
    return;
  }
  for (const item of init as Iterable<unknown>) {
    const pair = typeof item === "object" && item !== null && Symbol.iterator in item ? [...item as Iterable<unknown>] : [];
    if (pair.length !== 2) {
      throw new TypeError(
        "To initialize a Headers object from a sequence, each inner sequence must have exactly two elements.");
    }
    add(map, toName(pair[0]), toValue(pair[1]));
  }
}

export let headersFromHead: (head: string, immutable: boolean) => Headers;
export let headersFrom: (init: unknown) => Headers;
/** The text for a message. What frames the body is the sender's business: `length` is its size where that is known. */
export let headersToHead: (headers: Headers, body: "unchanged" | "none" | "replaced", length?: number) => string;
export let makeImmutable: (headers: Headers) => void;
export let headerOf: (headers: Headers, lowerCaseName: string) => string | null;
export let setHeader: (headers: Headers, lowerCaseName: string, value: string) => void;
export let deleteHeader: (headers: Headers, lowerCaseName: string) => void;

export class Headers {
  #head: string | undefined; // as received; undefined once something changed
  #map: HeaderMap | undefined;
  #immutable = false;

  static {
    headersFromHead = (head, immutable) => {
      const headers = new Headers();
      headers.#head = head;
      headers.#map = undefined;
      headers.#immutable = immutable;
      return headers;
    };
    headersFrom = (init) => new Headers(init);
    headersToHead = (headers, body, length) => {
      if (body === "unchanged" && headers.#head !== undefined) return headers.#head;
      let head = "";
      for (const [name, value] of headers.#read()) {
        if (name === "transfer-encoding" || (name === "content-length" && body === "replaced")) continue;
        if (typeof value === "string") head += `\n${name}\n${value}`;
        else for (const single of value) head += `\n${name}\n${single}`;
      }
      if (length !== undefined && body === "replaced") head += `\ncontent-length\n${length}`;
      return toHeadText(head.slice(1));
    };
    makeImmutable = (headers) => {
      headers.#immutable = true;
    };
    headerOf = (headers, name) => headers.#get(name);
    setHeader = (headers, name, value) => {
      headers.#read().set(name, value);
      headers.#head = undefined;
    };
    deleteHeader = (headers, name) => {
      if (headers.#read().delete(name)) headers.#head = undefined;
    };
  }

  constructor(init: unknown = undefined) {
    const map: HeaderMap = this.#map = new Map();
    if (init === undefined) return;
    if ((typeof init !== "object" && typeof init !== "function") || init === null) {
      throw new TypeError(
        "Failed to construct 'Headers': constructor parameter 1 is not of type 'Headers or Sequence or object'.");
    }
    if (#map in init) {
      for (const [name, value] of init.#read()) map.set(name, typeof value === "string" ? value : [...value]);
    } else {
      fill(map, init);
    }
  }

  #read(): HeaderMap {
    return this.#map ??= parseHead(this.#head ?? "");
  }

  #write(): HeaderMap {
    if (this.#immutable) throw new TypeError("Can't modify immutable headers.");
    const map = this.#read();
    this.#head = undefined;
    return map;
  }

  #get(name: string): string | null {
    const value = this.#read().get(name);
    return value === undefined ? null : typeof value === "string" ? value : value.join(", ");
  }

  // [name, value] by name, set-cookie once for each value. A copy: changes do not disturb an iteration.
  #sorted(): [string, string][] {
    const entries: [string, string][] = [];
    const map = this.#read();
    for (const name of [...map.keys()].sort()) {
      const value = map.get(name)!;
      if (typeof value === "string") entries.push([name, value]);
      else for (const single of value) entries.push([name, single]);
    }
    return entries;
  }

  append(name: unknown, value: unknown): void {
    this.#immutable;
    requireArguments("Failed to execute 'append' on 'Headers'", arguments.length, 2);
    const key = toName(name);
    const text = toValue(value);
    add(this.#write(), key, text);
  }

  delete(name: unknown): void {
    this.#immutable;
    requireArguments("Failed to execute 'delete' on 'Headers'", arguments.length, 1);
    const key = toName(name);
    this.#write().delete(key);
  }

  get(name: unknown): string | null {
    const map = this.#read();
    // Most names are asked for in lower case, and what is in the map is a valid name.
    const value = map.get(name as string);
    if (typeof value === "string") return value;
    requireArguments("Failed to execute 'get' on 'Headers'", arguments.length, 1);
    return this.#get(toName(name));
  }

  getAll(name: unknown): string[] {
    this.#immutable;
    requireArguments("Failed to execute 'getAll' on 'Headers'", arguments.length, 1);
    if (toName(name) !== "set-cookie") {
      throw new TypeError('getAll() can only be used with the header name "Set-Cookie".');
    }
    return this.getSetCookie();
  }

  getSetCookie(): string[] {
    return [...this.#read().get("set-cookie") as string[] | undefined ?? []];
  }

  has(name: unknown): boolean {
    const map = this.#read();
    requireArguments("Failed to execute 'has' on 'Headers'", arguments.length, 1);
    return map.has(toName(name));
  }

  set(name: unknown, value: unknown): void {
    this.#immutable;
    requireArguments("Failed to execute 'set' on 'Headers'", arguments.length, 2);
    const key = toName(name);
    const text = toValue(value);
    this.#write().set(key, key === "set-cookie" ? [text] : text);
  }

  forEach(callback: (value: string, name: string, headers: Headers) => void, receiver: unknown = undefined): void {
    const entries = this.#sorted();
    if (typeof callback !== "function") {
      throw new TypeError("Failed to execute 'forEach' on 'Headers': parameter 1 is not of type 'function'.");
    }
    for (const [name, value] of entries) callback.call(receiver, value, name, this);
  }

  entries(): ArrayIterator<[string, string]> {
    return this.#sorted().values();
  }

  keys(): ArrayIterator<string> {
    return this.#sorted().map(([name]) => name).values();
  }

  values(): ArrayIterator<string> {
    return this.#sorted().map(([, value]) => value).values();
  }

  declare [Symbol.iterator]: () => ArrayIterator<[string, string]>;
}

defineInterface(Headers);
Object.defineProperty(Headers.prototype, Symbol.iterator,
  { value: Headers.prototype.entries, writable: true, configurable: true });
