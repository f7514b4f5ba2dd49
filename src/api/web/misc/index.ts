// SPDX-License-Identifier: Apache-2.0
export { structuredClone } from "./structured_clone.ts";
export { Scheduler, scheduler } from "./scheduler.ts";
