// SPDX-License-Identifier: Apache-2.0
// https://fetch.spec.whatwg.org/#body-mixin
//
// What is known in memory stays a string or bytes, from the constructor to the message or to text() and its like; a stream
// is made of it only when `body` is read.
import { defineInterface } from "mayfly:core";
import { parseMimeType, writeMimeType } from "./mime.ts";

export type Bytes = Uint8Array<ArrayBuffer>;
export type Content = string | Bytes;

const used = () => new TypeError(
  "Body has already been used. It can only be used once. Use tee() first if you need to read it twice.");

// The streams are web-streams-polyfill's, which keeps this as the specification's slot.
const isDisturbed = (stream: ReadableStream): boolean => (stream as unknown as { _disturbed: boolean })._disturbed;

/** How many bytes the streams that were made here yield as a whole. */
const lengths = new WeakMap<ReadableStream, number>();

/** What a Request or Response has for a body that is not null. */
export class BodyState {
  /** The whole body; undefined when it is a stream, or gone. */
  content: Content | undefined;
  /** Somebody else sees the same bytes. */
  shared: boolean;
  /** How many bytes a stream will yield, where that is known. */
  length: number | undefined;
  #stream: ReadableStream | undefined;
  #used = false;

  constructor(content: Content | undefined, shared = false, stream?: ReadableStream, length?: number) {
    this.content = content;
    this.shared = shared;
    this.length = length;
    this.#stream = stream;
    if (stream !== undefined && length !== undefined) lengths.set(stream, length);
  }

  static received(stream: ReadableStream, head: string): BodyState {
    const length = /(?:^|\n)content-length\n(\d+)(?:\n|$)/.exec(head)?.[1];
    return new BodyState(undefined, false, stream, length === undefined ? undefined : Number(length));
  }

  static ofStream(stream: ReadableStream): BodyState {
    const length = lengths.get(stream) ?? requireGroup("mayfly:web/streams").promisedLength(stream);
    return new BodyState(undefined, false, stream, length);
  }

  get disturbed(): boolean {
    return this.#used || (this.#stream !== undefined && isDisturbed(this.#stream));
  }

  get usable(): boolean {
    return !this.disturbed && !this.#stream?.locked;
  }

  stream(): ReadableStream {
    if (this.#stream !== undefined) return this.#stream;
    const { content } = this;
    this.content = undefined;
    const bytes = typeof content === "string" ? ops.utf8Encode(content) : content;
    this.#stream = requireGroup("mayfly:web/file").streamOfBytes(bytes ?? new Uint8Array(0)) as ReadableStream;
    if (bytes === undefined) void this.#stream.cancel(); // the body went elsewhere
    else lengths.set(this.#stream, this.length = bytes.length);
    return this.#stream;
  }

  /** The content, for which the body is then used. */
  take(): Content | Promise<Bytes> {
    if (this.disturbed) throw used();
    if (this.content !== undefined) {
      const { content } = this;
      this.#used = true;
      this.content = undefined;
      return content;
    }
    const stream = this.stream();
    if (stream.locked) throw new TypeError("This ReadableStream is currently locked to a reader.");
    return requireGroup("mayfly:web/streams").readAllBytes(stream);
  }

  /** Moves the body to another owner. */
  detach(): BodyState {
    if (this.disturbed) throw used();
    if (this.#stream?.locked) {
      throw new TypeError("This ReadableStream is locked to a reader, and cannot be used as a body.");
    }
    const moved = new BodyState(this.content, this.shared, this.#stream, this.length);
    this.#used = true;
    this.content = this.#stream = undefined;
    return moved;
  }

  clone(): BodyState {
    if (!this.usable) throw new TypeError("This body was used or is locked to a reader, so it cannot be cloned.");
    if (this.content !== undefined) {
      this.shared = true;
      return new BodyState(this.content, true);
    }
    const [own, other] = this.stream().tee();
    this.#stream = own;
    return new BodyState(undefined, false, other, this.length);
  }

  /** Nobody will read it. */
  discard(): void {
    if (this.content === undefined && this.usable) this.stream().cancel().catch(() => {});
    this.#used = true;
    this.content = undefined;
  }
}

const isView = ArrayBuffer.isView;

function extractStream(init: object): [BodyState, null] | undefined {
  const { ReadableStream } = requireGroup("mayfly:web/streams");
  if (!(init instanceof ReadableStream)) return undefined;
  const state = BodyState.ofStream(init as ReadableStream);
  if (state.disturbed) throw used();
  if (!state.usable) {
    throw new TypeError("This ReadableStream is locked to a reader, and cannot be used as a body.");
  }
  return [state, null];
}

function extractBlob(init: object): [BodyState, string | null] | undefined {
  const { isBlob, blobBytes } = requireGroup("mayfly:web/file");
  return isBlob(init) ? [new BodyState(blobBytes(init), true), (init as Blob).type || null] : undefined;
}

function extractForm(init: object): [BodyState, string] | undefined {
  const { isFormData, writeMultipart } = requireGroup("mayfly:web/formdata");
  if (!isFormData(init)) return undefined;
  const boundary = `----mayfly-${requireGroup("mayfly:web/crypto").crypto.randomUUID()}`;
  return [new BodyState(writeMultipart(init, boundary)), `multipart/form-data; boundary=${boundary}`];
}

function extractParams(init: object): [BodyState, string] | undefined {
  const { URLSearchParams } = requireGroup("mayfly:web/url");
  if (!(init instanceof URLSearchParams)) return undefined;
  return [new BodyState(`${init}`), "application/x-www-form-urlencoded;charset=UTF-8"];
}

const extractors: Record<string, (init: object) => [BodyState, string | null] | undefined> = {
  __proto__: null as never,
  ReadableStream: extractStream,
  Blob: extractBlob,
  File: extractBlob,
  FormData: extractForm,
  URLSearchParams: extractParams,
};

/** https://fetch.spec.whatwg.org/#concept-bodyinit-extract: the body and its content type. */
export function extractBody(init: unknown): [body: BodyState, type: string | null] {
  if (typeof init === "object" && init !== null) {
    if (init instanceof ArrayBuffer) return [new BodyState(new Uint8Array(init.slice(0))), null];
    if (isView(init)) {
      const view = new Uint8Array(init.buffer as ArrayBuffer, init.byteOffset, init.byteLength);
      return [new BodyState(new Uint8Array(view)), null];
    }
    // The tag says what to try first, so that no other group is loaded in vain. It is not believed.
    const tag = (init as { [Symbol.toStringTag]?: string })[Symbol.toStringTag];
    if (tag !== undefined) {
      const found = extractors[tag]?.(init);
      if (found !== undefined) return found;
      for (const extract of [extractStream, extractBlob, extractForm, extractParams]) {
        const other = extract(init);
        if (other !== undefined) return other;
      }
    }
    if (Symbol.asyncIterator in init) {
      return [BodyState.ofStream(requireGroup("mayfly:web/streams").ReadableStream.from(init)), null];
    }
  }
  return [new BodyState(`${init}`.toWellFormed()), "text/plain;charset=UTF-8"];
}

/** https://encoding.spec.whatwg.org/#utf-8-decode */
function toText(content: Content): string {
  const text = typeof content === "string" ? content : ops.utf8Decode(content, false)!;
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}

export const contentTypeOf = Symbol("contentType");
export let bodyOf: (object: Body) => BodyState | null;
export let setBody: (object: Body, body: BodyState | null) => void;

export abstract class Body {
  #body: BodyState | null = null;

  static {
    bodyOf = (object) => object.#body;
    setBody = (object, body) => {
      object.#body = body;
    };
  }

  abstract [contentTypeOf](): string | null;

  // A null body is empty, however often it is read.
  #take(): Content | Promise<Bytes> {
    return this.#body === null ? "" : this.#body.take();
  }

  async #takeBytes(): Promise<Bytes> {
    const shared = this.#body?.shared === true;
    const content = await this.#take();
    if (typeof content === "string") return ops.utf8Encode(content);
    return shared || content.length !== content.buffer.byteLength ? new Uint8Array(content) : content;
  }

  get body(): ReadableStream | null {
    return this.#body === null ? null : this.#body.stream();
  }

  get bodyUsed(): boolean {
    return this.#body !== null && this.#body.disturbed;
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    return (await this.#takeBytes()).buffer;
  }

  async bytes(): Promise<Bytes> {
    return this.#takeBytes();
  }

  async text(): Promise<string> {
    const content = this.#take();
    return toText(content instanceof Promise ? await content : content);
  }

  async json(): Promise<unknown> {
    const content = this.#take();
    return JSON.parse(toText(content instanceof Promise ? await content : content));
  }

  async blob(): Promise<Blob> {
    const type = this[contentTypeOf]();
    const mime = type === null ? undefined : parseMimeType(type);
    return requireGroup("mayfly:web/file").makeBlob(await this.#takeBytes(), mime === undefined ? "" : writeMimeType(mime));
  }

  async formData(): Promise<FormData> {
    const type = this[contentTypeOf]();
    if (type === null) throw new TypeError("Parsing a Body as FormData requires a Content-Type header.");
    const mime = parseMimeType(type);
    const { parseMultipart, parseUrlEncodedForm } = requireGroup("mayfly:web/formdata");
    if (mime?.essence === "application/x-www-form-urlencoded") {
      return parseUrlEncodedForm(toText(await this.#take()));
    }
    if (mime?.essence !== "multipart/form-data") {
      throw new TypeError("Unrecognized Content-Type header value. FormData can only parse the following MIME types: " +
        "multipart/form-data, application/x-www-form-urlencoded");
    }
    const boundary = mime.parameters.get("boundary");
    if (boundary === undefined) {
      throw new TypeError("No boundary string in Content-Type header. The multipart/form-data MIME type requires a " +
        `boundary parameter, e.g. 'Content-Type: multipart/form-data; boundary="abcd"'. See RFC 7578, section 4.`);
    }
    return parseMultipart(await this.#takeBytes(), boundary);
  }
}

defineInterface(Body);
