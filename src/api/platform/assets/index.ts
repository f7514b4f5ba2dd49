// SPDX-License-Identifier: Apache-2.0
// The worker that answers with static files: in front of a worker of the operator's (the default export, which hands on
// what it has no file for), and as env.ASSETS in it (Files, which does not).
// https://developers.cloudflare.com/workers/static-assets/

import { worker } from "mayfly:core";
import { Response } from "mayfly:web/fetch";
import { respond } from "./content.ts";
import { type AssetsConfig, Files as FileTable, type Found, matchesAny } from "./files.ts";
import { HeaderRules, type Redirect, Redirects, locationOf } from "./rules.ts";

interface Env {
  ASSETS: AssetsConfig;
  WORKER?: { fetch(request: Request): Promise<Response> };
}

/** What the configuration was made into, when the first request came. */
interface Tables {
  files: FileTable;
  redirects: Redirects;
  headers: HeaderRules;
}
let made: Tables | null = null;

function tablesOf({ ASSETS }: Env): Tables {
  return (made ??= { files: new FileTable(ASSETS), redirects: new Redirects(ASSETS.redirects), headers: new HeaderRules(ASSETS.headers) });
}

const isRead = ({ method }: Request): boolean => method === "GET" || method === "HEAD";

/** Of an absolute URL that was parsed already. */
function partsOf(url: string): { host: string; path: string; query: string } {
  const [, host = "", path = "/", query = ""] = /^[a-z]+:\/\/([^/?#]*)([^?#]*)(\?[^#]*)?/.exec(url) ?? [];
  return { host, path, query };
}

async function answer(tables: Tables, request: Request): Promise<Response> {
  const { host, path, query } = partsOf(request.url);
  const redirect = tables.redirects.find(path);
  if (redirect !== null && redirect.status !== 200) {
    return new Response(null, { status: redirect.status, headers: { location: locationOf(redirect.to, query) } });
  }
  const shown = redirect === null ? path : pathOf(redirect);
  const response = await answerWithFile(tables.files, tables.files.find(shown), shown, query, request);
  tables.headers.apply(response.headers, host, path);
  return response;
}

const pathOf = ({ to }: Redirect): string => to.replace(/[?#].*$/s, "");

async function answerWithFile(files: FileTable, found: Found, path: string, query: string, request: Request): Promise<Response> {
  if (!isRead(request)) {
    if (found === null) return new Response(null, { status: 404 });
    return new Response(null, { status: 405, headers: { allow: "GET, HEAD" } });
  }
  if (found !== null && "redirect" in found) {
    return new Response(null, { status: 307, headers: { location: found.redirect + query } });
  }
  if (found !== null) return respond(found.file, 200, request);
  const instead = files.notFound(path);
  return instead === null ? new Response(null, { status: 404 }) : respond(instead.file, instead.status, request);
}

/** A page that somebody opened in a browser, where the answer to what is not there is a page too. */
function isNavigation(request: Request): boolean {
  return worker.config.compatibility.assets_navigation_prefers_asset_serving === true &&
      request.headers.get("sec-fetch-mode") === "navigate";
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const tables = tablesOf(env);
    if (env.WORKER !== undefined) {
      const { path } = partsOf(request.url);
      const { files, redirects } = tables;
      const isPage = redirects.find(path) !== null || files.find(path) !== null ||
          (isNavigation(request) && files.notFound(path) !== null);
      if (!isRead(request) || !isPage || matchesAny(path, env.ASSETS.workerFirst)) return env.WORKER.fetch(request);
    }
    return answer(tables, request);
  },
};

export const Files = {
  async fetch(request: Request, env: Env): Promise<Response> {
    return answer(tablesOf(env), request);
  },
};
