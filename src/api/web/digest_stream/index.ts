// SPDX-License-Identifier: Apache-2.0
export { DigestStream } from "./digest_stream.ts";
