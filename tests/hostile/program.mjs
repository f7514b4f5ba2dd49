// SPDX-License-Identifier: Apache-2.0
//
// How the programs in programs/ are written: the body of a fetch handler, and how it ends.

export const inFetch = (body) =>
  `export default { async fetch(request, env, ctx) { ${body}; return new Response("done"); } };`;

export const cpuLimit = { error: "CpuLimitExceeded", message: /^Worker exceeded CPU time limit of \d+ ms\.$/ };
export const memoryLimit = { error: "MemoryLimitExceeded", message: /^Worker exceeded its memory limit of 128 MB\.$/ };
/** A program that runs when its cell is replaced, for what it or one before it did. */
export const cellReplaced = { error: "CellLost", message: /cannot be stopped|ran out of memory where/ };
export const tooDeep = { error: "RangeError", message: /Maximum call stack size exceeded/ };
export const done = { text: "done" };
