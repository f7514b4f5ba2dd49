// SPDX-License-Identifier: Apache-2.0
// https://developers.cloudflare.com/workers/runtime-apis/html-rewriter/
import { defineInterface, requireArguments } from "mayfly:core";
import { TextDecoder } from "mayfly:web/encoding";
import { Headers, Response } from "mayfly:web/fetch";
import { ReadableStream } from "mayfly:web/streams";

import { type Charset, type Piece, escapeText } from "./content.ts";
import { type Handlers, Rewriter } from "./rewriter.ts";
import { SelectorError, SelectorSet } from "./selector.ts";

type HandlerObject = Record<string, unknown>;
const kInputBytes = 64 * 1024;

const toBytes = (binary: string): Uint8Array<ArrayBuffer> => ops.latin1Encode(binary);
const toBinary = (bytes: Uint8Array): string => ops.latin1Decode(bytes);

const utf8: Charset = {
  encode: (text) => (/^[\x00-\x7f]*$/.test(text) ? text : toBinary(ops.utf8Encode(text))),
  decode: (bytes) => (/^[\x00-\x7f]*$/.test(bytes) ? bytes : ops.utf8Decode(toBytes(bytes), false)!),
};

/** Characters that are not ASCII are written as references where the document is not of UTF-8. */
function charsetOf(label: string): Charset {
  let decoder: TextDecoder;
  try {
    decoder = new TextDecoder(label, { ignoreBOM: true });
  } catch {
    throw new TypeError("Parser error: Unknown character encoding has been provided.");
  }
  if (decoder.encoding === "utf-8") return utf8;
  if (decoder.encoding.startsWith("utf-16")) throw new TypeError("Parser error: Expected ASCII-compatible encoding.");
  return {
    encode: (text) => text.replace(/[^\x00-\x7f]/gu, (character) => `&#${character.codePointAt(0)};`),
    decode: (bytes) => decoder.decode(toBytes(bytes)),
  };
}

/** The functions of a handler object, asked for once. They are called as its methods. */
function readHandlers(object: unknown, names: string[]): Record<string, (token: never) => unknown> {
  if (object === null) return {};
  if (typeof object !== "object" && typeof object !== "function") {
    throw new TypeError("HTMLRewriter: the handlers must be an object");
  }
  const handlers: Record<string, (token: never) => unknown> = {};
  for (const name of names) {
    const handler = (object as HandlerObject)[name];
    if (handler === undefined || handler === null) continue;
    if (typeof handler !== "function") throw new TypeError(`HTMLRewriter: the handler ${name} must be a function`);
    handlers[name] = (token) => Reflect.apply(handler, object, [token]);
  }
  return handlers;
}

export class HTMLRewriter {
  #handlers: Handlers = { selectors: new SelectorSet(), elements: [], documents: [] };

  on(selector: string, handlers: object): this {
    requireArguments("HTMLRewriter.on", arguments.length, 2);
    const read = readHandlers(handlers, ["element", "comments", "text"]);
    try {
      this.#handlers.selectors.add(this.#handlers.elements.length, utf8.encode(`${selector}`));
    } catch (error) {
      throw error instanceof SelectorError ? new TypeError(`Parser error: ${error.message}`) : error;
    }
    this.#handlers.elements.push(read);
    return this;
  }

  onDocument(handlers: object): this {
    requireArguments("HTMLRewriter.onDocument", arguments.length, 1);
    this.#handlers.documents.push(readHandlers(handlers, ["doctype", "comments", "text", "end"]));
    return this;
  }

  transform(response: Response): Response {
    requireArguments("HTMLRewriter.transform", arguments.length, 1);
    const handlers = this.#handlers;
    if (!(response instanceof Response)) throw new TypeError("HTMLRewriter.transform: the argument must be a Response");
    const { body, status, statusText } = response;
    if (body === null) return response;
    if (response.bodyUsed || body.locked) throw new TypeError("The ReadableStream has been locked to a reader.");
    const headers = new Headers(response.headers);
    headers.delete("content-length");
    const charset = charsetOf(/charset\s*=\s*"?([^\s";]+)/i.exec(headers.get("content-type") ?? "")?.[1] ?? "utf-8");
    // The handlers that there are now; what is added later is for other documents.
    const copy = { ...handlers, elements: [...handlers.elements], documents: [...handlers.documents] };
    return new Response(rewrite(body, copy, charset), { status, statusText, headers });
  }
}
defineInterface(HTMLRewriter);

/** Reads of `source` when its reader asks for more, and no more than it takes to have something for it. */
function rewrite(source: ReadableStream<Uint8Array>, handlers: Handlers, charset: Charset): ReadableStream<Uint8Array> {
  const reader = source.getReader();
  let out: string[] = [];
  let controller: ReadableByteStreamController;
  const flush = (): boolean => {
    const bytes = toBytes(out.join(""));
    out = [];
    if (bytes.byteLength > 0) controller.enqueue(bytes);
    return bytes.byteLength > 0;
  };
  const writeStream = async ({ stream, html }: Piece & object): Promise<void> => {
    flush();
    const content = stream.getReader();
    const decoder = new TextDecoder();
    for (;;) {
      const { done, value } = await content.read();
      const text = typeof value === "string" ? value : done ? decoder.decode() : decoder.decode(value, { stream: true });
      out.push(charset.encode(html ? text : escapeText(text)));
      flush();
      if (done) return;
    }
  };
  const rewriter = new Rewriter(handlers, charset, (bytes) => out.push(bytes), writeStream);
  let rest: Uint8Array = new Uint8Array(0);

  return new ReadableStream({
    type: "bytes",
    start(given) {
      controller = given;
    },
    async pull() {
      try {
        for (;;) {
          if (rest.byteLength === 0) {
            const { done, value } = await reader.read();
            if (done) {
              await rewriter.end();
              flush();
              controller.close();
              controller.byobRequest?.respond(0);
              return;
            }
            rest = value;
          }
          const part = rest.subarray(0, kInputBytes);
          rest = rest.subarray(kInputBytes);
          await rewriter.push(toBinary(part));
          if (flush()) return;
        }
      } catch (error) {
        reader.cancel(error).catch(() => {});
        throw error;
      }
    },
    cancel: (reason) => reader.cancel(reason),
  }, { highWaterMark: 0 }) as ReadableStream<Uint8Array>;
}
