// SPDX-License-Identifier: Apache-2.0
export { URL } from "./url.ts";
export { URLSearchParams, parseUrlEncoded, writeUrlEncoded } from "./search_params.ts";
