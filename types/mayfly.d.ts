// SPDX-License-Identifier: Apache-2.0
//
// The modules that only Mayfly has, and what it adds to the types of others.

/** What a trace item of a dynamic worker has beside the platform's members. */
interface TraceItem {
  /** The most memory that its worker was seen to use meanwhile. */
  readonly memoryBytes?: number;
  readonly subRequests?: number;
  readonly bytesIn?: number;
  readonly bytesOut?: number;
}

declare module "mayfly:sandbox" {
  /** Whole numbers. docs/operating/limits.md explains them. */
  export interface DynamicWorkerLimits {
    /** Processor time of the run. */
    cpuMs?: number;
    /** JavaScript heap, array buffers and memories of WebAssembly together; at least 8. */
    memoryMb?: number;
    /** Time on the clock, from run() on. */
    wallMs?: number;
    /** Processor time until the modules are evaluated. */
    startupMs?: number;
    subRequests?: number;
    timers?: number;
    streams?: number;
    stubs?: number;
    pendingCalls?: number;
    waitUntil?: number;
    messageBytes?: number;
    bodyBytes?: number;
    logBytes?: number;
  }

  export interface DynamicWorkerUsage {
    /** Processor time. Of a run that another limit than cpuMs ended it is not known, and 0. */
    cpuMs: number;
    /** Time on the clock, from run() on. */
    wallMs: number;
    /** The most memory that was seen in use. */
    memoryBytes: number;
    subRequests: number;
    bytesIn: number;
    bytesOut: number;
  }

  export interface DynamicWorkerNetwork {
    /** Entries of a policy: "https://api.example.com", "*.example.org:443"... */
    allowedOrigins?: string[];
    /** "deny": what is not in allowedOrigins cannot be reached. The default. */
    defaultPolicy?: "deny" | "allow";
  }

  export type DynamicWorkerModule =
    | string
    | WebAssembly.Module
    | { js: string }
    | { ts: string }
    | { cjs: string }
    | { text: string }
    | { json: unknown }
    | { data: ArrayBuffer | ArrayBufferView }
    | { wasm: ArrayBuffer | ArrayBufferView | WebAssembly.Module };

  export type DynamicWorkerCode =
    | { script: string; modules?: never; mainModule?: never }
    | { script?: never; modules: Record<string, DynamicWorkerModule>; mainModule: string };

  export type DynamicWorkerOptions = DynamicWorkerCode & {
    env?: object;
    limits?: DynamicWorkerLimits;
    /** Without it there is no network. */
    network?: DynamicWorkerNetwork;
    secrets?: Record<string, { value: string; hosts: string[] }>;
    /** Shares a process with what runs for the same tenant, and nothing else. */
    tenant?: string;
    isolation?: "isolate" | "tenant" | "worker";
    compatibilityDate?: string;
    compatibilityFlags?: string[];
  };

  export class DynamicWorker {
    private constructor();
    static create(options: DynamicWorkerOptions): Promise<DynamicWorker>;
    /** create() and run() in one. */
    static run<Result = unknown>(options: DynamicWorkerOptions, input?: unknown): Promise<Result>;
    /** Calls the default export; afterwards the worker is destroyed. */
    run<Result = unknown>(input?: unknown): Promise<Result>;
    /** What the run has used, once it is over. */
    readonly usage: DynamicWorkerUsage;
    dispose(): void;
    [Symbol.dispose](): void;
  }
}
