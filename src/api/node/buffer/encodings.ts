// SPDX-License-Identifier: Apache-2.0
// The encodings of node:buffer, in the order of buffer_ops.cc.
import { unknownEncoding } from "mayfly:node/internal";

export const encodings = ["ascii", "latin1", "utf8", "utf16le", "base64", "base64url", "hex"] as const;
export type EncodingName = (typeof encodings)[number];
export const kUtf8 = 2;
export const kUtf16 = 3;

const byLabel: Record<string, number> = {
  __proto__: null as never,
  ascii: 0, latin1: 1, binary: 1, utf8: 2, "utf-8": 2, utf16le: 3, "utf-16le": 3, ucs2: 3, "ucs-2": 3, base64: 4,
  base64url: 5, hex: 6,
};

/** The place of an encoding in the list, or undefined. */
export function findEncoding(label: unknown): number | undefined {
  if (typeof label !== "string") return undefined;
  return byLabel[label] ?? byLabel[label.toLowerCase()];
}

/** As arguments are: nothing at all means UTF-8. */
export function toEncoding(label: unknown): number {
  if (label === undefined || label === null || label === "") return kUtf8;
  const found = findEncoding(label);
  if (found === undefined) throw unknownEncoding(label);
  return found;
}

/** "UTF-8" -> "utf8"; undefined for what is no encoding. Nothing is UTF-8. */
export function normalizeEncoding(label: unknown): EncodingName | undefined {
  if (label === undefined || label === null || label === "") return "utf8";
  const found = findEncoding(label);
  return found === undefined ? undefined : encodings[found];
}

/** How many bytes at most the text takes, and for all but base64 with faults and hex, exactly. */
export function byteLengthOf(text: string, encoding: number): number {
  switch (encodings[encoding]) {
    case "utf16le": return text.length * 2;
    case "hex": return text.length >>> 1;
    case "base64":
    case "base64url": {
      let { length } = text;
      if (length > 0 && text.charCodeAt(length - 1) === 61) length--;
      if (length > 1 && text.charCodeAt(length - 1) === 61) length--;
      return (length * 3) >>> 2;
    }
    case "utf8": return ops.bufferUtf8Length(text);
    default: return text.length;
  }
}
