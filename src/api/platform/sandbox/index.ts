// SPDX-License-Identifier: Apache-2.0
// The module mayfly:sandbox.

export { DynamicWorker } from "./dynamic_worker.ts";
