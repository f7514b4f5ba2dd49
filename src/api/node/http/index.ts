// SPDX-License-Identifier: Apache-2.0
// node:http: the client over fetch(), the server behind a fetch() handler. https://nodejs.org/api/http.html
import { Agent, ClientRequest, makeClient } from "./client.ts";
import { IncomingMessage } from "./message.ts";
import { METHODS, STATUS_CODES } from "./names.ts";
import { OutgoingMessage, validateHeaderName, validateHeaderValue } from "./outgoing.ts";
import { Server, ServerResponse, serve } from "./server.ts";

// Old code calls these without new.
const callable = (class_: any): any => new Proxy(class_, { apply: (target, _self, args) => Reflect.construct(target, args) });
const createServer = (options?: unknown, listener?: unknown): Server => new Server(options, listener);

export { Agent, createServer, makeClient, serve, Server };
export default {
  ...makeClient("http:"), Agent: callable(Agent), ClientRequest, IncomingMessage, METHODS, OutgoingMessage, STATUS_CODES,
  Server: callable(Server), ServerResponse, createServer, maxHeaderSize: 16384, validateHeaderName, validateHeaderValue,
  setMaxIdleHTTPParsers() {},
};
