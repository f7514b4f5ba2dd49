// SPDX-License-Identifier: Apache-2.0
// node:util
import { invalidArgType, isBytes, validateInteger, validateString } from "mayfly:node/internal";

import { aborted, callbackify, debuglog, deprecate, inherits, promisify } from "./callbacks.ts";
import { deepEqual } from "./deep_equal.ts";
import { diff } from "./diff.ts";
import { format, formatWithOptions } from "./format.ts";
import { inspect } from "./inspect.ts";
import { MIMEParams, MIMEType } from "./mime.ts";
import { parseArgs } from "./parse_args.ts";
import { stripVTControlCharacters, styleText } from "./styles.ts";
import { errnoException, getSystemErrorMap, getSystemErrorMessage, getSystemErrorName } from "./system_errors.ts";
import types from "./types.ts";

function isDeepStrictEqual(a: unknown, b: unknown, options?: { skipPrototype?: boolean } | boolean): boolean {
  return deepEqual(a, b, "strict", typeof options === "object" ? !!options?.skipPrototype : !!options);
}

function toUSVString(text: unknown): string {
  return `${text as string}`.toWellFormed();
}

function extend(target: any, source: any): any {
  if (source === null || typeof source !== "object") return target;
  for (const key of Object.keys(source)) target[key] = source[key];
  return target;
}

/** https://nodejs.org/api/util.html#utilparseenvcontent: KEY=value lines, as in .env files. */
function parseEnv(content: string): Record<string, string> {
  validateString(content, "content");
  const result: Record<string, string> = {};
  const line = /^[ \t]*(?:export[ \t]+)?([\w.-]+)[ \t]*=[ \t]*(?:"([^"]*)"|'([^']*)'|`([^`]*)`|([^\n#]*))?[^\n]*$/gm;
  for (const [, key, double, single, back, bare] of content.replaceAll("\r\n", "\n").matchAll(line)) {
    result[key!] = double !== undefined ? double.replaceAll("\\n", "\n") : single ?? back ?? bare?.trim() ?? "";
  }
  return result;
}

function getCallSites(count: any = 10, options?: any): object[] {
  if (typeof count === "object") [count, options] = [10, count];
  validateInteger(count, "frameCount", 1, 200);
  void options;
  const lines = String(new Error().stack).split("\n").slice(2, 2 + count);
  return lines.map((line) => {
    const match = /^\s+at (?:(.*) \()?(.*?):(\d+):(\d+)\)?$/.exec(line);
    return {
      functionName: match?.[1] ?? "", scriptId: "0", scriptName: match?.[2] ?? "", url: match?.[2] ?? "",
      lineNumber: Number(match?.[3] ?? 0), columnNumber: Number(match?.[4] ?? 0), column: Number(match?.[4] ?? 0),
    };
  });
}

function transferableAbortController(): AbortController {
  return new (requireGroup("mayfly:web/events").AbortController)();
}

function transferableAbortSignal(signal: unknown): unknown {
  if (!(signal instanceof requireGroup("mayfly:web/events").AbortSignal)) throw invalidArgType("signal", "AbortSignal", signal);
  return signal;
}

function log(...args: unknown[]): void {
  const now = new Date();
  const time = [now.getHours(), now.getMinutes(), now.getSeconds()].map((part) => `${part}`.padStart(2, "0")).join(":");
  const month = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"][now.getMonth()];
  globalThis.console.log("%s - %s", `${now.getDate()} ${month} ${time}`, format(...args));
}

const isBuffer = (value: unknown): boolean => requireGroup("mayfly:node/buffer").Buffer.isBuffer(value);
const isPrimitive = (value: unknown): boolean => value === null || (typeof value !== "object" && typeof value !== "function");

export { deepEqual, diff, errnoException, format, formatWithOptions, inspect, isBytes, types };
export default Object.defineProperties({
  MIMEParams, MIMEType, aborted, callbackify, debug: debuglog, debuglog, deprecate, diff, format, formatWithOptions,
  getCallSite: getCallSites, getCallSites, getSystemErrorMap, getSystemErrorMessage, getSystemErrorName, inherits, inspect,
  isDeepStrictEqual, log, parseArgs, parseEnv, promisify, stripVTControlCharacters, styleText, toUSVString,
  transferableAbortController, transferableAbortSignal, types,
  _extend: extend,
  _errnoException: errnoException,
  isArray: Array.isArray,
  isBoolean: (value: unknown) => typeof value === "boolean",
  isBuffer,
  isDate: types.isDate,
  isError: (value: unknown) => types.isNativeError!(value) || value instanceof Error,
  isFunction: (value: unknown) => typeof value === "function",
  isNull: (value: unknown) => value === null,
  isNullOrUndefined: (value: unknown) => value === null || value === undefined,
  isNumber: (value: unknown) => typeof value === "number",
  isObject: (value: unknown) => value !== null && typeof value === "object",
  isPrimitive,
  isRegExp: types.isRegExp,
  isString: (value: unknown) => typeof value === "string",
  isSymbol: (value: unknown) => typeof value === "symbol",
  isUndefined: (value: unknown) => value === undefined,
}, {
  TextDecoder: { get: () => requireGroup("mayfly:web/encoding").TextDecoder, enumerable: true },
  TextEncoder: { get: () => requireGroup("mayfly:web/encoding").TextEncoder, enumerable: true },
});
