// SPDX-License-Identifier: Apache-2.0
// The entrypoints of this worker: classes derived from WorkerEntrypoint, and plain objects of handlers. Each call is an
// event of its own: it gets a fresh request context and, of a class, a fresh instance.

import { ByteQueue } from "./byte_queue.ts";
import { IncomingStream } from "./byte_streams.ts";
import { type Answer, RemoteCall } from "./calls.ts";
import type { Bootstrap, Callee, Capability } from "./capability.ts";
import { isConnectHead } from "./connections.ts";
import { RequestContext, currentContext } from "./context.ts";
import { makeClassFactory } from "./durable_object_class.ts";
import { systemError } from "./errors.ts";
import { ExecutionContext } from "./execution_context.ts";
import { callMember } from "./members.ts";
import { ObjectCallee } from "./object_callee.ts";
import { type EntrypointName, RemoteEntrypoint, type ResourceLimits, type WorkerPath } from "./remote.ts";
import { type Fetcher, makeFetcher, makeServiceFactory, setLocalStub } from "./stub.ts";
import { DurableObject, WorkerEntrypoint, isRpcTarget, isSubclass } from "./targets.ts";
import { EventTrace, fetchEvent } from "./trace.ts";
import { importLocally, makeOwnPath, newContext, worker } from "./worker.ts";

const reservedNames = new Set(["fetch", "connect", "alarm", "webSocketMessage", "webSocketClose", "webSocketError"]);
const { apply } = Reflect;
const { hasOwn } = Object;

type Handlers = Record<string, unknown>;
type EntrypointClass = new (ctx: unknown, env: unknown) => object;

/** The export that `name` means ("" or "default": the default export); throws if it is no entrypoint. */
function findEntrypoint(name: string): EntrypointClass | Handlers {
  const key = name === "" ? "default" : name;
  const found = hasOwn(worker.exports, key) ? worker.exports[key] : undefined;
  if (isSubclass(found, WorkerEntrypoint)) return found;
  if (found !== null && typeof found === "object") return found as Handlers;
  if (isSubclass(found, DurableObject)) {
    throw new Error(`${key} is a Durable Object class, not an entrypoint. Durable Objects are not supported yet.`);
  }
  if (typeof found === "function") {
    throw new TypeError(`The export ${key} is no entrypoint: it must be a class that extends WorkerEntrypoint, or ` +
        "an object with handlers such as fetch().");
  }
  throw systemError(key === "default" ? "Worker has no default entrypoint." : `Worker has no such entrypoint: ${key}`);
}

function isClass(entrypoint: EntrypointClass | Handlers): entrypoint is EntrypointClass {
  return typeof entrypoint === "function";
}

/** Calls a function of a plain object entrypoint: (argument, env, ctx). */
function callHandler(handlers: Handlers, name: string, method: Function, args: unknown[],
                     ctx: ExecutionContext): unknown {
  if (method.length > 3) {
    throw new TypeError(`Cannot call handler function "${name}" over RPC because it has the wrong number of ` +
        "arguments. A simple function handler can only be called over RPC if it has exactly the arguments (arg, " +
        "env, ctx), where only the first argument comes from the client. To support multi-argument RPC functions, " +
        "use class-based syntax (extending WorkerEntrypoint) instead.");
  }
  if (args.length !== 1) {
    throw new TypeError(`Attempted to call RPC function "${name}" with the wrong number of arguments. When calling ` +
        "a top-level handler function that is not declared as part of a class, you must always send exactly one " +
        "argument. In order to support variable numbers of arguments, the server must use class-based syntax " +
        "(extending WorkerEntrypoint) instead.");
  }
  return apply(method, handlers, [args[0], worker.env, ctx]);
}

/** Whether somebody is told of each event: tails, or the log. */
function tracesEvents(): boolean {
  return worker.traceReporter !== null || worker.config.logEvents;
}

export class EntrypointCallee implements Callee {
  readonly key = null;
  readonly isService = true;
  readonly #entrypoint: EntrypointName;
  #found: EntrypointClass | Handlers | null = null;

  constructor(entrypoint: EntrypointName) {
    this.#entrypoint = entrypoint;
  }

  call(answer: Answer, path: string[], args: unknown[] | undefined): void {
    if (worker.ready) this.#call(answer, path, args);
    else worker.whenReady(() => this.#call(answer, path, args), (error) => answer.fail(error));
  }

  #call(answer: Answer, path: string[], args: unknown[] | undefined): void {
    const context = newContext(this.#entrypoint.limits);
    answer.serveIn(context);
    answer.isEvent = true;
    const previous = context.enter();
    try {
      if (tracesEvents()) {
        const rpcMethod = path.join(".");
        this.#trace(answer, context, { rpcMethod }, `call ${rpcMethod}`);
      }
      const first = path[0];
      if (first !== undefined && reservedNames.has(first)) {
        throw new TypeError(`'${first}' is a reserved method and cannot be called over RPC.`);
      }
      const entrypoint = (this.#found ??= findEntrypoint(this.#entrypoint.name));
      const ctx = this.#executionContext(context);
      const value = isClass(entrypoint)
        ? callMember(new entrypoint(ctx, worker.env), path, args, null, true)
        : callMember(entrypoint, path, args, (name, method, given) =>
            callHandler(entrypoint, name, method, given, ctx));
      if (value instanceof RemoteCall) answer.forward(value);
      else answer.settle(value);
    } catch (error) {
      answer.fail(error);
    } finally {
      RequestContext.leave(previous);
    }
  }

  fetch(answer: Answer, head: string, flags: number, stream: number, payload: unknown): void {
    if (worker.ready) this.#fetch(answer, head, flags, stream, payload);
    else {
      worker.whenReady(
        () => this.#fetch(answer, head, flags, stream, payload),
        (error) => answer.fail(error),
      );
    }
  }

  #fetch(answer: Answer, head: string, flags: number, stream: number, payload: unknown): void {
    const context = newContext(this.#entrypoint.limits);
    answer.serveIn(context);
    answer.isEvent = true;
    const previous = context.enter();
    try {
      if (tracesEvents()) {
        const event = fetchEvent(head);
        this.#trace(answer, context, event, `${event.request.method} ${event.request.url}`);
      }
      if (isConnectHead(head)) {
        this.#connect(answer, head, stream, context);
        return;
      }
      const request = answer.readRequest(head, flags, stream, payload);
      answer.settleResponse(this.#handleFetch(request, this.#executionContext(context)));
    } catch (error) {
      answer.fail(error);
    } finally {
      RequestContext.leave(previous);
    }
  }

  #handleFetch(request: Request, ctx: ExecutionContext): unknown {
    return this.#handler("fetch", ctx)(request);
  }

  /** What is called for an event that is no RPC call. */
  #handler(name: "fetch" | "connect", ctx: ExecutionContext): (argument: unknown) => unknown {
    const entrypoint = findEntrypoint(this.#entrypoint.name);
    const receiver = (isClass(entrypoint) ? new entrypoint(ctx, worker.env) : entrypoint) as Handlers;
    const handler = receiver[name];
    if (typeof handler !== "function") throw new Error(`Handler does not export a ${name}() function.`);
    return (argument) => apply(handler, receiver, isClass(entrypoint) ? [argument] : [argument, worker.env, ctx]);
  }

  /** Somebody connects: the connection is over when the handler is. */
  #connect(answer: Answer, head: string, stream: number, context: RequestContext): void {
    const handler = this.#handler("connect", this.#executionContext(context));
    const incoming = new IncomingStream();
    answer.session.streams.receive(incoming, stream);
    const outgoing = new ByteQueue();
    const { socket, close } = requireGroup("mayfly:platform/sockets").acceptSocket(head, incoming, outgoing) as
        { socket: object; close(): Promise<void> };
    answer.settleBytes(outgoing);
    context.waitUntil((async () => {
      try {
        await handler(socket);
      } finally {
        await close();
      }
    })());
  }

  #trace(answer: Answer, context: RequestContext, event: object, what: string): void {
    const { name } = this.#entrypoint;
    const logged = worker.config.logEvents ? what : null;
    answer.trace = context.trace = new EventTrace(worker.traceReporter, context, event, name, logged);
  }

  #executionContext(context: RequestContext): ExecutionContext {
    return new ExecutionContext(context, this.#entrypoint.props ?? {});
  }

  released(): void {}

  again(): EntrypointCallee {
    return this;
  }

  toCapability(): Capability {
    return new RemoteEntrypoint(ownPath, this.#entrypoint);
  }
}

export const ownPath: WorkerPath = makeOwnPath((entrypoint) => new EntrypointCallee(entrypoint));

interface Instance {
  receiver: object;
  isClass: boolean;
  ctx: ExecutionContext;
}

/** An instance of what `name` exports, for events that are no calls (tests). */
export function instantiate(name: string, context: RequestContext): Instance {
  const entrypoint = findEntrypoint(name);
  const ctx = new ExecutionContext(context, {});
  return isClass(entrypoint)
    ? { receiver: new entrypoint(ctx, worker.env), isClass: true, ctx }
    : { receiver: entrypoint, isClass: false, ctx };
}

/** What was checked where the entrypoint was got, on the other side of a pipe. */
function readLimits(given: unknown): ResourceLimits | undefined {
  if (given === null || typeof given !== "object") return undefined;
  const limits: ResourceLimits = {};
  for (const name of ["cpuMs", "wallMs", "subRequests"]) {
    const value = (given as Record<string, unknown>)[name];
    if (typeof value === "number" && value >= 0) limits[name] = value;
  }
  return limits;
}

/** Export 0 of every pipe to this worker. */
export class WorkerBootstrap implements Bootstrap {
  readonly key = null;
  readonly isService = true;
  readonly #default = new EntrypointCallee({ name: "" });
  readonly #named = new Map<string, EntrypointCallee>();

  /** Only the choice of an entrypoint: [["entrypoint"], [name, props, limits]]. */
  call(answer: Answer, path: string[], args: unknown[] | undefined): void {
    const name = args?.[0];
    const props = args?.[1];
    const limits = args?.[2];
    if (path.length !== 1 || path[0] !== "entrypoint" || typeof name !== "string") {
      answer.fail(new TypeError("A worker must be asked for an entrypoint first."));
      return;
    }
    const callee = new EntrypointCallee({
      name,
      props: props !== null && typeof props === "object" ? props : undefined,
      limits: readLimits(limits),
    });
    worker.whenReady(
      () => {
        try {
          findEntrypoint(name);
        } catch (error) {
          answer.fail(error);
          return;
        }
        answer.params = null; // the props stay
        answer.settleCallee(callee);
      },
      (error) => answer.fail(error),
    );
  }

  callEntrypoint(answer: Answer, name: string, path: string[], args: unknown[] | undefined): void {
    if (name === "") {
      this.#default.call(answer, path, args);
      return;
    }
    let callee = this.#named.get(name);
    if (callee === undefined) {
      callee = new EntrypointCallee({ name });
      if (!worker.ready || hasOwn(worker.exports, name)) this.#named.set(name, callee);
    }
    callee.call(answer, path, args);
  }

  fetch(answer: Answer, head: string, flags: number, stream: number, payload: unknown): void {
    this.#default.fetch(answer, head, flags, stream, payload);
  }

  released(): void {}

  again(): Callee {
    return this;
  }

  toCapability(): Capability {
    return this.#default.toCapability();
  }
}

function parseProps(on: string, given: unknown[]): object | undefined {
  const [options] = given;
  if (given.length > 0 && (options === undefined || options === null)) return undefined;
  if (options === null || (typeof options !== "object" && typeof options !== "function")) {
    throw new TypeError(`Failed to execute '(called as function)' on '${on}': parameter 1 is not of type 'Options'.`);
  }
  const { props } = options as { props?: unknown };
  if (props === undefined) return undefined;
  if (props === null || typeof props !== "object") {
    throw new TypeError("Incorrect type for the 'props' field on 'Options': the provided value is not of type " +
        "'Object'.");
  }
  return props;
}

let ownExports: Record<string, unknown> | null = null;

/** ctx.exports: a stub for each entrypoint of this worker. */
export function exportsObject(): Record<string, unknown> {
  if (ownExports !== null) return ownExports;
  const stubs: Record<string, unknown> = {};
  const keys = Object.keys(worker.exports);
  keys.sort((a, b) => Number(b === "default") - Number(a === "default"));
  for (const key of keys) {
    const value = worker.exports[key];
    const name = key === "default" ? "" : key;
    const entrypoint = (props: object | undefined): RemoteEntrypoint =>
        new RemoteEntrypoint(ownPath, props === undefined ? { name } : { name, props });
    if (isSubclass(value, WorkerEntrypoint) || (value !== null && typeof value === "object")) {
      stubs[key] = makeServiceFactory(entrypoint(undefined), (...options): Fetcher =>
          makeFetcher(entrypoint(parseProps("LoopbackServiceStub", options))));
    } else if (typeof value === "function") {
      // Whether it is the class of a Durable Object shows when one is made of it.
      stubs[key] = makeClassFactory((...options) => entrypoint(parseProps("LoopbackDurableObjectClass", options)));
    }
  }
  if (worker.ready) ownExports = stubs;
  return stubs;
}

export function installLocalStubs(): void {
  setLocalStub((target) => {
    const prototype: unknown = Object.getPrototypeOf(target);
    if (typeof target !== "function" && prototype !== Object.prototype && !isRpcTarget(target)) {
      throw new TypeError("RpcStubs can only wrap plain objects, functions, and RpcTarget derivatives.");
    }
    return importLocally(new ObjectCallee(target, currentContext()));
  });
}
