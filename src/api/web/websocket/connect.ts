// SPDX-License-Identifier: Apache-2.0
// https://websockets.spec.whatwg.org/#dom-websocket-websocket: new WebSocket(url, protocols), by way of fetch().
import { DOMException } from "mayfly:web/events";
import { type WebSocket, establish, establishFailed, makeConnecting } from "./websocket.ts";

const wrong = (what: string): DOMException => new DOMException(`WebSocket Constructor: ${what}`, "SyntaxError");

function toProtocols(given: unknown): string[] {
  if (given === undefined) return [];
  const protocols: string[] = [];
  if (typeof given === "object" && given !== null && Symbol.iterator in given) {
    for (const one of given as Iterable<unknown>) protocols.push(`${one}`);
  } else {
    protocols.push(`${given}`);
  }
  for (let index = 0; index < protocols.length; index++) {
    const protocol = protocols[index]!;
    if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(protocol)) throw wrong("The protocol header token is invalid.");
    if (protocols.indexOf(protocol) !== index) throw wrong("The protocols header cannot have repeating values.");
  }
  return protocols;
}

export function connectWebSocket(given: string, protocolsGiven: unknown): WebSocket {
  const url = ops.urlParse(given);
  if (url === undefined) throw wrong("The url is invalid.");
  if (!/^wss?:/.test(url)) throw wrong("The url scheme must be ws or wss.");
  if (url.includes("#")) throw wrong("The url fragment must be empty.");
  const protocols = toProtocols(protocolsGiven);
  const socket = makeConnecting(url);
  void connect(socket, url.replace(/^ws/, "http"), protocols);
  return socket;
}

async function connect(socket: WebSocket, url: string, protocols: string[]): Promise<void> {
  const { Request, fetch } = requireGroup("mayfly:web/fetch") as
      { Request: typeof globalThis.Request; fetch(request: unknown): Promise<Response & { webSocket: WebSocket | null }> };
  try {
    const asked: [string, string][] = [["upgrade", "websocket"]];
    if (protocols.length > 0) asked.push(["sec-websocket-protocol", protocols.join(", ")]);
    const { status, headers, webSocket } = await fetch(new Request(url, { headers: asked }));
    if (webSocket === null) {
      throw new TypeError("Failed to establish the WebSocket connection: expected server to reply with HTTP status " +
          `code 101 (switching protocols), but received ${status} instead.`);
    }
    const protocol = headers.get("sec-websocket-protocol") ?? "";
    if (protocol !== "" && !protocols.includes(protocol)) {
      throw new TypeError(`Failed to establish the WebSocket connection: the server chose the protocol "${protocol}", ` +
          "which was not asked for.");
    }
    establish(socket, webSocket, protocol);
  } catch (error) {
    establishFailed(socket, error as Error);
  }
}
