// SPDX-License-Identifier: Apache-2.0
// The worker that answers with static files: in front of a worker of the operator's (the default export, which hands on
// what it has no file for), and as env.ASSETS in it (Files, which does not).
// https://developers.cloudflare.com/workers/static-assets/

import { worker } from "mayfly:core";
import { Response } from "mayfly:web/fetch";
import { respond } from "./content.ts";
import { type AssetsConfig, Files as FileTable, type Found, matchesAny } from "./files.ts";

interface Env {
  ASSETS: AssetsConfig;
  WORKER?: { fetch(request: Request): Promise<Response> };
}

let table: FileTable | null = null;

const isRead = ({ method }: Request): boolean => method === "GET" || method === "HEAD";

/** [path, query] of an absolute URL that was parsed already. */
function partsOf(url: string): [path: string, query: string] {
  const [, path = "/", query = ""] = /^[a-z]+:\/\/[^/?#]*([^?#]*)(\?[^#]*)?/.exec(url) ?? [];
  return [path, query];
}

async function answer(found: Found, path: string, query: string, request: Request): Promise<Response> {
  if (!isRead(request)) {
    if (found === null) return new Response(null, { status: 404 });
    return new Response(null, { status: 405, headers: { allow: "GET, HEAD" } });
  }
  if (found !== null && "redirect" in found) {
    return new Response(null, { status: 307, headers: { location: found.redirect + query } });
  }
  if (found !== null) return respond(found.file, 200, request);
  const instead = table!.notFound(path);
  return instead === null ? new Response(null, { status: 404 }) : respond(instead.file, instead.status, request);
}

/** A page that somebody opened in a browser, where the answer to what is not there is a page too. */
function isNavigation(request: Request): boolean {
  return worker.config.compatibility.assets_navigation_prefers_asset_serving === true &&
      request.headers.get("sec-fetch-mode") === "navigate";
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    table ??= new FileTable(env.ASSETS);
    const [path, query] = partsOf(request.url);
    const found = table.find(path);
    if (env.WORKER !== undefined) {
      const isPage = found !== null || (isNavigation(request) && table.notFound(path) !== null);
      if (!isRead(request) || !isPage || matchesAny(path, env.ASSETS.workerFirst)) return env.WORKER.fetch(request);
    }
    return answer(found, path, query, request);
  },
};

export const Files = {
  async fetch(request: Request, env: Env): Promise<Response> {
    table ??= new FileTable(env.ASSETS);
    const [path, query] = partsOf(request.url);
    return answer(table.find(path), path, query, request);
  },
};
