// SPDX-License-Identifier: Apache-2.0
// node:cluster: a worker is alone. https://nodejs.org/api/cluster.html
import { EventEmitter } from "mayfly:node/events";
import { refuseAll, refusedClass } from "mayfly:node/internal";

const cluster = new EventEmitter();
export default Object.assign(cluster, {
  SCHED_NONE: 1, SCHED_RR: 2, Worker: refusedClass("Worker", "cluster.Worker", EventEmitter), isMaster: true, isPrimary: true, isWorker: false,
  schedulingPolicy: 2, settings: {}, workers: {}, ...refuseAll("disconnect fork setupMaster setupPrimary", "cluster."),
});
