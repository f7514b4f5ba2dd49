// SPDX-License-Identifier: Apache-2.0
// https://xhr.spec.whatwg.org/#interface-formdata
import { defineInterface, requireArguments } from "mayfly:core";
import { type File, blobBytes, isBlob, isFile, makeFile } from "mayfly:web/file";

export type Value = string | File;
type Entry = readonly [name: string, value: Value];

const toUsvString = (value: unknown): string => `${value}`.toWellFormed();

/** https://xhr.spec.whatwg.org/#create-an-entry */
function toEntry(name: unknown, value: unknown, filename: unknown): Entry {
  const key = toUsvString(name);
  if (!isBlob(value)) return [key, toUsvString(value)];
  const file = isFile(value) ? value : undefined;
  if (file && filename === undefined) return [key, file];
  const fileName = filename === undefined ? "blob" : toUsvString(filename);
  return [key, makeFile(blobBytes(value), fileName, value.type, file?.lastModified)];
}

function* iterate<T>(entries: readonly Entry[], pick: (entry: Entry) => T): Generator<T> {
  for (let i = 0; i < entries.length; i++) yield pick(entries[i]!);
}

export let formDataEntries: (form: FormData) => Entry[];
export let isFormData: (value: unknown) => value is FormData;

export class FormData {
  #entries: Entry[] = [];

  static {
    formDataEntries = (form) => form.#entries;
    isFormData = (value): value is FormData => typeof value === "object" && value !== null && #entries in value;
  }

  constructor(form: unknown = undefined) {
    if (form !== undefined) throw new TypeError("Failed to construct 'FormData': there are no HTML forms here to take it from.");
  }

  append(name: unknown, value: unknown, filename: unknown = undefined): void {
    const entries = this.#entries;
    requireArguments("Failed to execute 'append' on 'FormData'", arguments.length, 2);
    entries.push(toEntry(name, value, filename));
  }

  delete(name: unknown): void {
    const entries = this.#entries;
    requireArguments("Failed to execute 'delete' on 'FormData'", arguments.length, 1);
    const key = toUsvString(name);
    let kept = 0;
    for (const entry of entries) if (entry[0] !== key) entries[kept++] = entry;
    entries.length = kept;
  }

  get(name: unknown): Value | null {
    const entries = this.#entries;
    requireArguments("Failed to execute 'get' on 'FormData'", arguments.length, 1);
    const key = toUsvString(name);
    return entries.find((entry) => entry[0] === key)?.[1] ?? null;
  }

  getAll(name: unknown): Value[] {
    const entries = this.#entries;
    requireArguments("Failed to execute 'getAll' on 'FormData'", arguments.length, 1);
    const key = toUsvString(name);
    return entries.filter((entry) => entry[0] === key).map((entry) => entry[1]);
  }

  has(name: unknown): boolean {
    const entries = this.#entries;
    requireArguments("Failed to execute 'has' on 'FormData'", arguments.length, 1);
    const key = toUsvString(name);
    return entries.some((entry) => entry[0] === key);
  }

  set(name: unknown, value: unknown, filename: unknown = undefined): void {
    const entries = this.#entries;
    requireArguments("Failed to execute 'set' on 'FormData'", arguments.length, 2);
    const entry = toEntry(name, value, filename);
    const first = entries.findIndex((old) => old[0] === entry[0]);
    if (first < 0) {
      entries.push(entry);
      return;
    }
    entries[first] = entry;
    let kept = first + 1;
    for (let i = kept; i < entries.length; i++) if (entries[i]![0] !== entry[0]) entries[kept++] = entries[i]!;
    entries.length = kept;
  }

  entries(): Generator<[string, Value]> {
    return iterate(this.#entries, ([name, value]): [string, Value] => [name, value]);
  }

  keys(): Generator<string> {
    return iterate(this.#entries, ([name]) => name);
  }

  values(): Generator<Value> {
    return iterate(this.#entries, ([, value]) => value);
  }

  forEach(callback: (value: Value, name: string, form: FormData) => void, receiver: unknown = undefined): void {
    const entries = this.#entries;
    if (typeof callback !== "function") {
      throw new TypeError("Failed to execute 'forEach' on 'FormData': parameter 1 is not of type 'function'.");
    }
    for (let i = 0; i < entries.length; i++) callback.call(receiver, entries[i]![1], entries[i]![0], this);
  }

  declare [Symbol.iterator]: () => Generator<[string, Value]>;
}

defineInterface(FormData);
Object.defineProperty(FormData.prototype, Symbol.iterator,
  { value: FormData.prototype.entries, writable: true, configurable: true });
