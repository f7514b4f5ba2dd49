// SPDX-License-Identifier: Apache-2.0
// A document on its way through the handlers. It is read token by token; what no handler asks for goes out as it came. Kept
// of it are the open elements and what is not yet a whole token.
import { type Charset, Mutations, type Piece } from "./content.ts";
import { type Attribute, RawText, type Token, scanMarkup, textModes, unfinished } from "./scanner.ts";
import type { Candidate, Scope, SelectorSet } from "./selector.ts";
import { Comment, Doctype, DocumentEnd, Element, type ElementState, EndTag, Text, type TokenState, makeToken } from "./tokens.ts";

/** The bytes of one token that are waited for. */
const kTokenBytesMax = 16 * 1024 * 1024;

type Handler = (token: never) => unknown;

/** The handlers in the order in which they are asked, those of a document, which are always active, last. */
export interface Handlers {
  selectors: SelectorSet;
  /** By number: handlers of elements, and of the comments and texts within them. */
  elements: { element?: Handler; comments?: Handler; text?: Handler }[];
  documents: { doctype?: Handler; comments?: Handler; text?: Handler; end?: Handler }[];
}

interface Frame {
  name: string;
  namespace: Namespace;
  scope: Scope;
  /** Numbers of the elements' handlers that match it. */
  matched: number[];
  state: ElementState | null;
  hidesContent: boolean;
  children: number;
  ofType: Map<string, number>;
}

type Namespace = "html" | "svg" | "mathml";
const namespaceUris = {
  html: "http://www.w3.org/1999/xhtml", svg: "http://www.w3.org/2000/svg", mathml: "http://www.w3.org/1998/Math/MathML",
};
const words = (text: string): Set<string> => new Set(text.split(" "));
const voidElements = words("area base basefont bgsound br col embed frame hr img input keygen link meta param source track wbr");
/** In which elements of SVG and MathML HTML goes on, and which elements end both. */
const htmlWithin = { svg: words("foreignobject desc title"), mathml: words("mi mo mn ms mtext annotation-xml"), html: words("") };
const breakouts = words("b big blockquote body br center code dd div dl dt em embed h1 h2 h3 h4 h5 h6 head hr i img li listing " +
  "menu meta nobr ol p pre ruby s small span strong strike sub sup table tt u ul var");

export class Rewriter {
  #handlers: Handlers;
  #charset: Charset;
  #write: (bytes: string) => void;
  #writeStream: (piece: Piece & object) => Promise<void>;
  #buffer = "";
  /** The size that it must have before it is looked at again: an unfinished token is not read anew for every few bytes. */
  #enough = 0;
  #frames: Frame[] = [];
  #root = { children: 0, ofType: new Map<string, number>() };
  /** How many of the open elements are of each selector that has handlers of comments or texts. */
  #active: Int32Array;
  /** Open elements whose content does not go out. */
  #hidden = 0;
  #raw: RawText | "plain" | null = null;
  #inText = false;

  constructor(handlers: Handlers, charset: Charset, write: (bytes: string) => void,
              writeStream: (piece: Piece & object) => Promise<void>) {
    this.#handlers = handlers;
    this.#charset = charset;
    this.#write = write;
    this.#writeStream = writeStream;
    this.#active = new Int32Array(handlers.elements.length);
  }

  /** The next bytes of the document, one character each. */
  async push(bytes: string): Promise<void> {
    this.#buffer = this.#buffer === "" ? bytes : this.#buffer + bytes;
    if (this.#buffer.length < this.#enough) return;
    await this.#consume(false);
    this.#enough = this.#buffer.length * 1.5;
    if (this.#buffer.length > kTokenBytesMax) {
      throw new TypeError(`Parser error: The memory limit has been exceeded: a token of more than ${kTokenBytesMax} bytes`);
    }
  }

  async end(): Promise<void> {
    await this.#consume(true);
    if (this.#inText) await this.#endText();
    const mutations = new Mutations();
    for (const { end } of this.#handlers.documents) {
      if (end !== undefined) await this.#call(end, makeToken(DocumentEnd, { charset: this.#charset, mutations, over: false }), mutations);
    }
    await this.#emit(mutations.after);
  }

  async #consume(last: boolean): Promise<void> {
    const text = this.#buffer;
    let at = 0;
    while (at < text.length) {
      let textEnd: number;
      if (this.#raw !== null) {
        const found = this.#raw === "plain" ? -1 - text.length : this.#raw.find(text, at, last);
        textEnd = found < 0 ? -1 - found : found;
        if (textEnd > at) await this.#text(text.slice(at, textEnd));
        at = textEnd;
        if (found < 0) break;
      } else {
        textEnd = text.indexOf("<", at);
        if (textEnd < 0) textEnd = text.length;
        if (textEnd > at) {
          const whole = last ? textEnd : textEnd === text.length ? this.#wholeCharacters(text, at) : textEnd;
          if (whole > at) await this.#text(text.slice(at, whole));
          at = whole;
          if (whole < textEnd) break;
        }
        if (at === text.length) break;
      }
      const token = scanMarkup(text, at, this.#namespace() !== "html") ?? (last ? unfinished(text, at) : undefined);
      if (token === undefined) break;
      const raw = text.slice(at, token.end);
      at = token.end;
      const handling = this.#token(token, raw);
      if (handling !== undefined) await handling;
    }
    this.#buffer = text.slice(at);
  }

  /** Up to where the text is of whole characters of UTF-8: the rest of the last comes with the next bytes. */
  #wholeCharacters(text: string, from: number): number {
    for (let count = 1; count <= 3 && text.length - count >= from; count++) {
      const byte = text.charCodeAt(text.length - count);
      if (byte < 0x80) break;
      if (byte >= 0xc0) return count < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? text.length - count : text.length;
    }
    return text.length;
  }

  #namespace(): Namespace {
    return this.#frames.at(-1)?.namespace ?? "html";
  }

  #token(token: Token, raw: string): Promise<void> | undefined {
    if (token.kind === "text") return this.#text(raw);
    if (this.#inText) return this.#afterText(token, raw);
    switch (token.kind) {
      case "start": return this.#start(token.name, token.attributes, token.selfClosing, raw);
      case "end": return this.#end(token.name, raw);
      case "comment": return this.#comment(token.text, raw);
      case "doctype": return this.#doctype(token, raw);
      default: if (this.#hidden === 0) this.#write(raw);
    }
    return undefined;
  }

  async #afterText(token: Token, raw: string): Promise<void> {
    await this.#endText();
    await this.#token(token, raw);
  }

  // --- calling handlers ---

  async #call(handler: Handler, token: unknown, ...states: (TokenState | Mutations)[]): Promise<void> {
    const result = handler(token as never);
    if (result !== null && (typeof result === "object" || typeof result === "function")) await result;
    for (const state of states) if ("over" in state) state.over = true;
  }

  async #emit(pieces: Piece[]): Promise<void> {
    if (this.#hidden > 0) return;
    for (const piece of pieces) {
      if (typeof piece === "string") this.#write(piece);
      else await this.#writeStream(piece);
    }
  }

  /** `raw` with what was put around it, or what was put in its place. */
  async #emitToken({ before, after, replacement, removed }: Mutations, raw: string): Promise<void> {
    await this.#emit(before);
    if (removed) await this.#emit(replacement);
    else if (this.#hidden === 0 && raw !== "") this.#write(raw);
    await this.#emit(after);
  }

  #textHandlers(kind: "text" | "comments"): Handler[] {
    const list: Handler[] = [];
    this.#handlers.elements.forEach((handlers, number) => {
      if (handlers[kind] !== undefined && this.#active[number]! > 0) list.push(handlers[kind]);
    });
    for (const handlers of this.#handlers.documents) if (handlers[kind] !== undefined) list.push(handlers[kind]);
    return list;
  }

  // --- texts, comments, doctype ---

  async #text(bytes: string): Promise<void> {
    this.#inText = true;
    await this.#textChunk(bytes, false);
  }

  async #endText(): Promise<void> {
    this.#inText = false;
    await this.#textChunk("", true);
  }

  async #textChunk(bytes: string, last: boolean): Promise<void> {
    const handlers = this.#textHandlers("text");
    if (handlers.length === 0) {
      if (this.#hidden === 0 && bytes !== "") this.#write(bytes);
      return;
    }
    const state = { charset: this.#charset, mutations: new Mutations(), over: false, text: this.#charset.decode(bytes), last };
    for (const handler of handlers) {
      state.over = false;
      await this.#call(handler, makeToken(Text, state), state);
    }
    await this.#emitToken(state.mutations, bytes);
  }

  async #comment(text: string, raw: string): Promise<void> {
    const handlers = this.#textHandlers("comments");
    const state = { charset: this.#charset, mutations: new Mutations(), over: false, text, changed: false };
    for (const handler of handlers) {
      state.over = false;
      await this.#call(handler, makeToken(Comment, state), state);
    }
    await this.#emitToken(state.mutations, state.changed ? `<!--${state.text}-->` : raw);
  }

  async #doctype({ name, publicId, systemId }: Token & { kind: "doctype" }, raw: string): Promise<void> {
    const state = { charset: this.#charset, mutations: new Mutations(), over: false, name, publicId, systemId };
    for (const { doctype } of this.#handlers.documents) {
      if (doctype === undefined) continue;
      state.over = false;
      await this.#call(doctype, makeToken(Doctype, state), state);
    }
    if (this.#hidden === 0) this.#write(raw);
  }

  // --- elements ---

  /** Of a new element; HTML goes on where SVG and MathML allow it, and ends them where it must. */
  #namespaceOf(name: string, attributes: Attribute[]): Namespace {
    if (name === "svg") return "svg";
    if (name === "math") return "mathml";
    const parent = this.#frames.at(-1);
    if (parent === undefined || parent.namespace === "html" || htmlWithin[parent.namespace].has(parent.name)) return "html";
    if (breakouts.has(name) ||
        (name === "font" && attributes.some((each) => /^(color|face|size)$/i.test(each.name)))) return "html";
    return parent.namespace;
  }

  #start(rawName: string, attributes: Attribute[], selfClosing: boolean, raw: string): Promise<void> | undefined {
    const name = rawName.toLowerCase();
    const namespace = this.#namespaceOf(name, attributes);
    const parent = this.#frames.at(-1) ?? this.#root;
    const indexOfType = (parent.ofType.get(name) ?? 0) + 1;
    parent.ofType.set(name, indexOfType);
    const candidate: Candidate = {
      name,
      attribute: (wanted) => attributes.find((each) => each.name.toLowerCase() === wanted)?.value,
      index: ++parent.children,
      indexOfType,
    };
    const matched: number[] = [];
    const scope = this.#handlers.selectors.match(candidate, this.#frames.at(-1)?.scope, (number) => matched.push(number));
    const hasContent = namespace === "html" ? !voidElements.has(name) : !selfClosing;
    const frame: Frame = {
      name, namespace, scope, matched, state: null, hidesContent: false, children: 0, ofType: new Map(),
    };
    if (hasContent && namespace === "html") {
      const mode = textModes[name];
      this.#raw = mode === undefined ? null : mode === "plain" ? "plain" : new RawText(name, mode);
    }
    const { elements } = this.#handlers;
    if (matched.length > 0) {
      matched.sort((one, other) => one - other);
      if (hasContent) for (const number of matched) this.#active[number]!++;
      if (matched.some((number) => elements[number]!.element !== undefined)) {
        return this.#handleStart(frame, rawName, attributes, selfClosing, hasContent, raw);
      }
    }
    if (hasContent) this.#frames.push(frame);
    if (this.#hidden === 0) this.#write(raw);
    return undefined;
  }

  async #handleStart(frame: Frame, rawName: string, attributes: Attribute[], selfClosing: boolean, hasContent: boolean,
                     raw: string): Promise<void> {
    const mutations = new Mutations();
    const state: ElementState = {
      charset: this.#charset, mutations, over: false, name: frame.name, attributes, changed: false, hasContent,
      namespaceUri: namespaceUris[frame.namespace], prepended: [], inner: null, appended: [], removesTags: false,
      endTagHandler: null, afterEnd: [],
    };
    for (const number of frame.matched) {
      const { element } = this.#handlers.elements[number]!;
      if (element === undefined) continue;
      state.over = false;
      await this.#call(element, makeToken(Element, state), state);
    }
    await this.#emit(mutations.before);
    if (mutations.removed) await this.#emit(mutations.replacement);
    else if (!state.removesTags && this.#hidden === 0) this.#write(state.changed ? writeTag(state, rawName, selfClosing) : raw);
    if (!hasContent) return this.#emit(state.afterEnd);
    if (!mutations.removed) {
      await this.#emit(state.prepended);
      if (state.inner !== null) await this.#emit(state.inner);
    }
    frame.hidesContent = mutations.removed || state.inner !== null;
    if (frame.hidesContent) this.#hidden++;
    frame.state = state;
    this.#frames.push(frame);
  }

  #end(rawName: string, raw: string): Promise<void> | undefined {
    const name = rawName.toLowerCase();
    this.#raw = null;
    let at = this.#frames.length - 1;
    while (at >= 0 && this.#frames[at]!.name !== name) at--;
    if (at < 0) {
      if (this.#hidden === 0) this.#write(raw);
      return undefined;
    }
    const closed = this.#frames.splice(at);
    let handled = false;
    for (const { matched, state } of closed) {
      for (const number of matched) this.#active[number]!--;
      handled ||= state !== null;
    }
    if (!handled) {
      if (this.#hidden === 0) this.#write(raw);
      return undefined;
    }
    return this.#handleEnd(closed, rawName, raw);
  }

  /** The end tag of the first of `closed`, and of the others, which have none of their own. */
  async #handleEnd(closed: Frame[], rawName: string, raw: string): Promise<void> {
    const mutations = new Mutations();
    const state = { charset: this.#charset, mutations, over: false, name: rawName.toLowerCase(), changed: false };
    for (const frame of closed.reverse()) {
      if (frame.hidesContent) this.#hidden--;
      const element = frame.state;
      if (element === null) continue;
      if (!element.mutations.removed) mutations.before.push(...element.appended);
      mutations.after.unshift(...element.afterEnd);
      if (frame.name === state.name && (element.mutations.removed || element.removesTags)) mutations.removed = true;
      if (element.changed && element.name !== frame.name && frame === closed.at(-1)) {
        state.name = element.name;
        state.changed = true;
      }
      if (element.endTagHandler === null) continue;
      state.over = false;
      await this.#call(element.endTagHandler as Handler, makeToken(EndTag, state), state);
    }
    await this.#emitToken(mutations, state.changed ? `</${state.name}>` : raw);
  }
}

function writeTag({ name, attributes }: ElementState, rawName: string, selfClosing: boolean): string {
  let text = `<${name === rawName.toLowerCase() ? rawName : name}`;
  for (const attribute of attributes) {
    text += ` ${attribute.raw ?? `${attribute.name}="${attribute.value.replaceAll('"', "&quot;")}"`}`;
  }
  return selfClosing ? `${text} />` : `${text}>`;
}
