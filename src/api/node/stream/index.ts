// SPDX-License-Identifier: Apache-2.0
// node:stream, from readable-stream, with what that lacks: ways to and from web streams, and pairs.
import stream from "readable-stream/lib/stream.js";
import utils from "readable-stream/lib/internal/streams/utils.js";

import { defineWebStreams } from "./web_streams.ts";

const { Duplex } = stream;

/** Two streams, each of which reads what is written to the other. */
function duplexPair(options?: object): [any, any] {
  // What each side was given and the other has not taken yet is answered when that reads on.
  const waiting: (((error?: unknown) => void) | undefined)[] = [];
  const sides: any[] = [0, 1].map((own) => new Duplex({
    ...options,
    read() {
      const done = waiting[own];
      waiting[own] = undefined;
      done?.();
    },
    write(chunk: any, _encoding: string, done: () => void) {
      if (chunk.length === 0) {
        requireGroup("mayfly:node/process").process.nextTick(done);
        return;
      }
      waiting[1 - own] = done;
      sides[1 - own].push(chunk);
    },
    final(done: () => void) {
      sides[1 - own].on("end", done);
      sides[1 - own].push(null);
    },
  }));
  return sides as [any, any];
}

defineWebStreams(stream);
Object.assign(stream, {
  duplexPair,
  isDestroyed: utils.isDestroyed,
  isWritable: utils.isWritable ?? ((value: any) => value?.writable ?? null),
  _isArrayBufferView: ArrayBuffer.isView,
});

export default stream;
