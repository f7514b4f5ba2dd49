// SPDX-License-Identifier: Apache-2.0
// The ops of console_ops.cc.
interface Ops {
  /** The own enumerable keys of an object, strings and symbols, without array indexes. Runs no code of the object. */
  nonIndexKeys(object: object): PropertyKey[];
}
