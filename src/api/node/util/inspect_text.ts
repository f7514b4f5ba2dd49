// SPDX-License-Identifier: Apache-2.0
// Primitives and keys as util.inspect shows them, and how wide a text is.
import type { Context } from "./inspect.ts";
import { stripVTControlCharacters } from "./styles.ts";

const { apply } = Reflect;
const symbolToString = Symbol.prototype.toString;
const escapes = /[\x00-\x1f\x27\x5c\x7f-\x9f]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;
const escapesAll = new RegExp(escapes, "g");
const unquoted = /[\x00-\x1f\x5c\x7f-\x9f]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;
const unquotedAll = new RegExp(unquoted, "g");
const short: Record<string, string> = {
  "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", "'": "\\'", "\\": "\\\\",
};

function escapeUnit(unit: string): string {
  const known = short[unit];
  if (known !== undefined) return known;
  const code = unit.charCodeAt(0);
  return code < 256 ? `\\x${code.toString(16).toUpperCase().padStart(2, "0")}` : `\\u${code.toString(16)}`;
}

/** Quoted by whichever of ' " ` does not occur in it. */
export function quote(text: string): string {
  let test = escapes;
  let all = escapesAll;
  let mark = "'";
  if (text.includes("'")) {
    if (!text.includes('"')) mark = '"';
    else if (!text.includes("`") && !text.includes("${")) mark = "`";
    if (mark !== "'") [test, all] = [unquoted, unquotedAll];
  }
  return test.test(text) ? `${mark}${text.replace(all, escapeUnit)}${mark}` : `${mark}${text}${mark}`;
}

function separate(text: string): string {
  let result = "";
  let end = text.length;
  const start = text.startsWith("-") ? 1 : 0;
  for (; end >= start + 4; end -= 3) result = `_${text.slice(end - 3, end)}${result}`;
  return end === text.length ? text : `${text.slice(0, end)}${result}`;
}

export function formatNumber(context: Context, number: number, numericSeparator: boolean): string {
  if (!numericSeparator) return context.stylize(Object.is(number, -0) ? "-0" : `${number}`, "number");
  const text = Object.is(number, -0) ? "-0" : String(number);
  const integer = Math.trunc(number);
  if (integer === number) {
    return context.stylize(!Number.isFinite(number) || text.includes("e") ? text : separate(text), "number");
  }
  if (Number.isNaN(number)) return context.stylize(text, "number");
  const whole = text.slice(0, text.indexOf("."));
  const fraction = text.slice(text.indexOf(".") + 1).replace(/(\d{3})(?=\d)/g, "$1_");
  return context.stylize(`${separate(whole)}.${fraction}`, "number");
}

export function formatBigInt(context: Context, value: bigint, numericSeparator: boolean): string {
  const text = String(value);
  return context.stylize(`${numericSeparator ? separate(text) : text}n`, "bigint");
}

const kMinLineWidth = 16;

export function formatPrimitive(context: Context, value: any): string {
  if (typeof value === "string") {
    let trailer = "";
    if (value.length > context.maxStringLength) {
      const left = value.length - context.maxStringLength;
      value = value.slice(0, context.maxStringLength);
      trailer = `... ${left} more character${left > 1 ? "s" : ""}`;
    }
    if (context.compact !== true && value.length > kMinLineWidth &&
        value.length > context.breakLength - context.indentation - 4) {
      const lines = value.match(/[^\n]*\n|[^\n]+$/g) ?? [];
      return lines.map((line: string) => context.stylize(quote(line), "string"))
        .join(` +\n${" ".repeat(context.indentation + 2)}`) + trailer;
    }
    return context.stylize(quote(value), "string") + trailer;
  }
  if (typeof value === "number") return formatNumber(context, value, context.numericSeparator);
  if (typeof value === "bigint") return formatBigInt(context, value, context.numericSeparator);
  if (typeof value === "boolean") return context.stylize(`${value}`, "boolean");
  if (typeof value === "undefined") return context.stylize("undefined", "undefined");
  return context.stylize(symbolText(value), "symbol");
}

export function symbolText(symbol: symbol): string {
  return apply(symbolToString, symbol, []).replace(unquotedAll, escapeUnit);
}

const identifier = /^[a-zA-Z_][a-zA-Z_0-9]*$/;

export function formatKey(context: Context, key: string | symbol, enumerable: boolean): string {
  if (typeof key === "symbol") return context.stylize(enumerable ? symbolText(key) : `[${symbolText(key)}]`, "symbol");
  if (key === "__proto__") return "['__proto__']";
  if (!enumerable) return `[${key.replace(unquotedAll, escapeUnit)}]`;
  return identifier.test(key) ? context.stylize(key, "name") : context.stylize(quote(key), "string");
}

function isFullWidth(code: number): boolean {
  return code >= 0x1100 && (code <= 0x115f || code === 0x2329 || code === 0x232a ||
    (code >= 0x2e80 && code <= 0x3247 && code !== 0x303f) || (code >= 0x3250 && code <= 0x4dbf) ||
    (code >= 0x4e00 && code <= 0xa4c6) || (code >= 0xa960 && code <= 0xa97c) || (code >= 0xac00 && code <= 0xd7a3) ||
    (code >= 0xf900 && code <= 0xfaff) || (code >= 0xfe10 && code <= 0xfe19) || (code >= 0xfe30 && code <= 0xfe6b) ||
    (code >= 0xff01 && code <= 0xff60) || (code >= 0xffe0 && code <= 0xffe6) || (code >= 0x1b000 && code <= 0x1b001) ||
    (code >= 0x1f200 && code <= 0x1f251) || (code >= 0x1f300 && code <= 0x1f64f) || (code >= 0x1f900 && code <= 0x1f9ff) ||
    (code >= 0x20000 && code <= 0x3fffd));
}

const zeroWidth = /[\u0000-\u001f\u007f-\u009f\u0300-\u036f\u200b-\u200f\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f]/;

/** In columns of a terminal. */
export function widthOf(text: string): number {
  let width = 0;
  for (const char of stripVTControlCharacters(text).normalize("NFC")) {
    const code = char.codePointAt(0)!;
    if (isFullWidth(code)) width += 2;
    else if (code < 127 ? code >= 32 : !zeroWidth.test(char)) width++;
  }
  return width;
}
