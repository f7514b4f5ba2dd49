// SPDX-License-Identifier: Apache-2.0
export { connectWebSocket } from "./connect.ts";
export { WebSocket, WebSocketPair, checkGivable, discard, giveAway, isWebSocket, makeReceived } from "./websocket.ts";
