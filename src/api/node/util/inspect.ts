// SPDX-License-Identifier: Apache-2.0
// https://nodejs.org/api/util.html#utilinspectobject-options
// The value as text that a debugger would show. Kinds of objects are in inspect_kinds.ts. What a program asked for it
// may have: depth, items and characters are bounded only by the options, and all of it by the worker's memory.
import { invalidArgType } from "mayfly:node/internal";

import { formatRaw } from "./inspect_kinds.ts";
import { formatPrimitive } from "./inspect_text.ts";
import { colors, styles } from "./styles.ts";

const { apply } = Reflect;
const { isArray } = Array;

export const kCustom: unique symbol = Symbol.for("nodejs.util.inspect.custom") as never;

export interface Options {
  showHidden: boolean;
  depth: number | null;
  colors: boolean;
  customInspect: boolean;
  showProxy: boolean;
  maxArrayLength: number;
  maxStringLength: number;
  breakLength: number;
  compact: number | boolean;
  sorted: boolean | ((a: string, b: string) => number);
  getters: boolean | "get" | "set";
  numericSeparator: boolean;
}

export interface Context extends Options {
  budget: Record<number, number>;
  indentation: number;
  currentDepth: number;
  seen: unknown[];
  circular: Map<unknown, number> | undefined;
  stylize(text: string, style: string): string;
  userOptions: object | undefined;
}

const defaults: Options = {
  showHidden: false, depth: 2, colors: false, customInspect: true, showProxy: false, maxArrayLength: 100,
  maxStringLength: 10000, breakLength: 80, compact: 3, sorted: false, getters: false, numericSeparator: false,
};

function plainStyle(text: string): string {
  return text;
}

function colorStyle(text: string, style: string): string {
  const name = styles[style];
  const codes = name === undefined ? undefined : colors[name];
  return codes === undefined ? text : `\u001b[${codes[0]}m${text}\u001b[${codes[1]}m`;
}

export function inspect(value: unknown, options?: any, ...legacy: any[]): string {
  const context: Context = {
    ...defaults, budget: {}, indentation: 0, currentDepth: 0, seen: [], circular: undefined, stylize: plainStyle,
    userOptions: undefined,
  };
  if (arguments.length > 1) {
    // inspect(value, showHidden, depth, colors)
    if (arguments.length > 2) {
      if (legacy[0] !== undefined) context.depth = legacy[0];
      if (legacy[1] !== undefined) context.colors = legacy[1];
    }
    if (typeof options === "boolean") {
      context.showHidden = options;
    } else if (options) {
      for (const key of Object.keys(options)) {
        if (Object.hasOwn(defaults, key) || key === "stylize") (context as any)[key] = options[key];
        else context.userOptions ??= options;
      }
    }
  }
  if (context.colors) context.stylize = colorStyle;
  if (context.maxArrayLength === null) context.maxArrayLength = Infinity;
  if (context.maxStringLength === null) context.maxStringLength = Infinity;
  return formatValue(context, value, 0, false);
}

/** What a custom inspect method gets as its options. */
function optionsFor(context: Context, depth: number | null): object {
  const shown: Record<string, unknown> = {};
  for (const key of Object.keys(defaults)) shown[key] = (context as any)[key];
  return { ...shown, ...(context.userOptions as object), stylize: context.stylize, depth };
}

export function formatValue(context: Context, value: any, level: number, typedArray: boolean): string {
  if (typeof value !== "object" && typeof value !== "function") return formatPrimitive(context, value);
  if (value === null) return context.stylize("null", "null");
  const original = value;
  let proxy = ops.proxyDetails(value);
  if (proxy !== undefined) {
    if (proxy[0] === null) return context.stylize("<Revoked Proxy>", "special");
    if (context.showProxy) return formatProxy(context, proxy, level);
    for (; proxy !== undefined; proxy = ops.proxyDetails(value)) {
      if (proxy[0] === null) return context.stylize("<Revoked Proxy>", "special");
      value = proxy[0];
    }
  }
  if (context.customInspect) {
    const custom = value[kCustom];
    if (typeof custom === "function" && custom !== inspect &&
        !(Object.getOwnPropertyDescriptor(value, "constructor")?.value?.prototype === value)) {
      const depth = context.depth === null ? null : context.depth - level;
      const shown = apply(custom, original, [depth, optionsFor(context, depth), inspect]);
      if (shown !== original) {
        if (typeof shown !== "object" || shown === null) return `${shown}`.replaceAll("\n", `\n${" ".repeat(context.indentation)}`);
        return formatValue(context, shown, level, false);
      }
    }
  }
  if (context.seen.includes(value)) {
    const circular = (context.circular ??= new Map());
    let index = circular.get(value);
    if (index === undefined) circular.set(value, (index = circular.size + 1));
    return context.stylize(`[Circular *${index}]`, "special");
  }
  return formatRaw(context, value, level, typedArray);
}

function formatProxy(context: Context, proxy: unknown[], level: number): string {
  if (context.depth !== null && level > context.depth) return context.stylize("Proxy [Array]", "special");
  context.indentation += 2;
  const parts = [formatValue(context, proxy[0], level + 1, false), formatValue(context, proxy[1], level + 1, false)];
  context.indentation -= 2;
  return joinParts(context, parts, "", ["Proxy [", "]"], "array", level);
}

/** On one line if it fits, else each on its own. */
export function joinParts(
  context: Context, output: string[], base: string, braces: [string, string], kind: "object" | "array" | "arrayItems",
  level: number, value?: unknown,
): string {
  if (context.compact !== true) {
    if (typeof context.compact === "number" && context.compact >= 1) {
      const entries = output.length;
      if (kind === "arrayItems" && entries > 6) output = groupItems(context, output, value);
      if (context.currentDepth - level < context.compact && entries === output.length) {
        const start = output.length + context.indentation + braces[0].length + base.length + 10;
        if (isBelowBreakLength(context, output, start, base)) {
          const joined = output.join(", ");
          if (!joined.includes("\n")) return `${base ? `${base} ` : ""}${braces[0]} ${joined} ${braces[1]}`;
        }
      }
    }
    const indentation = `\n${" ".repeat(context.indentation)}`;
    return `${base ? `${base} ` : ""}${braces[0]}${indentation}  ${output.join(`,${indentation}  `)}${indentation}${braces[1]}`;
  }
  if (isBelowBreakLength(context, output, 0, base)) {
    return `${braces[0]}${base ? ` ${base}` : ""} ${output.join(", ")} ${braces[1]}`;
  }
  const indentation = " ".repeat(context.indentation);
  const line = base === "" && braces[0].length === 1 ? " " : `${base ? ` ${base}` : ""}\n${indentation}  `;
  return `${braces[0]}${line}${output.join(`,\n${indentation}  `)} ${braces[1]}`;
}

function isBelowBreakLength(context: Context, output: string[], start: number, base: string): boolean {
  let total = output.length + start;
  if (total + output.length > context.breakLength) return false;
  for (const part of output) {
    total += context.colors ? widthWithoutColors(part) : part.length;
    if (total > context.breakLength) return false;
  }
  return base === "" || !base.includes("\n");
}

function widthWithoutColors(text: string): number {
  return text.replace(/\u001b\[\d\d?m/g, "").length;
}

/** Short items of a long array in columns. */
function groupItems(context: Context, output: string[], value: unknown): string[] {
  let total = 0;
  let longest = 0;
  let index = 0;
  let length = output.length;
  if (context.maxArrayLength < output.length) length--; // "... more items" stands alone
  const separator = 2;
  const lengths = new Array<number>(length);
  for (; index < length; index++) {
    const size = context.colors ? widthWithoutColors(output[index]!) : output[index]!.length;
    lengths[index] = size;
    total += size + separator;
    if (longest < size) longest = size;
  }
  const most = longest + separator;
  if (most * 3 + context.indentation >= context.breakLength ||
      !(total / most > 5 || longest <= 6)) return output;
  const biased = Math.max(most - 3 - Math.sqrt(most - total / output.length), 1);
  const columns = Math.min(
    Math.round(Math.sqrt(2.5 * biased * length) / biased), // a rectangle about 2.5 times as high as wide, in characters
    Math.floor((context.breakLength - context.indentation) / most),
    (context.compact as number) * 4,
    15,
  );
  return layColumns(output, lengths, length, columns, separator, value);
}

function layColumns(
  output: string[], lengths: number[], length: number, columns: number, separator: number, value: unknown,
): string[] {
  if (columns <= 1) return output;
  const widths: number[] = [];
  for (let column = 0; column < columns; column++) {
    let width = 0;
    for (let at = column; at < length; at += columns) if (lengths[at]! > width) width = lengths[at]!;
    widths.push(width + separator);
  }
  let padStart = true;
  if (isArray(value) || ArrayBuffer.isView(value)) {
    for (let index = 0; index < output.length; index++) {
      const type = typeof (value as any)[index];
      if (type !== "number" && type !== "bigint") {
        padStart = false;
        break;
      }
    }
  }
  const rows: string[] = [];
  for (let start = 0; start < length; start += columns) {
    const end = Math.min(start + columns, length);
    let row = "";
    let at = start;
    for (; at < end - 1; at++) {
      const padding = " ".repeat(widths[at - start]! - lengths[at]! - separator);
      row += padStart ? `${padding}${output[at]}, ` : `${output[at]}, ${padding}`;
    }
    row += padStart ? " ".repeat(widths[at - start]! - separator - lengths[at]!) + output[at] : output[at];
    rows.push(row);
  }
  for (let at = length; at < output.length; at++) rows.push(output[at]!);
  return rows;
}

Object.defineProperty(inspect, "custom", { value: kCustom, writable: true, enumerable: true, configurable: true });
Object.assign(inspect, { colors, styles });
Object.defineProperty(inspect, "defaultOptions", {
  get: () => defaults,
  set(options) {
    if (options === null || typeof options !== "object") throw invalidArgType("options", "Object", options);
    Object.assign(defaults, options);
  },
  enumerable: true, configurable: true,
});
