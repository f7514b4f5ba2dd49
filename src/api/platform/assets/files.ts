// SPDX-License-Identifier: Apache-2.0
// Which file a path means. What the supervisor says of a directory (src/supervisor/asset_tree.cc) is turned into one map
// from the address that each file has to the file; other spellings of an address of HTML redirect to it.
// https://developers.cloudflare.com/workers/static-assets/routing/advanced/html-handling/

import type { HeaderConfig, RedirectConfig } from "./rules.ts";

export interface AssetsConfig {
  /** By path, which begins with a slash. A file's place in the list is its number. */
  files: [path: string, etag: string, bytes: number][];
  /** Whether addresses of HTML end with a slash: as the file does (index.html), always, never; none: with ".html". */
  html: "auto" | "force" | "drop" | "none";
  /** What is answered where there is no file: nothing, the page that routes by itself, the nearest 404.html. */
  notFound: "none" | "page" | "404";
  /** Paths whose requests go to the worker whatever files there are; "!..." takes paths out again. */
  workerFirst: string[];
  redirects: RedirectConfig[];
  headers: HeaderConfig[];
}

export interface AssetFile {
  number: number;
  path: string;
  etag: string;
  bytes: number;
}

export type Found = { file: AssetFile } | { redirect: string } | null;

/** The address of an HTML file. */
function addressOf(path: string, html: AssetsConfig["html"]): string {
  if (html === "none" || !path.endsWith(".html")) return path;
  const stem = path.slice(0, -".html".length);
  if (stem.endsWith("/index")) {
    const folder = stem.slice(0, -"index".length);
    return html === "drop" && folder !== "/" ? folder.slice(0, -1) : folder;
  }
  return html === "force" ? `${stem}/` : stem;
}

export class Files {
  readonly #byAddress = new Map<string, AssetFile>();
  readonly #byPath = new Map<string, AssetFile>();
  readonly #config: AssetsConfig;

  constructor(config: AssetsConfig) {
    this.#config = config;
    for (let number = 0; number < config.files.length; number++) {
      const [path, etag, bytes] = config.files[number]!;
      const file = { number, path, etag, bytes };
      this.#byPath.set(path, file);
      const address = addressOf(path, config.html);
      // Of a.html and a/index.html the shorter path has the address that both would have.
      const other = this.#byAddress.get(address);
      if (other === undefined || other.path.length > path.length) this.#byAddress.set(address, file);
    }
  }

  /** `path`: as it stands in a URL. */
  find(path: string): Found {
    const decoded = decodePath(path);
    if (decoded === null) return null;
    const file = this.#byAddress.get(decoded);
    if (file !== undefined) return { file };
    if (this.#config.html === "none") return null;
    const stem = decoded.replace(/(?:\/index)?(?:\.html|\/)?$/, "");
    for (const address of [stem, `${stem}/`]) {
      if (address !== decoded && this.#byAddress.get(address)?.path.endsWith(".html")) return { redirect: encodeURI(address) };
    }
    return null;
  }

  /** What is shown where there is nothing, and with which status; null: an empty answer. */
  notFound(path: string): { file: AssetFile; status: number } | null {
    const { notFound } = this.#config;
    if (notFound === "page") {
      const file = this.#byPath.get("/index.html");
      return file === undefined ? null : { file, status: 200 };
    }
    if (notFound === "none") return null;
    for (let folder = decodePath(path) ?? "/"; folder !== "";) {
      folder = folder.slice(0, folder.lastIndexOf("/"));
      const file = this.#byPath.get(`${folder}/404.html`);
      if (file !== undefined) return { file, status: 404 };
    }
    return null;
  }
}

function decodePath(path: string): string | null {
  try {
    return decodeURIComponent(path);
  } catch {
    return null;
  }
}

/** Whether `path` matches one of the patterns, and none that takes it out again. A "*" is any number of characters. */
export function matchesAny(path: string, patterns: readonly string[]): boolean {
  const matches = (pattern: string): boolean => {
    const [first = "", ...rest] = pattern.split("*");
    if (rest.length === 0) return path === first;
    if (!path.startsWith(first)) return false;
    const last = rest.pop()!;
    let at = first.length;
    for (const part of rest) {
      const found = path.indexOf(part, at);
      if (found < 0) return false;
      at = found + part.length;
    }
    return path.length - last.length >= at && path.endsWith(last);
  };
  return patterns.some((pattern) => !pattern.startsWith("!") && matches(pattern)) &&
      !patterns.some((pattern) => pattern.startsWith("!") && matches(pattern.slice(1)));
}
