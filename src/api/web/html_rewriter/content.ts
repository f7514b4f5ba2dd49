// SPDX-License-Identifier: Apache-2.0
// What handlers put into a document: text, escaped unless it is HTML, or a stream of it.
import { ReadableStream } from "mayfly:web/streams";

/** Bytes, one character each; or a stream that is read when its turn comes. */
export type Piece = string | { stream: ReadableStream<Uint8Array>; html: boolean };
export type Content = string | ReadableStream<Uint8Array> | Response;

export interface ContentOptions {
  html?: boolean;
}

/** How the text of a document is written and read. */
export interface Charset {
  encode(text: string): string;
  decode(bytes: string): string;
}

const escapes: Record<string, string> = { "<": "&lt;", ">": "&gt;", "&": "&amp;" };
export const escapeText = (text: string): string => text.replace(/[<>&]/g, (character) => escapes[character]!);

export function toPiece(charset: Charset, content: Content, options: ContentOptions | null | undefined): Piece {
  const html = Boolean(options?.html);
  if (typeof content === "object" && content !== null) {
    if (content instanceof ReadableStream) return { stream: content as ReadableStream<Uint8Array>, html };
    const { Response } = requireGroup("mayfly:web/fetch");
    if (content instanceof Response) {
      const { body } = content as Response;
      return body === null ? "" : { stream: body as ReadableStream<Uint8Array>, html };
    }
  }
  const text = `${content as string}`;
  return charset.encode(html ? text : escapeText(text));
}

/** Around and instead of a token. */
export class Mutations {
  before: Piece[] = [];
  replacement: Piece[] = [];
  after: Piece[] = [];
  removed = false;
}
