// SPDX-License-Identifier: Apache-2.0
// node:vm: text does not become code in a worker, and there is one context. https://nodejs.org/api/vm.html
import { invalidArgType, notImplemented, validateArray, validateObject, validateString } from "mayfly:node/internal";

const contexts = new WeakSet<object>();

class Script {
  #code: string;
  constructor(code: unknown, options?: unknown) {
    if (options !== undefined && typeof options !== "string") validateObject(options, "options");
    this.#code = `${code}`;
  }
  runInThisContext(): never {
    void this.#code;
    throw notImplemented("runInThisContext");
  }
  runInContext(object: unknown): never {
    checkContext(object);
    throw notImplemented("runInContext");
  }
  runInNewContext(): never {
    throw notImplemented("runInNewContext");
  }
  createCachedData(): never {
    throw notImplemented("createCachedData");
  }
}

function checkContext(object: unknown): void {
  if (typeof object !== "object" || object === null || !contexts.has(object)) throw invalidArgType("contextifiedObject", "vm.Context", object);
}

export default {
  Script,
  createContext(object: any = {}) {
    if (typeof object === "symbol") throw notImplemented("createContext");
    validateObject(object, "contextObject");
    contexts.add(object);
    return object;
  },
  createScript: (code: unknown, options?: unknown) => new Script(code, options),
  isContext(object: unknown) {
    validateObject(object, "object");
    return contexts.has(object);
  },
  compileFunction(code: unknown, params?: unknown) {
    validateString(code, "code");
    if (params !== undefined) validateArray(params, "params");
    throw notImplemented("compileFunction");
  },
  runInContext(code: unknown, object: unknown) {
    validateString(code, "code");
    checkContext(object);
    throw notImplemented("runInContext");
  },
  runInNewContext(code: unknown) {
    validateString(code, "code");
    throw notImplemented("runInNewContext");
  },
  runInThisContext(code: unknown) {
    validateString(code, "code");
    throw notImplemented("runInThisContext");
  },
  measureMemory(options: unknown = {}) {
    validateObject(options, "options");
    throw notImplemented("measureMemory");
  },
  constants: Object.freeze({
    __proto__: null, USE_MAIN_CONTEXT_DEFAULT_LOADER: Symbol("vm_dynamic_import_main_context_default"),
    DONT_CONTEXTIFY: Symbol("vm_context_no_contextify"),
  }),
};
