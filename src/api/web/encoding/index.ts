// SPDX-License-Identifier: Apache-2.0
export { TextEncoder } from "./text_encoder.ts";
export { TextDecoder } from "./text_decoder.ts";
export { atob, btoa } from "./base64.ts";
