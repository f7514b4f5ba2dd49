// SPDX-License-Identifier: Apache-2.0
// What handlers are given: https://developers.cloudflare.com/workers/runtime-apis/html-rewriter/#global-types. Each is a view
// of a token of the rewriter, and of no use once the handler has ended.
import { defineInterface, requireArguments } from "mayfly:core";

import { type Charset, type Content, type ContentOptions, Mutations, toPiece } from "./content.ts";

const internal = Symbol("HTMLRewriter");

/** The state that a token and the rewriter share. */
export interface TokenState {
  charset: Charset;
  mutations: Mutations;
  /** Its handler has ended. */
  over: boolean;
}
export interface ElementState extends TokenState {
  name: string;
  attributes: { name: string; value: string; raw: string | null }[];
  namespaceUri: string;
  changed: boolean;
  /** Whether it has an end tag, and so content. */
  hasContent: boolean;
  prepended: Mutations["after"];
  inner: Mutations["before"] | null;
  appended: Mutations["before"];
  removesTags: boolean;
  /** The last that was given. */
  endTagHandler: ((tag: EndTag) => unknown) | null;
  afterEnd: Mutations["after"];
}
export interface EndTagState extends TokenState {
  name: string;
  changed: boolean;
}
export interface TextState extends TokenState {
  text: string;
  last: boolean;
}
export interface CommentState extends TokenState {
  text: string;
  changed: boolean;
}
export interface DoctypeState extends TokenState {
  name: string | null;
  publicId: string | null;
  systemId: string | null;
}

class Token<State extends TokenState> {
  #state: State;

  constructor(...state: unknown[]) {
    if (state[0] !== internal) throw new TypeError("Illegal constructor");
    this.#state = state[1] as State;
  }

  /** Throws once the handler has ended. */
  protected get [internal](): State {
    if (this.#state.over) {
      throw new TypeError("This content token is no longer valid. Content tokens are only valid during the execution of the " +
        "relevant content handler.");
    }
    return this.#state;
  }
}

function piece(state: TokenState, content: Content, options: ContentOptions | undefined, count: number, what: string) {
  requireArguments(what, count, 1);
  return toPiece(state.charset, content, options);
}

const tagNamePattern = /^[a-zA-Z][^\t\n\f\r />]*$/;

function checkTagName(name: string): string {
  if (name === "") throw new TypeError("Parser error: Tag name can't be empty.");
  if (!/^[a-zA-Z]/.test(name)) {
    throw new TypeError("Parser error: The first character of the tag name should be an ASCII alphabetical character.");
  }
  if (!tagNamePattern.test(name)) {
    const [forbidden] = /[\t\n\f\r />]/.exec(name)!;
    throw new TypeError(`Parser error: \`${forbidden}\` character is forbidden in the tag name`);
  }
  return name;
}

export class Element extends Token<ElementState> {
  get tagName(): string { return this[internal].charset.decode(this[internal].name); }
  set tagName(name: string) {
    const state = this[internal];
    state.name = state.charset.encode(checkTagName(`${name}`));
    state.changed = true;
  }
  get removed(): boolean { return this[internal].mutations.removed || this[internal].removesTags; }
  get namespaceURI(): string { return this[internal].namespaceUri; }

  get attributes(): IterableIterator<[string, string]> {
    const token = this;
    let at = 0;
    const { charset, attributes } = this[internal];
    const list = attributes.map(({ name, value }): [string, string] =>
      [charset.decode(name.toLowerCase()), charset.decode(value)]);
    return {
      next(): IteratorResult<[string, string]> {
        void token[internal];
        return at < list.length ? { value: list[at++]!, done: false } : { value: undefined, done: true };
      },
      [Symbol.iterator]() { return this; },
    } as IterableIterator<[string, string]>;
  }

  #find(name: string) {
    const { charset, attributes } = this[internal];
    const wanted = charset.encode(`${name}`).toLowerCase();
    return attributes.find((attribute) => attribute.name.toLowerCase() === wanted);
  }

  getAttribute(name: string): string | null {
    requireArguments("Element.getAttribute", arguments.length, 1);
    const found = this.#find(name);
    return found === undefined ? null : this[internal].charset.decode(found.value);
  }
  hasAttribute(name: string): boolean {
    requireArguments("Element.hasAttribute", arguments.length, 1);
    return this.#find(name) !== undefined;
  }
  setAttribute(name: string, value: string): this {
    requireArguments("Element.setAttribute", arguments.length, 2);
    const state = this[internal];
    const text = `${name}`;
    if (text === "") throw new TypeError("Parser error: Attribute name can't be empty.");
    const forbidden = /[\t\n\f\r />=]/.exec(text);
    if (forbidden !== null) {
      throw new TypeError(`Parser error: \`${forbidden[0]}\` character is forbidden in the attribute name`);
    }
    const encoded = state.charset.encode(`${value}`);
    const found = this.#find(text);
    if (found !== undefined) Object.assign(found, { value: encoded, raw: null });
    else state.attributes.push({ name: state.charset.encode(text).toLowerCase(), value: encoded, raw: null });
    state.changed = true;
    return this;
  }
  removeAttribute(name: string): this {
    requireArguments("Element.removeAttribute", arguments.length, 1);
    const state = this[internal];
    const found = this.#find(name);
    if (found !== undefined) {
      state.attributes = state.attributes.filter((attribute) => attribute !== found);
      state.changed = true;
    }
    return this;
  }

  before(content: Content, options?: ContentOptions): this {
    const state = this[internal];
    state.mutations.before.push(piece(state, content, options, arguments.length, "Element.before"));
    return this;
  }
  after(content: Content, options?: ContentOptions): this {
    const state = this[internal];
    state.afterEnd.unshift(piece(state, content, options, arguments.length, "Element.after"));
    return this;
  }
  prepend(content: Content, options?: ContentOptions): this {
    const state = this[internal];
    state.prepended.unshift(piece(state, content, options, arguments.length, "Element.prepend"));
    return this;
  }
  append(content: Content, options?: ContentOptions): this {
    const state = this[internal];
    state.appended.push(piece(state, content, options, arguments.length, "Element.append"));
    return this;
  }
  setInnerContent(content: Content, options?: ContentOptions): this {
    const state = this[internal];
    state.inner = [piece(state, content, options, arguments.length, "Element.setInnerContent")];
    state.prepended = [];
    state.appended = [];
    return this;
  }
  replace(content: Content, options?: ContentOptions): this {
    const state = this[internal];
    state.mutations.replacement = [piece(state, content, options, arguments.length, "Element.replace")];
    state.mutations.removed = true;
    return this;
  }
  remove(): this {
    this[internal].mutations.removed = true;
    return this;
  }
  removeAndKeepContent(): this {
    this[internal].removesTags = true;
    return this;
  }
  onEndTag(handler: (tag: EndTag) => unknown): void {
    requireArguments("Element.onEndTag", arguments.length, 1);
    const state = this[internal];
    if (typeof handler !== "function") throw new TypeError("Element.onEndTag: the argument must be a function");
    if (!state.hasContent) throw new TypeError("Parser error: No end tag.");
    state.endTagHandler = handler;
  }
}

/** What all tokens but elements have in common. */
class SimpleToken<State extends TokenState> extends Token<State> {
  before(content: Content, options?: ContentOptions): this {
    const state = this[internal];
    state.mutations.before.push(piece(state, content, options, arguments.length, "before"));
    return this;
  }
  after(content: Content, options?: ContentOptions): this {
    const state = this[internal];
    state.mutations.after.unshift(piece(state, content, options, arguments.length, "after"));
    return this;
  }
  remove(): this {
    this[internal].mutations.removed = true;
    return this;
  }
}

class ReplaceableToken<State extends TokenState> extends SimpleToken<State> {
  get removed(): boolean { return this[internal].mutations.removed; }
  replace(content: Content, options?: ContentOptions): this {
    const state = this[internal];
    state.mutations.replacement = [piece(state, content, options, arguments.length, "replace")];
    state.mutations.removed = true;
    return this;
  }
}

export class EndTag extends SimpleToken<EndTagState> {
  get name(): string { return this[internal].charset.decode(this[internal].name); }
  set name(name: string) {
    const state = this[internal];
    state.name = state.charset.encode(checkTagName(`${name}`));
    state.changed = true;
  }
}

export class Text extends ReplaceableToken<TextState> {
  get text(): string { return this[internal].text; }
  get lastInTextNode(): boolean { return this[internal].last; }
}

export class Comment extends ReplaceableToken<CommentState> {
  get text(): string { return this[internal].charset.decode(this[internal].text); }
  set text(text: string) {
    const state = this[internal];
    if (/--!?>/.test(`${text}`)) {
      throw new TypeError("Parser error: Comment text shouldn't contain a comment-closing sequence.");
    }
    state.text = state.charset.encode(`${text}`);
    state.changed = true;
  }
}

export class Doctype extends Token<DoctypeState> {
  #decode(text: string | null): string | null {
    return text === null ? null : this[internal].charset.decode(text);
  }
  get name(): string | null { return this.#decode(this[internal].name); }
  get publicId(): string | null { return this.#decode(this[internal].publicId); }
  get systemId(): string | null { return this.#decode(this[internal].systemId); }
}

export class DocumentEnd extends Token<TokenState> {
  append(content: Content, options?: ContentOptions): this {
    const state = this[internal];
    state.mutations.after.push(piece(state, content, options, arguments.length, "DocumentEnd.append"));
    return this;
  }
}

export function makeToken<State extends TokenState, T>(class_: new (...args: unknown[]) => T, state: State): T {
  return new class_(internal, state);
}

for (const class_ of [Element, EndTag, Text, Comment, Doctype, DocumentEnd]) defineInterface(class_);
