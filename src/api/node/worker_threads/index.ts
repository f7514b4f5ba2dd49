// SPDX-License-Identifier: Apache-2.0
// node:worker_threads: a worker has one thread. https://nodejs.org/api/worker_threads.html
import { EventEmitter } from "mayfly:node/events";
import { refuseAll, refusedClass } from "mayfly:node/internal";

const environment = new Map<unknown, unknown>();
const { MessageChannel, MessagePort } = requireGroup("mayfly:web/message_channel");

export default {
  BroadcastChannel: refusedClass("BroadcastChannel", "worker_threads.BroadcastChannel"), MessageChannel, MessagePort,
  SHARE_ENV: Symbol.for("nodejs.worker_threads.SHARE_ENV"), Worker: refusedClass("Worker", "worker_threads.Worker", EventEmitter),
  getEnvironmentData: (key: unknown) => environment.get(key),
  setEnvironmentData(key: unknown, value?: unknown) {
    if (value === undefined) environment.delete(key);
    else environment.set(key, value);
  },
  isInternalThread: false, isMainThread: true, isMarkedAsUntransferable: () => false, parentPort: null, resourceLimits: {}, threadId: 0,
  workerData: null,
  ...refuseAll("markAsUncloneable markAsUntransferable moveMessagePortToContext postMessageToThread receiveMessageOnPort", "worker_threads."),
};
