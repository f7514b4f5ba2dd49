// SPDX-License-Identifier: Apache-2.0
// crypto.DigestStream of Workers: a WritableStream of bytes whose `digest` is fulfilled when it is closed.
// https://developers.cloudflare.com/workers/runtime-apis/web-crypto/#constructors
import { defineInterface, requireArguments } from "mayfly:core";
import { hashNames, isBufferSource, made, normalize } from "mayfly:web/crypto";
import { WritableStream } from "mayfly:web/streams";

export class DigestStream extends WritableStream<BufferSource | string> {
  #digest: Promise<ArrayBuffer>;
  #bytesWritten = 0;

  constructor(algorithm: string | { name: string }) {
    requireArguments("DigestStream constructor", arguments.length, 1);
    const context = made(ops.digestOpen(hashNames[normalize("digest", algorithm).name]!));
    const { promise, resolve, reject } = Promise.withResolvers<ArrayBuffer>();
    super({
      write: (chunk) => {
        if (typeof chunk !== "string" && !isBufferSource(chunk)) {
          const error = new TypeError("DigestStream is a byte stream but received an object of non-ArrayBuffer/ArrayBufferView/" +
            "string type on its writable side.");
          reject(error);
          throw error;
        }
        const bytes = typeof chunk === "string" ? ops.utf8Encode(chunk) : chunk;
        ops.digestUpdate(context, bytes);
        this.#bytesWritten += bytes.byteLength;
      },
      close() {
        resolve(made(ops.digestFinish(context)));
      },
      abort(reason) {
        reject(reason);
      },
    });
    promise.catch(() => {}); // who wants to know asks for it
    this.#digest = promise;
  }

  get digest(): Promise<ArrayBuffer> { return this.#digest; }
  get bytesWritten(): number | bigint { return BigInt(this.#bytesWritten); }
}
defineInterface(DigestStream);
