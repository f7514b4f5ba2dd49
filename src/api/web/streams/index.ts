// SPDX-License-Identifier: Apache-2.0
import "./host_type.ts";
import "./writable_host_type.ts";

export {
  ByteLengthQueuingStrategy,
  CountQueuingStrategy,
  ReadableByteStreamController,
  ReadableStream,
  ReadableStreamBYOBReader,
  ReadableStreamBYOBRequest,
  ReadableStreamDefaultController,
  ReadableStreamDefaultReader,
  TransformStream,
  TransformStreamDefaultController,
  WritableStream,
  WritableStreamDefaultController,
  WritableStreamDefaultWriter,
} from "./standard.ts";
export { TextDecoderStream, TextEncoderStream } from "./text.ts";
export { FixedLengthStream, IdentityTransformStream, promisedLength } from "./identity.ts";
export { type ByteSource, chunkBytes, drain, readAllBytes, readableFromPull } from "./bytes.ts";
