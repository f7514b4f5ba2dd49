// SPDX-License-Identifier: Apache-2.0
// A stream of bytes crosses as a stream of the session: its reader may be in another isolate or process.
import { cloneError, registerHostType } from "mayfly:core";

import { ReadableStream } from "./standard.ts";

registerHostType({
  tag: "stream",
  type: ReadableStream,
  write(session, stream) {
    if (session === null) throw cloneError("A ReadableStream cannot be cloned");
    if (stream.locked) throw new TypeError("The ReadableStream has been locked to a reader.");
    return ["stream", session.sendStream(stream)];
  },
  read(session, [, id]) {
    if (session === null || typeof id !== "number") throw new TypeError("A stream arrived malformed");
    return session.receiveStream(id);
  },
});
