// SPDX-License-Identifier: Apache-2.0
//
// The modules that only Mayfly has.

declare module "mayfly:sandbox" {
  /** Milliseconds and megabytes are whole numbers. */
  export interface DynamicWorkerLimits {
    /** Processor time of the run. */
    cpuMs?: number;
    /** JavaScript heap, and array buffers beside it; at least 8. */
    memoryMb?: number;
    /** Time on the clock, from run() on. */
    wallMs?: number;
    subRequests?: number;
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
    dispose(): void;
    [Symbol.dispose](): void;
  }
}
