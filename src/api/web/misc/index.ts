// SPDX-License-Identifier: Apache-2.0
export { queueMicrotask } from "./queue_microtask.ts";
export { structuredClone } from "./structured_clone.ts";
export { Scheduler, scheduler } from "./scheduler.ts";
