// SPDX-License-Identifier: Apache-2.0
// Values as text, in the manner of Node's util.inspect. No getter and no proxy trap runs; objects that know better say
// so with a method under Symbol.for("nodejs.util.inspect.custom"). The output is bounded: depth, items per collection,
// characters per string and characters in all.
import { describe } from "./describe.ts";
import { layOut } from "./layout.ts";
import { showPrimitive } from "./primitives.ts";
import { className, dataProperty, isException } from "./reflection.ts";
import type { State } from "./state.ts";

export interface InspectOptions {
  depth?: number | null;
  /** Items shown of one collection. */
  maxArrayLength?: number;
  maxStringLength?: number;
  showHidden?: boolean;
}

const kCharactersMax = 64 * 1024;
const kItemsMax = 100;
const kStringMax = 10_000;

const custom = Symbol.for("nodejs.util.inspect.custom");
const { apply } = Reflect;

export function inspect(value: unknown, options: InspectOptions = {}): string {
  const { depth = 2, maxArrayLength = kItemsMax, maxStringLength = kStringMax, showHidden = false } = options;
  const state: State = {
    depthMax: depth ?? Infinity,
    itemsMax: maxArrayLength,
    stringMax: maxStringLength,
    hidden: showHidden,
    left: kCharactersMax,
    path: [],
    circular: new Map(),
    level: 0,
    indent: 0,
    show: (each) => show(state, each),
  };
  const text = show(state, value);
  return text.length > kCharactersMax ? `${text.slice(0, kCharactersMax)}... (output cut)` : text;
}

function show(state: State, value: unknown): string {
  const isObject = (typeof value === "object" && value !== null) || typeof value === "function";
  const text = isObject ? showObject(state, value) : showPrimitive(value, state.stringMax);
  state.left -= text.length;
  return text;
}

function showObject(state: State, object: object): string {
  const proxy = ops.proxyDetails(object);
  if (proxy !== undefined) return proxy[0] === null ? "<Revoked Proxy>" : show(state, proxy[0]);
  if (state.path.includes(object)) {
    if (!state.circular.has(object)) state.circular.set(object, state.circular.size + 1);
    return `[Circular *${state.circular.get(object)}]`;
  }
  const customText = showCustom(state, object);
  if (customText !== undefined) return customText;

  const type = isException(object) ? "Error" : ops.typeOf(object);
  const name = className(object);
  const level = state.path.length;
  const nested = level > state.depthMax;
  if ((nested || state.left <= 0) && type !== "Function" && type !== "Error" && type !== "Date" && type !== "RegExp") {
    if (state.left <= 0) return "...";
    return Array.isArray(object) ? "[Array]" : `[${name ?? "Object: null prototype"}]`;
  }

  state.path.push(object);
  state.level = level;
  state.indent += 2;
  try {
    const shown = describe(state, object, type, name, nested);
    state.indent -= 2;
    const text = layOut(state, shown, level);
    const reference = state.circular.get(object);
    return reference === undefined ? text : `<ref *${reference}> ${text}`;
  } finally {
    state.path.pop();
  }
}

function showCustom(state: State, object: object): string | undefined {
  const method = dataProperty(object, custom);
  if (typeof method !== "function") return undefined;
  const depth = state.depthMax - state.path.length;
  const { itemsMax: maxArrayLength, stringMax: maxStringLength } = state;
  state.path.push(object);
  state.depthMax++; // what it asks to be shown stands in its place, not below it
  try {
    const options = { depth, maxArrayLength, maxStringLength, inspect: state.show };
    const result: unknown = apply(method, object, [depth, options, inspect]);
    if (result === object) return undefined;
    return typeof result === "string" ? result.replaceAll("\n", `\n${" ".repeat(state.indent)}`) : show(state, result);
  } catch {
    return "[its custom inspection threw an error]";
  } finally {
    state.depthMax--;
    state.path.pop();
  }
}
