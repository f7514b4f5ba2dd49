// SPDX-License-Identifier: Apache-2.0
// The binding that loads workers. load() makes one of the code given; get() finds the one that is kept under a name, or
// asks for its code. Both return at once, and what is called in the meantime waits in the session.
//
// A worker from load() lives until the request that loaded it has ended, or until nothing refers to it any more; so
// does a session from get(), but for the one that brought the code: through it the kept worker calls what its env
// holds.

import { type ContextOwned, type RequestContext, currentContext } from "./context.ts";
import { type DurableObjectClass, makeClass } from "./durable_object_class.ts";
import { illegalInvocation } from "./errors.ts";
import type { WorkerKey } from "./in_flight.ts";
import { nearestName } from "./nearest.ts";
import { inheritedOutbound } from "./outbound.ts";
import { RemoteEntrypoint, type ResourceLimits, type WorkerPath } from "./remote.ts";
import { Session, sessionOf } from "./session.ts";
import { type Fetcher, makeFetcher } from "./stub.ts";
import { TailCollector, type TraceSink, whenOpen, workerEnded } from "./tails.ts";
import { type ParsedCode, kEnvBytesMax, parseLimits, parseWorkerCode } from "./worker_code.ts";
import { worker } from "./worker.ts";

const kConstruct = Symbol("construct");

const notTransferable =
    "Entrypoints to dynamically-loaded workers cannot be transferred to other Workers, because the system does not " +
    "know how to reload this Worker from scratch. Instead, have the parent Worker expose an entrypoint which " +
    "constructs the dynamic worker and forwards to it.";

/** The way to one dynamic worker. It is closed when its context ends or when nothing holds it any more. */
class DynamicPath implements WorkerPath, ContextOwned {
  readonly notTransferable = notTransferable;
  readonly inFlightKey: WorkerKey;
  opening: Promise<void> | null = null;
  #session: Session | null = null;
  #context: RequestContext | null = currentContext();
  #holds = 0;
  /** Whether it stays open for as long as the worker lives. */
  #lasting = false;

  constructor(session: Session | null, key?: string) {
    this.inFlightKey = key ?? this;
    if (session !== null) this.#attach(session);
  }

  /** One whose session is made by `open`, later. */
  static opening(open: () => Promise<Session>): DynamicPath {
    const path = new DynamicPath(null);
    path.#context?.hold();
    const release = path.#context;
    path.opening = open().then((session) => {
      path.opening = null;
      path.#attach(session);
      path.#checkUnheld();
    });
    // Calls that wait for it are told; if there are none, nobody is.
    path.opening.catch(() => {}).finally(() => release?.release());
    return path;
  }

  #attach(session: Session): void {
    this.#session = session;
    this.#context?.own(this);
    session.onClosed = () => this.#context?.disown(this);
  }

  session(): Session {
    return this.#session!;
  }
  calleeOf(): null {
    return null;
  }

  hold(): void {
    this.#holds++;
    if (this.#session !== null) this.#session.onIdle = null;
  }

  release(): void {
    this.#holds--;
    this.#checkUnheld();
  }

  #checkUnheld(): void {
    const session = this.#session;
    if (this.#holds > 0 || this.#lasting || session === null) return;
    session.onIdle = () => session.closeBecause("Nothing refers to this dynamic worker any more.");
  }

  contextEnded(): void {
    this.#session?.closeBecause("The request that loaded this worker has ended.");
  }

  /** Makes it outlive the request: the worker is kept, and calls back through this session. */
  last(): void {
    this.#lasting = true;
    this.#context?.disown(this);
    this.#context = null;
    if (this.#session !== null) this.#session.onIdle = null;
  }
}

function experimental(): boolean {
  return worker.config.compatibility.experimental === true;
}

interface Prepared {
  native: NativeCode;
  init: object;
  /**
   * Has the tails learn of the end of the worker, which is that of the session that brought its code. An event that has
   * been answered may still go on (waitUntil), and the session with it.
   */
  listen(session: Session): void;
}

/** The `init` of a dynamic worker, and the code with the outbound that it really gets. */
function prepare(parsed: ParsedCode, name: string | null, sink: TraceSink | null = null): Prepared {
  const { native, env } = parsed;
  let outbound = parsed.outbound;
  if (native.outbound === "internet") {
    // The worker inherits what this one has.
    const inherited = inheritedOutbound();
    native.outbound = inherited.kind;
    outbound = inherited.capability;
  }
  if (native.outbound === "capability" && (native.network !== undefined || native.secrets.length > 0)) {
    throw new TypeError("'network' and 'secrets' of Dynamic Worker code are for a worker that is on the network itself. What " +
        "its 'globalOutbound' lets through, and with which secrets, is decided there.");
  }
  const init = { env, outbound: outbound === null ? null : makeFetcher(outbound.dup()) };
  if (parsed.tails.length === 0 && sink === null) return { native, init, listen() {} };
  const traces = new TailCollector(parsed.tails.map((tail) => tail.dup()), name, sink);
  return {
    native,
    init: { ...init, traces },
    listen(session) {
      session.onEnded = (reason) => traces[workerEnded](reason);
      traces[whenOpen] = (open) => (open ? session.hold() : session.release());
    },
  };
}

function checkEnvSize(bytes: number): void {
  if (!(bytes > kEnvBytesMax)) return;
  throw new Error(`Dynamic Worker env size (${bytes} bytes) exceeds the maximum allowed size of ${kEnvBytesMax} ` +
      "bytes.");
}

interface LoadRequest {
  getCode: () => unknown;
  name: string;
  context: RequestContext | null;
  path: DynamicPath;
}

/** get()s that may be asked for code, by pipe. */
const requests = new Map<number, LoadRequest>();

/** What a callback of get() came up with. */
async function checkReturned(returned: unknown): Promise<unknown> {
  const code = await returned;
  if (code !== null && typeof code === "object") return code;
  throw new TypeError("The callback of get() must return the code of the worker, or a promise of it, but returned " +
      `${code === null ? "null" : typeof code}.`);
}

/** hooks.loaderNeedsCode */
export function provideCode(pipe: number): void {
  const request = requests.get(pipe);
  const session = sessionOf(pipe);
  if (request === undefined || session === undefined) {
    ops.loaderFail(pipe);
    return;
  }
  requests.delete(pipe);
  const { getCode, name, context, path } = request;
  path.last();
  context?.hold();
  const run = async (): Promise<void> => {
    const { native, init, listen } = prepare(parseWorkerCode(await checkReturned(getCode()), experimental()), name);
    if (session.closed) throw session.closedWith;
    listen(session);
    checkEnvSize(session.provideInit(() => ops.loaderProvide(pipe, native, init)));
  };
  const fail = (error: unknown): void => {
    if (session.closed) return;
    ops.loaderFail(pipe);
    session.close(error);
  };
  // It is held until the callback is done, but may be aborted.
  const aborted = { contextEnded: () => fail(new Error("The request that was to bring this worker's code was aborted.")) };
  context?.own(aborted);
  session.awaitsCodeFrom = context;
  const previous = context?.enter();
  run()
    .catch(fail)
    .finally(() => {
      session.awaitsCodeFrom = null;
      context?.disown(aborted);
      context?.release();
    });
  if (context !== null) ops.setAsyncFrame(previous);
}

function load(loaderId: string, parsed: ParsedCode, sink: TraceSink | null = null): Session {
  const { native, init, listen } = prepare(parsed, null, sink);
  const session = new Session(ops.loaderLoad(loaderId, native), null);
  listen(session);
  try {
    checkEnvSize(session.sendInit(init));
  } catch (error) {
    session.close(error);
    throw error;
  }
  return session;
}

export class WorkerLoader {
  readonly #id: string;

  constructor(key: symbol, id: string) {
    if (key !== kConstruct) throw new TypeError("Illegal constructor");
    this.#id = id;
  }

  load(code: unknown): WorkerStub {
    if (!(#id in this)) throw illegalInvocation();
    return new WorkerStub(kConstruct, new DynamicPath(load(this.#id, parseWorkerCode(code, experimental()))));
  }

  get(name: unknown, getCode: unknown): WorkerStub {
    if (!(#id in this)) throw illegalInvocation();
    if (typeof getCode !== "function") {
      throw new TypeError("Failed to execute 'get' on 'WorkerLoader': parameter 2 is not of type 'function'.");
    }
    const callback = getCode as () => unknown;
    if (name === null || name === undefined) {
      const path = DynamicPath.opening(async () =>
          load(this.#id, parseWorkerCode(await checkReturned(callback()), experimental())));
      return new WorkerStub(kConstruct, path);
    }
    const text = `${name as string}`;
    const pipe = ops.loaderGet(this.#id, text);
    const session = new Session(pipe, null);
    const path = new DynamicPath(session, `${this.#id} ${text}`);
    requests.set(pipe, { getCode: callback, name: text, context: currentContext(), path });
    const { onClosed } = session;
    session.onClosed = () => {
      requests.delete(pipe);
      onClosed?.();
    };
    return new WorkerStub(kConstruct, path);
  }
}

interface EntrypointOptions {
  props: object | undefined;
  limits: ResourceLimits | undefined;
}

function parseOptions(method: string, options: unknown): EntrypointOptions {
  if (options === undefined || options === null) return { props: undefined, limits: undefined };
  if (typeof options !== "object") {
    throw new TypeError(`Failed to execute '${method}' on 'WorkerStub': parameter 2 is not of type ` +
        "'EntrypointOptions'.");
  }
  const { props, limits, ...unknown } = options as { props?: unknown; limits?: unknown };
  const [extra] = Object.keys(unknown);
  if (extra !== undefined) {
    throw new TypeError(`Unknown field '${extra}' in the options of ${method}(). Did you mean ` +
        `'${nearestName(extra, ["props", "limits"])}'?`);
  }
  if (props === null || (props !== undefined && typeof props !== "object")) {
    throw new TypeError("Incorrect type for the 'props' field on 'EntrypointOptions': the provided value is not of " +
        "type 'Object'.");
  }
  return { props, limits: parseLimits(limits, "EntrypointOptions") };
}

let collected: FinalizationRegistry<DynamicPath> | null = null;

/** A whole dynamic worker: entrypoints are got from it. */
export class WorkerStub {
  readonly #path: DynamicPath;

  constructor(key: symbol, path: DynamicPath) {
    if (key !== kConstruct) throw new TypeError("Illegal constructor");
    this.#path = path;
    path.hold();
    (collected ??= new FinalizationRegistry((held) => held.release())).register(this, path);
  }

  getEntrypoint(name?: unknown, options?: unknown): Fetcher {
    return makeFetcher(WorkerStub.#entrypointOf(this, "getEntrypoint", name, options));
  }

  getDurableObjectClass(name?: unknown, options?: unknown): DurableObjectClass {
    return makeClass(WorkerStub.#entrypointOf(this, "getDurableObjectClass", name, options));
  }

  static #entrypointOf(stub: WorkerStub, method: string, name: unknown, options: unknown): RemoteEntrypoint {
    if (!(#path in stub)) throw illegalInvocation();
    const { props, limits } = parseOptions(method, options);
    const key = name === undefined || name === null || name === "default" ? "" : `${name as string}`;
    return new RemoteEntrypoint(stub.#path, { name: key, props, limits });
  }
}

for (const type of [WorkerLoader, WorkerStub]) {
  Object.defineProperty(type.prototype, Symbol.toStringTag, { value: type.name, configurable: true });
}

export function makeLoader(id: string): WorkerLoader {
  return new WorkerLoader(kConstruct, id);
}

/** A dynamic worker that whoever made it also ends. */
export interface EndableWorker {
  stub: WorkerStub;
  /** Calls on it, also those under way, fail with `error` from here on. */
  end(error: Error): void;
}

/** load() of a loader that needs no binding. `sink` gets the trace items. */
export function loadEndable(code: unknown, sink: TraceSink | null): EndableWorker {
  const session = load("", parseWorkerCode(code, experimental()), sink);
  return { stub: new WorkerStub(kConstruct, new DynamicPath(session)), end: (error) => session.close(error) };
}
