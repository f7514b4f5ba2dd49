// SPDX-License-Identifier: Apache-2.0
import { cloneError, requireArguments } from "mayfly:core";

/** https://html.spec.whatwg.org/#structured-cloning */
export function structuredClone<T>(value: T, options: { transfer?: Iterable<object> } | null = {}): T {
  requireArguments("structuredClone", arguments.length, 1);
  const transfer = options?.transfer === undefined ? undefined : Array.from(options.transfer);
  if (transfer !== undefined) {
    for (const object of transfer) {
      if (!(object instanceof ArrayBuffer)) throw cloneError("Only ArrayBuffers can be transferred");
      if (object.detached) throw cloneError("An ArrayBuffer to be transferred is detached already");
    }
    if (new Set(transfer).size < transfer.length) throw cloneError("An ArrayBuffer is listed twice for transfer");
  }
  return ops.structuredClone(value, transfer as ArrayBuffer[] | undefined) as T;
}
