// SPDX-License-Identifier: Apache-2.0
// What user code sees of RPC. An RpcStub stands for something of a peer (or, made with `new`, of this worker). Reading
// a property of a stub gives an RpcProperty, calling either gives an RpcPromise; both can be awaited and both can be
// gone on from, without waiting for anything. These three are callable, so they are proxies over a function; Fetcher,
// the stub of a service, is an ordinary object whose prototype chain ends in a proxy: V8 serializes it without detour,
// and `fetch` is found without a trap.
//
// `then` is a member of RpcPromise and RpcProperty only: a stub can be awaited and stays what it is.

import { RemoteCall } from "./calls.ts";
import type { Capability } from "./capability.ts";
import { type ContextOwned, type RequestContext, currentContext } from "./context.ts";
import { illegalInvocation } from "./errors.ts";
import { setStubProbe } from "./members.ts";
import { kPathLengthMax } from "./protocol.ts";

type Base = Capability | RemoteCall;

const kHandler = Symbol("handler");
const kConstruct = Symbol("construct");
const objectPrototype = Object.prototype;
const { get: reflectGet } = Reflect;

/** An arrow function has no own property that a proxy would have to show. */
const callable = (): void => {};

/** What a stub has hold of: apart from the stub, so that the request that it belongs to does not keep the stub. */
class Hold implements ContextOwned {
  capability: Capability | null;
  /** The request that it is given back with; null: none. */
  context: RequestContext | null = null;

  constructor(capability: Capability) {
    this.capability = capability;
  }
  belongTo(context: RequestContext | null): void {
    if (this.capability === null) return;
    this.context?.disown(this);
    this.context = context;
    if (context === null) return;
    if (context.ended) this.contextEnded();
    else context.own(this);
  }
  contextEnded(): void {
    const capability = this.capability;
    this.capability = null;
    capability?.dispose();
  }
  release(): void {
    this.context?.disown(this);
    this.context = null;
    this.contextEnded();
  }
}

const kLeaked =
    "An RPC stub was not disposed properly. You must call dispose() on all stubs in order to let the other side know " +
    "that you are no longer using them. You cannot rely on the garbage collector for this because it may take " +
    "arbitrarily long before actually collecting unreachable objects. As a shortcut, calling dispose() on the result " +
    "of an RPC call disposes all stubs within it.";
let leakTold = false;

function collected(hold: Hold): void {
  // Once: a program that leaks one leaks many.
  if (hold.context !== null && hold.capability !== null && !leakTold) {
    leakTold = true;
    ops.log("system", "warn", kLeaked);
  }
  hold.release();
}

/** Releases what unreachable stubs held. Made on first use: it cannot be part of a snapshot. */
let registry: FinalizationRegistry<Hold> | null = null;

function releaseWith(owner: object, hold: Hold): void {
  registry ??= new FinalizationRegistry(collected);
  registry.register(owner, hold, owner);
}

/** Has `capability` disposed of when `owner` is collected, unless that unregisters first. */
export function disposeWith(owner: object, capability: Capability): void {
  if (capability.releasable) releaseWith(owner, new Hold(capability));
}

abstract class Handler implements ProxyHandler<() => void> {
  abstract readonly prototype: object;
  abstract target(): Base;
  abstract path(): readonly string[];

  get(_target: unknown, key: string | symbol, receiver: unknown): unknown {
    if (key === kHandler) return this;
    // What every `await` reads.
    if (key === "then") return (this.prototype as { then?: unknown }).then;
    const member = reflectGet(this.prototype, key, receiver) as unknown;
    if (member !== undefined || typeof key === "symbol") return member;
    return makeProperty(this, this.#base(), this.path(), key);
  }
  has(_target: unknown, key: string | symbol): boolean {
    return typeof key === "string" ? key !== "then" || key in this.prototype : key in this.prototype;
  }
  getPrototypeOf(): object {
    return this.prototype;
  }
  apply(_target: unknown, _this: unknown, args: unknown[]): unknown {
    return makePromise(this.#base().call(this.path(), args));
  }
  /** What was disposed of fails as a call does. */
  #base(): Base {
    try {
      return this.target();
    } catch (error) {
      return RemoteCall.rejected(error);
    }
  }
  set(): boolean {
    throw new TypeError("Properties of an RPC stub cannot be set.");
  }
  defineProperty(): boolean {
    throw new TypeError("Properties of an RPC stub cannot be set.");
  }
  deleteProperty(): boolean {
    throw new TypeError("Properties of an RPC stub cannot be deleted.");
  }
  setPrototypeOf(): boolean {
    return false;
  }
  preventExtensions(): boolean {
    return false;
  }
}

const noPath: readonly string[] = [];

/** What is done with a stub whose request has ended. */
const kOtherRequest =
    "Cannot perform I/O on behalf of a different request. I/O objects (such as streams, request/response bodies, and " +
    "others) created in the context of one request handler cannot be accessed from a different request's handler. " +
    "(I/O type: RpcStub, whose request has ended)";

class StubHandler extends Handler {
  readonly prototype: object;
  readonly hold: Hold;

  constructor(prototype: object, capability: Capability) {
    super();
    this.prototype = prototype;
    this.hold = new Hold(capability);
    if (capability.releasable) releaseWith(this, this.hold);
  }
  target(): Capability {
    const { capability, context } = this.hold;
    if (capability !== null) return capability;
    throw new Error(context === null ? "RPC stub used after being disposed." : kOtherRequest);
  }
  path(): readonly string[] {
    return noPath;
  }
  dispose(): void {
    registry?.unregister(this);
    this.hold.release();
  }
}

class PropertyHandler extends Handler {
  readonly prototype: object = RpcProperty.prototype;
  readonly #base: Base;
  readonly #path: readonly string[];
  /** Keeps the stub from being collected, and its capability from being released. */
  readonly owner: object;
  #promise: Promise<unknown> | null = null;

  constructor(owner: object, base: Base, path: readonly string[]) {
    super();
    this.owner = owner;
    this.#base = base;
    this.#path = path;
  }
  target(): Base {
    return this.#base;
  }
  path(): readonly string[] {
    return this.#path;
  }
  promise(): Promise<unknown> {
    return (this.#promise ??= this.#base.call(this.#path, undefined).promise());
  }
}

class PromiseHandler extends Handler {
  readonly prototype: object = RpcPromise.prototype;
  readonly #call: RemoteCall;
  #disposed = false;

  constructor(call: RemoteCall) {
    super();
    this.#call = call;
  }
  target(): RemoteCall {
    if (this.#disposed) throw new Error("RPC promise used after being disposed.");
    return this.#call;
  }
  path(): readonly string[] {
    return noPath;
  }
  promise(): Promise<unknown> {
    return this.#call.promise();
  }
  /** Nothing more is called on the answer. What was asked for is still done, and can still be awaited. */
  dispose(): void {
    this.#disposed = true;
    this.#call.dispose();
  }
}

function handlerOf(value: unknown): Handler | undefined {
  if (typeof value !== "function") return undefined;
  const handler = (value as unknown as Record<symbol, unknown>)[kHandler];
  return handler instanceof Handler ? handler : undefined;
}

function handlerOfThis<T extends Handler>(value: unknown, type: abstract new (...args: never[]) => T): T {
  const handler = handlerOf(value);
  if (!(handler instanceof type)) throw illegalInvocation();
  return handler;
}

/** Makes an RpcStub of something of this worker; entrypoint.ts knows how. */
let localStub: (target: object) => Capability;
export function setLocalStub(make: (target: object) => Capability): void {
  localStub = make;
}

export class RpcStub {
  constructor(target: unknown, capability?: unknown) {
    let held: Capability;
    if (target === kConstruct) {
      held = capability as Capability;
    } else {
      if (target === null || (typeof target !== "object" && typeof target !== "function")) {
        throw new TypeError("Failed to construct 'JsRpcStub': constructor parameter 1 is not of type 'Object'.");
      }
      held = localStub(target);
    }
    const handler = new StubHandler(RpcStub.prototype, held);
    return new Proxy(callable, handler) as unknown as RpcStub;
  }
  dup(): RpcStub {
    const stub = makeStub(handlerOfThis(this, StubHandler).target().dup());
    giveToRequest(stub, currentContext());
    return stub;
  }
  [Symbol.dispose](): void {
    handlerOfThis(this, StubHandler).dispose();
  }
}

abstract class Awaitable {
  then(onFulfilled?: (value: unknown) => unknown, onRejected?: (error: unknown) => unknown): Promise<unknown> {
    return awaitableOf(this).promise().then(onFulfilled, onRejected);
  }
  catch(onRejected?: (error: unknown) => unknown): Promise<unknown> {
    return awaitableOf(this).promise().catch(onRejected);
  }
  finally(onFinally?: () => void): Promise<unknown> {
    return awaitableOf(this).promise().finally(onFinally);
  }
}

function awaitableOf(value: unknown): PropertyHandler | PromiseHandler {
  const handler = handlerOf(value);
  if (handler instanceof PropertyHandler || handler instanceof PromiseHandler) return handler;
  throw illegalInvocation();
}

export class RpcProperty extends Awaitable {
  constructor() {
    super();
    throw new TypeError("Illegal constructor");
  }
}

export class RpcPromise extends Awaitable {
  constructor() {
    super();
    throw new TypeError("Illegal constructor");
  }
  [Symbol.dispose](): void {
    handlerOfThis(this, PromiseHandler).dispose();
  }
}

/** The end of Fetcher's prototype chain: every other name is a method of the service. */
const dynamicMembers = new Proxy(Object.create(null) as object, {
  get(_target, key, receiver): unknown {
    if (typeof key === "symbol" || key === "then") return undefined;
    if (key in objectPrototype) return reflectGet(objectPrototype, key, receiver) as unknown;
    const capability = fetcherCapability(receiver);
    return capability === null ? undefined : makeProperty(receiver as object, capability, noPath, key);
  },
  has(_target, key): boolean {
    return typeof key === "string" && key !== "then";
  },
  getPrototypeOf(): object {
    return objectPrototype;
  },
});

/** The capability of a Fetcher, null for everything else. */
let fetcherCapability: (value: unknown) => Capability | null;

/** The stub of an entrypoint: fetch() and whatever methods the entrypoint has. */
export class Fetcher {
  #capability: Capability | null;

  constructor(key: unknown, capability?: Capability) {
    if (key !== kConstruct || capability === undefined) throw new TypeError("Illegal constructor");
    this.#capability = capability;
    disposeWith(this, capability);
  }

  static {
    fetcherCapability = (value) => {
      if (value === null || typeof value !== "object" || !(#capability in value)) return null;
      if (value.#capability === null) throw new Error("RPC stub used after being disposed.");
      return value.#capability;
    };
  }

  fetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
    try {
      const capability = serviceOf(this);
      if (arguments.length === 0) {
        throw new TypeError("Failed to execute 'fetch' on 'Fetcher': parameter 1 is not of type 'Request or string'.");
      }
      const { Request: RequestClass } = requireGroup("mayfly:web/fetch") as { Request: typeof Request };
      return capability.fetch(new RequestClass(input, init));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  connect(address: unknown, options?: unknown): object {
    const capability = serviceOf(this);
    return requireGroup("mayfly:platform/sockets").connectThrough(() => capability.connectionTarget(), address, options);
  }

  [Symbol.dispose](): void {
    const capability = this.#capability;
    if (capability === null) return;
    this.#capability = null;
    registry?.unregister(this);
    capability.dispose();
  }
}

Object.setPrototypeOf(Fetcher.prototype, dynamicMembers);

function serviceOf(value: unknown): Capability {
  const capability = fetcherCapability(value) ?? handlerOf(value)?.target();
  if (capability === undefined || "promise" in capability) throw illegalInvocation();
  return capability;
}

/** ctx.exports.Name: a service stub that can also be called, with { props }, for another one. */
class ServiceFactoryHandler extends Handler {
  readonly prototype: object = LoopbackServiceStub.prototype;
  readonly capability: Capability;
  readonly #make: (...options: unknown[]) => Fetcher;

  constructor(capability: Capability, make: (...options: unknown[]) => Fetcher) {
    super();
    this.capability = capability;
    this.#make = make;
  }
  target(): Capability {
    return this.capability;
  }
  path(): readonly string[] {
    return noPath;
  }
  override get(_target: unknown, key: string | symbol, receiver: unknown): unknown {
    if (key === kHandler) return this;
    if (key === "fetch" || key === "connect") return Fetcher.prototype[key];
    if (key === Symbol.toStringTag) return "LoopbackServiceStub";
    if (typeof key === "symbol" || key === "then") return undefined;
    if (key === "constructor") return LoopbackServiceStub;
    if (key in objectPrototype) return reflectGet(objectPrototype, key, receiver) as unknown;
    return makeProperty(this, this.capability, noPath, key);
  }
  override apply(_target: unknown, _this: unknown, args: unknown[]): unknown {
    return this.#make(...args);
  }
}

export class LoopbackServiceStub extends Fetcher {
  constructor() {
    super(undefined);
  }
}

// The names under which they were first known stay in their tags.
for (const [type, name, tag] of [
  [Fetcher, "ServiceStub", "Fetcher"],
  [LoopbackServiceStub, "LoopbackServiceStub", "LoopbackServiceStub"],
  [RpcStub, "RpcStub", "JsRpcStub"],
  [RpcPromise, "RpcPromise", "JsRpcPromise"],
  [RpcProperty, "RpcProperty", "JsRpcProperty"],
] as const) {
  Object.defineProperty(type, "name", { value: name, configurable: true });
  Object.defineProperty(type.prototype, Symbol.toStringTag, { value: tag, configurable: true });
}

// --- making and knowing them ---

export function makeStub(capability: Capability): RpcStub {
  return new RpcStub(kConstruct, capability);
}

export function makeFetcher(capability: Capability): Fetcher {
  return new Fetcher(kConstruct, capability);
}

export function makeServiceFactory(capability: Capability, make: (...options: unknown[]) => Fetcher): unknown {
  return new Proxy(callable, new ServiceFactoryHandler(capability, make));
}

/** Has `stub` disposed of when that request ends, and no other; null: when whoever holds it does. */
export function giveToRequest(stub: object, context: RequestContext | null): void {
  const handler = handlerOf(stub);
  if (handler instanceof StubHandler) handler.hold.belongTo(context);
}

function makePromise(call: RemoteCall): unknown {
  return new Proxy(callable, new PromiseHandler(call));
}

function makeProperty(owner: object, base: Base, parent: readonly string[], name: string): unknown {
  if (parent.length >= kPathLengthMax) {
    throw new TypeError(`RPC pipelined property path is too deep (max ${kPathLengthMax - 1}).`);
  }
  return new Proxy(callable, new PropertyHandler(owner, base, parent.length === 0 ? [name] : [...parent, name]));
}

export const enum StubKind {
  none,
  stub,
  service,
  /** ctx.exports.Name, not called. */
  factory,
  promise,
  property,
}

export function stubKindOf(value: object): StubKind {
  if (fetcherCapability(value) !== null) return StubKind.service;
  const handler = handlerOf(value);
  if (handler === undefined) return StubKind.none;
  if (handler instanceof StubHandler) return StubKind.stub;
  if (handler instanceof PromiseHandler) return StubKind.promise;
  return handler instanceof PropertyHandler ? StubKind.property : StubKind.factory;
}

/** The capability of a stub, service stub or factory; throws if it was disposed of. */
export function heldBy(value: object): Capability | null {
  const service = fetcherCapability(value);
  if (service !== null) return service;
  const handler = handlerOf(value);
  return handler instanceof StubHandler || handler instanceof ServiceFactoryHandler ? handler.target() : null;
}

setStubProbe((value) => {
  if (typeof value === "object") return fetcherCapability(value);
  const handler = handlerOf(value);
  if (handler === undefined) return null;
  if (handler instanceof PropertyHandler) return handler.target().call(handler.path(), undefined);
  return handler.target();
});
