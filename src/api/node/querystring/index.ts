// SPDX-License-Identifier: Apache-2.0
// https://nodejs.org/api/querystring.html
import { nodeError } from "mayfly:node/internal";

const { isFinite } = Number;
const plain = /^[A-Za-z0-9\-_.!~*'()]*$/;

type Decode = (text: string) => string;
type Encode = (text: string) => string;
interface ParseOptions { maxKeys?: number; decodeURIComponent?: Decode }

function hexValue(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  const lower = code | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}

/** The bytes that "%xx" and single characters stand for; what is malformed stays as it is. */
function unescapeBuffer(text: string, plusIsSpace = false): Uint8Array {
  const out = requireGroup("mayfly:node/buffer").Buffer.allocUnsafe(text.length);
  let length = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 37 && at + 2 < text.length) {
      const high = hexValue(text.charCodeAt(at + 1));
      const low = hexValue(text.charCodeAt(at + 2));
      if (high >= 0 && low >= 0) {
        out[length++] = high * 16 + low;
        at += 2;
        continue;
      }
    }
    out[length++] = plusIsSpace && code === 43 ? 32 : code;
  }
  return length === text.length ? out : out.slice(0, length);
}

function unescape(text: string, plusIsSpace?: boolean): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return (unescapeBuffer(text, plusIsSpace) as any).toString();
  }
}

function escape(value: unknown): string {
  let text = value;
  if (typeof text !== "string") text = typeof text === "object" ? String(text) : `${text as string}`;
  if (plain.test(text as string)) return text as string;
  try {
    return encodeURIComponent(text as string);
  } catch {
    throw nodeError(URIError, "ERR_INVALID_URI", "URI malformed");
  }
}

function primitiveText(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "number") return isFinite(value) ? `${value}` : "";
  if (typeof value === "bigint") return `${value}`;
  if (typeof value === "boolean") return value ? "true" : "false";
  return "";
}

function stringify(object: any, separator?: string, equals?: string, options?: { encodeURIComponent?: Encode } | null): string {
  const between = separator || "&";
  const assign = equals || "=";
  const custom = options?.encodeURIComponent;
  const encode = typeof custom === "function" ? custom : (querystring.escape as Encode);
  if (object === null || typeof object !== "object") return "";
  const parts: string[] = [];
  for (const key of Object.keys(object)) {
    const value = object[key];
    const start = encode(primitiveText(key)) + assign;
    if (Array.isArray(value)) for (const each of value) parts.push(start + encode(primitiveText(each)));
    else parts.push(start + encode(primitiveText(value)));
  }
  return parts.join(between);
}

function parse(text: string, separator?: string, equals?: string, options?: ParseOptions | null): Record<string, string | string[]> {
  const result: Record<string, string | string[]> = { __proto__: null as never };
  if (typeof text !== "string" || text.length === 0) return result;
  const between = separator ? `${separator}` : "&";
  const assign = equals ? `${equals}` : "=";
  const custom = options?.decodeURIComponent;
  const decode = typeof custom === "function" ? custom : (querystring.unescape as Decode);
  const wanted = typeof options?.maxKeys === "number" ? options.maxKeys : 1000;
  const decodePart = (part: string): string => {
    const spaced = part.replaceAll("+", "%20");
    if (!spaced.includes("%") && custom === undefined && decode === unescape) return spaced;
    try {
      return decode(spaced);
    } catch {
      return unescape(spaced, true);
    }
  };
  let left = wanted > 0 ? wanted : Infinity;
  let start = 0;
  while (start <= text.length && left > 0) {
    const found = text.indexOf(between, start);
    const end = found < 0 ? text.length : found;
    const pair = text.slice(start, end);
    start = end + between.length;
    if (pair === "") continue;
    left--;
    const at = pair.indexOf(assign);
    const key = decodePart(at < 0 ? pair : pair.slice(0, at));
    const value = at < 0 ? "" : decodePart(pair.slice(at + assign.length));
    const before = result[key];
    if (before === undefined) result[key] = value;
    else if (typeof before === "string") result[key] = [before, value];
    else before.push(value);
  }
  return result;
}

const querystring: Record<string, unknown> = {
  unescapeBuffer, unescape, escape, stringify, encode: stringify, parse, decode: parse,
};

export { parse, stringify };
export default querystring;
