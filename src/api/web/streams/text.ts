// SPDX-License-Identifier: Apache-2.0
// https://encoding.spec.whatwg.org/#stream-processing
import { defineInterface } from "mayfly:core";

import { TransformStream } from "./standard.ts";

export class TextEncoderStream {
  #transform: TransformStream<string, Uint8Array>;

  constructor() {
    const encoder: TextEncoder = new (requireGroup("mayfly:web/encoding").TextEncoder)();
    let pending = ""; // a high surrogate whose low one may be in the next chunk
    this.#transform = new TransformStream<string, Uint8Array>({
      transform(chunk, controller) {
        let text = pending + `${chunk}`;
        const last = text.charCodeAt(text.length - 1);
        pending = last >= 0xd800 && last <= 0xdbff ? text.slice(-1) : "";
        if (pending !== "") text = text.slice(0, -1);
        if (text !== "") controller.enqueue(encoder.encode(text));
      },
      flush(controller) {
        if (pending !== "") controller.enqueue(encoder.encode("\ufffd"));
      },
    });
  }
  get encoding(): string { return "utf-8"; }
  get readable(): ReadableStream<Uint8Array> { return this.#transform.readable; }
  get writable(): WritableStream<string> { return this.#transform.writable; }
}

export class TextDecoderStream {
  #decoder: TextDecoder;
  #transform: TransformStream<BufferSource, string>;

  constructor(label: string = "utf-8", options: TextDecoderOptions = {}) {
    const decoder: TextDecoder = new (requireGroup("mayfly:web/encoding").TextDecoder)(label, options);
    this.#decoder = decoder;
    this.#transform = new TransformStream<BufferSource, string>({
      transform(chunk, controller) {
        const text = decoder.decode(chunk, { stream: true });
        if (text !== "") controller.enqueue(text);
      },
      flush(controller) {
        const text = decoder.decode();
        if (text !== "") controller.enqueue(text);
      },
    });
  }
  get encoding(): string { return this.#decoder.encoding; }
  get fatal(): boolean { return this.#decoder.fatal; }
  get ignoreBOM(): boolean { return this.#decoder.ignoreBOM; }
  get readable(): ReadableStream<string> { return this.#transform.readable; }
  get writable(): WritableStream<BufferSource> { return this.#transform.writable; }
}

defineInterface(TextEncoderStream);
defineInterface(TextDecoderStream);
