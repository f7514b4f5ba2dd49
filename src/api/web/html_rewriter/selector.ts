// SPDX-License-Identifier: Apache-2.0
// The selectors that HTMLRewriter takes (https://developers.cloudflare.com/workers/runtime-apis/html-rewriter/#selectors):
// compounds of a type, classes, ids, attributes, :not(), :nth-child() and the like, joined by descent or "child of".
//
// All selectors of a rewriter are matched together, from the root downwards: each open element knows which compounds its
// children and which its further descendants are to be tried against.

export interface Candidate {
  /** Lower case, but for elements that are not of HTML. */
  name: string;
  attribute(name: string): string | undefined;
  /** Its number among the children of its parent, from 1, and among those of its name. */
  index: number;
  indexOfType: number;
}

type Test = (element: Candidate) => boolean;

interface Compound {
  tests: Test[];
  /** How an element of the next compound must stand to one of this; undefined for the last. */
  next: "descendant" | "child" | undefined;
}

export class SelectorError extends Error {}

const identifier = /(?:\\[0-9a-fA-F]{1,6}\s?|\\[^\n]|[-_a-zA-Z0-9]|[^\x00-\x7f])+/y;

class Parser {
  #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  fail(what: string): never {
    throw new SelectorError(`The selector "${this.#text}" is not one that HTMLRewriter knows: ${what} at ${this.#at + 1}`);
  }

  parseList(): Compound[][] {
    const list = [this.#complex()];
    while (this.#take(",")) list.push(this.#complex());
    if (this.#at < this.#text.length) this.fail(`unexpected "${this.#text[this.#at]}"`);
    return list;
  }

  #spaces(): boolean {
    const from = this.#at;
    while (/[ \t\r\n\f]/.test(this.#text[this.#at] ?? "")) this.#at++;
    return this.#at > from;
  }

  #take(text: string): boolean {
    if (!this.#text.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  #identifier(): string {
    identifier.lastIndex = this.#at;
    const [raw] = identifier.exec(this.#text) ?? this.fail("a name is missing");
    if (/^-?\d/.test(raw!)) this.fail("a name cannot begin with a digit");
    this.#at += raw!.length;
    return raw!.replace(/\\(?:([0-9a-fA-F]{1,6})\s?|([^\n]))/g, (_all, code: string | undefined, character: string) =>
      code === undefined ? character : String.fromCodePoint(Math.min(parseInt(code, 16) || 0xfffd, 0x10ffff)));
  }

  #complex(): Compound[] {
    const compounds: Compound[] = [];
    this.#spaces();
    for (;;) {
      const compound: Compound = { tests: this.#compound(), next: undefined };
      compounds.push(compound);
      const spaced = this.#spaces();
      if (this.#take(">")) {
        compound.next = "child";
        this.#spaces();
      } else if (this.#at >= this.#text.length || this.#text[this.#at] === ",") {
        return compounds;
      } else if (/[+~]/.test(this.#text[this.#at]!)) {
        this.fail(`the combinator "${this.#text[this.#at]}" is not supported`);
      } else if (spaced) {
        compound.next = "descendant";
      } else {
        this.fail(`unexpected "${this.#text[this.#at]}"`);
      }
    }
  }

  #compound(): Test[] {
    const tests: Test[] = [];
    const from = this.#at;
    this.#take("*|"); // of any namespace, as without it
    if (this.#take("*")) {
      tests.push(() => true);
    } else if (/[-_a-zA-Z\\]|[^\x00-\x7f]/.test(this.#text[this.#at] ?? "")) {
      const name = this.#identifier();
      const lower = name.toLowerCase();
      tests.push((element) => element.name.toLowerCase() === lower);
    }
    for (;;) {
      if (this.#take("#")) {
        const id = this.#identifier();
        tests.push((element) => element.attribute("id") === id);
      } else if (this.#take(".")) {
        const name = this.#identifier();
        tests.push((element) => hasWord(element.attribute("class"), name));
      } else if (this.#take("[")) {
        tests.push(this.#attribute());
      } else if (this.#take(":")) {
        tests.push(this.#pseudoClass());
      } else {
        break;
      }
    }
    if (this.#at === from) this.fail("a selector is missing");
    return tests;
  }

  #attribute(): Test {
    this.#spaces();
    const name = this.#identifier().toLowerCase();
    this.#spaces();
    if (this.#take("]")) return (element) => element.attribute(name) !== undefined;
    const operator = ["=", "~=", "|=", "^=", "$=", "*="].find((each) => this.#take(each)) ??
      this.fail("an operator is missing");
    this.#spaces();
    let value: string;
    const quote = this.#text[this.#at];
    if (quote === '"' || quote === "'") {
      const end = this.#text.indexOf(quote, ++this.#at);
      if (end < 0) this.fail("a quote is missing");
      value = this.#text.slice(this.#at, end);
      this.#at = end + 1;
    } else {
      value = this.#identifier();
    }
    this.#spaces();
    const folds = /[iI]/.test(this.#text[this.#at] ?? "");
    if (folds || /[sS]/.test(this.#text[this.#at] ?? "")) this.#at++;
    this.#spaces();
    if (!this.#take("]")) this.fail('"]" is missing');
    if (folds) value = value.toLowerCase();
    return (element) => {
      const given = element.attribute(name);
      if (given === undefined) return false;
      const has = folds ? given.toLowerCase() : given;
      switch (operator) {
        case "=": return has === value;
        case "~=": return hasWord(has, value);
        case "|=": return has === value || has.startsWith(`${value}-`);
        case "^=": return value !== "" && has.startsWith(value);
        case "$=": return value !== "" && has.endsWith(value);
        default: return value !== "" && has.includes(value);
      }
    };
  }

  #pseudoClass(): Test {
    const name = this.#identifier().toLowerCase();
    if (name === "first-child") return (element) => element.index === 1;
    if (name === "first-of-type") return (element) => element.indexOfType === 1;
    if (!this.#take("(")) this.fail(`:${name} is not supported`);
    let test: Test;
    if (name === "not") {
      this.#spaces();
      const alternatives = [this.#compound()];
      this.#spaces();
      while (this.#take(",")) {
        this.#spaces();
        alternatives.push(this.#compound());
        this.#spaces();
      }
      test = (element) => !alternatives.some((tests) => tests.every((each) => each(element)));
    } else if (name === "nth-child" || name === "nth-of-type") {
      const end = this.#text.indexOf(")", this.#at);
      const [step, offset] = parseNth(this.#text.slice(this.#at, Math.max(end, this.#at))) ?? this.fail("this is no an+b");
      this.#at = end;
      test = (element) => {
        const index = (name === "nth-child" ? element.index : element.indexOfType) - offset;
        return step === 0 ? index === 0 : index % step === 0 && index / step >= 0;
      };
    } else {
      this.fail(`:${name}() is not supported`);
    }
    if (!this.#take(")")) this.fail('")" is missing');
    return test;
  }
}

function parseNth(text: string): [step: number, offset: number] | undefined {
  const formula = text.trim().toLowerCase();
  if (formula === "odd") return [2, 1];
  if (formula === "even") return [2, 0];
  const [, step, sign, offset, plain] = /^([+-]?\d*)n(?:\s*([+-])\s*(\d+))?$|^([+-]?\d+)$/.exec(formula) ?? [];
  if (plain !== undefined) return [0, Number(plain)];
  if (step === undefined) return undefined;
  return [step === "" || step === "+" ? 1 : step === "-" ? -1 : Number(step),
    offset === undefined ? 0 : Number(offset) * (sign === "-" ? -1 : 1)];
}

function hasWord(text: string | undefined, word: string): boolean {
  return text !== undefined && word !== "" && text.split(/[ \t\n\r\f]+/).includes(word);
}

/** What is to be tried on the elements within an open one. */
export interface Scope {
  children: readonly Step[];
  descendants: readonly Step[];
}

interface Step {
  selector: number;
  compounds: Compound[];
  at: number;
}

const none: readonly Step[] = [];

export class SelectorSet {
  #roots: Step[] = [];

  /** `selector` is what match() names it by. Throws SelectorError. */
  add(selector: number, text: string): void {
    for (const compounds of new Parser(text).parseList()) this.#roots.push({ selector, compounds, at: 0 });
  }

  /** Calls `matched` for each selector that matches, once; returns what is to be tried within the element. */
  match(element: Candidate, parent: Scope | undefined, matched: (selector: number) => void): Scope {
    let children: Step[] | undefined;
    let descendants: readonly Step[] = parent?.descendants ?? none;
    const seen: number[] = [];
    const tryStep = (step: Step): void => {
      const { compounds, at, selector } = step;
      const compound = compounds[at]!;
      for (const test of compound.tests) if (!test(element)) return;
      if (compound.next === undefined) {
        if (seen.includes(selector)) return;
        seen.push(selector);
        matched(selector);
        return;
      }
      const next = this.#following(step);
      if (compound.next === "child") {
        if (!(children ??= []).includes(next)) children.push(next);
      } else if (!descendants.includes(next)) {
        descendants = [...descendants, next];
      }
    };
    for (const step of this.#roots) tryStep(step);
    if (parent !== undefined) {
      for (const step of parent.descendants) tryStep(step);
      for (const step of parent.children) tryStep(step);
    }
    return { children: children ?? none, descendants };
  }

  /** One object for each place in each selector, so that a set holds it once. */
  #followers = new Map<Step, Step>();
  #following(step: Step): Step {
    let next = this.#followers.get(step);
    if (next === undefined) this.#followers.set(step, (next = { ...step, at: step.at + 1 }));
    return next;
  }
}
