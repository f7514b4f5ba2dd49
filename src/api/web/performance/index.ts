// SPDX-License-Identifier: Apache-2.0
export { Performance, performance } from "./performance.ts";
