// SPDX-License-Identifier: Apache-2.0
// node:os, which as in Workers tells nothing of the machine. https://nodejs.org/api/os.html
import { validateInteger } from "mayfly:node/internal";

import { errno, priority, signals } from "./constants.ts";

const constants = Object.freeze({
  __proto__: null,
  UV_UDP_REUSEADDR: 4,
  dlopen: Object.freeze({ __proto__: null, RTLD_LAZY: 1, RTLD_NOW: 2, RTLD_GLOBAL: 256, RTLD_LOCAL: 0, RTLD_DEEPBIND: 8 }),
  errno: Object.freeze(errno),
  signals: Object.freeze(signals),
  priority: Object.freeze(priority),
});

export { constants };
export default {
  EOL: "\n",
  devNull: "/dev/null",
  constants,
  arch: () => "x64",
  availableParallelism: () => 1,
  cpus: () => [],
  endianness: () => "LE",
  freemem: () => 0,
  getPriority(pid: unknown = 0) {
    validateInteger(pid, "pid", -2147483648, 2147483647);
    return 0;
  },
  homedir: () => "/tmp/",
  hostname: () => "localhost",
  loadavg: () => [0, 0, 0],
  machine: () => "x86_64",
  networkInterfaces: () => ({}),
  platform: () => "linux",
  release: () => "",
  setPriority() {},
  tmpdir: () => "/tmp/",
  totalmem: () => 0,
  type: () => "Linux",
  uptime: () => 0,
  userInfo: () => ({}),
  version: () => "",
};
