// SPDX-License-Identifier: Apache-2.0
// The classes of https://streams.spec.whatwg.org/, from web-streams-polyfill (which is the specification's reference
// implementation, made small), typed as TypeScript's own library has them.
import * as ponyfill from "web-streams-polyfill";

export const ReadableStream = ponyfill.ReadableStream as unknown as typeof globalThis.ReadableStream;
export type ReadableStream<T = any> = globalThis.ReadableStream<T>;
export const WritableStream = ponyfill.WritableStream as unknown as typeof globalThis.WritableStream;
export type WritableStream<T = any> = globalThis.WritableStream<T>;
export const TransformStream = ponyfill.TransformStream as unknown as typeof globalThis.TransformStream;
export type TransformStream<I = any, O = any> = globalThis.TransformStream<I, O>;

export const {
  ReadableStreamDefaultReader,
  ReadableStreamBYOBReader,
  ReadableStreamBYOBRequest,
  ReadableStreamDefaultController,
  ReadableByteStreamController,
  WritableStreamDefaultWriter,
  WritableStreamDefaultController,
  TransformStreamDefaultController,
  ByteLengthQueuingStrategy,
  CountQueuingStrategy,
} = ponyfill;

// Workers had this before the standard had `min`.
const { read } = ReadableStreamBYOBReader.prototype;
Object.assign(ReadableStreamBYOBReader.prototype, {
  readAtLeast(this: ponyfill.ReadableStreamBYOBReader, minElements: number, view: ArrayBufferView) {
    return Reflect.apply(read, this, [view, { min: minElements }]);
  },
});

// The fields of the library's objects are ordinary properties; the console shows streams by these instead.
const inspectCustom = Symbol.for("nodejs.util.inspect.custom");
const describers: [Function, (stream: any) => object][] = [
  [ponyfill.ReadableStream, ({ _state, locked }) => ({ locked, state: _state })],
  [ponyfill.WritableStream, ({ _state, locked }) => ({ locked, state: _state })],
  [ponyfill.TransformStream, ({ readable, writable }) => ({ readable, writable })],
  ...Object.values(ponyfill)
    .filter((class_) => /Reader$|Writer$|Controller$|Request$|Strategy$/.test(class_.name))
    .map((class_) => [class_, () => ({})] as [Function, (stream: any) => object]),
];
for (const [class_, describe] of describers) {
  Object.defineProperty(class_.prototype, inspectCustom, {
    value(this: object, _depth: number, options: { inspect(value: unknown): string }) {
      return `${this.constructor?.name ?? class_.name} ${options.inspect(describe(this))}`;
    },
    configurable: true,
    writable: true,
  });
}
