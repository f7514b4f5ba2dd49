// SPDX-License-Identifier: Apache-2.0
// node:net: the client. https://nodejs.org/api/net.html
import { nodeError, validateBoolean, validateInteger } from "mayfly:node/internal";

import { BlockList, SocketAddress, isIP, isIPv4, isIPv6 } from "./addresses.ts";
import { Socket, normalizeArgs } from "./socket.ts";

export { Socket, isIP, normalizeArgs };

// Old code calls these without new.
export const callable = (class_: any): any => new Proxy(class_, { apply: (target, _self, args) => Reflect.construct(target, args) });

const socketClass = callable(Socket);

export function refuseServer(): never {
  throw nodeError(Error, "ERR_METHOD_NOT_IMPLEMENTED", "A worker cannot listen: export a connect() or fetch() handler instead");
}
class Server {
  constructor() {
    refuseServer();
  }
}

function connect(...args: any[]): Socket {
  const [options, callback] = normalizeArgs(args);
  const socket = new Socket(options);
  return callback === null ? socket.connect(options) : socket.connect(options, callback);
}

let autoSelectFamily = true;
let attemptTimeout = 250;

export default {
  BlockList, Server, Socket: socketClass, SocketAddress, Stream: socketClass, _normalizeArgs: normalizeArgs, connect, createConnection: connect,
  createServer: refuseServer, isIP, isIPv4, isIPv6,
  getDefaultAutoSelectFamily: () => autoSelectFamily,
  setDefaultAutoSelectFamily(value: unknown) {
    validateBoolean(value, "value");
    autoSelectFamily = value;
  },
  getDefaultAutoSelectFamilyAttemptTimeout: () => attemptTimeout,
  setDefaultAutoSelectFamilyAttemptTimeout(value: unknown) {
    validateInteger(value, "value", 1);
    attemptTimeout = Math.max(value, 10);
  },
};
