// SPDX-License-Identifier: Apache-2.0
export { console } from "./console.ts";
export { format } from "./format.ts";
export { type InspectOptions, inspect } from "./inspect.ts";
