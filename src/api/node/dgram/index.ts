// SPDX-License-Identifier: Apache-2.0
// node:dgram: a worker sends no datagrams. https://nodejs.org/api/dgram.html
import { EventEmitter } from "mayfly:node/events";
import { refuse, refusedClass } from "mayfly:node/internal";

export default { Socket: refusedClass("Socket", "dgram.Socket", EventEmitter), createSocket: refuse("createSocket", "dgram.createSocket") };
