// SPDX-License-Identifier: Apache-2.0
// What util.inspect shows of an object, by its kind.
import { type Context, formatValue, joinParts } from "./inspect.ts";
import { formatError } from "./inspect_error.ts";
import { formatBigInt, formatKey, formatNumber, formatPrimitive, symbolText } from "./inspect_text.ts";

const { apply, ownKeys } = Reflect;
const { getOwnPropertyDescriptor, getPrototypeOf, hasOwn } = Object;
const { isArray } = Array;
const { isView } = ArrayBuffer;

type Kind = "object" | "array" | "arrayItems";
type Format = (context: Context, value: any, level: number) => string[];

const enumerable = (object: object, key: string | symbol): boolean =>
  apply(Object.prototype.propertyIsEnumerable, object, [key]);

const primitiveOf: Record<string, (this: any) => unknown> = {
  Number: Number.prototype.valueOf, String: String.prototype.valueOf, Boolean: Boolean.prototype.valueOf,
  Symbol: Symbol.prototype.valueOf, BigInt: BigInt.prototype.valueOf,
};

function keysOf(context: Context, value: object): (string | symbol)[] {
  if (context.showHidden) return ownKeys(value);
  let keys: (string | symbol)[];
  try {
    keys = Object.keys(value);
  } catch {
    // A module namespace whose bindings are not initialized.
    keys = Object.getOwnPropertyNames(value);
  }
  for (const symbol of Object.getOwnPropertySymbols(value)) if (enumerable(value, symbol)) keys.push(symbol);
  return keys;
}

const isIndex = (key: string | symbol): boolean => typeof key === "string" && /^(?:0|[1-9]\d{0,9})$/.test(key) && +key < 4294967295;

function nonIndexKeys(context: Context, value: object): (string | symbol)[] {
  return keysOf(context, value).filter((key) => !isIndex(key));
}

/** The name of its class; with a note where it has one of another name by Object.create, null without a prototype. */
export function constructorName(context: Context, object: any, level: number): string | null {
  let first: object | null = null;
  for (let at = object; at !== null; at = getPrototypeOf(at)) {
    const descriptor = getOwnPropertyDescriptor(at, "constructor");
    if (descriptor !== undefined && typeof descriptor.value === "function" && descriptor.value.name !== "" &&
        isInstance(object, descriptor.value)) {
      return String(descriptor.value.name);
    }
    first ??= getPrototypeOf(at);
  }
  if (first === null) return null;
  const name = internalName(object);
  if (context.depth !== null && level > context.depth) return `${name} <Complex prototype>`;
  const outer = constructorName(context, first, level + 1);
  if (outer === null) return `${name} <${inspectBriefly(context, first)}>`;
  return `${name} <${outer}>`;
}

function inspectBriefly(context: Context, value: object): string {
  return formatValue({ ...context, customInspect: false, depth: -1, stylize: (text) => text, seen: [], circular: undefined }, value, 0, false);
}

function isInstance(object: any, class_: Function): boolean {
  try {
    return object instanceof (class_ as any);
  } catch {
    return false;
  }
}

/** "Object", "Map"...: what the engine takes it for. */
function internalName(object: object): string {
  const type = ops.typeOf(object);
  return /^(?:Arguments|Generator|Module|MapIterator|SetIterator|Proxy)$/.test(type) ? "Object" : type;
}

export function prefix(name: string | null, tag: string, fallback: string, size = ""): string {
  if (name === null) {
    return tag !== "" && fallback !== tag ? `[${fallback}${size}: null prototype] [${tag}] `
      : `[${fallback}${size}: null prototype] `;
  }
  return tag !== "" && name !== tag ? `${name}${size} [${tag}] ` : `${name}${size} `;
}

function functionBase(value: Function, name: string | null, tag: string): string {
  const source = apply(Function.prototype.toString, value, []);
  if (source.startsWith("class") && source.endsWith("}")) {
    const body = source.slice(5, -1);
    const brace = body.indexOf("{");
    if (brace !== -1 && (!body.slice(0, brace).includes("(") || /^(\s+[^(]*?)\s*{/.test(body.replace(/\/\/.*?\n|\/\*.*?\*\//gs, "")))) {
      return classBase(value, name, tag);
    }
  }
  let kind = "Function";
  const match = /^(?:(async)\b)?\s*(?:function)?\s*(\*)?/.exec(source)!;
  if (match[2]) kind = `Generator${kind}`;
  if (match[1]) kind = `Async${kind}`;
  let base = `[${kind}`;
  if (name === null) base += " (null prototype)";
  base += value.name === "" ? " (anonymous)" : `: ${String(value.name)}`;
  base += "]";
  if (name !== kind && name !== null) base += ` ${name}`;
  if (tag !== "" && name !== tag) base += ` [${tag}]`;
  return base;
}

function classBase(value: Function, name: string | null, tag: string): string {
  const own = hasOwn(value, "name") && value.name;
  let base = `[class ${own || "(anonymous)"}`;
  if (name !== "Function" && name !== null) base += ` [${name}]`;
  if (tag !== "" && name !== tag) base += ` [${tag}]`;
  if (name !== null) {
    const parent = getPrototypeOf(value)?.name;
    if (parent) base += ` extends ${parent}`;
  } else {
    base += " extends [null prototype]";
  }
  return `${base}]`;
}

export function formatRaw(context: Context, value: any, level: number, typedArray: boolean): string {
  const type = ops.typeOf(value);
  const name = constructorName(context, value, level);
  let tag = "";
  try {
    tag = value[Symbol.toStringTag];
  } catch {}
  if (typeof tag !== "string" || (tag !== "" && (context.showHidden ? hasOwn : enumerableOwn)(value, Symbol.toStringTag))) tag = "";
  let base = "";
  let braces: [string, string] = ["{", "}"];
  let format: Format = () => [];
  let kind: Kind = "object";
  let keys: (string | symbol)[];

  if (isArray(value)) {
    const before = name !== "Array" || tag !== "" ? prefix(name, tag, "Array", `(${value.length})`) : "";
    keys = nonIndexKeys(context, value);
    braces = [`${before}[`, "]"];
    if (value.length === 0 && keys.length === 0) return `${braces[0]}]`;
    kind = "arrayItems";
    format = formatArray;
  } else if (type === "Set" || type === "Map") {
    const [entries] = ops.previewEntries(value)!;
    const size = type === "Map" ? entries.length / 2 : entries.length;
    keys = keysOf(context, value);
    const before = prefix(name, tag, type, `(${size})`);
    if (size === 0 && keys.length === 0) return `${before}{}`;
    braces = [`${before}{`, "}"];
    format = type === "Map" ? formatMap : formatSet;
  } else if (isView(value) && type !== "DataView") {
    keys = nonIndexKeys(context, value);
    const { length } = value as Uint8Array;
    braces = [`${prefix(name, tag, type, `(${length})`)}[`, "]"];
    if (length === 0 && keys.length === 0) return `${braces[0]}]`;
    kind = "arrayItems";
    format = formatTypedArray;
  } else if (type === "MapIterator" || type === "SetIterator") {
    keys = keysOf(context, value);
    const wanted = type === "MapIterator" ? "Map Iterator" : "Set Iterator";
    const [, keyed] = ops.previewEntries(value)!;
    braces = [`[${keyed && type === "MapIterator" ? "Map Entries" : keyed ? "Set Entries" : tag === wanted || tag === "" ? wanted : `${wanted}] [${tag}`}] {`, "}"];
    format = formatIterator;
    kind = keyed ? "arrayItems" : "object";
  } else {
    keys = keysOf(context, value);
    if (typeof value === "function") {
      base = functionBase(value, name, tag);
      if (keys.length === 0) return context.stylize(base, "special");
    } else if (type === "Arguments") {
      braces[0] = "[Arguments] {";
      if (keys.length === 0) return `${braces[0]}}`;
    } else if (name === "Object" && type === "Object") {
      if (tag !== "") braces[0] = `${prefix(name, tag, "Object")}{`;
      if (keys.length === 0) return `${braces[0]}}`;
    } else if (type === "RegExp") {
      base = apply(RegExp.prototype.toString, name !== null ? value : new RegExp(value), []);
      const before = prefix(name, tag, "RegExp");
      if (before !== "RegExp ") base = `${before}${base}`;
      if (keys.length === 0 || (context.depth !== null && level > context.depth)) return context.stylize(base, "regexp");
    } else if (type === "Date") {
      base = Number.isNaN(apply(Date.prototype.getTime, value, [])) ? apply(Date.prototype.toString, value, [])
        : apply(Date.prototype.toISOString, value, []);
      const before = prefix(name, tag, "Date");
      if (before !== "Date ") base = `${before}${base}`;
      if (keys.length === 0) return context.stylize(base, "date");
    } else if (type === "Error" || value instanceof Error) {
      base = formatError(context, value, name, tag, keys);
      if (keys.length === 0) return base;
    } else if (type === "ArrayBuffer") {
      const before = prefix(name, tag, "ArrayBuffer");
      if (!typedArray) format = formatArrayBuffer;
      else if (keys.length === 0) return `${before}{ byteLength: ${formatNumber(context, value.byteLength, false)} }`;
      braces[0] = `${before}{`;
      keys.unshift("byteLength");
    } else if (type === "DataView") {
      braces[0] = `${prefix(name, tag, "DataView")}{`;
      keys.unshift("byteLength", "byteOffset", "buffer");
    } else if (type === "Promise") {
      braces[0] = `${prefix(name, tag, "Promise")}{`;
      format = formatPromise;
    } else if (type === "WeakSet" || type === "WeakMap") {
      braces[0] = `${prefix(name, tag, type)}{`;
      format = context.showHidden ? (type === "WeakMap" ? formatMap : formatSet) as Format
        : (ctx) => [ctx.stylize("<items unknown>", "special")];
    } else if (type === "WeakRef") {
      braces[0] = `${prefix(name, tag, type)}{`;
      format = (ctx) => [ctx.stylize("<ref>", "special")];
    } else if (type === "Module") {
      braces[0] = `${name === null ? "[Object: null prototype]" : name} [Module] {`.replace("[Object: null prototype] [Module]", "[Module: null prototype]");
    } else if (primitiveOf[type] !== undefined) {
      base = boxedBase(context, value, type, keys, name, tag);
      if (keys.length === 0) return base;
    } else {
      if (keys.length === 0) return `${prefix(name, tag, "Object")}{}`;
      braces[0] = `${prefix(name, tag, "Object")}{`;
    }
  }

  if (context.depth !== null && level > context.depth) {
    let shown = prefix(name, tag, isArray(value) ? "Array" : "Object").slice(0, -1);
    if (name !== null || !shown.startsWith("[")) shown = `[${shown}]`;
    return context.stylize(shown, "special");
  }
  level += 1;
  context.seen.push(value);
  context.currentDepth = level;
  let output: string[];
  try {
    output = format(context, value, level);
    for (const key of keys) output.push(formatProperty(context, value, level, key, kind === "object" ? "object" : "array"));
  } catch (error) {
    if (!isStackOverflow(error)) throw error;
    context.seen.pop();
    return context.stylize(`[${(name ?? "Object").slice(0, 100)}: Inspection interrupted prematurely. Maximum call stack size exceeded.]`, "special");
  }
  const index = context.circular?.get(value);
  if (index !== undefined) {
    const reference = context.stylize(`<ref *${index}>`, "special");
    if (context.compact !== true) base = base === "" ? reference : `${reference} ${base}`;
    else braces[0] = `${reference} ${braces[0]}`;
  }
  context.seen.pop();
  if (context.sorted) {
    const order = context.sorted === true ? undefined : context.sorted;
    if (kind === "object") output.sort(order);
    else if (keys.length > 1) output.push(...output.splice(output.length - keys.length).sort(order));
  }
  const text = joinParts(context, output, base, braces, kind, level, value);
  const budget = (context.budget[context.indentation] ?? 0) + text.length;
  context.budget[context.indentation] = budget;
  if (budget > 2 ** 27) context.depth = -1;
  return text;
}

// Where the stack ends, regular expressions fail with SyntaxErrors that say so.
function isStackOverflow(error: unknown): boolean {
  return (error instanceof RangeError || error instanceof SyntaxError) &&
    error.message.endsWith("Maximum call stack size exceeded");
}

function enumerableOwn(value: object, key: symbol): boolean {
  return hasOwn(value, key) && enumerable(value, key);
}

function boxedBase(context: Context, value: any, type: string, keys: (string | symbol)[], name: string | null, tag: string): string {
  if (type === "String") keys.splice(0, (apply(primitiveOf.String!, value, []) as string).length);
  let base = `[${type}`;
  if (type !== name) base += name === null ? " (null prototype)" : ` (${name})`;
  base += `: ${formatPrimitive({ ...context, stylize: (text) => text, indentation: 0, compact: true }, apply(primitiveOf[type]!, value, []))}]`;
  if (tag !== "" && tag !== name) base += ` [${tag}]`;
  if (keys.length !== 0) return base;
  return context.stylize(base, type.toLowerCase());
}

function more(context: Context, left: number): string[] {
  return left > 0 ? [`... ${left} more item${left > 1 ? "s" : ""}`] : [];
}

function formatArray(context: Context, value: any[], level: number): string[] {
  const length = Math.min(Math.max(0, context.maxArrayLength), value.length);
  const output: string[] = [];
  let shown = 0;
  for (let index = 0; index < value.length && shown < length; index++, shown++) {
    if (hasOwn(value, index)) {
      output.push(formatProperty(context, value, level, `${index}`, "item"));
      continue;
    }
    // A hole: how many until the next item. Sparse arrays have few keys, whatever their length.
    const next = Object.keys(value).find((key) => isIndex(key) && +key > index);
    const end = next === undefined ? value.length : +next;
    const holes = end - index;
    output.push(context.stylize(`<${holes} empty item${holes > 1 ? "s" : ""}>`, "undefined"));
    index = end - 1;
    if (shown + 1 === length) return output.concat(more(context, value.length - end));
    if (index === value.length - 1) return output;
  }
  let consumed = length;
  if (shown < value.length && output.some((part) => part.includes("empty item"))) consumed = value.length - (value.length - shown);
  return output.concat(more(context, value.length - consumed));
}

function formatTypedArray(context: Context, value: Uint8Array, level: number): string[] {
  const length = Math.min(Math.max(0, context.maxArrayLength), value.length);
  const output: string[] = [];
  for (let index = 0; index < length; index++) {
    const item = value[index] as number | bigint;
    output.push(typeof item === "bigint" ? formatBigInt(context, item, context.numericSeparator)
      : formatNumber(context, item, context.numericSeparator));
  }
  output.push(...more(context, value.length - length));
  if (context.showHidden) {
    context.indentation += 2;
    for (const key of ["BYTES_PER_ELEMENT", "length", "byteLength", "byteOffset", "buffer"]) {
      output.push(`[${key}]: ${formatValue(context, (value as any)[key], level, true)}`);
    }
    context.indentation -= 2;
  }
  return output;
}

function formatSet(context: Context, value: Set<unknown>, level: number): string[] {
  const [entries] = ops.previewEntries(value)!;
  const length = Math.min(Math.max(0, context.maxArrayLength), entries.length);
  context.indentation += 2;
  const output = entries.slice(0, length).map((each) => formatValue(context, each, level, false));
  context.indentation -= 2;
  return output.concat(more(context, entries.length - length));
}

function formatMap(context: Context, value: Map<unknown, unknown>, level: number): string[] {
  const [entries] = ops.previewEntries(value)!;
  const size = entries.length / 2;
  const length = Math.min(Math.max(0, context.maxArrayLength), size);
  const output: string[] = [];
  context.indentation += 2;
  for (let index = 0; index < length; index++) {
    output.push(`${formatValue(context, entries[index * 2], level, false)} => ${formatValue(context, entries[index * 2 + 1], level, false)}`);
  }
  context.indentation -= 2;
  return output.concat(more(context, size - length));
}

function formatIterator(context: Context, value: object, level: number): string[] {
  const [entries, keyed] = ops.previewEntries(value)!;
  const size = keyed ? entries.length / 2 : entries.length;
  const length = Math.min(Math.max(0, context.maxArrayLength), size);
  const output: string[] = [];
  context.indentation += 2;
  for (let index = 0; index < length; index++) {
    output.push(keyed
      ? joinParts(context, [formatValue(context, entries[index * 2], level, false), formatValue(context, entries[index * 2 + 1], level, false)],
        "", ["[", "]"], "arrayItems", level)
      : formatValue(context, entries[index], level, false));
  }
  context.indentation -= 2;
  return output.concat(more(context, size - length));
}

function formatPromise(context: Context, value: Promise<unknown>, level: number): string[] {
  const [state, result] = ops.promiseState(value);
  if (state === "pending") return [context.stylize("<pending>", "special")];
  context.indentation += 2;
  const text = formatValue(context, result, level, false);
  context.indentation -= 2;
  return [state === "rejected" ? `${context.stylize("<rejected>", "special")} ${text}` : text];
}

function formatArrayBuffer(context: Context, value: ArrayBuffer): string[] {
  if (value.detached) return [context.stylize("(detached)", "special")];
  const bytes = new Uint8Array(value);
  const shown = Math.min(Math.max(0, context.maxArrayLength), bytes.length);
  let text = "";
  for (let index = 0; index < shown; index++) text += `${index > 0 ? " " : ""}${bytes[index]!.toString(16).padStart(2, "0")}`;
  const left = bytes.length - shown;
  if (left > 0) text += ` ... ${left} more byte${left > 1 ? "s" : ""}`;
  return [`${context.stylize("[Uint8Contents]", "special")}: <${text}>`];
}

export function formatProperty(
  context: Context, value: any, level: number, key: string | symbol, kind: "object" | "array" | "item",
): string {
  const descriptor = getOwnPropertyDescriptor(value, key) ?? { value: value[key], configurable: true, enumerable: true };
  let separator = " ";
  let text: string;
  if (descriptor.value !== undefined || (descriptor.get === undefined && descriptor.set === undefined)) {
    const indentation = context.compact !== true || kind !== "object" ? 2 : 3;
    context.indentation += indentation;
    text = formatValue(context, descriptor.value, level, false);
    if (indentation === 3 && context.breakLength < text.length) separator = `\n${" ".repeat(context.indentation)}`;
    context.indentation -= indentation;
  } else if (descriptor.get !== undefined) {
    const label = descriptor.set !== undefined ? "Getter/Setter" : "Getter";
    const wanted = context.getters === true || (context.getters === "get" && descriptor.set === undefined) ||
      (context.getters === "set" && descriptor.set !== undefined);
    text = wanted ? formatGetter(context, value, descriptor.get, label, level) : context.stylize(`[${label}]`, "special");
  } else {
    text = descriptor.set !== undefined ? context.stylize("[Setter]", "special") : context.stylize("undefined", "undefined");
  }
  if (kind === "item") return text;
  return `${typeof key === "symbol" && descriptor.enumerable !== false ? context.stylize(`Symbol(${symbolText(key).slice(7, -1)})`, "symbol")
    : formatKey(context, key, descriptor.enumerable !== false)}:${separator}${text}`;
}

function formatGetter(context: Context, value: object, get: () => unknown, label: string, level: number): string {
  try {
    const result = apply(get, value, []);
    context.indentation += 2;
    const text = result === null || typeof result !== "object"
      ? `${context.stylize(`[${label}:`, "special")} ${formatPrimitiveOrFunction(context, result, level)}${context.stylize("]", "special")}`
      : `${context.stylize(`[${label}]`, "special")} ${formatValue(context, result, level, false)}`;
    context.indentation -= 2;
    return text;
  } catch (error) {
    return context.stylize(`[${label}: <Inspection threw (${error instanceof Error ? error.message : String(error)})>]`, "special");
  }
}

function formatPrimitiveOrFunction(context: Context, value: unknown, level: number): string {
  return value === null ? context.stylize("null", "null") : typeof value === "function" ? formatValue(context, value, level, false)
    : formatPrimitive(context, value);
}
