// SPDX-License-Identifier: Apache-2.0
// node:http: the client. https://nodejs.org/api/http.html
import { Agent, ClientRequest, makeClient, refuseServer, validateHeaderName, validateHeaderValue } from "./client.ts";
import { IncomingMessage } from "./message.ts";
import { METHODS, STATUS_CODES } from "./names.ts";

export { Agent, makeClient };
export default {
  ...makeClient("http:"), Agent, ClientRequest, IncomingMessage, METHODS, STATUS_CODES, OutgoingMessage: refuseServer,
  ServerResponse: refuseServer, maxHeaderSize: 16384, validateHeaderName, validateHeaderValue, setMaxIdleHTTPParsers() {},
};
