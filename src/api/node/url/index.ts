// SPDX-License-Identifier: Apache-2.0
// node:url. https://nodejs.org/api/url.html
import { invalidArgType, nodeError, validateObject, validateString } from "mayfly:node/internal";
import { URL, URLSearchParams } from "mayfly:web/url";

import { Url, parse } from "./legacy.ts";

function format(input: any, options?: any): string {
  if (typeof input === "string") return parse(input).format();
  if (typeof input !== "object" || input === null) throw invalidArgType("urlObject", ["Object", "string"], input);
  if (!(input instanceof URL)) return Url.prototype.format.call(Object.assign(new Url(), input));
  if (options !== undefined && options !== null) validateObject(options, "options");
  const { fragment = true, unicode = false, search = true, auth = true } = options ?? {};
  const url = new URL(input.href);
  if (!fragment) url.hash = "";
  if (!search) url.search = "";
  if (!auth) url.username = url.password = "";
  return unicode && url.host !== "" ? url.href.replace(url.host, url.host.replace(url.hostname, domainToUnicode(url.hostname))) : url.href;
}

function resolve(from: string, to: string): string {
  return parse(from, false, true).resolve(to);
}

function resolveObject(from: any, to: any): Url | string {
  return from ? parse(from, false, true).resolveObject(to) : to;
}

function domainToASCII(domain: unknown): string {
  try {
    return new URL(`ws://${domain as string}`).hostname;
  } catch {
    return "";
  }
}

function domainToUnicode(domain: unknown): string {
  const ascii = domainToASCII(domain);
  return requireGroup("mayfly:node/punycode").default.toUnicode(ascii);
}

function isUrl(value: any): value is URL {
  return Boolean(value?.href && value.protocol && value.auth === undefined && value.path === undefined);
}

function fileURLToPath(input: any, options: { windows?: boolean } = {}): string {
  let url = input;
  if (typeof input === "string") url = new URL(input);
  else if (!isUrl(input)) throw invalidArgType("path", ["string", "URL"], input);
  if (url.protocol !== "file:") throw nodeError(TypeError, "ERR_INVALID_URL_SCHEME", "The URL must be of scheme file");
  if (options?.windows) return windowsPath(url);
  if (url.hostname !== "") {
    throw nodeError(TypeError, "ERR_INVALID_FILE_URL_HOST", 'File URL host must be "localhost" or empty on linux');
  }
  if (/%2f/i.test(url.pathname)) {
    throw nodeError(TypeError, "ERR_INVALID_FILE_URL_PATH", "File URL path must not include encoded / characters");
  }
  return decodeURIComponent(url.pathname);
}

function windowsPath(url: URL): string {
  if (/%2f|%5c/i.test(url.pathname)) {
    throw nodeError(TypeError, "ERR_INVALID_FILE_URL_PATH", "File URL path must not include encoded \\ or / characters");
  }
  const path = decodeURIComponent(url.pathname.replaceAll("/", "\\"));
  if (url.hostname !== "") return `\\\\${domainToUnicode(url.hostname)}${path}`;
  if (!/^\\[a-z]:/i.test(path)) throw nodeError(TypeError, "ERR_INVALID_FILE_URL_PATH", "File URL path must be absolute");
  return path.slice(1);
}

function pathToFileURL(path: unknown, options: { windows?: boolean } = {}): URL {
  validateString(path, "path");
  const flavours = requireGroup("mayfly:node/path").default;
  let resolved: string = (options?.windows ? flavours.win32 : flavours.posix).resolve(path);
  if (/[/\\]$/.test(path) && !resolved.endsWith("/")) resolved += "/";
  if (options?.windows) resolved = `/${resolved.replaceAll("\\", "/")}`;
  const escaped = resolved.replaceAll("%", "%25").replaceAll("\\", "%5C").replaceAll("\n", "%0A").replaceAll("\r", "%0D")
    .replaceAll("\t", "%09").replaceAll("?", "%3F").replaceAll("#", "%23");
  return new URL(`file://${escaped}`);
}

function urlToHttpOptions(url: any): object {
  const { hostname, pathname, port, username, password, search } = url;
  return {
    __proto__: null, ...url,
    protocol: url.protocol,
    hostname: typeof hostname === "string" && hostname.startsWith("[") ? hostname.slice(1, -1) : hostname,
    hash: url.hash, search, pathname, path: `${pathname || ""}${search || ""}`, href: url.href,
    ...(port === "" ? {} : { port: Number(port) }),
    ...(username || password ? { auth: `${decodeURIComponent(username)}:${decodeURIComponent(password)}` } : {}),
  };
}

function toPathIfFileURL(value: unknown): unknown {
  return isUrl(value) ? fileURLToPath(value) : value;
}

export default {
  URL, URLSearchParams, Url, domainToASCII, domainToUnicode, fileURLToPath, format, parse, pathToFileURL, resolve,
  resolveObject, toPathIfFileURL, urlToHttpOptions,
};
