// SPDX-License-Identifier: Apache-2.0
export { Blob, blobBytes, isBlob, makeBlob, streamOfBytes } from "./blob.ts";
export { File, isFile, makeFile } from "./file.ts";
