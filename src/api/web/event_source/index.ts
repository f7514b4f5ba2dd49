// SPDX-License-Identifier: Apache-2.0
export { EventSource } from "./event_source.ts";
