// SPDX-License-Identifier: Apache-2.0
// Deep equality as node:assert and util.isDeepStrictEqual have it:
// https://nodejs.org/api/assert.html#assertdeepstrictequalactual-expected-message
const { is, keys: keysOf, getPrototypeOf, getOwnPropertySymbols, hasOwn } = Object;
const { apply } = Reflect;
const { isView } = ArrayBuffer;
const enumerable = Object.prototype.propertyIsEnumerable;
const valueOf: Record<string, (this: any) => unknown> = {
  Number: Number.prototype.valueOf, String: String.prototype.valueOf, Boolean: Boolean.prototype.valueOf,
  Symbol: Symbol.prototype.valueOf, BigInt: BigInt.prototype.valueOf,
};

/** loose: as ==; strict: as Object.is, prototypes too; partial: the actual one may have more. */
export type Mode = "loose" | "strict" | "partial";

class Comparison {
  readonly mode: Mode;
  readonly skipPrototype: boolean;
  // Pairs that are being compared: a pair met again within itself counts as equal.
  readonly #left: object[] = [];
  readonly #right: object[] = [];

  constructor(mode: Mode, skipPrototype: boolean) {
    this.mode = mode;
    this.skipPrototype = skipPrototype;
  }

  equal(a: any, b: any): boolean {
    if (a === b) return a !== 0 || this.mode === "loose" || is(a, b);
    if (this.mode !== "loose") {
      if (typeof a !== "object") return typeof a === "number" && Number.isNaN(a) && Number.isNaN(b);
      if (typeof b !== "object" || a === null || b === null) return false;
      if (!this.skipPrototype && this.mode === "strict" && getPrototypeOf(a) !== getPrototypeOf(b)) return false;
    } else {
      if (a === null || typeof a !== "object") {
        return (b === null || typeof b !== "object") && (a == b || (Number.isNaN(a) && Number.isNaN(b)));
      }
      if (b === null || typeof b !== "object") return false;
    }
    return this.#objects(a, b);
  }

  #objects(a: any, b: any): boolean {
    const type = ops.typeOf(a);
    const other = ops.typeOf(b);
    const tag = apply(Object.prototype.toString, a, []);
    if (type !== other || (tag !== apply(Object.prototype.toString, b, []) && this.mode !== "partial")) return false;
    switch (type) {
      case "Array":
        if (this.mode === "partial" ? a.length < b.length : a.length !== b.length) return false;
        return this.mode === "partial" ? this.#partialArray(a, b) : this.#members(a, b, "Array");
      case "Date":
        if (!is(Date.prototype.getTime.call(a), Date.prototype.getTime.call(b))) return false;
        break;
      case "RegExp":
        if (a.source !== b.source || a.flags !== b.flags || a.lastIndex !== b.lastIndex) return false;
        break;
      case "Error":
        if (!this.#errors(a, b)) return false;
        break;
      case "ArrayBuffer":
        if (!sameBytes(new Uint8Array(a), new Uint8Array(b))) return false;
        break;
      case "Number": case "String": case "Boolean": case "Symbol": case "BigInt":
        if (!is(apply(valueOf[type]!, a, []), apply(valueOf[type]!, b, []))) return false;
        break;
      case "Promise": case "WeakMap": case "WeakSet": case "WeakRef":
        return false;
      default:
        if (isView(a)) {
          if (!this.#views(a, b, type)) return false;
          return this.#members(a, b, "view");
        }
        if (a instanceof URL && b instanceof URL && a.href !== b.href) return false;
        if (a instanceof URL !== b instanceof URL) return false;
    }
    return this.#members(a, b, type);
  }

  #errors(a: any, b: any): boolean {
    for (const key of ["message", "name", "cause", "errors"]) {
      const own = key === "message" || key === "name" || hasOwn(b, key);
      if (!own) {
        if (this.mode !== "partial" && hasOwn(a, key)) return false;
        continue;
      }
      if (key === "cause" || key === "errors" ? !hasOwn(a, key) || !this.equal(a[key], b[key]) : a[key] !== b[key]) return false;
    }
    return true;
  }

  #views(a: any, b: any, type: string): boolean {
    if (a.byteLength !== b.byteLength && this.mode !== "partial") return false;
    if (this.mode === "partial" && a.byteLength < b.byteLength) return false;
    if (type.startsWith("Float")) {
      for (let i = 0; i < b.length; i++) {
        if (this.mode === "loose" ? a[i] !== b[i] && !(Number.isNaN(a[i]) && Number.isNaN(b[i])) : !is(a[i], b[i])) return false;
      }
      return true;
    }
    return sameBytes(new Uint8Array(a.buffer, a.byteOffset, b.byteLength), new Uint8Array(b.buffer, b.byteOffset, b.byteLength));
  }

  #ownKeys(object: object, kind: string): (string | symbol)[] {
    let keys: (string | symbol)[] = keysOf(object);
    if (kind === "view" || kind === "String") keys = keys.filter((key) => !/^(?:0|[1-9]\d*)$/.test(key as string));
    if (this.mode !== "loose") {
      for (const symbol of getOwnPropertySymbols(object)) if (apply(enumerable, object, [symbol])) keys.push(symbol);
    }
    return keys;
  }

  #members(a: any, b: any, kind: string): boolean {
    const keys = this.#ownKeys(b, kind);
    const others = this.#ownKeys(a, kind);
    if (this.mode === "partial" ? others.length < keys.length && kind !== "Error" : others.length !== keys.length) return false;
    for (const key of keys) if (!hasOwn(a, key) || !apply(enumerable, a, [key])) return false;
    for (let i = this.#left.length - 1; i >= 0; i--) {
      if (this.#left[i] === a || this.#right[i] === b) return this.#left[i] === a && this.#right[i] === b;
    }
    this.#left.push(a);
    this.#right.push(b);
    const result = this.#contents(a, b, kind) && keys.every((key) => this.equal(a[key], b[key]));
    this.#left.pop();
    this.#right.pop();
    return result;
  }

  #contents(a: any, b: any, kind: string): boolean {
    if (kind === "Set") return this.#sets(a, b);
    if (kind === "Map") return this.#maps(a, b);
    return true;
  }

  #sets(a: any, b: any): boolean {
    const [left] = ops.previewEntries(a)!;
    const [right] = ops.previewEntries(b)!;
    if (this.mode === "partial" ? left.length < right.length : left.length !== right.length) return false;
    const has = new Set(left);
    const rest = right.filter((value) => !has.has(value));
    if (rest.length === 0) return true;
    const wanted = new Set(right);
    const free = left.filter((value) => this.mode === "partial" || !wanted.has(value));
    return rest.every((value) => take(free, (candidate) => this.equal(candidate, value)));
  }

  #maps(a: any, b: any): boolean {
    const [left] = ops.previewEntries(a)!;
    const [right] = ops.previewEntries(b)!;
    if (this.mode === "partial" ? left.length < right.length : left.length !== right.length) return false;
    const have = new Map<unknown, unknown>();
    for (let i = 0; i < left.length; i += 2) have.set(left[i], left[i + 1]);
    const rest: unknown[] = [];
    for (let i = 0; i < right.length; i += 2) {
      const key = right[i];
      if (have.has(key) && this.equal(have.get(key), right[i + 1])) have.delete(key);
      else if (typeof key === "object" && key !== null ? true : this.mode === "loose") rest.push(key, right[i + 1]);
      else return false;
    }
    const free = [...have];
    for (let i = 0; i < rest.length; i += 2) {
      if (!take(free, ([key, value]) => this.equal(key, rest[i]) && this.equal(value, rest[i + 1]))) return false;
    }
    return true;
  }

  /** Each expected item, in order, somewhere in the actual array. */
  #partialArray(a: any[], b: any[]): boolean {
    let at = 0;
    for (const expected of b) {
      while (at < a.length && !this.equal(a[at], expected)) at++;
      if (at++ >= a.length) return false;
    }
    return true;
  }
}

function take<T>(list: T[], matches: (value: T) => boolean): boolean {
  const index = list.findIndex(matches);
  if (index < 0) return false;
  list.splice(index, 1);
  return true;
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  requireGroup("mayfly:node/buffer"); // whose op it is
  return a.length === b.length && ops.bufferCompare(a, 0, a.length, b, 0, b.length) === 0;
}

export function deepEqual(a: unknown, b: unknown, mode: Mode, skipPrototype = false): boolean {
  return new Comparison(mode, skipPrototype).equal(a, b);
}
