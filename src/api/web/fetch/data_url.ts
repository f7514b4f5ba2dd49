// SPDX-License-Identifier: Apache-2.0
// https://fetch.spec.whatwg.org/#data-url-processor
import { parseMimeType, trimWhitespace, writeMimeType } from "./mime.ts";

const hexDigit = (code: number): number =>
  code >= 48 && code <= 57 ? code - 48 : code >= 65 && code <= 70 ? code - 55 : code >= 97 && code <= 102 ? code - 87 : -1;

/** https://url.spec.whatwg.org/#percent-decode */
function percentDecode(text: string): Uint8Array<ArrayBuffer> {
  const source = ops.utf8Encode(text);
  const bytes = new Uint8Array(source.length);
  let size = 0;
  for (let at = 0; at < source.length; at++) {
    const high = source[at] === 37 ? hexDigit(source[at + 1] ?? 0) : -1;
    const low = high < 0 ? -1 : hexDigit(source[at + 2] ?? 0);
    bytes[size++] = low < 0 ? source[at]! : high * 16 + low;
    if (low >= 0) at += 2;
  }
  return bytes.slice(0, size);
}

/** What a data: URL (as URL writes it) holds; undefined when it is malformed. */
export function readDataUrl(url: string): { type: string; body: Uint8Array<ArrayBuffer> } | undefined {
  const hash = url.indexOf("#");
  const text = url.slice("data:".length, hash < 0 ? undefined : hash);
  const comma = text.indexOf(",");
  if (comma < 0) return undefined;
  let type = trimWhitespace(text.slice(0, comma));
  let body = percentDecode(text.slice(comma + 1));
  const base64 = /; *base64$/i.exec(type);
  if (base64 !== null) {
    type = type.slice(0, base64.index);
    let binary = "";
    for (let at = 0; at < body.length; at += 8192) binary += String.fromCharCode(...body.subarray(at, at + 8192));
    const decoded = ops.base64Decode(binary);
    if (decoded === undefined) return undefined;
    body = Uint8Array.from({ length: decoded.length }, (_each, at) => decoded.charCodeAt(at));
  }
  if (type.startsWith(";")) type = `text/plain${type}`;
  const mime = parseMimeType(type);
  return { type: mime === undefined ? "text/plain;charset=US-ASCII" : writeMimeType(mime), body };
}
