// SPDX-License-Identifier: Apache-2.0
// node:stream/web: the classes that the global scope has.
const names = [
  "ByteLengthQueuingStrategy", "CountQueuingStrategy", "ReadableByteStreamController", "ReadableStream",
  "ReadableStreamBYOBReader", "ReadableStreamBYOBRequest", "ReadableStreamDefaultController", "ReadableStreamDefaultReader",
  "TextDecoderStream", "TextEncoderStream", "TransformStream", "TransformStreamDefaultController", "WritableStream",
  "WritableStreamDefaultController", "WritableStreamDefaultWriter",
];
const streams = requireGroup("mayfly:web/streams");
const module: Record<string, unknown> = {};
for (const name of names) module[name] = streams[name];
const { CompressionStream, DecompressionStream } = requireGroup("mayfly:web/compression");
export default Object.assign(module, { CompressionStream, DecompressionStream });
