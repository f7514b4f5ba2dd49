// SPDX-License-Identifier: Apache-2.0
// https://nodejs.org/api/http.html#class-httpincomingmessage: the response of a fetch, or the request of one, as a stream.
import { MessageSocket } from "./message_socket.ts";
import { STATUS_CODES } from "./names.ts";

const { Readable } = requireGroup("mayfly:node/stream").default;
const { Buffer } = requireGroup("mayfly:node/buffer");

export class IncomingMessage extends Readable {
  httpVersion = "1.1";
  httpVersionMajor = 1;
  httpVersionMinor = 1;
  complete = false;
  aborted = false;
  url = "";
  method: string | null = null;
  statusCode: number | null = null;
  statusMessage: string | null = null;
  headers: Record<string, string | string[]> = {};
  headersDistinct: Record<string, string[]> = { __proto__: null as never };
  rawHeaders: string[] = [];
  trailers = {};
  trailersDistinct = {};
  rawTrailers: string[] = [];
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  #socket: MessageSocket | undefined;
  #encrypted: boolean;

  constructor(source: Response | Request) {
    super({});
    this.#encrypted = source.url.startsWith("https:");
    if ("method" in source) {
      const { host, pathname, search } = new (requireGroup("mayfly:web/url").URL)(source.url);
      this.method = source.method;
      this.url = pathname + search;
      if (!source.headers.has("host")) this.#addHeader("host", host);
    } else {
      this.statusCode = source.status;
      this.statusMessage = source.statusText || STATUS_CODES[source.status] || "";
    }
    for (const [name, value] of source.headers) this.#addHeader(name, value);
    this.#reader = source.body?.getReader();
  }
  #addHeader(name: string, value: string): void {
    this.rawHeaders.push(name, value);
    (this.headersDistinct[name] ??= []).push(value);
    if (name === "set-cookie") ((this.headers[name] ??= []) as string[]).push(value);
    else this.headers[name] = this.headers[name] === undefined ? value : `${this.headers[name] as string}, ${value}`;
  }
  _read(): void {
    if (this.#reader === undefined) {
      this.complete = true;
      this.push(null);
      return;
    }
    this.#reader.read().then(
      ({ done, value }) => {
        if (done) this.complete = true;
        this.push(done ? null : Buffer.from(value.buffer, value.byteOffset, value.byteLength));
      },
      (error) => this.destroy(error));
  }
  _destroy(error: unknown, done: (error: unknown) => void): void {
    if (!this.complete) {
      this.aborted = true;
      this.#reader?.cancel(error).catch(() => {});
    }
    done(error);
  }
  setTimeout(delay: number, callback?: () => void): this {
    void delay;
    if (callback) this.once("timeout", callback);
    return this;
  }
  get connection(): MessageSocket {
    return this.socket;
  }
  get socket(): MessageSocket {
    const client = this.method === null ? undefined : this.headers["cf-connecting-ip"];
    return (this.#socket ??= new MessageSocket(this.#encrypted, client as string | undefined, (error) => this.destroy(error)));
  }
}
