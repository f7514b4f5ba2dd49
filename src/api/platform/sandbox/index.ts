// SPDX-License-Identifier: Apache-2.0
// DynamicWorker is the module mayfly:sandbox. The default export is the worker behind the control listener.

export { control as default } from "./control.ts";
export { DynamicWorker } from "./dynamic_worker.ts";
