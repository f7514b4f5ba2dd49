// SPDX-License-Identifier: Apache-2.0
// https://nodejs.org/api/util.html#class-utilmimetype, by https://mimesniff.spec.whatwg.org/#parsing-a-mime-type
import { nodeError } from "mayfly:node/internal";

const notToken = /[^!#$%&'*+\-.^_`|~A-Za-z0-9]/;
const notValue = /[^\t\u0020-\u007e\u0080-\u00ff]/;

function syntax(what: string, text: string, index: number): Error {
  const at = index >= 0 ? ` at ${index}` : "";
  return nodeError(TypeError, "ERR_INVALID_MIME_SYNTAX", `The MIME syntax for a ${what} in ${JSON.stringify(text)} is invalid${at}`);
}

function toToken(value: unknown, what: string): string {
  const text = `${value as string}`;
  const wrong = text.search(notToken);
  if (text.length === 0 || wrong >= 0) throw syntax(what, text, wrong);
  return text;
}

function showValue(value: string): string {
  return value.length === 0 ? '""' : notToken.test(value) ? `"${value.replace(/["\\]/g, "\\$&")}"` : value;
}

export class MIMEParams {
  #map = new Map<string, string>();

  static parse(params: MIMEParams, text: string): void {
    let at = 0;
    while (at < text.length) {
      const match = /^[\r\n\t ]*([^;=]*)/.exec(text.slice(at))!;
      const name = match[1]!.toLowerCase().trimEnd();
      at += match[0].length;
      if (text[at] !== "=") {
        at++;
        continue;
      }
      at++;
      let value = "";
      if (text[at] === '"') {
        at++;
        for (; at < text.length && text[at] !== '"'; at++) {
          if (text[at] === "\\" && at + 1 < text.length) at++;
          value += text[at];
        }
        const semicolon = text.indexOf(";", at);
        at = semicolon < 0 ? text.length : semicolon + 1;
      } else {
        const semicolon = text.indexOf(";", at);
        const end = semicolon < 0 ? text.length : semicolon;
        value = text.slice(at, end).replace(/[\r\n\t ]+$/, "");
        at = end + 1;
        if (value === "") continue;
      }
      if (name !== "" && !notToken.test(name) && !notValue.test(value) && !params.#map.has(name)) params.#map.set(name, value);
    }
  }

  delete(name: string): void {
    this.#map.delete(`${name}`);
  }
  get(name: string): string | null {
    return this.#map.get(`${name}`) ?? null;
  }
  has(name: string): boolean {
    return this.#map.has(`${name}`);
  }
  set(name: string, value: string): void {
    const text = `${value}`;
    const wrong = text.search(notValue);
    if (wrong >= 0) throw syntax("parameter value", text, wrong);
    this.#map.set(toToken(name, "parameter name"), text);
  }
  *entries(): IterableIterator<[string, string]> {
    yield* this.#map.entries();
  }
  *keys(): IterableIterator<string> {
    yield* this.#map.keys();
  }
  *values(): IterableIterator<string> {
    yield* this.#map.values();
  }
  [Symbol.iterator](): IterableIterator<[string, string]> {
    return this.entries();
  }
  toString(): string {
    return [...this.#map].map(([name, value]) => `${name}=${showValue(value)}`).join(";");
  }
  toJSON(): string {
    return this.toString();
  }
}

export class MIMEType {
  #type: string;
  #subtype: string;
  #params = new MIMEParams();

  constructor(input: string) {
    const text = `${input}`.replace(/^[\r\n\t ]+|[\r\n\t ]+$/g, "");
    const slash = text.indexOf("/");
    const type = slash < 0 ? text : text.slice(0, slash);
    if (slash < 0 || type === "" || notToken.test(type)) throw syntax("type", `${input}`, slash < 0 ? -1 : type.search(notToken));
    const semicolon = text.indexOf(";", slash);
    const subtype = text.slice(slash + 1, semicolon < 0 ? undefined : semicolon).replace(/[\r\n\t ]+$/, "");
    if (subtype === "" || notToken.test(subtype)) throw syntax("subtype", `${input}`, subtype.search(notToken));
    this.#type = type.toLowerCase();
    this.#subtype = subtype.toLowerCase();
    if (semicolon >= 0) MIMEParams.parse(this.#params, text.slice(semicolon + 1));
  }

  get type(): string {
    return this.#type;
  }
  set type(value: string) {
    this.#type = toToken(value, "type").toLowerCase();
  }
  get subtype(): string {
    return this.#subtype;
  }
  set subtype(value: string) {
    this.#subtype = toToken(value, "subtype").toLowerCase();
  }
  get essence(): string {
    return `${this.#type}/${this.#subtype}`;
  }
  get params(): MIMEParams {
    return this.#params;
  }
  toString(): string {
    const params = this.#params.toString();
    return params === "" ? this.essence : `${this.essence};${params}`;
  }
  toJSON(): string {
    return this.toString();
  }
}
for (const class_ of [MIMEType, MIMEParams]) {
  for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(class_.prototype))) {
    if (name !== "constructor") Object.defineProperty(class_.prototype, name, { ...descriptor, enumerable: true });
  }
}
