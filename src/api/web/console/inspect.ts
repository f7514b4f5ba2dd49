// SPDX-License-Identifier: Apache-2.0
// Values as text, in the manner of Node's util.inspect. No getter and no proxy trap runs; objects that know better say so
// with a method under Symbol.for("nodejs.util.inspect.custom"). The output is bounded: depth, items per collection,
// characters per string and characters in all.

export interface InspectOptions {
  depth?: number | null;
  /** Items shown of one collection. */
  maxArrayLength?: number;
  maxStringLength?: number;
  showHidden?: boolean;
}

const kCharactersMax = 64 * 1024;
const kLineWidth = 80;
const kItemsMax = 100;
const kStringMax = 10_000;
const kInnerLevels = 3; // an object with no more levels inside may share a line with its members

const custom = Symbol.for("nodejs.util.inspect.custom");
const { getOwnPropertyDescriptor, getPrototypeOf } = Object;
const { apply, ownKeys } = Reflect;
const toSource = Function.prototype.toString;
const dateToISO = Date.prototype.toISOString;
const regExpToString = RegExp.prototype.toString;
const primitiveOf: Record<string, () => unknown> = {
  Number: Number.prototype.valueOf, String: String.prototype.valueOf, Boolean: Boolean.prototype.valueOf,
  Symbol: Symbol.prototype.valueOf, BigInt: BigInt.prototype.valueOf,
};
const errorPrototype = Error.prototype;
const identifier = /^[A-Za-z_$][\w$]*$/;

interface State {
  depthMax: number;
  itemsMax: number;
  stringMax: number;
  hidden: boolean;
  left: number; // characters that may still be produced
  path: object[]; // the objects being shown, outermost first
  circular: Map<object, number>;
  level: number; // how deep the last object was
  indent: number;
}

export function inspect(value: unknown, options: InspectOptions = {}): string {
  const { depth = 2, maxArrayLength = kItemsMax, maxStringLength = kStringMax, showHidden = false } = options;
  const state: State = {
    depthMax: depth ?? Infinity, itemsMax: maxArrayLength, stringMax: maxStringLength, hidden: showHidden,
    left: kCharactersMax, path: [], circular: new Map(), level: 0, indent: 0,
  };
  const text = show(state, value);
  return text.length > kCharactersMax ? `${text.slice(0, kCharactersMax)}... (output cut)` : text;
}

function show(state: State, value: unknown): string {
  const text = typeof value === "object" && value !== null || typeof value === "function"
    ? showObject(state, value)
    : showPrimitive(state, value);
  state.left -= text.length;
  return text;
}

function showPrimitive(state: State, value: unknown): string {
  switch (typeof value) {
    case "string": return cut(quote(value.length > state.stringMax ? value.slice(0, state.stringMax) : value), value.length - state.stringMax);
    case "number": return Object.is(value, -0) ? "-0" : `${value}`;
    case "bigint": return `${value}n`;
    default: return String(value); // boolean, undefined, null, symbol
  }
}

const cut = (text: string, more: number) => more > 0 ? `${text}... ${more} more character${more === 1 ? "" : "s"}` : text;

const escapes: Record<string, string> = { "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f", "\v": "\\v", "\\": "\\\\" };

function quote(text: string): string {
  const mark = !text.includes("'") ? "'" : !text.includes('"') ? '"' : !text.includes("`") && !text.includes("${") ? "`" : "'";
  const escaped = text.replace(/[\0-\x1f\x7f-\x9f\\']|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, (unit) =>
    unit === "'" ? (mark === "'" ? "\\'" : unit)
      : (escapes[unit] ?? (unit >= "\ud800" ? `\\u${unit.charCodeAt(0).toString(16)}` : `\\x${unit.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`)));
  return mark + escaped + mark;
}

const showKey = (key: PropertyKey) =>
  typeof key === "symbol" ? `[${String(key)}]` : identifier.test(String(key)) ? String(key) : quote(String(key));

/** The name of the class that an object is of, found without running code; undefined when no prototype has one. */
function className(object: object): string | undefined {
  for (let at: object | null = object; at !== null; at = getPrototypeOf(at)) {
    if (ops.proxyDetails(at) !== undefined) return undefined;
    const constructor: unknown = getOwnPropertyDescriptor(at, "constructor")?.value;
    if (typeof constructor === "function") {
      const name = functionName(constructor);
      if (name !== "") return name;
    }
  }
  return undefined;
}

function functionName(value: Function): string {
  if (ops.proxyDetails(value) !== undefined) return "";
  const name: unknown = getOwnPropertyDescriptor(value, "name")?.value;
  return typeof name === "string" ? name : "";
}

/** The value of a data property of the object or its prototypes. */
function dataProperty(object: object, key: PropertyKey): unknown {
  for (let at: object | null = object; at !== null; at = getPrototypeOf(at)) {
    if (ops.proxyDetails(at) !== undefined) return undefined;
    const descriptor = getOwnPropertyDescriptor(at, key);
    if (descriptor !== undefined) return descriptor.value;
  }
  return undefined;
}

/** A DOMException is no Error of V8's, but looks like one. */
function isException(object: object): boolean {
  if (getOwnPropertyDescriptor(object, "stack") === undefined) return false;
  for (let at = getPrototypeOf(object); at !== null && ops.proxyDetails(at) === undefined; at = getPrototypeOf(at)) {
    if (at === errorPrototype) return true;
  }
  return false;
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
  const exhausted = state.left <= 0;
  if ((nested || exhausted) && type !== "Function" && type !== "Error" && type !== "Date" && type !== "RegExp") {
    if (exhausted) return "...";
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
  state.path.push(object);
  try {
    const nestedOptions = { depth, maxArrayLength: state.itemsMax, maxStringLength: state.stringMax };
    const result: unknown = apply(method, object, [depth, { ...nestedOptions, inspect: (value: unknown) => show(state, value) }, inspect]);
    if (result === object) return undefined;
    return typeof result === "string" ? result.replaceAll("\n", `\n${" ".repeat(state.indent)}`) : show(state, result);
  } catch (error) {
    return `[custom inspection threw ${typeof error === "object" ? "an error" : String(error)}]`;
  } finally {
    state.path.pop();
  }
}

/** The parts of an object's text: `head open members close`; just `head` when there are no members and no braces. */
interface Shown {
  head: string;
  members: string[];
  open: string;
  close: string;
  list?: boolean; // many short members may be laid out in columns
}

function describe(state: State, object: any, type: string, name: string | undefined, nested: boolean): Shown {
  const keys = nested ? [] : ownMembers(state, object);
  const label = prefix(object, name, type);
  const properties = () => keys.slice(0, state.itemsMax).map((key) => showProperty(state, object, key))
    .concat(more(keys.length - state.itemsMax));
  const plain = (head: string): Shown => ({ head, members: properties(), open: "{", close: "}" });
  const collection = (members: string[], size?: number): Shown =>
    ({ head: size === undefined ? label : `${label}(${size})`, members: [...members, ...properties()], open: "{", close: "}" });

  if (Array.isArray(object)) {
    const members = showItems(state, object, object.length);
    return { head: name === "Array" ? "" : `${label}(${object.length})`, members: [...members, ...properties()], open: "[", close: "]", list: true };
  }
  switch (type) {
    case "Function": return bare(plain(functionLabel(object, name)));
    case "Error": return bare(errorParts(state, object, name, keys));
    case "Date": return bare(plain(Number.isNaN(+object.valueOf()) ? "Invalid Date" : apply(dateToISO, object, [])));
    case "RegExp": return bare(plain(apply(regExpToString, object, [])));
    case "Map":
    case "Set":
    case "MapIterator":
    case "SetIterator": {
      const [entries, keyed] = ops.previewEntries(object) ?? [[], false];
      const size = keyed ? entries.length / 2 : entries.length;
      const members: string[] = [];
      for (let index = 0; index < size && index < state.itemsMax && state.left > 0; index++) {
        members.push(keyed
          ? `${show(state, entries[2 * index])} => ${show(state, entries[2 * index + 1])}`
          : show(state, entries[index]));
      }
      members.push(...more(size - members.length));
      return type === "Map" || type === "Set" ? collection(members, size) : { ...collection(members), head: `[${type.slice(0, 3)} Iterator]` };
    }
    case "WeakMap":
    case "WeakSet": return collection(["<items unknown>"]);
    case "WeakRef": return collection(["<target unknown>"]);
    case "Promise": {
      const [settled, value] = ops.promiseState(object) as [string, unknown];
      if (settled === "pending") return collection(["<pending>"]);
      return collection([`${settled === "rejected" ? "<rejected> " : ""}${show(state, value)}`]);
    }
    case "ArrayBuffer":
    case "SharedArrayBuffer": {
      if (object.detached === true) return collection(["(detached)", "byteLength: 0"]);
      const bytes = new Uint8Array(object, 0, Math.min(object.byteLength, 50));
      const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
      const rest = object.byteLength - bytes.length;
      const contents = rest > 0 ? `${hex} ... ${rest} more byte${rest === 1 ? "" : "s"}` : hex;
      return collection([`[Uint8Contents]: <${contents}>`, `byteLength: ${object.byteLength}`]);
    }
    case "DataView":
      return collection([`byteLength: ${object.byteLength}`, `byteOffset: ${object.byteOffset}`, `buffer: ${show(state, object.buffer)}`]);
    case "Number":
    case "String":
    case "Boolean":
    case "Symbol":
    case "BigInt": {
      const primitive: unknown = apply(primitiveOf[type], object, []);
      return bare(plain(`[${type}${name === type ? "" : ` (${name})`}: ${showPrimitive(state, primitive)}]`));
    }
  }
  if (ArrayBuffer.isView(object)) {
    const { length } = object as Uint8Array;
    return { head: `${label}(${length})`, members: [...showItems(state, object as never, length), ...properties()], open: "[", close: "]", list: true };
  }
  const tag = label === "Object" ? "" : label;
  return plain(tag);
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
    const parent = getPrototypeOf(value) as Function | null;
    const parentName = parent === Function.prototype || typeof parent !== "function" ? "" : functionName(parent);
    return `[class ${own || "(anonymous)"}${parentName === "" ? "" : ` extends ${parentName}`}]`;
  }
  return `[${name ?? "Function"}${own === "" ? " (anonymous)" : `: ${own}`}]`;
}

function errorParts(state: State, error: Error, name: string | undefined, keys: PropertyKey[]): Shown {
  // `stack` is an accessor of V8's own, which runs code only where user code has set Error.prepareStackTrace.
  const own = getOwnPropertyDescriptor(error, "stack");
  let stack: unknown = own?.value;
  try {
    if (own !== undefined && "get" in own) stack = error.stack;
  } catch {
    stack = undefined;
  }
  const message = dataProperty(error, "message");
  let head = typeof stack === "string" && stack !== "" ? stack : `[${name ?? "Error"}${typeof message === "string" && message !== "" ? `: ${message}` : ""}]`;
  // A subclass that does not set `name` is shown by its class nevertheless.
  if (name !== undefined && name !== "Error" && head.startsWith("Error") && dataProperty(error, "name") === "Error") {
    head = name + head.slice(5);
  }
  if (state.indent > 2) head = head.replaceAll("\n", `\n${" ".repeat(state.indent - 2)}`);
  const members: string[] = [];
  for (const key of keys) {
    if (key !== "stack" && key !== "message" && key !== "cause" && key !== "errors") members.push(showProperty(state, error, key));
  }
  for (const key of ["cause", "errors"]) {
    const descriptor = getOwnPropertyDescriptor(error, key);
    if (descriptor !== undefined && "value" in descriptor) members.push(`[${key}]: ${show(state, descriptor.value)}`);
  }
  return { head, members, open: "{", close: "}" };
}

function showProperty(state: State, object: object, key: PropertyKey): string {
  const descriptor = getOwnPropertyDescriptor(object, key);
  if (state.left <= 0 || descriptor === undefined) return `${showKey(key)}: ...`;
  const value = "value" in descriptor ? show(state, descriptor.value)
    : descriptor.get === undefined ? "[Setter]" : descriptor.set === undefined ? "[Getter]" : "[Getter/Setter]";
  return `${descriptor.enumerable ? showKey(key) : `[${String(key)}]`}: ${value}`;
}

function showItems(state: State, items: ArrayLike<unknown> & object, length: number): string[] {
  const members: string[] = [];
  let index = 0;
  while (index < length && members.length < state.itemsMax && state.left > 0) {
    const descriptor = getOwnPropertyDescriptor(items, index);
    if (descriptor !== undefined) {
      members.push("value" in descriptor ? show(state, descriptor.value) : "[Getter]");
      index++;
      continue;
    }
    const start = index;
    // Holes may be millions: beyond some, the rest counts as more items.
    while (index < length && index - start < 100_000 && getOwnPropertyDescriptor(items, index) === undefined) index++;
    members.push(`<${index - start} empty item${index - start === 1 ? "" : "s"}>`);
  }
  return [...members, ...more(length - index)];
}

const more = (count: number) => (count > 0 ? [`... ${count} more item${count === 1 ? "" : "s"}`] : []);

function layOut(state: State, { head, members, open, close, list }: Shown, level: number): string {
  const lead = head === "" ? open : open === "" ? head : `${head} ${open}`;
  if (open === "") return head;
  if (members.length === 0) return `${lead}${close}`;
  const rows = list && members.length > 6 ? columns(members, state.indent) : members;
  // On one line, when it fits and is not too deep.
  if (rows === members && state.level - level < kInnerLevels) {
    const width = members.reduce((sum, member) => sum + member.length + 2, state.indent + lead.length + 2);
    if (width <= kLineWidth - 4 && !lead.includes("\n") && !members.some((member) => member.includes("\n"))) {
      return `${lead} ${members.join(", ")} ${close}`;
    }
  }
  const margin = `\n${" ".repeat(state.indent)}`;
  return `${lead}${margin}  ${rows.join(`,${margin}  `)}${margin}${close}`;
}

/** Short members side by side, in columns of one width. */
function columns(members: string[], indent: number): string[] {
  const last = members.at(-1)!.startsWith("... ") ? [members.at(-1)!] : [];
  const cells = last.length > 0 ? members.slice(0, -1) : members;
  const widest = Math.max(...cells.map((cell) => cell.length)) + 2;
  const count = Math.min(16, Math.floor((kLineWidth - indent) / widest), Math.ceil(Math.sqrt(2.5 * widest * cells.length) / widest));
  if (count <= 1 || cells.some((cell) => cell.includes("\n"))) return members;
  const numeric = cells.every((cell) => /^-?[\d.]+n?$/.test(cell));
  const rows: string[] = [];
  for (let start = 0; start < cells.length; start += count) {
    const row = cells.slice(start, start + count);
    const padded = row.map((cell, column) => {
      const text = column === row.length - 1 ? cell : `${cell}, `;
      return numeric ? text.padStart(column === row.length - 1 ? widest - 2 : widest) : column === row.length - 1 ? text : text.padEnd(widest);
    });
    rows.push(padded.join(""));
  }
  return [...rows, ...last];
}
