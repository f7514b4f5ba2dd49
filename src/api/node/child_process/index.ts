// SPDX-License-Identifier: Apache-2.0
// node:child_process: a worker starts no processes. https://nodejs.org/api/child_process.html
import { EventEmitter } from "mayfly:node/events";
import { refuseAll, refusedClass } from "mayfly:node/internal";

export default {
  ChildProcess: refusedClass("ChildProcess", "child_process.ChildProcess", EventEmitter),
  ...refuseAll("_forkChild exec execFile execFileSync execSync fork spawn spawnSync", "child_process."),
};
