// SPDX-License-Identifier: Apache-2.0
export { queueMicrotask, structuredClone } from "./functions.ts";
export { Scheduler, scheduler } from "./scheduler.ts";
