// SPDX-License-Identifier: Apache-2.0
export { Temporal } from "./temporal.ts";
