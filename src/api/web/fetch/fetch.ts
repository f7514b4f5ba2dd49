// SPDX-License-Identifier: Apache-2.0
// https://fetch.spec.whatwg.org/#fetch-method, through the outbound that the worker was given.
import { currentContext, defaultOutbound, kNoOutbound, requireArguments } from "mayfly:core";
import { BodyState } from "./body.ts";
import { readDataUrl } from "./data_url.ts";
import { sendRequest } from "./message.ts";
import { Request, isRequest, requestParts } from "./request.ts";
import { type Response, makeReceivedResponse } from "./response.ts";

export async function fetch(input: unknown, init: unknown = undefined): Promise<Response> {
  requireArguments("Failed to execute 'fetch'", arguments.length, 1);
  const request = init === undefined && isRequest(input) ? input : new Request(input, init);
  const { url, fetcher } = requestParts(request);
  if (fetcher !== null) return fetcher.fetch(request as never) as Promise<never>;
  if (url.startsWith("data:")) {
    const data = readDataUrl(url);
    if (data === undefined) throw new TypeError(`Fetch API cannot load: ${url.slice(0, 100)}`);
    const head = `OK\ncontent-type\n${data.type}`;
    return makeReceivedResponse(200, head, new BodyState(data.body), url, false);
  }
  if (!/^https?:/.test(url)) throw new TypeError(`Fetch API cannot load: ${url}`);
  const outbound = defaultOutbound();
  if (outbound === null) throw new Error(kNoOutbound);
  currentContext()?.countSubRequest();
  return sendRequest(outbound.session, outbound.target, outbound.pipelined, request);
}
