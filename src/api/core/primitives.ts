// SPDX-License-Identifier: Apache-2.0

/** Whether nothing has to be exported for it, and no code of its own runs when it is written. */
export function isPrimitive(value: unknown): boolean {
  return value === null || (typeof value !== "object" && typeof value !== "function");
}

export function arePrimitive(values: readonly unknown[]): boolean {
  for (let index = 0; index < values.length; index++) if (!isPrimitive(values[index])) return false;
  return true;
}
