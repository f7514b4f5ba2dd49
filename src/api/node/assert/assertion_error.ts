// SPDX-License-Identifier: Apache-2.0
// https://nodejs.org/api/assert.html#class-assertassertionerror
import { validateObject } from "mayfly:node/internal";
import { diff as diffTexts, inspect } from "mayfly:node/util";

const headings: Record<string, string> = {
  __proto__: null as never,
  deepStrictEqual: "Expected values to be strictly deep-equal:",
  partialDeepStrictEqual: "Expected values to be partially and strictly deep-equal:",
  strictEqual: "Expected values to be strictly equal:",
  strictEqualObject: 'Expected "actual" to be reference-equal to "expected":',
  deepEqual: "Expected values to be loosely deep-equal:",
  notDeepStrictEqual: 'Expected "actual" not to be strictly deep-equal to:',
  notStrictEqual: 'Expected "actual" to be strictly unequal to:',
  notStrictEqualObject: 'Expected "actual" not to be reference-equal to "expected":',
  notDeepEqual: 'Expected "actual" not to be loosely deep-equal to:',
  notIdentical: "Values have same structure but are not reference-equal:",
};

const kLinesMax = 50;
const kShortLength = 12;

function show(value: unknown): string {
  return inspect(value, {
    compact: false, customInspect: false, depth: 1000, maxArrayLength: Infinity, showHidden: false, showProxy: false,
    sorted: true, getters: true, breakLength: Infinity, maxStringLength: Infinity,
  });
}

const isObject = (value: unknown): boolean => (typeof value === "object" && value !== null) || typeof value === "function";

/** The lines of both with + and -; equal ones beyond two around a difference are left out. */
function showDifference(edits: [number, string][]): string {
  const lines: string[] = [];
  let skipped = false;
  edits.forEach(([operation, line], index) => {
    if (operation !== 0) {
      lines.push(`${operation > 0 ? "+" : "-"} ${line}`);
      return;
    }
    const near = edits.slice(Math.max(0, index - 2), index + 3).some(([other]) => other !== 0);
    if (near || edits.length < 10) {
      lines.push(`  ${line}`);
    } else if (lines[lines.length - 1] !== "...") {
      lines.push("...");
      skipped = true;
    }
  });
  if (lines.length > kLinesMax) {
    lines.length = kLinesMax;
    lines.push("...");
    skipped = true;
  }
  return `\n+ actual - expected${skipped ? "\n... Skipped lines" : ""}\n\n${lines.join("\n")}\n`;
}

function lineEdits(actual: string[], expected: string[]): [number, string][] {
  // A comma at the end of a line is no difference.
  const bare = (line: string): string => (line.endsWith(",") ? line.slice(0, -1) : line);
  const edits: [number, string][] = diffTexts(actual.map(bare), expected.map(bare));
  if (edits.length === 0) return actual.map((line) => [0, line]);
  let a = 0;
  let e = 0;
  return edits.map(([operation]) => {
    const line = operation >= 0 ? actual[a]! : expected[e]!;
    if (operation >= 0) a++;
    if (operation <= 0) e++;
    return [operation, line];
  });
}

function compareMessage(actual: unknown, expected: unknown, operator: string): string {
  let heading = headings[operator] ?? operator;
  const actualLines = show(actual).split("\n");
  const expectedLines = show(expected).split("\n");
  if (operator === "strictEqual" && isObject(actual) && isObject(expected)) heading = headings.strictEqualObject!;
  if (actualLines.length === 1 && expectedLines.length === 1) {
    if (actualLines[0] === expectedLines[0]) return `${headings.notIdentical}\n\n${actualLines[0]}\n`;
    const short = actualLines[0]!.length + expectedLines[0]!.length;
    if (!isObject(actual) && !isObject(expected) && short <= kShortLength && (actual !== 0 || expected !== 0)) {
      return `${heading}\n\n${actualLines[0]} !== ${expectedLines[0]}\n`;
    }
  } else if (actualLines.join("\n") === expectedLines.join("\n")) {
    const lines = actualLines.length > kLinesMax ? [...actualLines.slice(0, kLinesMax), "..."] : actualLines;
    return `${headings.notIdentical}\n\n${lines.join("\n")}\n`;
  }
  return `${heading}${showDifference(lineEdits(actualLines, expectedLines))}`;
}

function negativeMessage(actual: unknown, operator: string): string {
  let heading = headings[operator]!;
  if (operator === "notStrictEqual" && isObject(actual)) heading = headings.notStrictEqualObject!;
  const lines = show(actual).split("\n");
  if (lines.length > kLinesMax) lines.splice(kLinesMax, Infinity, "...");
  return lines.length === 1 ? `${heading}${lines[0]!.length > 5 ? "\n\n" : " "}${lines[0]}` : `${heading}\n\n${lines.join("\n")}\n`;
}

function messageOf(actual: unknown, expected: unknown, operator: string): string {
  if (operator === "deepStrictEqual" || operator === "strictEqual" || operator === "partialDeepStrictEqual") {
    return compareMessage(actual, expected, operator);
  }
  if (operator === "notDeepStrictEqual" || operator === "notStrictEqual") return negativeMessage(actual, operator);
  let left = show(actual);
  let right = show(expected);
  if (operator === "notDeepEqual" && left === right) {
    if (left.length > 1024) left = `${left.slice(0, 1021)}...`;
    return `${headings.notDeepEqual}\n\n${left}${left.includes("\n") ? "\n" : ""}`;
  }
  if (left.length > 512) left = `${left.slice(0, 509)}...`;
  if (right.length > 512) right = `${right.slice(0, 509)}...`;
  if (operator === "deepEqual") return `${headings.deepEqual}\n\n${left}\n\nshould loosely deep-equal\n\n${right}`;
  return `${left} ${operator === "notDeepEqual" ? "should not loosely deep-equal" : operator} ${right}`;
}

export class AssertionError extends Error {
  generatedMessage: boolean;
  code = "ERR_ASSERTION";
  actual: unknown;
  expected: unknown;
  operator: string;

  constructor(options: any) {
    validateObject(options, "options");
    const { message, operator, actual, expected, stackStartFn, stackStartFunction } = options as any;
    super(message !== undefined && message !== null ? String(message)
      : operator === undefined ? "Failed" : messageOf(actual, expected, String(operator)));
    this.generatedMessage = message === undefined || message === null;
    Object.defineProperty(this, "name", { value: "AssertionError", writable: true, configurable: true, enumerable: false });
    this.actual = actual;
    this.expected = expected;
    this.operator = operator;
    (Error as any).captureStackTrace(this, stackStartFn ?? stackStartFunction);
    const { stack } = this;
    if (typeof stack === "string") this.stack = stack.replace(/^(?:Assertion)?Error: /, `AssertionError [${this.code}]: `);
    Object.defineProperty(this, "stack", { enumerable: false });
  }

  override toString(): string {
    return `${this.name} [${this.code}]: ${this.message}`;
  }
  [Symbol.for("nodejs.util.inspect.custom")](_depth: number, options: object): string {
    return inspect(this, { ...options, customInspect: false, depth: 0 });
  }
}
