// SPDX-License-Identifier: Apache-2.0
import {
  type ByteQueue,
  Connection,
  type FetchTarget,
  type IncomingStream,
  currentContext,
  defaultOutbound,
  kNoOutbound,
} from "mayfly:core";
import { type SocketAddress, type SocketOptions, addressText, toAddress, toOptions } from "./address.ts";
import { Socket, closeSocket, makeSocket } from "./socket.ts";

/** cloudflare:sockets: a TCP connection, by way of what the worker's fetch() goes by. */
export function connect(address: unknown, options?: unknown): Socket {
  const to = toAddress(address);
  const how = toOptions(options);
  const outbound = defaultOutbound();
  if (outbound === null) throw new Error(kNoOutbound);
  currentContext()?.countSubRequest();
  return open(outbound, to, how);
}

/** connect() of a service: its connect() handler is the other end. */
export function connectThrough(target: () => FetchTarget | Promise<FetchTarget>, address: unknown,
                               options: unknown): Socket {
  const to = toAddress(address);
  const how = toOptions(options);
  return open(target(), to, how);
}

function open(target: FetchTarget | Promise<FetchTarget>, address: SocketAddress, options: SocketOptions): Socket {
  const text = addressText(address);
  const head = `CONNECT\n${text}\ntransport\n${options.secureTransport === "on" ? "tls" : "plain"}`;
  const to = target instanceof Promise ? target.then((found) => ({ ...found, head })) : { ...target, head };
  return makeSocket((source) => new Connection(to, source), text, address, options);
}

/** For a connect() handler: its socket, and what ends that. Throws when it cannot be what was asked for. */
export function acceptSocket(head: string, incoming: IncomingStream, outgoing: ByteQueue):
    { socket: Socket; close: () => Promise<void> } {
  const [, address = "", , transport] = head.split("\n");
  if (transport === "tls") throw new Error("Incoming CONNECT with TLS not supported");
  const socket = makeSocket(() => ({ incoming, opened: Promise.resolve() }), address, null,
                            { secureTransport: "off", allowHalfOpen: true }, outgoing);
  return { socket, close: () => closeSocket(socket) };
}
