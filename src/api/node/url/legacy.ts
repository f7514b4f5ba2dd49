// SPDX-License-Identifier: Apache-2.0
// https://nodejs.org/api/url.html#legacy-url-api: how Node read addresses before the URL Standard. Kept for what still
// uses it; new URL() is what to use.
import { invalidArgType, nodeError, validateString } from "mayfly:node/internal";
import { parse as parseQueryString, stringify } from "mayfly:node/querystring";

const noHost = new Set(["javascript", "javascript:"]);
const withSlashes = new Set(["http", "http:", "https", "https:", "ftp", "ftp:", "gopher", "gopher:", "file", "file:", "ws", "ws:", "wss", "wss:"]);
const forbiddenInHost = /[\0\t\n\r #%/:<>?@[\\\]^|]/;
const hostEnd = /[/?#\\\t\n\r "<>^`{|}]/;
// What is escaped in a path, query and fragment although it is no mistake to write it.
const autoEscape: Record<string, string> = {
  "\t": "%09", "\n": "%0A", "\r": "%0D", " ": "%20", '"': "%22", "'": "%27", "<": "%3C", ">": "%3E", "\\": "%5C",
  "^": "%5E", "`": "%60", "{": "%7B", "|": "%7C", "}": "%7D",
};

function invalidUrl(input: string): Error {
  const error = nodeError(TypeError, "ERR_INVALID_URL", "Invalid URL") as Error & { input?: string };
  error.input = input;
  return error;
}

export class Url {
  protocol: string | null = null;
  slashes: boolean | null = null;
  auth: string | null = null;
  host: string | null = null;
  port: string | null = null;
  hostname: string | null = null;
  hash: string | null = null;
  search: string | null = null;
  query: any = null;
  pathname: string | null = null;
  path: string | null = null;
  href: string | null = null;

  parse(input: string, parseQuery = false, slashesDenoteHost = false): this {
    validateString(input, "url");
    let rest = input.replace(/^[\s\ufeff]+|[\s\ufeff]+$/g, "");
    // Backslashes before the query are slashes.
    const queryAt = rest.search(/[?#]/);
    rest = queryAt < 0 ? rest.replaceAll("\\", "/") : rest.slice(0, queryAt).replaceAll("\\", "/") + rest.slice(queryAt);

    let scheme = /^([a-z0-9.+-]+:)/i.exec(rest)?.[0];
    let lower: string | undefined;
    if (scheme !== undefined) {
      lower = scheme.toLowerCase();
      this.protocol = lower;
      rest = rest.slice(scheme.length);
    }
    let slashes = false;
    if (slashesDenoteHost || scheme !== undefined || /^\/\/[^@/]+@[^@/]+/.test(rest)) {
      slashes = rest.startsWith("//");
      if (slashes && !(lower !== undefined && noHost.has(lower))) {
        rest = rest.slice(2);
        this.slashes = true;
      }
    }
    if (!(lower !== undefined && noHost.has(lower)) && (slashes || (scheme !== undefined && !withSlashes.has(lower!)))) {
      rest = this.#parseHost(rest, input);
    }
    if (!(lower !== undefined && noHost.has(lower))) rest = rest.replace(/[\t\n\r "'<>\\^`{|}]/g, (char) => autoEscape[char]!);

    const hashAt = rest.indexOf("#");
    if (hashAt >= 0) {
      this.hash = rest.slice(hashAt);
      rest = rest.slice(0, hashAt);
    }
    const searchAt = rest.indexOf("?");
    if (searchAt >= 0) {
      this.search = rest.slice(searchAt);
      this.query = rest.slice(searchAt + 1);
      if (parseQuery) this.query = parseQueryString(this.query);
      rest = rest.slice(0, searchAt);
    } else if (parseQuery) {
      this.search = null;
      this.query = { __proto__: null };
    }
    if (rest !== "") this.pathname = rest;
    if (lower !== undefined && withSlashes.has(lower) && this.hostname && !this.pathname) this.pathname = "/";
    if (this.pathname || this.search) this.path = (this.pathname ?? "") + (this.search ?? "");
    this.href = this.format();
    return this;
  }

  /** Takes auth, host and port from the beginning; returns what follows. */
  #parseHost(rest: string, input: string): string {
    const end = rest.search(/[/?#]/);
    const authority = end < 0 ? rest : rest.slice(0, end);
    const at = authority.lastIndexOf("@");
    let from = 0;
    if (at >= 0) {
      try {
        this.auth = decodeURIComponent(authority.slice(0, at));
      } catch {
        throw nodeError(URIError, "ERR_INVALID_URI", "URI malformed");
      }
      from = at + 1;
    }
    const found = rest.slice(from).search(hostEnd);
    const hostEndAt = found < 0 ? rest.length : from + found;
    let host = rest.slice(from, hostEndAt);
    let after = rest.slice(hostEndAt);
    const port = /:([0-9]*)$/.exec(host);
    if (port !== null && !(host.startsWith("[") && !host.includes("]:"))) {
      if (port[1] !== "") this.port = port[1]!;
      host = host.slice(0, -port[0].length);
    }
    const isIp6 = host.startsWith("[") && host.endsWith("]");
    if (!isIp6) {
      const wrong = host.search(/[^a-z0-9.\-_+*!$&'(),;=~\u0080-\uffff%]/i);
      if (wrong >= 0) {
        if (host[wrong] === ":") throw invalidUrl(input);
        after = `/${host.slice(wrong)}${after}`;
        host = host.slice(0, wrong);
      }
      if (host.length > 255) host = "";
      host = host.toLowerCase();
      if (/[^\u0000-\u007f]/.test(host)) {
        try {
          host = new (requireGroup("mayfly:web/url").URL)(`http://${host}`).hostname;
        } catch {
          throw invalidUrl(input);
        }
      }
      if (host !== "" && forbiddenInHost.test(host)) throw invalidUrl(input);
    } else if (/[\0\t\n\r #%/<>?@\\^|]/.test(host.slice(1, -1))) {
      throw invalidUrl(input);
    }
    this.hostname = isIp6 ? host.slice(1, -1).toLowerCase() : host;
    this.host = (isIp6 ? `[${this.hostname}]` : this.hostname) + (this.port ? `:${this.port}` : "");
    if (isIp6 && after !== "" && !/^[/?#]/.test(after)) after = `/${after}`;
    return after;
  }

  format(): string {
    let auth = this.auth ?? "";
    if (auth !== "") auth = `${encodeURIComponent(auth).replace(/%3A/gi, ":")}@`;
    let protocol = this.protocol ?? "";
    let pathname = this.pathname ?? "";
    let hash = this.hash ?? "";
    let host = "";
    if (this.host) {
      host = auth + this.host;
    } else if (this.hostname) {
      host = auth + (this.hostname.includes(":") && !this.hostname.startsWith("[") ? `[${this.hostname}]` : this.hostname);
      if (this.port) host += `:${this.port}`;
    }
    let query = "";
    if (this.query !== null && typeof this.query === "object") query = stringify(this.query);
    let search = this.search ?? (query !== "" ? `?${query}` : "");
    if (protocol !== "" && !protocol.endsWith(":")) protocol += ":";
    pathname = pathname.replace(/[?#]/g, encodeURIComponent);
    if (this.slashes || withSlashes.has(protocol)) {
      if (this.slashes || host !== "") {
        if (pathname !== "" && !pathname.startsWith("/")) pathname = `/${pathname}`;
        host = `//${host}`;
      } else if (protocol.startsWith("file")) {
        host = "//";
      }
    }
    search = search.replaceAll("#", "%23");
    if (hash !== "" && !hash.startsWith("#")) hash = `#${hash}`;
    if (search !== "" && !search.startsWith("?")) search = `?${search}`;
    return protocol + host + pathname + search + hash;
  }

  resolve(relative: string): string {
    return this.resolveObject(parse(relative, false, true)).format();
  }

  /** As https://www.rfc-editor.org/rfc/rfc3986#section-5.2 has it, with what else this has always done. */
  resolveObject(relative: Url | string): Url {
    const other = typeof relative === "string" ? parse(relative, false, true) : relative;
    const result: Url = Object.assign(new Url(), this);
    result.hash = other.hash;
    if (other.href === "") {
      result.href = result.format();
      return result;
    }
    if (other.slashes && !other.protocol) {
      for (const key of Object.keys(other)) if (key !== "protocol") (result as any)[key] = (other as any)[key];
      if (withSlashes.has(result.protocol ?? "") && result.hostname && !result.pathname) result.path = result.pathname = "/";
      result.href = result.format();
      return result;
    }
    if (other.protocol && other.protocol !== result.protocol) {
      if (!withSlashes.has(other.protocol)) {
        Object.assign(result, other);
        result.href = result.format();
        return result;
      }
      Object.assign(result, { ...other, slashes: result.slashes || other.slashes });
      if (!other.host && !/^file:?$/.test(other.protocol)) {
        // "http:/host/path": the first part of the path is the host.
        const parts = (other.pathname ?? "").split("/");
        while (parts.length > 0 && !(result.host = parts.shift()!)) {}
        result.host ??= "";
        result.hostname = result.host;
        result.pathname = `/${parts.join("/").replace(/^\//, "")}`;
      }
      result.path = (result.pathname ?? "") + (result.search ?? "") || null;
      result.href = result.format();
      return result;
    }
    const baseIsAbsolute = result.pathname?.startsWith("/") ?? false;
    const otherIsAbsolute = other.host !== null && other.host !== "" || (other.pathname?.startsWith("/") ?? false);
    let absolute = otherIsAbsolute || baseIsAbsolute || Boolean(result.host && other.pathname);
    const removeDots = absolute;
    let parts = result.pathname?.split("/") ?? [];
    const otherParts = other.pathname?.split("/") ?? [];
    if (otherIsAbsolute) {
      if (other.host) {
        if (result.host !== other.host) result.auth = null;
        result.host = other.host;
        result.hostname = other.hostname;
        result.port = other.port;
        if (other.auth) result.auth = other.auth;
      }
      result.search = other.search;
      result.query = other.query;
      parts = otherParts;
    } else if (otherParts.length > 0) {
      parts.pop();
      parts = parts.concat(otherParts);
      result.search = other.search;
      result.query = other.query;
    } else if (other.search !== null && other.search !== undefined) {
      result.search = other.search;
      result.query = other.query;
      result.path = (result.pathname ?? "") + (result.search ?? "") || null;
      result.href = result.format();
      return result;
    }
    if (parts.length === 0) {
      result.pathname = null;
      result.path = result.search ? `/${result.search}` : null;
      result.href = result.format();
      return result;
    }
    const last = parts[parts.length - 1];
    const trailing = ((result.host || other.host || parts.length > 1) && (last === "." || last === "..")) || last === "";
    let up = 0;
    for (let at = parts.length - 1; at >= 0; at--) {
      if (parts[at] === ".") {
        parts.splice(at, 1);
      } else if (parts[at] === "..") {
        parts.splice(at, 1);
        up++;
      } else if (up > 0) {
        parts.splice(at, 1);
        up--;
      }
    }
    if (!absolute && !removeDots) for (; up > 0; up--) parts.unshift("..");
    if (absolute && parts[0] !== "" && (!parts[0] || parts[0][0] !== "/")) parts.unshift("");
    if (trailing && parts.join("/").at(-1) !== "/") parts.push("");
    absolute = parts[0] === "" || (parts[0] !== undefined && parts[0].startsWith("/"));
    if ((result.host && parts.length > 0) && !absolute) parts.unshift("");
    result.pathname = parts.length === 0 ? null : parts.join("/");
    if (result.pathname !== null || result.search !== null) result.path = (result.pathname ?? "") + (result.search ?? "");
    result.auth = other.auth || result.auth;
    result.slashes = result.slashes || other.slashes;
    result.href = result.format();
    return result;
  }
}

export function parse(input: unknown, parseQuery?: boolean, slashesDenoteHost?: boolean): Url {
  if (input instanceof Url) return input;
  if (typeof input !== "string") throw invalidArgType("url", "string", input);
  return new Url().parse(input, parseQuery, slashesDenoteHost);
}
