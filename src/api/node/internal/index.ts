// SPDX-License-Identifier: Apache-2.0
// What the modules of Node share. No module of its own.
export {
  abortError, describeReceived, invalidArgType, invalidArgValue, isBytes, nodeError, notImplemented, outOfRange,
  unknownEncoding,
} from "./errors.ts";
export { nextTick } from "./next_tick.ts";
export * from "./validators.ts";
export * from "./refused.ts";
