// SPDX-License-Identifier: Apache-2.0
// https://console.spec.whatwg.org/#formatter, as Node prints it.
import { inspect } from "./inspect.ts";

/** One line (or more) of text for the arguments of console.log and its like. */
export function format(args: unknown[]): string {
  const [first] = args;
  let text = "";
  let next = 0;
  if (typeof first === "string") {
    next = 1;
    text = args.length === 1 ? first : first.replace(/%[sdifjoOc%]/g, (directive) => {
      if (directive === "%%") return "%";
      if (next >= args.length) return directive;
      return substitute(directive, args[next++]);
    });
  }
  for (; next < args.length; next++) {
    const value = args[next];
    text += (next === 0 ? "" : " ") + (typeof value === "string" ? value : inspect(value));
  }
  return text;
}

function substitute(directive: string, value: unknown): string {
  const isObject = typeof value === "object" && value !== null || typeof value === "function";
  switch (directive) {
    case "%s":
      if (typeof value === "string") return value;
      return isObject ? inspect(value, { depth: 0 }) : inspect(value);
    case "%d": return typeof value === "bigint" ? `${value}n` : toNumber(value, Number);
    case "%i": return typeof value === "bigint" ? `${value}n` : toNumber(value, (text) => parseInt(text as string, 10));
    case "%f": return toNumber(value, (text) => parseFloat(text as string));
    case "%j": return toJson(value);
    case "%o": return inspect(value, { depth: 4, showHidden: true });
    case "%O": return inspect(value, { depth: 4 });
    default: return ""; // %c: style, of no use here
  }
}

function toNumber(value: unknown, convert: (value: unknown) => number): string {
  if (typeof value === "symbol" || (typeof value === "object" && value !== null)) return "NaN";
  const number = convert(value);
  return Object.is(number, -0) ? "-0" : `${number}`;
}

function toJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? "undefined";
  } catch (error) {
    return error instanceof TypeError && error.message.includes("circular") ? "[Circular]" : "[not JSON]";
  }
}
