// SPDX-License-Identifier: Apache-2.0
// What the parts of one inspection share.

export interface State {
  depthMax: number;
  itemsMax: number;
  stringMax: number;
  /** Properties that are not enumerable are shown, too. */
  hidden: boolean;
  /** Characters that may still be produced. */
  left: number;
  /** The objects that are being shown, outermost first. */
  path: object[];
  /** The objects that were met within themselves, and their numbers. */
  circular: Map<object, number>;
  /** How deep the last object stood. */
  level: number;
  indent: number;
  show(value: unknown): string;
}

/** The parts of an object's text: `head open members close`. Without braces it is the head alone. */
export interface Shown {
  head: string;
  members: string[];
  open: string;
  close: string;
  /** Many short members may be laid out in columns. */
  list?: boolean;
}
