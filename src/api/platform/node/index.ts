// SPDX-License-Identifier: Apache-2.0
// cloudflare:node: how requests reach servers of node:http.
// https://developers.cloudflare.com/workers/runtime-apis/nodejs/http/

const http = (): any => requireGroup("mayfly:node/http");

function portOf(target: unknown): unknown {
  return typeof target === "object" && target !== null ? (target as { port?: unknown }).port : target;
}

/** A fetch() handler for the server of a port, or for a server, which listens to a port of its own if to none. */
export function httpServerHandler(target: any): { fetch(request: Request): Promise<Response> } {
  let port = portOf(target);
  if (typeof target?.listen === "function") {
    if (target.address() === null) target.listen(0);
    port = target.address().port;
  }
  if (typeof port !== "number") throw new TypeError("httpServerHandler() takes a port, { port } or a server of node:http.");
  return { fetch: (request) => http().serve(port, request) };
}

export function handleAsNodeRequest(target: unknown, request: Request): Promise<Response> {
  return http().serve(portOf(target), request);
}
