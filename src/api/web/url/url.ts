// SPDX-License-Identifier: Apache-2.0
// https://url.spec.whatwg.org/#url-class
// A URL is its href and the offsets of the parts in it, as the parser gives them; getters only slice.
import { defineInterface, requireArguments } from "mayfly:core";
import { type URLSearchParams, makeLinked, reload } from "./search_params.ts";

// What urlSet sets; in step with url_ops.cc.
const Part = { protocol: 0, username: 1, password: 2, host: 3, hostname: 4, port: 5, pathname: 6, search: 7, hash: 8 } as const;

// Filled by urlParse and urlSet, read at once.
const offsets = new Int32Array(8);

const noUrl = Symbol();

const invalid = () => new TypeError("Invalid URL string.");
const baseText = (base: unknown): string | undefined => base === undefined ? undefined : `${base}`;

export class URL {
  #href = "";
  #protocolEnd = 0;
  #usernameEnd = 0;
  #hostStart = 0;
  #hostEnd = 0;
  #port = -1;
  #pathnameStart = 0;
  #searchStart = -1;
  #hashStart = -1;
  #searchParams: URLSearchParams | undefined;

  constructor(url: unknown, base: unknown = undefined) {
    requireArguments("Failed to construct 'URL'", arguments.length, 1);
    if (url === noUrl) return;
    const href = ops.urlParse(`${url}`, baseText(base), offsets);
    if (href === undefined) throw invalid();
    this.#take(href);
  }

  static canParse(url: unknown, base: unknown = undefined): boolean {
    requireArguments("Failed to execute 'canParse' on 'URL'", arguments.length, 1);
    return ops.urlCanParse(`${url}`, baseText(base));
  }

  static parse(url: unknown, base: unknown = undefined): URL | null {
    requireArguments("Failed to execute 'parse' on 'URL'", arguments.length, 1);
    const href = ops.urlParse(`${url}`, baseText(base), offsets);
    if (href === undefined) return null;
    const result = new URL(noUrl);
    result.#take(href);
    return result;
  }

  // The href that was just parsed, whose offsets still stand in `offsets`.
  #take(href: string): void {
    this.#href = href;
    this.#protocolEnd = offsets[0]!;
    this.#usernameEnd = offsets[1]!;
    this.#hostStart = offsets[2]!;
    this.#hostEnd = offsets[3]!;
    this.#port = offsets[4]!;
    this.#pathnameStart = offsets[5]!;
    this.#searchStart = offsets[6]!;
    this.#hashStart = offsets[7]!;
  }

  #set(part: number, value: unknown): void {
    this.#take(ops.urlSet(this.#href, part, `${value}`, offsets));
  }

  #reloadSearchParams(): void {
    if (this.#searchParams) reload(this.#searchParams, this.search);
  }

  get origin(): string {
    switch (this.protocol) {
      case "http:":
      case "https:":
      case "ws:":
      case "wss:":
      case "ftp:": return `${this.protocol}//${this.host}`;
      case "blob:": {
        const inner = URL.parse(this.pathname);
        return inner?.protocol === "http:" || inner?.protocol === "https:" ? inner.origin : "null";
      }
      default: return "null";
    }
  }

  get href(): string {
    return this.#href;
  }

  set href(value: unknown) {
    this.#href; // the brand comes before the conversion
    const href = ops.urlParse(`${value}`, undefined, offsets);
    if (href === undefined) throw invalid();
    this.#take(href);
    this.#reloadSearchParams();
  }

  get protocol(): string {
    return this.#href.slice(0, this.#protocolEnd);
  }

  set protocol(value: unknown) {
    this.#set(Part.protocol, value);
  }

  get username(): string {
    return this.#protocolEnd + 2 < this.#usernameEnd ? this.#href.slice(this.#protocolEnd + 2, this.#usernameEnd) : "";
  }

  set username(value: unknown) {
    this.#set(Part.username, value);
  }

  get password(): string {
    return this.#usernameEnd < this.#hostStart ? this.#href.slice(this.#usernameEnd + 1, this.#hostStart) : "";
  }

  set password(value: unknown) {
    this.#set(Part.password, value);
  }

  // The "@" after credentials belongs to what starts at hostStart.
  #hostFrom(): number {
    return this.#href.charCodeAt(this.#hostStart) === 0x40 ? this.#hostStart + 1 : this.#hostStart;
  }

  // Where there is no port, "/." may stand between host and pathname.
  get host(): string {
    return this.#href.slice(this.#hostFrom(), this.#port < 0 ? this.#hostEnd : this.#pathnameStart);
  }

  set host(value: unknown) {
    this.#set(Part.host, value);
  }

  get hostname(): string {
    return this.#href.slice(this.#hostFrom(), this.#hostEnd);
  }

  set hostname(value: unknown) {
    this.#set(Part.hostname, value);
  }

  get port(): string {
    return this.#port < 0 ? "" : `${this.#port}`;
  }

  set port(value: unknown) {
    this.#set(Part.port, value);
  }

  get pathname(): string {
    const end = this.#searchStart >= 0 ? this.#searchStart : this.#hashStart;
    return this.#href.slice(this.#pathnameStart, end < 0 ? undefined : end);
  }

  set pathname(value: unknown) {
    this.#set(Part.pathname, value);
  }

  get search(): string {
    if (this.#searchStart < 0) return "";
    const text = this.#href.slice(this.#searchStart, this.#hashStart < 0 ? undefined : this.#hashStart);
    return text === "?" ? "" : text;
  }

  set search(value: unknown) {
    this.#set(Part.search, value);
    this.#reloadSearchParams();
  }

  get searchParams(): URLSearchParams {
    return this.#searchParams ??= makeLinked(this.search, (search) => this.#set(Part.search, search));
  }

  get hash(): string {
    if (this.#hashStart < 0) return "";
    const text = this.#href.slice(this.#hashStart);
    return text === "#" ? "" : text;
  }

  set hash(value: unknown) {
    this.#set(Part.hash, value);
  }

  toString(): string {
    return this.#href;
  }

  toJSON(): string {
    return this.#href;
  }
}

defineInterface(URL);
