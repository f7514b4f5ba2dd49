// SPDX-License-Identifier: Apache-2.0
// https://html.spec.whatwg.org/#tokenization, without building anything: where the tokens of a document are. The document
// is a string of bytes (one character each), as only ASCII characters mean anything here.

export interface Attribute {
  name: string; // as it stands there
  value: string;
  raw: string;
}

export type Token =
  | { kind: "text"; end: number }
  | { kind: "start"; end: number; name: string; attributes: Attribute[]; selfClosing: boolean }
  | { kind: "end"; end: number; name: string }
  | { kind: "comment"; end: number; text: string }
  | { kind: "doctype"; end: number; name: string | null; publicId: string | null; systemId: string | null }
  | { kind: "other"; end: number };

/** The text of which elements is no markup, and of what kind. */
export const textModes: Record<string, "raw" | "script" | "plain"> = {
  __proto__: null as never, textarea: "raw", title: "raw", style: "raw", xmp: "raw", iframe: "raw", noembed: "raw",
  noframes: "raw", noscript: "raw", script: "script", plaintext: "plain",
};

export const isSpace = (character: string | undefined): boolean =>
  character === " " || character === "\n" || character === "\t" || character === "\r" || character === "\f";

const tagName = /[a-zA-Z][^\t\n\f\r />]*/y;
const attributeName = /=?[^\t\n\f\r />=]*/y;
const unquotedValue = /[^\t\n\f\r >]+/y;

function match(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? "";
}

/** What begins with the "<" at `at`; undefined when it is not all there. `cdata`: such sections may occur (SVG, MathML). */
export function scanMarkup(text: string, at: number, cdata: boolean): Token | undefined {
  const next = text[at + 1];
  if (next === undefined) return undefined;
  if (/[a-zA-Z]/.test(next)) return scanTag(text, at + 1, "start");
  if (next === "/") {
    const after = text[at + 2];
    if (after === undefined) return undefined;
    if (/[a-zA-Z]/.test(after)) return scanTag(text, at + 2, "end");
    if (after === ">") return { kind: "other", end: at + 3 };
    return scanBogusComment(text, at + 2);
  }
  if (next === "?") return scanBogusComment(text, at + 1);
  if (next !== "!") return { kind: "text", end: at + 1 };
  const opening = text.slice(at + 2, at + 9);
  if (opening.startsWith("--")) return scanComment(text, at + 4);
  if ("--".startsWith(opening) || isPrefix(opening, "doctype") || (cdata && isPrefix(opening, "[CDATA["))) return undefined;
  if (opening.toLowerCase() === "doctype") return scanDoctype(text, at + 9);
  if (cdata && opening === "[CDATA[") {
    const end = text.indexOf("]]>", at + 9);
    return end < 0 ? undefined : { kind: "text", end: end + 3 };
  }
  return scanBogusComment(text, at + 2);
}

/** What begins at `at` and is not finished when the document ends: a tag is none. */
export function unfinished(text: string, at: number): Token {
  const end = text.length;
  const rest = text.slice(at, end);
  if (rest === "<" || rest === "</") return { kind: "text", end };
  if (rest.startsWith("<!--")) return { kind: "comment", end, text: rest.slice(4).replace(/--?!?$/, "") };
  if (/^<[!?](?!doctype)/i.test(rest)) return { kind: "comment", end, text: rest.slice(rest[1] === "?" ? 1 : 2) };
  return { kind: "other", end };
}

const isPrefix = (text: string, whole: string): boolean =>
  text.length < whole.length && whole.toLowerCase().startsWith(text.toLowerCase());

function scanBogusComment(text: string, from: number): Token | undefined {
  const end = text.indexOf(">", from);
  return end < 0 ? undefined : { kind: "comment", end: end + 1, text: text.slice(from, end) };
}

const commentEnd = /--!?>/g;

function scanComment(text: string, from: number): Token | undefined {
  if (text[from] === ">") return { kind: "comment", end: from + 1, text: "" };
  if (text.startsWith("->", from)) return { kind: "comment", end: from + 2, text: "" };
  commentEnd.lastIndex = from;
  const end = commentEnd.exec(text);
  return end === null ? undefined
    : { kind: "comment", end: end.index + end[0].length, text: text.slice(from, end.index) };
}

function scanTag(text: string, from: number, kind: "start" | "end"): Token | undefined {
  const name = match(tagName, text, from);
  let at = from + name.length;
  const attributes: Attribute[] = [];
  for (;;) {
    while (isSpace(text[at]) || (text[at] === "/" && text[at + 1] !== ">")) at++;
    const character = text[at];
    if (character === undefined) return undefined;
    if (character === "/" || character === ">") break;
    const start = at;
    const attribute = match(attributeName, text, at);
    at += attribute.length;
    let after = at;
    while (isSpace(text[after])) after++;
    if (text[after] === undefined) return undefined;
    let value = "";
    if (text[after] === "=") {
      at = after + 1;
      while (isSpace(text[at])) at++;
      const quote = text[at];
      if (quote === undefined) return undefined;
      if (quote === '"' || quote === "'") {
        const end = text.indexOf(quote, at + 1);
        if (end < 0) return undefined;
        value = text.slice(at + 1, end);
        at = end + 1;
      } else if (quote !== ">") {
        value = match(unquotedValue, text, at);
        at += value.length;
      }
    }
    if (kind === "start") attributes.push({ name: attribute, value, raw: text.slice(start, at) });
  }
  const selfClosing = text[at] === "/";
  const end = at + (selfClosing ? 2 : 1);
  return kind === "start" ? { kind, end, name, attributes, selfClosing } : { kind, end, name };
}

const doctype =
  /\s*([^\s>]+)?(?:\s+(?:(public)\s*(?:"([^">]*)"|'([^'>]*)')?\s*(?:"([^">]*)"|'([^'>]*)')?|(system)\s*(?:"([^">]*)"|'([^'>]*)')?))?[^>]*>/iy;

function scanDoctype(text: string, from: number): Token | undefined {
  if (text.indexOf(">", from) < 0) return undefined;
  doctype.lastIndex = from;
  const found = doctype.exec(text);
  if (found === null) return undefined;
  return {
    kind: "doctype",
    end: doctype.lastIndex,
    name: found[1]?.toLowerCase() ?? null,
    publicId: found[3] ?? found[4] ?? null,
    systemId: found[5] ?? found[6] ?? found[8] ?? found[9] ?? null,
  };
}

/** Where the text of an element such as script or title ends. It goes on over parts of the document. */
export class RawText {
  readonly name: string;
  #pattern: RegExp;
  #isScript: boolean;
  #escaped = 0; // within <!-- of a script: 1; within a further <script> there: 2

  constructor(name: string, mode: "raw" | "script") {
    this.name = name;
    this.#isScript = mode === "script";
    this.#pattern = this.#isScript ? /<!--|-->|<\/?script(?=[\t\n\f\r />])/gi
      : new RegExp(`</${name}(?=[\\t\\n\\f\\r />])`, "gi");
  }

  /** The place of the end tag; or, negative, how far the text is certain to go: -1 - place. */
  find(text: string, from: number, last: boolean): number {
    const pattern = this.#pattern;
    pattern.lastIndex = from;
    for (;;) {
      const found = pattern.exec(text);
      if (found === null) break;
      const what = found[0].toLowerCase();
      if (!this.#isScript) return found.index;
      if (what === "<!--") {
        if (this.#escaped === 0) this.#escaped = 1;
        pattern.lastIndex = found.index + 2; // its dashes may be those of "-->"
      } else if (what === "-->") {
        this.#escaped = 0;
      } else if (what === "<script") {
        if (this.#escaped === 1) this.#escaped = 2;
      } else if (this.#escaped === 2) {
        this.#escaped = 1;
      } else {
        return found.index;
      }
      from = Math.max(from, pattern.lastIndex);
    }
    if (last) return -1 - text.length;
    // The last characters may be the beginning of something, unless they have been looked at.
    return -1 - Math.max(from, text.length - this.name.length - 3);
  }
}
