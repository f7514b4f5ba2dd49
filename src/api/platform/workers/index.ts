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
export { abortIsolate, waitUntil } from "./context.ts";
export { env, exports, withEnv, withEnvAndExports, withExports } from "./importable.ts";
