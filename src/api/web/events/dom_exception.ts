// SPDX-License-Identifier: Apache-2.0
// https://webidl.spec.whatwg.org/#idl-DOMException
// An ordinary object with Error's prototype and a stack, not an Error of V8's: those V8 would clone without asking us,
// as plain Errors.
import { defineInterface, registerHostType } from "mayfly:core";

const constants = {
  INDEX_SIZE_ERR: 1, DOMSTRING_SIZE_ERR: 2, HIERARCHY_REQUEST_ERR: 3, WRONG_DOCUMENT_ERR: 4, INVALID_CHARACTER_ERR: 5,
  NO_DATA_ALLOWED_ERR: 6, NO_MODIFICATION_ALLOWED_ERR: 7, NOT_FOUND_ERR: 8, NOT_SUPPORTED_ERR: 9,
  INUSE_ATTRIBUTE_ERR: 10, INVALID_STATE_ERR: 11, SYNTAX_ERR: 12, INVALID_MODIFICATION_ERR: 13, NAMESPACE_ERR: 14,
  INVALID_ACCESS_ERR: 15, VALIDATION_ERR: 16, TYPE_MISMATCH_ERR: 17, SECURITY_ERR: 18, NETWORK_ERR: 19, ABORT_ERR: 20,
  URL_MISMATCH_ERR: 21, QUOTA_EXCEEDED_ERR: 22, TIMEOUT_ERR: 23, INVALID_NODE_TYPE_ERR: 24, DATA_CLONE_ERR: 25,
};

const codes: Record<string, number> = {
  __proto__: null as never,
  IndexSizeError: 1, HierarchyRequestError: 3, WrongDocumentError: 4, InvalidCharacterError: 5,
  NoModificationAllowedError: 7, NotFoundError: 8, NotSupportedError: 9, InUseAttributeError: 10, InvalidStateError: 11,
  SyntaxError: 12, InvalidModificationError: 13, NamespaceError: 14, InvalidAccessError: 15, TypeMismatchError: 17,
  SecurityError: 18, NetworkError: 19, AbortError: 20, URLMismatchError: 21, QuotaExceededError: 22, TimeoutError: 23,
  InvalidNodeTypeError: 24, DataCloneError: 25,
};

const { captureStackTrace } = Error as unknown as { captureStackTrace(error: object, top: Function): void };

function define(object: object, key: string, value: unknown): void {
  Object.defineProperty(object, key, { value, writable: true, configurable: true });
}

export class DOMException {
  #name: string;
  #message: string;
  declare stack: string;

  constructor(message: string = "", options: string | { name?: string; cause?: unknown } = "Error") {
    this.#message = `${message}`;
    if (typeof options === "object" && options !== null) {
      this.#name = `${options.name ?? "Error"}`;
      if ("cause" in options) define(this, "cause", options.cause);
    } else {
      this.#name = `${options}`;
    }
    captureStackTrace(this, DOMException);
  }

  get name(): string {
    return this.#name;
  }
  get message(): string {
    return this.#message;
  }
  get code(): number {
    return codes[this.#name] ?? 0;
  }
}
Object.setPrototypeOf(DOMException.prototype, Error.prototype);
defineInterface(DOMException, "DOMException", constants);

registerHostType({
  tag: "domException",
  type: DOMException,
  write: (_session, { name, message, stack }) => ["domException", name, message, stack],
  read(_session, [, name, message, stack]) {
    if (typeof name !== "string" || typeof message !== "string") throw new TypeError("A DOMException came malformed");
    const exception = new DOMException(message, name);
    if (typeof stack === "string") define(exception, "stack", stack);
    return exception;
  },
});
