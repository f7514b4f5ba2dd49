// SPDX-License-Identifier: Apache-2.0
export { CompressionStream, DecompressionStream } from "./compression.ts";
