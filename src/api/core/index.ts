// SPDX-License-Identifier: Apache-2.0
// What other groups get from "mayfly:core".

export { ByteQueue, type ByteSink, type ByteSource, LateSource } from "./byte_queue.ts";
export { IncomingStream, type OutgoingStream, checkBodySize } from "./byte_streams.ts";
export type { FetchTarget } from "./capability.ts";
export type { ResponseMessage } from "./calls.ts";
export { Connection, type ConnectionTarget } from "./connections.ts";
export { type ContextOwned, AsyncFrame, RequestContext, currentContext, currentFrame } from "./context.ts";
export { nodeModule, nodeModuleNames } from "./builtin_modules.ts";
export { cloneError, describeError, errorToRecord, limitError, nameLimit, recordToError } from "./errors.ts";
export { exportsObject } from "./entrypoint.ts";
export { type Descriptor, type HostType, registerHostType } from "./host_types.ts";
export { kUnlimited, limitOf } from "./limits.ts";
export { enqueueMicrotask } from "./microtask.ts";
export { type EndableWorker, loadEndable } from "./loader.ts";
export { nearestName } from "./nearest.ts";
export { defaultOutbound, isEgress, kNoOutbound } from "./outbound.ts";
export { MessageFlag, MessageType } from "./protocol.ts";
export { Session } from "./session.ts";
export { Fetcher, RpcPromise, RpcProperty, RpcStub } from "./stub.ts";
export type { TraceItem, TraceSink, UsageOfEvent } from "./tails.ts";
export { DurableObject, RpcTarget, WorkerEntrypoint, WorkflowEntrypoint } from "./targets.ts";
export { clearInterval, clearTimeout, setInterval, setTimeout } from "./timers.ts";
export { defineInterface, requireArguments, toDictionary } from "./webidl.ts";
export { worker } from "./worker.ts";
