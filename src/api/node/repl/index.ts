// SPDX-License-Identifier: Apache-2.0
// node:repl: there is no terminal, and text does not become code. https://nodejs.org/api/repl.html
import { EventEmitter } from "mayfly:node/events";
import { refuseAll, refusedClass } from "mayfly:node/internal";

class Recoverable extends SyntaxError {
  err: unknown;
  constructor(error: unknown) {
    super();
    this.err = error;
  }
}

export default {
  REPLServer: refusedClass("REPLServer", "repl.REPLServer", EventEmitter), REPL_MODE_SLOPPY: Symbol("repl-sloppy"),
  REPL_MODE_STRICT: Symbol("repl-strict"), Recoverable, ...refuseAll("start writer", "repl."),
  get builtinModules(): string[] {
    return requireGroup("mayfly:node/module").default.builtinModules;
  },
  get _builtinLibs(): string[] {
    return requireGroup("mayfly:node/module").default.builtinModules;
  },
};
