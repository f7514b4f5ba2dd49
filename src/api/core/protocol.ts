// SPDX-License-Identifier: Apache-2.0
// The numbers of src/rpc/message.h, as both sides spell them.

const { isArray } = Array;

export const enum MessageType {
  call = 1,
  fetch = 2,
  result = 3,
  response = 4,
  failure = 5,
  finish = 6,
  release = 7,
  chunk = 8,
  end = 9,
  abort = 10,
  credit = 11,
  cancel = 12,
  init = 13,
}

export const enum MessageFlag {
  pipelined = 1,
  bodyInline = 2,
  bodyStream = 4,
  corrupt = 8,
}

export const kInitialStreamCredit = 256 * 1024;
export const kChunkBytesMax = 64 * 1024;
/** Names in a row; the error of one more says 64, as the platform does not count the last. */
export const kPathLengthMax = 65;

export function isPath(path: unknown): path is string[] {
  if (!isArray(path) || path.length > kPathLengthMax) return false;
  for (let index = 0; index < path.length; index++) if (typeof path[index] !== "string") return false;
  return true;
}
