// SPDX-License-Identifier: Apache-2.0
// node:wasi: WebAssembly gets what its imports are. https://nodejs.org/api/wasi.html
import { notImplemented, validateObject, validateOneOf } from "mayfly:node/internal";

class WASI {
  constructor(options: any = {}) {
    validateObject(options, "options");
    validateOneOf((options as { version?: unknown }).version, "options.version", ["unstable", "preview1"]);
    throw notImplemented("wasi.WASI");
  }
}

export default { WASI };
