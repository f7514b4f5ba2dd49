// SPDX-License-Identifier: Apache-2.0
// What V8's serializer cannot do by itself. It asks writeHost for each object that is not plain data, and readHost for
// what came of it. Functions and proxies it refuses outright: then replaceCallables makes a copy of the value in which
// these stand as host objects.

import type { Capability } from "./capability.ts";
import { currentContext } from "./context.ts";
import { LoopbackDurableObjectClass, classCapability, makeClass } from "./durable_object_class.ts";
import { cloneError, isError, recordToError, typeName, valueRecord } from "./errors.ts";
import { type Descriptor, hostTypeOf, hostTypeOfTag } from "./host_types.ts";
import { cloning, setCallableReplacer } from "./loopback.ts";
import { ObjectCallee } from "./object_callee.ts";
import { ImportCapability } from "./remote.ts";
import { type Session, sessionOf, setStubLister } from "./session.ts";
import { StubKind, heldBy, makeFetcher, makeStub, stubKindOf } from "./stub.ts";
import { isRpcTarget } from "./targets.ts";
import { worker } from "./worker.ts";

/** Stands for a function or proxy in the copy that replaceCallables makes. */
class Callable {
  readonly value: object;
  constructor(value: object) {
    this.value = value;
  }
}

const { getPrototypeOf, keys } = Object;
const { apply } = Reflect;
const { forEach: mapForEach } = Map.prototype;
const { forEach: setForEach } = Set.prototype;
const objectPrototype = Object.prototype;

function notSerializable(type: string): Error {
  return cloneError(`Could not serialize object of type "${type}". This type does not support serialization.`);
}

type StubTag = "target" | "service" | "class";
const kTypeNames: Record<StubTag, string> = { target: "RpcStub", service: "Fetcher", class: "DurableObjectClass" };

// --- writing ---

export function writeHost(pipe: number, object: object): unknown {
  const session = pipe === 0 ? cloning.writer : (sessionOf(pipe) ?? null);
  if (object instanceof Callable) return writeCallable(session, object.value);
  if (session === null) return describe(null, object);
  // Written a second time, it must not be exported, locked or used up once more.
  let descriptor = session.rewriting?.get(object);
  if (descriptor !== undefined) {
    session.rewriting!.delete(object);
    return descriptor;
  }
  descriptor = describe(session, object);
  (session.descriptors ??= new Map()).set(object, descriptor);
  return descriptor;
}

function describe(session: Session | null, object: object): Descriptor {
  if (stubKindOf(object) === StubKind.service) return writeCapability(session, heldBy(object)!, "service");
  const held = classCapability(object);
  if (held !== null) return writeCapability(session, held, "class");
  if (isRpcTarget(object)) return writeObject(session, object, "target");
  const hostType = hostTypeOf(object);
  if (hostType === undefined && isError(object)) return ["error", valueRecord(object)];
  if (hostType === undefined) throw notSerializable(typeName(object));
  return hostType.write(session, object);
}

function writeCallable(session: Session | null, value: object): Descriptor {
  switch (stubKindOf(value)) {
    case StubKind.none:
      if (value instanceof LoopbackDurableObjectClass) throw notSerializable("LoopbackDurableObjectClass");
      if (typeof value === "function") return writeObject(session, value, "function");
      // A proxy, whatever it is of: its traps run where it is.
      return writeObject(session, value, "target");
    case StubKind.stub: {
      const descriptor = writeCapability(session, heldBy(value)!, "target");
      // What is returned is given away; so are arguments, unless they are duplicated.
      const duplicates = worker.config.compatibility.rpc_params_dup_stubs !== false;
      if (session !== null && (session.writingAnswer !== null || !duplicates)) {
        (session.givenUp ??= []).push(value as Disposable);
      }
      return descriptor;
    }
    case StubKind.service:
      return writeCapability(session, heldBy(value)!, "service");
    case StubKind.factory:
      throw notSerializable("LoopbackServiceStub");
    case StubKind.promise:
      throw notSerializable("RpcPromise");
    case StubKind.property:
      throw notSerializable("RpcProperty");
  }
}

function writeCapability(session: Session | null, capability: Capability, kind: StubTag): Descriptor {
  if (session === null) throw notSerializable(kTypeNames[kind]);
  if (capability instanceof ImportCapability && capability.import.session === session) {
    return ["own", capability.import.id, kind];
  }
  return ["stub", session.export(capability.toCallee()), kind];
}

function writeObject(session: Session | null, object: object, kind: "target" | "function"): Descriptor {
  if (session === null) throw notSerializable(typeName(object));
  const answer = session.writingAnswer;
  const context = session.writingInit ? null : answer !== null ? answer.context : currentContext();
  let id = session.exportIdOf(object);
  let callee = id === undefined ? undefined : session.exported(id);
  if (callee instanceof ObjectCallee && callee.context === context) {
    session.exportAgain(id!);
  } else {
    callee = new ObjectCallee(object, context);
    id = session.export(callee);
  }
  if (answer !== null) (callee as ObjectCallee).holdContext();
  return ["stub", id, kind];
}

// --- reading ---

export function readHost(pipe: number, descriptor: unknown): object {
  const session = pipe === 0 ? cloning.reader : (sessionOf(pipe) ?? null);
  if (!Array.isArray(descriptor) || typeof descriptor[0] !== "string") throw malformed("descriptor");
  const [tag, id, kind] = descriptor as unknown[];
  if (tag === "stub" || tag === "own") {
    if (session === null) throw malformed(tag);
    return tag === "stub" ? readStub(session, id, kind) : readOwn(session, id, kind);
  }
  if (tag === "error") {
    const error = recordToError(id, false, true);
    if (isError(error)) return error;
  }
  const hostType = hostTypeOfTag(tag as string);
  if (hostType === undefined) throw malformed(tag as string);
  return hostType.read(session, descriptor as Descriptor);
}

function malformed(what: string): TypeError {
  return new TypeError(`A value that came from another worker could not be read (${what}).`);
}

function readStub(session: Session, id: unknown, kind: unknown): object {
  if (typeof id !== "number" || !Number.isInteger(id) || id <= 0) throw malformed("stub");
  if (kind !== "target" && kind !== "function" && kind !== "service" && kind !== "class") throw malformed("stub");
  const isService = kind === "service" || kind === "class";
  return makeReceived(session, new ImportCapability(session.import(id), isService), kind);
}

function readOwn(session: Session, id: unknown, kind: unknown): object {
  const callee = typeof id === "number" ? session.exported(id) : undefined;
  if (callee === undefined || callee.isService !== (kind === "service" || kind === "class")) throw malformed("own");
  return makeReceived(session, callee.toCapability(), kind);
}

function makeReceived(session: Session, capability: Capability, kind: unknown): object {
  if (kind === "service") return makeFetcher(capability);
  if (kind === "class") return makeClass(capability);
  const stub = makeStub(capability) as unknown as Disposable;
  (session.received ??= []).push(stub);
  return stub;
}

// --- stubs beside plain values ---

/** What a stub is, as a number; with kOwn where it comes home. */
const enum StubForm {
  function = 1,
  target = 2,
  service = 3,
}
const kOwn = 4;

function formOf([tag, , kind]: Descriptor): number {
  const form = kind === "function" ? StubForm.function : kind === "target" ? StubForm.target : StubForm.service;
  return tag === "own" ? form | kOwn : form;
}

function kindOf(form: number): "function" | "target" | "service" {
  switch (form & ~kOwn) {
    case StubForm.function:
      return "function";
    case StubForm.target:
      return "target";
    case StubForm.service:
      return "service";
    default:
      throw malformed("stub");
  }
}

const kPlainValuesMax = 16;

function isPlain(value: unknown): boolean {
  switch (typeof value) {
    case "undefined":
    case "boolean":
    case "number":
    case "string":
      return true;
    default:
      return value === null;
  }
}

/** Whether it is written as a stub wherever it stands. */
function isStub(value: unknown): value is object {
  if (typeof value === "function") return true;
  return typeof value === "object" && value !== null &&
      (stubKindOf(value) === StubKind.service || isRpcTarget(value));
}

function listStubs(session: Session, values: readonly unknown[]): number[] | undefined {
  if (values.length > kPlainValuesMax) return undefined;
  for (let index = 0; index < values.length; index++) {
    const value = values[index];
    if (isPlain(value)) continue;
    if (!isStub(value)) return undefined;
    // One that stands twice is one stub for the receiver, which a list cannot say.
    for (let earlier = 0; earlier < index; earlier++) if (values[earlier] === value) return undefined;
  }
  const stubs: number[] = [];
  for (let index = 0; index < values.length; index++) {
    const value = values[index];
    if (isPlain(value)) continue;
    const descriptor = typeof value === "function" ? writeCallable(session, value) : describe(session, value as object);
    stubs.push(index, formOf(descriptor), descriptor[1] as number);
  }
  return stubs;
}

setStubLister(listStubs);

/** What came with a list of stubs, with these in it. */
export function withStubs(session: Session, payload: unknown, stubs: readonly number[]): unknown {
  let value = payload;
  const args = Array.isArray(payload) ? (payload as unknown[])[1] : undefined;
  for (let at = 0; at + 2 < stubs.length; at += 3) {
    const form = stubs[at + 1]!;
    const id = stubs[at + 2]!;
    const stub = (form & kOwn) !== 0 ? readOwn(session, id, kindOf(form)) : readStub(session, id, kindOf(form));
    if (Array.isArray(args)) args[stubs[at]!] = stub;
    else value = stub;
  }
  return value;
}

// --- functions and proxies ---

export function replaceCallables(pipe: number, value: unknown): unknown {
  const session = pipe === 0 ? cloning.writer : (sessionOf(pipe) ?? null);
  if (session !== null) {
    session.rewriting = session.descriptors;
    session.descriptors = null;
  }
  return replace(value, new Map());
}

setCallableReplacer(replaceCallables);

function replace(value: unknown, copies: Map<object, unknown>): unknown {
  if (value === null || (typeof value !== "object" && typeof value !== "function")) return value;
  const known = copies.get(value);
  if (known !== undefined) return known;
  if (typeof value === "function" || ops.proxyDetails(value) !== undefined) {
    const callable = new Callable(value);
    copies.set(value, callable);
    return callable;
  }
  if (Array.isArray(value)) {
    const copy: unknown[] = new Array(value.length);
    copies.set(value, copy);
    for (const key of keys(value)) copy[key as unknown as number] = replace(value[key as unknown as number], copies);
    return copy;
  }
  const prototype = getPrototypeOf(value) as object | null;
  if (prototype === objectPrototype || prototype === null) {
    const copy: Record<string, unknown> = prototype === null ? Object.create(null) as Record<string, unknown> : {};
    copies.set(value, copy);
    for (const key of keys(value)) {
      const member = replace((value as Record<string, unknown>)[key], copies);
      if (key === "__proto__") Object.defineProperty(copy, key, { value: member, enumerable: true });
      else copy[key] = member;
    }
    return copy;
  }
  // By what they are: the user's Map.prototype is not that of built-ins.
  switch (ops.typeOf(value)) {
    case "Map": {
      const copy = new Map<unknown, unknown>();
      copies.set(value, copy);
      apply(mapForEach, value, [(member: unknown, key: unknown) => copy.set(replace(key, copies), replace(member, copies))]);
      return copy;
    }
    case "Set": {
      const copy = new Set<unknown>();
      copies.set(value, copy);
      apply(setForEach, value, [(member: unknown) => copy.add(replace(member, copies))]);
      return copy;
    }
    default:
      return value;
  }
}
