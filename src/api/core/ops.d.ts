// SPDX-License-Identifier: Apache-2.0
// What C++ offers to the built-ins (`ops`, bound in every built-in group and unreachable for user code) and what C++
// calls (`Hooks`, handed over by core/main.ts). Each op lives in a `*_ops.cc` of a folder under src/api or src/isolate.
//
// Built-ins are bundled in groups: `core` is evaluated into the start-up snapshot, every other folder with an
// `index.ts` under src/api/{web,node,platform} is a group that is compiled when first required. A group imports
// another with `import { X } from "mayfly:web/streams"` (evaluated when the importing group is) or lazily with
// `const streams = requireGroup("mayfly:web/streams")` inside a function. `mayfly:core` names the exports of
// core/index.ts.

declare function requireGroup(name: string): any;

/** A serializable error as it crosses a pipe. */
interface ErrorRecord {
  name: string;
  message: string;
  stack?: string;
  code?: string;
  props?: object;
  cause?: unknown;
}

type PipeId = number;
type OutgoingBody = string | ArrayBufferView | ArrayBuffer | undefined;

interface NativeModule {
  name: string;
  kind: "esModule" | "commonJs" | "text" | "data" | "json" | "wasm";
  /**
   * Text for esModule, commonJs, text and json (JSON text); bytes (copied at once) or a WebAssembly.Module otherwise.
   */
  content: string | ArrayBuffer | ArrayBufferView | WebAssembly.Module;
}
/** WorkerCode after validation, without what crosses as a value (env, outbound: the `init` message). */
interface NativeCode {
  mainModule: string;
  modules: NativeModule[];
  compatibilityDate: string;
  compatibilityFlags: string[];
  /** Whether flags that the platform calls experimental are accepted. */
  allowExperimental: boolean;
  /** "internet": fetch() goes to the supervisor; "none": it throws; "capability": `init` brings the stub. */
  outbound: "internet" | "none" | "capability";
  /** Empty: what the loader's configuration says. */
  isolation: string;
  tenant: string;
  /** What it may reach; absent: what its loader may. */
  network: NativeNetwork | undefined;
  secrets: NativeSecret[];
  /** Those that are set, by the names of base/limits.h. */
  limits: Record<string, number>;
}
interface NativeNetwork {
  default: "allow" | "deny";
  allow: string[];
  deny: string[];
}
interface NativeSecret {
  name: string;
  /** What the worker finds in its env. */
  placeholder: string;
  value: string;
  hosts: string[];
}

interface Ops {
  // --- pipes (isolate/pipe_ops.cc) ---
  /**
   * Sends one message. For types that carry a value, `payload` is serialized, with `hooks.writeHost(pipe, object)` asked for
   * each host object (anything whose prototype is not Object.prototype and that V8 cannot clone itself); otherwise it is
   * the body: string (as UTF-8), bytes, or undefined. Returns the payload's size in bytes. Throws DataCloneError-like
   * TypeErrors made by `hooks.cloneError(message)`, RangeError above kMessageBytesMax. Unknown or closed pipes: returns -1.
   * `stubs` stand beside values that are otherwise primitives (isolate/plain_values.h).
   */
  send(pipe: PipeId, type: number, flags: number, id: number, target: number, stream: number, head: string | undefined,
       payload: unknown, stubs?: number[]): number;
  closePipe(pipe: PipeId, reason?: string): void;
  /** Opens a pipe to the supervisor's egress (fetch to the internet). One per isolate is enough. */
  openEgress(): PipeId;
  /** Opens a pipe to a worker of the same command line (same generation, same shard); its own name: to itself. */
  openWorker(name: string): PipeId;

  // --- loader (cell/loader_ops.cc) ---
  /** Makes a dynamic worker from code. Messages may be sent at once; the first must be `init`. */
  loaderLoad(loaderId: string, code: NativeCode): PipeId;
  /** A pipe to the dynamic worker `name`. If no such worker is kept, hooks.loaderNeedsCode(pipe) follows, later. */
  loaderGet(loaderId: string, name: string): PipeId;
  /**
   * Answers loaderNeedsCode: `init`, serialized for the pipe, goes before everything that waits on it. Returns the size of
   * `init` in bytes. While a worker is kept under its name this pipe stays open, so that what `init` holds can be called;
   * closing it from here ends the worker.
   */
  loaderProvide(pipe: PipeId, code: NativeCode, init: unknown): number;
  loaderFail(pipe: PipeId): void;
  /** What stands in an env for a secret: unguessable. */
  secretPlaceholder(): string;
  /** The main module was evaluated: the worker serves. */
  started(): void;
  /**
   * It could not be, because of `text`. Of a host worker the start is rejected; a dynamic one is forgotten under its name
   * and disposed of when idle (until then every call on it fails with the user's error).
   */
  startFailed(text: string): void;
  /** Ends this isolate: its pipes close with `reason`, its name is forgotten. Does not return to user code. */
  abortSelf(reason: string): void;

  // --- modules (isolate/module_ops.cc) ---
  /**
   * Compiles, links and evaluates the main module, under the limit of start-up until started() or startFailed(). Resolves
   * with its namespace; rejects with the user's own error.
   */
  evaluateMain(): Promise<Record<string, unknown>>;
  /** require() as a CommonJS module of that name has it. */
  makeRequire(name: string): (specifier: string) => unknown;

  // --- time (isolate/timer_ops.cc) ---
  /** Calls hooks.timer(id) once after delayMs. Ids are the caller's own (positive integers). */
  /** False when there are as many as there may be, but for number 0, which is the built-ins' own. */
  setTimer(id: number, delayMs: number): boolean;
  clearTimer(id: number): void;
  /** Milliseconds since the epoch; the same during one event (it advances at I/O). */
  now(): number;
  /** Monotonic milliseconds since the isolate's start. */
  monotonicNow(): number;

  // --- context and limits ---
  /** What is run from here on is charged to request context `id` (0: none). */
  setContext(id: number): void;
  /** The request context is over: its CPU account is closed. */
  endContext(id: number): void;
  /** A limit for this request context, where it is lower than the worker's own. */
  limitContextCpu(id: number, cpuMs: number): void;
  /** The same for its time on the clock, from now on: hooks.wallExceeded follows, or the isolate is ended. */
  limitContextWall(id: number, wallMs: number): void;
  /** Of each limit: its name, the least that may be set, and whether it can be lowered at getEntrypoint(). */
  limitTable(): [name: string, least: number, ofEntrypoint: boolean][];
  /** What a request context has used so far; the memory is its worker's, the most that was seen. By the real clock. */
  contextUsage(id: number): [cpuMs: number, wallMs: number, memoryBytes: number, bytesIn: number, bytesOut: number];
  /** From here on the memory in use is looked at after each collection, for contextUsage(). */
  meterMemory(): void;
  /** What the event of a request context is in the log, which gets a record of it when it or the isolate ends. */
  nameEvent(id: number, what: string): void;
  logEvent(id: number, outcome: string, more: string, subRequests: number): void;
  /** The async frame that V8 carries along promise reactions (AsyncLocalStorage and request context). */
  getAsyncFrame(): unknown;
  setAsyncFrame(frame: unknown): void;
  /** Tells the garbage collector about memory held outside (bytes, may be negative). */
  adjustExternalMemory(bytes: number): void;

  // --- logs ---
  log(kind: "console" | "exception" | "system", level: "debug" | "info" | "log" | "warn" | "error", text: string): void;

  // --- values ---
  /** structuredClone of V8's own types; host objects are asked of hooks.writeHost(0, o) and hooks.readHost(0, d). */
  /** `asMessage`: with the size limit of a message. */
  structuredClone(value: unknown, transfer: ArrayBuffer[] | undefined, asMessage?: boolean): unknown;
  /** A value as bytes: throws for what structuredClone refuses. Host objects are asked of hooks.writeHost(0, o). */
  toBytes(value: unknown): Uint8Array;
  /** What toBytes() wrote; throws for bytes that are no value. */
  fromBytes(bytes: Uint8Array): unknown;
  /** ["pending"] | ["fulfilled", value] | ["rejected", reason] */
  promiseState(promise: Promise<unknown>): unknown[];
  /** For inspection: [target, handler] of a Proxy, or undefined. */
  proxyDetails(value: unknown): unknown[] | undefined;
  /**
   * "Map", "Set", "Promise", "Proxy", "RegExp", "Date", "Error", "ArrayBuffer", "Uint8Array", "Function", "Object"...
   * by internal slot.
   */
  typeOf(value: unknown): string;
  /** [entries, isKeyed] of Map, Set and their iterators. */
  previewEntries(value: object): [unknown[], boolean] | undefined;

  // --- built-in plumbing ---
  /** A lazy data property on `target` that becomes requireGroup(group)[exportName] when first read. */
  defineLazy(target: object, name: string, group: string, exportName: string): void;
  /** Whether this build has a group of that name. */
  hasGroup(name: string): boolean;
  /** Sync garbage collection, only with --expose-gc (else undefined is returned by hasGc). */
  gc(): void;

  // Groups add their own ops by declaring them in a `declare global { interface Ops { ... } }` of their ops file.
}

declare const ops: Ops;

/** What hooks.start gets. */
interface StartConfig {
  kind: "host" | "dynamic";
  workerName: string;
  compatibilityDate: string;
  /** Every flag in effect, by name: true when on (from the date or named). */
  compatibility: Record<string, boolean>;
  /** By the names of base/limits.h; 0xffffffff: none. */
  limits: Record<string, number>;
  /** Whether each event gets a record in the log. */
  logEvents: boolean;
  dev: boolean;
  exposeGc: boolean;
  // host workers only:
  variables?: [name: string, json: string][];
  loaders?: [binding: string, loaderId: string][];
  services?: [binding: string, service: string, entrypoint: string, propsJson: string][];
  missingBindings?: [binding: string, kind: string][];
  globalOutbound?: [service: string, entrypoint: string] | null;
  /** How many distinct dynamic workers one request may have in flight, and whether one more waits; 0: any number. */
  inFlightMax?: number;
  inFlightWaits?: boolean;
  network: boolean;
  // dynamic workers only:
  outbound?: "internet" | "none" | "capability";
}

/** Called by C++, each as one event: afterwards microtasks run until none is left. */
interface Hooks {
  start(config: StartConfig): void;
  /** A pipe was opened to this isolate (HTTP front end, another worker, a loader's parent, the supervisor: `what`). */
  pipeOpened(pipe: PipeId, what: "http" | "worker" | "creator" | "user" | "control"): void;
  /**
   * A message arrived. payload: the value for types that carry one (already read, host objects by readHost), a Uint8Array
   * for bytes, undefined for none; with kCorrupt in flags it is the error that reading caused. `stubs`: those that have
   * to be put into it (isolate/plain_values.h).
   */
  message(pipe: PipeId, type: number, flags: number, id: number, target: number, stream: number, head: string | undefined,
          payload: unknown, stubs: number[] | undefined): void;
  /** The other peer closed or died. No message follows. */
  pipeClosed(pipe: PipeId, code: string, reason: string): void;
  loaderNeedsCode(pipe: PipeId): void;
  timer(id: number): void;
  /** The time on the clock of request context `id` is over. If it has not ended on return, the isolate is. */
  wallExceeded(id: number, name: string, message: string): void;
  /** Returns a plain, clonable descriptor for a host object, or throws (DataCloneError). */
  writeHost(pipe: PipeId, object: object): unknown;
  readHost(pipe: PipeId, descriptor: unknown): object;
  /** Wraps the value V8 refused (function, proxy) somewhere in `value`: a copy in which these are host objects. */
  replaceCallables(pipe: PipeId, value: unknown): unknown;
  cloneError(message: string): Error;
  unhandledRejection(promise: Promise<unknown>, reason: unknown): void;
  /**
   * For a built-in specifier such as "cloudflare:workers": the namespace (plain object of exports) and what require()
   * gives; or why there is none, a sentence for the error; or undefined.
   */
  builtinModule(specifier: string): [namespace: object, required: unknown] | string | undefined;
  /** The formatted stack for an error, from V8's call sites already mapped to sources. */
  describeError(error: unknown): string;
}
