// SPDX-License-Identifier: Apache-2.0
// Responses of servers that compressed their bodies. They are unpacked here, in the worker that asked for them, so that
// what a server packed into little costs that worker, by its own limits, and nobody else. Heads are those of messages:
// "STATUS TEXT\nname\nvalue...".

const formats: Record<string, "gzip" | "deflate"> = { __proto__: null as never, gzip: "gzip", "x-gzip": "gzip", deflate: "deflate" };

/** What a body is packed as; undefined if it is not, or in a way that is not known here. */
export function packedAs(head: string): "gzip" | "deflate" | undefined {
  const encoding = /(?:^|\n)content-encoding\n([^\n]*)/.exec(head)?.[1];
  return encoding === undefined ? undefined : formats[encoding.toLowerCase()];
}

/** Without what speaks of the packed body. */
export function unpackedHead(head: string): string {
  return head.replace(/\ncontent-(?:encoding|length)\n[^\n]*/g, "");
}

/** The body itself. Nothing is read before it is wanted. */
export function unpacked(source: ReadableStream, format: "gzip" | "deflate"): ReadableStream {
  const { ReadableStream } = requireGroup("mayfly:web/streams");
  let reader: ReadableStreamDefaultReader | undefined;
  return new ReadableStream({
    type: "bytes",
    async pull(controller: ReadableByteStreamController) {
      if (reader === undefined) {
        const { DecompressionStream } = requireGroup("mayfly:web/compression");
        reader = source.pipeThrough(new DecompressionStream(format) as never).getReader() as ReadableStreamDefaultReader;
      }
      const { done, value } = await reader.read();
      if (!done) {
        controller.enqueue(value);
        return;
      }
      controller.close();
      controller.byobRequest?.respond(0);
    },
    cancel(reason: unknown) {
      return reader === undefined ? source.cancel(reason) : reader.cancel(reason);
    },
  });
}
