// SPDX-License-Identifier: Apache-2.0
// What is shown of an object, by its kind.
import { showKey, showPrimitive } from "./primitives.ts";
import { dataProperty, functionName } from "./reflection.ts";
import type { Shown, State } from "./state.ts";

const kHolesMax = 100_000;
const kBytesMax = 50;

const { getOwnPropertyDescriptor, getPrototypeOf } = Object;
const { apply, ownKeys } = Reflect;
const toSource = Function.prototype.toString;
const dateToISO = Date.prototype.toISOString;
const dateToNumber = Date.prototype.valueOf;
const regExpToString = RegExp.prototype.toString;
const primitiveOf: Record<string, () => unknown> = {
  Number: Number.prototype.valueOf,
  String: String.prototype.valueOf,
  Boolean: Boolean.prototype.valueOf,
  Symbol: Symbol.prototype.valueOf,
  BigInt: BigInt.prototype.valueOf,
};

const more = (count: number) => (count > 0 ? [`... ${count} more item${count === 1 ? "" : "s"}`] : []);

/** `type`: as ops.typeOf has it; `nested`: too deep to show properties. */
export function describe(state: State, object: any, type: string, name: string | undefined, nested: boolean): Shown {
  const keys = nested ? [] : ownMembers(state, object);
  const label = prefix(object, name, type);
  const properties = () => [
    ...keys.slice(0, state.itemsMax).map((key) => showProperty(state, object, key)),
    ...more(keys.length - state.itemsMax),
  ];
  const braced = (head: string, members: string[] = []): Shown =>
    ({ head, members: [...members, ...properties()], open: "{", close: "}" });
  const list = (head: string, length: number): Shown =>
    ({ head, members: [...showItems(state, object, length), ...properties()], open: "[", close: "]", list: true });

  if (Array.isArray(object)) return list(name === "Array" ? "" : `${label}(${object.length})`, object.length);
  if (ArrayBuffer.isView(object) && type !== "DataView") {
    const { length } = object as Uint8Array;
    return list(`${label}(${length})`, length);
  }
  switch (type) {
    case "Function": return bare(braced(functionLabel(object, name)));
    case "Error": return bare(errorParts(state, object, name, keys));
    case "Date": {
      const valid = !Number.isNaN(apply(dateToNumber, object, []));
      return bare(braced(valid ? apply(dateToISO, object, []) : "Invalid Date"));
    }
    case "RegExp": return bare(braced(apply(regExpToString, object, [])));
    case "Map":
    case "Set": {
      const { members, size } = showEntries(state, object);
      return braced(`${label}(${size})`, members);
    }
    case "MapIterator":
    case "SetIterator": return braced(`[${type.slice(0, 3)} Iterator]`, showEntries(state, object).members);
    case "WeakMap":
    case "WeakSet": return braced(label, ["<items unknown>"]);
    case "WeakRef": return braced(label, ["<target unknown>"]);
    case "Promise": {
      const [settled, value] = ops.promiseState(object);
      if (settled === "pending") return braced(label, ["<pending>"]);
      return braced(label, [`${settled === "rejected" ? "<rejected> " : ""}${state.show(value)}`]);
    }
    case "ArrayBuffer": return braced(label, bufferMembers(object));
    case "DataView":
      return braced(label, [
        `byteLength: ${object.byteLength}`, `byteOffset: ${object.byteOffset}`, `buffer: ${state.show(object.buffer)}`,
      ]);
    case "Number":
    case "String":
    case "Boolean":
    case "Symbol":
    case "BigInt": {
      const primitive = showPrimitive(apply(primitiveOf[type]!, object, []), state.stringMax);
      return bare(braced(`[${type}${name === type ? "" : ` (${name})`}: ${primitive}]`));
    }
    default: return braced(label === "Object" ? "" : label);
  }
}

/** Functions, dates and the like show braces only around properties that somebody added. */
function bare(shown: Shown): Shown {
  return shown.members.length === 0 ? { ...shown, open: "", close: "" } : shown;
}

function ownMembers(state: State, object: object): PropertyKey[] {
  if (!state.hidden) return ops.nonIndexKeys(object);
  return ownKeys(object).filter((key) => typeof key === "symbol" || !/^\d+$/.test(key));
}

/** `Foo`, `[Foo: null prototype]`, `Foo [tag]`. */
function prefix(object: object, name: string | undefined, type: string): string {
  const base = name ?? `[${type}: null prototype]`;
  const tag = dataProperty(object, Symbol.toStringTag);
  return typeof tag === "string" && tag !== "" && tag !== name ? `${base} [${tag}]` : base;
}

function functionLabel(value: Function, name: string | undefined): string {
  const own = functionName(value);
  const source: string = apply(toSource, value, []);
  if (source.startsWith("class")) {
    const parent: unknown = getPrototypeOf(value);
    const parentName = typeof parent === "function" ? functionName(parent) : "";
    return `[class ${own || "(anonymous)"}${parentName === "" ? "" : ` extends ${parentName}`}]`;
  }
  return `[${name ?? "Function"}${own === "" ? " (anonymous)" : `: ${own}`}]`;
}

function errorParts(state: State, error: Error, name: string | undefined, keys: PropertyKey[]): Shown {
  let stack: unknown;
  try {
    // An accessor of V8's own in most cases, which runs code only where user code set Error.prepareStackTrace.
    if (getOwnPropertyDescriptor(error, "stack") !== undefined) stack = error.stack;
  } catch {
    // It is shown by its message.
  }
  let head = typeof stack === "string" ? stack : "";
  if (head === "") {
    const message = dataProperty(error, "message");
    head = `[${name ?? "Error"}${typeof message === "string" && message !== "" ? `: ${message}` : ""}]`;
  }
  // A subclass that does not set `name` is shown by its class nevertheless.
  if (name !== undefined && head.startsWith("Error") && dataProperty(error, "name") === "Error") {
    head = name + head.slice(5);
  }
  head = head.replaceAll("\n", `\n${" ".repeat(state.indent - 2)}`);

  const members = keys
    .filter((key) => key !== "stack" && key !== "message" && key !== "cause" && key !== "errors")
    .map((key) => showProperty(state, error, key));
  for (const key of ["cause", "errors"]) {
    const descriptor = getOwnPropertyDescriptor(error, key);
    if (descriptor !== undefined && "value" in descriptor) members.push(`[${key}]: ${state.show(descriptor.value)}`);
  }
  return { head, members, open: "{", close: "}" };
}

function bufferMembers(buffer: ArrayBuffer): string[] {
  if (buffer.detached) return ["(detached)", "byteLength: 0"];
  const bytes = new Uint8Array(buffer, 0, Math.min(buffer.byteLength, kBytesMax));
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
  const rest = buffer.byteLength - bytes.length;
  const contents = rest > 0 ? `${hex} ... ${rest} more byte${rest === 1 ? "" : "s"}` : hex;
  return [`[Uint8Contents]: <${contents}>`, `byteLength: ${buffer.byteLength}`];
}

function showProperty(state: State, object: object, key: PropertyKey): string {
  const descriptor = getOwnPropertyDescriptor(object, key);
  if (state.left <= 0 || descriptor === undefined) return `${showKey(key)}: ...`;
  return `${descriptor.enumerable ? showKey(key) : `[${String(key)}]`}: ${showSlot(state, descriptor)}`;
}

function showSlot(state: State, descriptor: PropertyDescriptor): string {
  if ("value" in descriptor) return state.show(descriptor.value);
  if (descriptor.get === undefined) return "[Setter]";
  return descriptor.set === undefined ? "[Getter]" : "[Getter/Setter]";
}

function showEntries(state: State, collection: object): { members: string[]; size: number } {
  const [entries, keyed] = ops.previewEntries(collection) ?? [[], false];
  const size = keyed ? entries.length / 2 : entries.length;
  const members: string[] = [];
  for (let index = 0; index < size && index < state.itemsMax && state.left > 0; index++) {
    members.push(keyed
      ? `${state.show(entries[2 * index])} => ${state.show(entries[2 * index + 1])}`
      : state.show(entries[index]));
  }
  return { members: [...members, ...more(size - members.length)], size };
}

function showItems(state: State, items: object, length: number): string[] {
  const members: string[] = [];
  let index = 0;
  while (index < length && members.length < state.itemsMax && state.left > 0) {
    const descriptor = getOwnPropertyDescriptor(items, index);
    if (descriptor !== undefined) {
      members.push(showSlot(state, descriptor));
      index++;
      continue;
    }
    const start = index;
    // Holes may be millions: beyond some, the rest counts as more items.
    while (index < length && index - start < kHolesMax && getOwnPropertyDescriptor(items, index) === undefined) index++;
    members.push(`<${index - start} empty item${index - start === 1 ? "" : "s"}>`);
    if (index - start === kHolesMax) break;
  }
  return [...members, ...more(length - index)];
}
