// SPDX-License-Identifier: Apache-2.0
// node:inspector and node:inspector/promises: there is none. https://nodejs.org/api/inspector.html
import { console } from "mayfly:web/console";
import { EventEmitter } from "mayfly:node/events";
import { refuseAll, refusedClass } from "mayfly:node/internal";

const inspector = {
  Network: refuseAll("requestWillBeSent dataReceived dataSent responseReceived loadingFinished loadingFailed webSocketCreated " +
    "webSocketHandshakeResponseReceived webSocketClosed", "inspector.Network."),
  Session: refusedClass("Session", "inspector.Session", EventEmitter), console, ...refuseAll("open waitForDebugger", "inspector."),
  close() {}, url: () => undefined,
};

export default { ...inspector, promises: inspector };
