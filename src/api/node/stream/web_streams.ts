// SPDX-License-Identifier: Apache-2.0
// Readable.fromWeb, toWeb and so on. https://nodejs.org/api/stream.html#streamreadablefromwebreadablestream-options
import { Buffer } from "mayfly:node/buffer";
import { abortError, invalidArgType, validateObject } from "mayfly:node/internal";

const { isView } = ArrayBuffer;

function isReadableStream(value: any): boolean {
  return typeof value === "object" && value !== null && typeof value.getReader === "function";
}
function isWritableStream(value: any): boolean {
  return typeof value === "object" && value !== null && typeof value.getWriter === "function";
}

interface Options {
  highWaterMark?: number;
  encoding?: string;
  objectMode?: boolean;
  signal?: AbortSignal;
  decodeStrings?: boolean;
  allowHalfOpen?: boolean;
  strategy?: QueuingStrategy;
  type?: string;
}

/** How a Node stream reads from a reader of a web stream. */
function readerMethods(reader: ReadableStreamDefaultReader): object {
  let closed = false;
  reader.closed.then(() => (closed = true), () => (closed = true));
  return {
    read(this: any) {
      reader.read().then(
        ({ done, value }) => {
          if (done) this.push(null);
          // Text and other values go on as they are, where the stream takes objects.
          else this.push(isView(value) && !Buffer.isBuffer(value) && !this.readableObjectMode
            ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : value);
        },
        (error) => this.destroy(error));
    },
    destroyRead(error: unknown): Promise<void> {
      return closed ? Promise.resolve() : reader.cancel(error).catch(() => {});
    },
  };
}

function writerMethods(writer: WritableStreamDefaultWriter): object {
  writer.closed.catch(() => {});
  return {
    write(chunk: any, _encoding: string, done: (error?: unknown) => void) {
      writer.ready.then(() => writer.write(isView(chunk) ? new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength) : chunk))
        .then(() => done(), done);
    },
    final(done: (error?: unknown) => void) {
      writer.close().then(() => done(), done);
    },
    destroyWrite(error: unknown): Promise<void> {
      return error === null || error === undefined ? writer.close().catch(() => {}) : writer.abort(error).catch(() => {});
    },
  };
}

/** Fails the Node stream when the web stream fails on its own. */
function follow(stream: any, closed: Promise<unknown>, side: "readable" | "writable"): void {
  closed.then(
    () => {
      if (side === "writable" && !stream.writableEnded && !stream.destroyed) stream.destroy(abortClosed());
    },
    (error) => {
      if (!stream.destroyed) stream.destroy(error ?? abortClosed());
    });
}

function abortClosed(): Error {
  const error = new Error("Premature close") as Error & { code: string };
  error.code = "ERR_STREAM_PREMATURE_CLOSE";
  return error;
}

export function defineWebStreams(stream: any): void {
  const { Readable, Writable, Duplex, finished } = stream;
  const web = (): any => requireGroup("mayfly:web/streams");

  Readable.fromWeb = (source: ReadableStream, options: Options = {}): any => {
    if (!isReadableStream(source)) throw invalidArgType("readableStream", "ReadableStream", source);
    validateObject(options, "options");
    const { highWaterMark, encoding, objectMode = false, signal } = options;
    const reader = source.getReader();
    const { read, destroyRead } = readerMethods(reader) as any;
    const readable = new Readable({
      objectMode, highWaterMark, encoding, signal, read,
      destroy(error: unknown, done: (error: unknown) => void) {
        destroyRead(error).then(() => done(error));
      },
    });
    follow(readable, reader.closed, "readable");
    return readable;
  };

  Readable.toWeb = (readable: any, options: Options = {}): ReadableStream => {
    if (typeof readable?._readableState !== "object") throw invalidArgType("streamReadable", "stream.Readable", readable);
    const bytes = !readable.readableObjectMode;
    const { ReadableStream: WebReadable, CountQueuingStrategy } = web();
    if (readable.destroyed || !readable.readable) {
      const ended = new WebReadable();
      void ended.cancel();
      return ended;
    }
    let controller: ReadableStreamDefaultController;
    readable.pause();
    const stop = finished(readable, { writable: false }, (error: any) => {
      stop();
      readable.on("error", () => {});
      if (error?.code === "ERR_STREAM_PREMATURE_CLOSE") error = abortError(undefined, { cause: error });
      if (error) controller.error(error);
      else controller.close();
    });
    const strategy = options.strategy ?? (options.type === "bytes" ? undefined : new CountQueuingStrategy({
      highWaterMark: bytes ? 1 : readable.readableHighWaterMark,
    }));
    readable.on("data", (chunk: any) => {
      controller.enqueue(Buffer.isBuffer(chunk) && bytes ? new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength) : chunk);
      if (controller.desiredSize! <= 0) readable.pause();
    });
    readable.pause();
    return new WebReadable({
      ...(options.type === "bytes" ? { type: "bytes" } : {}),
      start(given: ReadableStreamDefaultController) { controller = given; },
      pull() { readable.resume(); },
      cancel(reason: unknown) { stream.destroy(readable, reason); },
    }, strategy);
  };

  Writable.fromWeb = (target: WritableStream, options: Options = {}): any => {
    if (!isWritableStream(target)) throw invalidArgType("writableStream", "WritableStream", target);
    validateObject(options, "options");
    const { highWaterMark, decodeStrings = true, objectMode = false, signal } = options;
    const writer = target.getWriter();
    const { write, final, destroyWrite } = writerMethods(writer) as any;
    const writable = new Writable({
      highWaterMark, objectMode, decodeStrings, signal, write, final,
      destroy(error: unknown, done: (error: unknown) => void) {
        destroyWrite(error).then(() => done(error));
      },
    });
    follow(writable, writer.closed, "writable");
    return writable;
  };

  Writable.toWeb = (writable: any): WritableStream => {
    if (typeof writable?._writableState !== "object") throw invalidArgType("streamWritable", "stream.Writable", writable);
    const { WritableStream: WebWritable, CountQueuingStrategy } = web();
    let controller: WritableStreamDefaultController | undefined;
    let drained: PromiseWithResolvers<void> | undefined;
    let closing: PromiseWithResolvers<void> | undefined;
    const stop = finished(writable, (error: any) => {
      stop();
      writable.on("error", () => {});
      if (error) {
        drained?.reject(error);
        closing?.reject(error);
        controller?.error(error);
      } else {
        closing?.resolve();
        if (closing === undefined) controller?.error(abortError());
      }
      controller = undefined;
    });
    writable.on("drain", () => drained?.resolve());
    return new WebWritable({
      start(given: WritableStreamDefaultController) { controller = given; },
      async write(chunk: unknown) {
        if (writable.writableNeedDrain || !writable.write(chunk)) {
          drained = Promise.withResolvers();
          await drained.promise;
          drained = undefined;
        }
      },
      abort(reason: unknown) { stream.destroy(writable, reason); },
      close() {
        if (closing === undefined) {
          closing = Promise.withResolvers();
          writable.end();
        }
        return closing.promise;
      },
    }, new CountQueuingStrategy({ highWaterMark: writable.writableObjectMode ? writable.writableHighWaterMark : 1 }));
  };

  Duplex.fromWeb = (pair: { readable: ReadableStream; writable: WritableStream }, options: Options = {}): any => {
    validateObject(pair, "pair");
    if (!isReadableStream(pair.readable)) throw invalidArgType("pair.readable", "ReadableStream", pair.readable);
    if (!isWritableStream(pair.writable)) throw invalidArgType("pair.writable", "WritableStream", pair.writable);
    const { allowHalfOpen, objectMode = false, encoding, decodeStrings = true, highWaterMark, signal } = options;
    const reader = pair.readable.getReader();
    const writer = pair.writable.getWriter();
    const { read, destroyRead } = readerMethods(reader) as any;
    const { write, final, destroyWrite } = writerMethods(writer) as any;
    const duplex = new Duplex({
      allowHalfOpen, objectMode, encoding, decodeStrings, highWaterMark, signal, read, write, final,
      destroy(error: unknown, done: (error: unknown) => void) {
        Promise.all([destroyRead(error), destroyWrite(error)]).then(() => done(error));
      },
    });
    follow(duplex, reader.closed, "readable");
    follow(duplex, writer.closed, "writable");
    return duplex;
  };

  Duplex.toWeb = (duplex: any): { readable: ReadableStream; writable: WritableStream } => ({
    readable: Readable.toWeb(duplex),
    writable: Writable.toWeb(duplex),
  });
}
