// SPDX-License-Identifier: Apache-2.0
// node:path, node:path/posix, node:path/win32. A worker's paths are POSIX.
import { posix } from "./posix.ts";
import { win32 } from "./win32.ts";

for (const flavour of [posix, win32]) {
  flavour.posix = posix;
  flavour.win32 = win32;
}

export default posix;
