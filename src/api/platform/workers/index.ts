// SPDX-License-Identifier: Apache-2.0
// The module cloudflare:workers.

export {
  DurableObject,
  RpcPromise,
  RpcProperty,
  RpcStub,
  RpcTarget,
  Fetcher as ServiceStub,
  WorkerEntrypoint,
  WorkflowEntrypoint,
} from "mayfly:core";
export { cache } from "./cache.ts";
export { abortIsolate, waitUntil } from "./context.ts";
export { env, exports, withEnv, withEnvAndExports, withExports } from "./importable.ts";
export { tracing } from "./tracing.ts";

/** The name of the method that makes what ctx.restore() asks for, of stubs that outlive the worker: with storage, later. */
export const restore = Symbol("cloudflare:workers:restore");
