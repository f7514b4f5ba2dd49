// SPDX-License-Identifier: Apache-2.0
// Which classes, beside those that V8 clones itself, may cross a pipe, and how. A group that defines such a class calls
// registerHostType when it is evaluated; its name stands in `readers`, so that a descriptor that arrives loads the
// group.

import type { Session } from "./session.ts";

/** What the writer returns: the tag, then values that V8 clones (and further host objects). */
export type Descriptor = [tag: string, ...fields: unknown[]];

export interface HostType<T extends object> {
  tag: string;
  /** The class; instances of subclasses are written by the same writer. */
  type: abstract new (...args: never[]) => T;
  /** Throws cloneError() for what cannot cross. `session` is null for structuredClone. */
  write(session: Session | null, object: T): Descriptor;
  /** `descriptor` came from outside: check every field, throw TypeError. */
  read(session: Session | null, descriptor: Descriptor): object;
}

/** The groups that register a reader for a tag. */
const readerGroups: Record<string, string> = {
  __proto__: null as never,
  headers: "mayfly:web/fetch",
  request: "mayfly:web/fetch",
  response: "mayfly:web/fetch",
  blob: "mayfly:web/file",
  file: "mayfly:web/file",
  stream: "mayfly:web/streams",
  writable: "mayfly:web/streams",
  abortSignal: "mayfly:web/events",
  domException: "mayfly:web/events",
};

const byPrototype = new Map<object, HostType<object>>();
const byTag = new Map<string, HostType<object>>();

export function registerHostType<T extends object>(hostType: HostType<T>): void {
  byPrototype.set(hostType.type.prototype as object, hostType as unknown as HostType<object>);
  byTag.set(hostType.tag, hostType as unknown as HostType<object>);
}

export function hostTypeOf(object: object): HostType<object> | undefined {
  if (byPrototype.size === 0) return undefined;
  for (let prototype = Object.getPrototypeOf(object) as object | null; prototype !== null;
       prototype = Object.getPrototypeOf(prototype) as object | null) {
    const found = byPrototype.get(prototype);
    if (found !== undefined) return found;
  }
  return undefined;
}

export function hostTypeOfTag(tag: string): HostType<object> | undefined {
  const known = byTag.get(tag);
  if (known !== undefined) return known;
  const group = readerGroups[tag];
  if (group === undefined) return undefined;
  requireGroup(group);
  return byTag.get(tag);
}
